#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sentences of the home and the JSON that they mean, drawn from the written grammar in phrases.py and words.py.

  generate.py train --count 20 --seed 1      sentence <TAB> JSON, as training sees them
  generate.py test --count 500 --seed 7      held-out phrasings; half of them with held-out (device, room) pairs

Training never draws a phrasing that is marked ~ nor a (device, room) pair of held_out_pair(). Every test sentence has
at least one phrasing marked ~. The schema of the answers is in README.md."""
import argparse
import json
import random
import re
import sys

import phrases as P
from draw import Draw, DEVICE_NAMES, ROOM_NAMES, fill, gerund, held_out_pair
from words import ADJECTIVES, COLORS, DEVICES, GREETINGS, ONES, QUALITY, ROOMS, THINGS, VERBS

# family -> (weight, action, device classes or None, imperatives, statements)
SIMPLE = [
    (5.0, "on", ("light", "speed", "heat", "sound", "machine", "switch"), P.ON, P.ON_SAID),
    (5.0, "off", ("light", "speed", "heat", "sound", "machine", "switch"), P.OFF, P.OFF_SAID),
    (1.6, "open", ("cover", "door"), P.OPEN, P.OPEN_SAID),
    (0.5, "open", ("cover",), P.OPEN_COVER, None),
    (1.6, "close", ("cover", "door"), P.CLOSE, P.CLOSE_SAID),
    (0.5, "close", ("cover",), P.CLOSE_COVER, None),
    (0.8, "lock", ("door",), P.LOCK, None),
    (0.8, "unlock", ("door",), P.UNLOCK, None),
    (1.2, "start", ("machine",), P.START, None),
    (1.2, "stop", ("machine",), P.STOP, None),
    (0.6, "mute", ("sound",), P.MUTE, None),
    (0.6, "unmute", ("sound",), P.UNMUTE, None),
]
SIMPLE_WEIGHTS = [s[0] for s in SIMPLE]


def simple(draw):
    """A command without a value: (text, is imperative, command, noun pattern parts)."""
    _, action, classes, imperatives, said = draw.rng.choices(SIMPLE, SIMPLE_WEIGHTS)[0]
    pattern = draw.pick(said if said and draw.chance(0.25) else imperatives)
    if action in ("on", "off") and draw.chance(0.05):
        room = draw.rng.choice(ROOM_NAMES) if draw.chance(0.5) else None
        text = draw.pick(["everything"] * 4 + ["all devices", "all the devices", "all of it", "~everything there is"])
        if room:
            text += draw.pick([" in the ", " in the ", " in ", "~ in my "]) + draw.room_name(room)
        return pattern, text, False, [command_of(action, "all", room)]
    if draw.chance(0.06):
        for _ in range(30):
            device, text, plural = draw.everywhere()
            if DEVICES[device][0] in classes:
                return pattern, text, plural, [{"action": action, "device": device, "room": "all"}]
    device, room = draw.device_room(classes)
    text, plural = draw.noun(device, room)
    command = {"action": action, "device": device}
    if room:
        command["room"] = room
    return pattern, text, plural, [command]


def shared(draw):
    """One command over two devices: "the tv and the kitchen lamp", or two devices of one room."""
    while True:
        _, action, classes, imperatives, said = draw.rng.choices(SIMPLE, SIMPLE_WEIGHTS)[0]
        pattern = draw.pick(said if said and draw.chance(0.15) else imperatives)
        (d1, r1), (d2, r2) = draw.device_room(classes), draw.device_room(classes)
        if draw.chance(0.3) and r1:
            # "the lamp and the tv in the kitchen": the room belongs to both; "the lamp in the attic and in the office"
            if draw.chance(0.5):
                if held_out_pair(d2, r1) and not draw.pairs_held:
                    continue
                n1, n2 = (draw.rng.choice(DEVICES[d][1]) for d in (d1, d2))
                text = draw.pick(["the {a} and the {b} in the {r}", "the {a} and the {b} in the {r}",
                                  "{a} and {b} in the {r}", "both the {a} and the {b} in the {r}",
                                  "the {r} {a} and {b}", "~the {a} as well as the {b} in the {r}",
                                  "the {a} and {b} in the {r}"]).format(a=n1, b=n2, r=draw.room_name(r1))
                pairs = [(d1, r1), (d2, r1)]
            else:
                if r2 is None or (held_out_pair(d1, r2) and not draw.pairs_held):
                    continue
                text = draw.pick(["the {d} in the {a} and in the {b}", "the {d} in the {a} and the {b}",
                                  "the {a} and {b} {d}", "the {d} both in the {a} and in the {b}",
                                  "the {a} and the {b} {d}",
                                  "~the {d} in the {a} and also in the {b}"]).format(d=draw.rng.choice(DEVICES[d1][1]),
                                                        a=draw.room_name(r1), b=draw.room_name(r2))
                pairs = [(d1, r1), (d1, r2)]
        else:
            n1, n2 = draw.noun(d1, r1)[0], draw.noun(d2, r2)[0]
            # "the kitchen lamp and fan" would be two devices of the kitchen
            if r1 and not r2 and n2.split(" ")[0] not in ("the", "my", "our", "that", "this", "your"):
                continue
            # a room at the very end would belong to both: say the room before the device there
            if r2 and not r1 and re.search(r" (in|of|from|inside) [a-z' ]+$", n2):
                continue
            text = draw.pick(P.SHARED).format(D1=n1, D2=n2)
            pairs = [(d1, r1), (d2, r2)]
        if pairs[0] == pairs[1]:
            continue
        return pattern, text, True, [dict(action=action, device=d, **({"room": r} if r else {})) for d, r in pairs]


def valued(draw):
    """Set, increase, decrease with their values: (text, command)."""
    kind = draw.rng.choices(["set", "step", "color", "heat room", "bare"], [5, 4, 1, 0.5, 0.7])[0]
    if kind == "color":
        device, room = draw.device_room(("light",))
        noun, plural = draw.noun(device, room)
        color = draw.rng.choice(COLORS)
        text = fill(draw, draw.pick(P.COLOR), plural, D=noun, C=color)
        return text, [command_of("set", device, room, color=color.replace(" ", "_"))]
    if kind == "heat room":
        _, room = draw.device_room(("heat",))
        while room is None or held_out_pair("heating", room) != draw.pairs_held:
            room = draw.rng.choice(ROOM_NAMES)
        said, n, unit = draw.value("heating")
        text = fill(draw, draw.pick(P.SET_HEAT), R0="the " + draw.room_name(room), V=said)
        return text, [command_of("set", "heating", room, n, unit)]
    if kind == "bare":
        action, device, table = draw.rng.choice(P.BARE)
        where, room = room_phrase(draw, device)
        said, n, unit = draw.value(device, action != "set")
        pattern = draw.pick(table)
        value = (n, unit) if "{V}" in pattern else (None, None)
        if value[0] is None:
            draw.bare_number = False
        return fill(draw, pattern, V=said, R=where).strip(), [command_of(action, device, room, *value)]
    device, room = draw.device_room(("light", "speed", "heat", "sound", "cover") if kind == "set" else ("light",
                                            "speed", "heat", "sound"))
    cls = DEVICES[device][0]
    noun, plural = draw.noun(device, room)
    if draw.chance(0.06):
        device, noun, plural = draw.everywhere()
        cls, room = DEVICES[device][0], "all"
        if cls not in ("light", "sound", "cover") or kind == "step" and cls == "cover":
            return valued(draw)
    quality = draw.rng.choice(QUALITY[cls])
    said, n, unit = draw.value(device, kind == "step")
    if kind == "set":
        tables = [P.SET, P.SET_SAID] + {"light": [P.SET_UP, P.SET_DOWN, P.SET_LIGHT], "cover": [P.SET_COVER]}.get(cls,
                                                [P.SET_UP, P.SET_DOWN])
        weights = [5, 2] + [1.5] * (len(tables) - 2)
        pattern = draw.pick(draw.rng.choices(tables, weights)[0])
        return place_quality(draw, pattern, plural, noun, quality, said), [command_of("set", device, room, n, unit)]
    up = draw.chance(0.5)
    if draw.chance(0.45):
        pattern = draw.pick(P.UP_BY if up else P.DOWN_BY)
        return place_quality(draw, pattern, plural, noun, quality, said), [command_of("increase" if up else "decrease",
                                                device, room, n, unit)]
    table = (P.MORE if up else P.LESS).get(cls) if draw.chance(0.4) and device not in ("ac", "oven") else None
    pattern = draw.pick(table or (P.UP if up else P.DOWN))
    return place_quality(draw, pattern, plural, noun, quality, said), [command_of("increase" if up else "decrease",
                                            device, room)]


NOUN_WITH_ROOM = re.compile(r"(?:the |my |our |that |this )?(.+?)(?: (?:that|which) (?:is|are))?(?: over)? "
                            r"(?:in|of|from|inside) (?:the |my |our )?(.+)$")


def place_quality(draw, pattern, plural, noun, quality, said):
    """Fills {Q}: "the brightness", but in {D} {Q} "the kitchen lamp brightness", which needs the room in front."""
    if "{D} {Q}" in pattern:
        match = NOUN_WITH_ROOM.match(noun)
        if match and "all" not in noun and "every" not in noun:
            noun = "the %s %s" % (match.group(2), match.group(1))
        return fill(draw, pattern, plural, D=noun, Q=quality, V=said)
    return fill(draw, pattern, plural, D=noun, Q="the " + quality, V=said)


def command_of(action, device, room, value=None, unit=None, color=None):
    command = {"action": action, "device": device}
    if room:
        command["room"] = room
    if value is not None:
        command["value"], command["unit"] = value, unit
    if color:
        command["color"] = color
    return command


def room_phrase(draw, device):
    """" in the kitchen", " here" or nothing, for phrasings without a noun."""
    if not draw.pairs_held and draw.chance(0.25):
        return draw.rng.choice(["", "", "in here", "here"]), None
    while True:
        room = draw.rng.choice(ROOM_NAMES)
        if device not in DEVICES or held_out_pair(device, room) == draw.pairs_held:
            return draw.pick(["in the {}"] * 6 + ["in {}", "inside the {}", "in my {}", "~in our {}", "down in the {}",
                                                  "~inside our {}"]).format(draw.room_name(room)), room


def said_command(draw):
    """Commands that never take a time: implied wishes, questions, timers, wake-up calls."""
    kind = draw.rng.choices(["implied", "get", "state", "sensor", "timer", "wake"], [2.2, 1.2, 1.8, 1.4, 1.5, 1.5])[0]
    if kind == "implied":
        action, device, table = draw.rng.choice(P.IMPLIED)
        where, room = room_phrase(draw, device)
        return fill(draw, draw.pick(table), R=where).strip(), [command_of(action, device, room)]
    if kind == "timer":
        text, seconds = draw.duration()
        return fill(draw, draw.pick(P.TIMER), DUR=text), [{"action": "timer", "in": seconds}]
    if kind == "wake":
        text, at = draw.clock()
        return fill(draw, draw.pick(P.WAKE), T=text), [{"action": "wake", "at": at}]
    if kind == "sensor":
        sensor = draw.rng.choice(["temperature", "temperature", "humidity"])
        where, room = room_phrase(draw, sensor)
        return fill(draw, draw.pick(P.GET_SENSOR[sensor]), R=where).strip(), [command_of("get", sensor, room)]
    device, room = draw.device_room()
    noun, plural = draw.noun(device, room)
    if kind == "get":
        return fill(draw, draw.pick(P.GET), plural, D=noun), [command_of("get", device, room)]
    states = {"cover": ["open", "closed", "shut"], "door": ["open", "closed", "locked", "unlocked"], "machine":
              ["running", "on", "done", "off"]}
    state = draw.rng.choice(states.get(DEVICES[device][0], ["on", "off", "on", "turned on", "switched off"]))
    return fill(draw, draw.pick(P.GET_STATE), plural, D=noun, s=state), [command_of("get", device, room)]


def command_clause(draw):
    """(text, is imperative, commands) of one clause without time or politeness."""
    kind = draw.rng.choices(["simple", "valued", "shared"], [5, 6, 1])[0]
    if kind == "valued":
        text, commands = valued(draw)
        pattern = text
    else:
        pattern, noun, plural, commands = simple(draw) if kind == "simple" else shared(draw)
        text = fill(draw, pattern, plural, D=noun)
        if kind == "simple" and "room" not in commands[0] and draw.chance(0.35):
            # the room as a part of the clause: "in the kitchen turn on the lamp", "turn the lamp on in the kitchen"
            device = commands[0]["device"]
            if device != "all":
                where, room = room_phrase(draw, device)
                if room and held_out_pair(device, room) == draw.pairs_held and where:
                    commands = [command_of(commands[0]["action"], device, room)]
                    if imperative(pattern) and draw.chance(0.4):
                        return where + draw.rng.choice([" ", " ", ", "]) + text, False, commands
                    return text + " " + where, imperative(pattern), commands
    return text, imperative(pattern), commands


def imperative(text):
    first = text.split(" ")[0]
    return first in IMPERATIVES


# tables whose phrasings are no imperatives, and first words that are no verbs of commands
SAID_TABLES = """IMPLIED BARE ABOUT OTHER NOT POLITE POLITE_SAID TIMED TIMED_SAID JOIN SHARED IN FOR AT GET_STATE GET
CALLS ENDINGS""".split()
NO_VERBS = set("""{D} {V} {Q} {R0} {DUR} i i'd it it's we on off no time what what's which how at temperature humidity
timer is do the""".split())


def phrasings_of(table):
    return sum(table.values(), []) if isinstance(table, dict) else table


IMPERATIVES = {t.lstrip("~").split(" ")[0] for name in dir(P) if name.isupper() and name not in SAID_TABLES
               for t in phrasings_of(getattr(P, name))} - NO_VERBS


def with_time(draw, text, command, commands):
    """Adds "at half past six" / "in ten minutes" / "for an hour" to a clause."""
    if draw.bare_number:
        return text, command, commands
    kind = draw.rng.choices(["at", "in", "for"], [4, 3, 1.6])[0]
    if kind == "for" and commands[0]["action"] not in ("on", "off", "open", "close", "start", "mute", "set"):
        kind = "in"
    if kind == "at":
        said, value = draw.clock()
        time = fill(draw, draw.pick(P.AT), T=said)
    else:
        said, value = draw.duration()
        time = fill(draw, draw.pick(P.IN if kind == "in" else P.FOR), DUR=said)
    if kind == "for":
        text = text + " " + time
    else:
        text = draw.pick(P.TIMED if command else P.TIMED_SAID).format(x=text, t=time)
        command = False if text.startswith(time) else command and not text.endswith("please")
    return text, command, [dict(c, **{kind: value}) for c in commands]


def held_parts(frames):
    """(before, after) of the held-out frames."""
    return [f[1:].split("{x}") for f in frames if f.startswith("~") and "{x}" in f]


HELD_FRAMES = {True: held_parts(P.POLITE) + [h for h in held_parts(P.POLITE_SAID) if h[1]], False:
               held_parts(P.POLITE) + held_parts(P.POLITE_SAID)}


def contains(before, after, held_before, held_after):
    """Whether the frame before + {x} + after holds another one."""
    return (" " + before).endswith(" " * bool(held_before) + held_before) and (after + " ").startswith(
        held_after + " " * bool(held_after))


def composed_frame(draw, frames, command):
    """A frame of several courtesies that contains no held-out one."""
    def comma():
        return "," if draw.chance(0.25) else ""

    while True:
        frame = draw.pick([f for f in frames if not f.startswith("~")])
        if draw.chance(0.6):
            frame = draw.rng.choice(P.CALLS) + comma() + " " + frame
        for ending in draw.rng.sample(sorted(set(P.ENDINGS)), draw.rng.choice([0, 1, 1, 2])):
            frame += comma() + " " + ending
        before, _, after = frame.replace(",", "").replace("{ing}", "{x}").partition("{x}")
        words = before.split() + after.split()
        if len(set(words) & {"please"}) and words.count("please") > 1:
            continue
        if not any(contains(before, after, *held) for held in HELD_FRAMES[command]):
            return frame


def polite(draw, text, command):
    frames, used = P.POLITE if command else P.POLITE_SAID, draw.used
    composed = draw.chance(0.3)
    while True:
        draw.used = used
        frame = composed_frame(draw, frames, command) if composed else draw.pick(frames)
        if not ("please" in frame and "please" in text):
            return frame.format(x=text, ing=gerund(text) if command else text)


def no_command(draw):
    kind = draw.rng.choices(["greet", "not", "about", "other", "noise"], [1, 3, 3, 4, 0.4])[0]
    rng = draw.rng
    if kind == "greet":
        return rng.choice(GREETINGS)
    if kind == "noise":
        return " ".join("".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randrange(1, 9))) for _ in
                        range(rng.randrange(1, 5)))
    if kind == "not":
        while True:
            text, command, _ = command_clause(draw)
            if command:
                return fill(draw, draw.pick(P.NOT), x=text)
    device, room = draw.device_room()
    noun, plural = draw.noun(device, room)
    if kind == "about":
        return fill(draw, draw.pick(P.ABOUT), plural, D=noun, d=rng.choice(DEVICES[device][1]), r=draw.room_name(room
                                                or rng.choice(ROOM_NAMES)), n=rng.choice(THINGS),
                    adj=rng.choice(ADJECTIVES), num=draw.number(rng.randrange(100)))
    a, b = rng.sample(THINGS, 2)
    n1, n2 = draw.number(rng.randrange(100)), draw.number(rng.randrange(100))
    pattern = draw.pick(P.OTHER)
    # "i am cold" is a command
    fits = [w for w in ADJECTIVES if w not in ("cold", "hot", "warm")] if pattern.startswith("i ") else ADJECTIVES
    return fill(draw, pattern, n=a, n2=b, adj=rng.choice(fits), v=rng.choice(VERBS), num=n1, num2=n2)


def sentence(draw):
    """(text, list of commands)"""
    # training sees sentences with several commands more often
    kind = draw.rng.choices(["one", "said", "many", "none"], [56, 14, 14, 16] if draw.test else [46, 14, 25, 15])[0]
    if kind == "none":
        return no_command(draw), [{"action": "none"}]
    if kind == "said":
        text, commands = said_command(draw)
        return polite(draw, text, imperative(text)), commands
    text, command, commands = command_clause(draw)
    if kind == "one":
        if draw.chance(0.28 if draw.test else 0.33):
            text, command, commands = with_time(draw, text, command, commands)
        return polite(draw, text, command), commands
    parts = [(text, command, commands)]
    for _ in range(1 if draw.chance(0.85) else 2):
        t, c, cs = command_clause(draw)
        if draw.chance(0.2):
            t, c, cs = with_time(draw, t, c, cs)
        if draw.chance(0.06):
            t, cs = said_command(draw)
        parts.append((t, c, cs))
    if draw.chance(0.12):
        parts[0] = with_time(draw, *parts[0])
    text = parts[0][0]
    for t, c, _ in parts[1:]:
        text += join(draw, text, t, c) + t
    return polite(draw, text, parts[0][1]), [c for p in parts for c in p[2]]


def join(draw, text, clause, command):
    """What stands between two clauses. "ten minutes after that" and "the lamp and the tv off" would be ambiguous."""
    noun_first = not command and re.match(r"(the|my|our|that|this|your|all|every|each|both)\b|(%s)\b" % NAMES, clause)
    while True:
        j = draw.pick(P.JOIN)
        if "can you" in j and not command or "after that" in j and re.search(r"(%s)$" % UNITS, text):
            continue
        if noun_first and re.sub(r"[ ,]", "", j) in ("and", "", "aswellas", "plus", "also", "andalso"):
            continue
        if j.strip() in ("plus", "as well as") and not command:
            continue
        return j


UNITS = "minutes?|mins?|hours?|seconds?|secs?|half|now"
NAMES = "|".join(sorted({f for names in ROOMS.values() for f in names} | {f for _, forms in DEVICES.values() for f in
                                        forms}))

# words in which a slip could turn one meaning into another
KEPT = set(ONES + """twenty thirty forty fifty sixty seventy eighty ninety hundred half quarter quarters noon midnight
midday past open down level lock unlock locked unlocked mute unmute muted unmuted""".split())
NEIGHBOURS = {"a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j":
              "hk", "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "w", "r": "et", "s": "ad", "t":
              "ry", "u": "yi", "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "x"}


def typo(word, rng):
    """One slip in a word of at least four letters; its first letter and the words of numbers and directions stay."""
    if len(word) < 4 or not word.isalpha() or word in KEPT:
        return word
    i, kind = rng.randrange(1, len(word)), rng.randrange(4)
    if kind == 0:
        return word[:i] + word[i + 1:]
    if kind == 1:
        return word[:i] + word[i] + word[i:]
    if kind == 2 and i + 1 < len(word):
        return word[:i] + word[i + 1] + word[i] + word[i + 2:]
    return word[:i] + rng.choice(NEIGHBOURS[word[i]]) + word[i + 1:]


def surface(draw, text):
    """Typing: slips, capitals, apostrophes, full stops."""
    rng = draw.rng
    text = re.sub(r" ([,.;])", r"\1", re.sub(r"\s+", " ", text)).strip()
    if draw.chance(0.15):
        words = text.split(" ")
        for _ in range(1 if draw.chance(0.75) else 2):
            i = rng.randrange(len(words))
            words[i] = typo(words[i], rng)
        text = " ".join(words)
    if draw.chance(0.3):
        text = re.sub(r",? please$", ", please", text)
    if draw.chance(0.15):
        text = text.replace("'", "")
    if draw.chance(0.05):
        text = text.replace("'", "’")
    r = rng.random()
    if r < 0.3:
        text = text[0].upper() + text[1:]
        text = re.sub(r"\bi\b", "I", text)
        text = re.sub(r"\btv\b", "TV", text)
    elif r < (0.31 if draw.test else 0.335):
        text = text.upper()
    if draw.chance(0.3):
        question = re.match(r"(?i)(can|could|would|will|do|did|is|are|what|how|who|where|why|when)\b", text)
        text += rng.choice("??.") if question else rng.choice(["."] * 5 + ["!"])
    return text


def make(rng, test=False):
    """One (sentence, JSON)."""
    while True:
        draw = Draw(rng, test)
        text, commands = sentence(draw)
        if (test and not draw.used) or len(commands) > 4:
            continue
        answer = json.dumps(commands[0] if len(commands) == 1 else commands, separators=(",", ":"))
        text = surface(draw, text)
        if len(text) <= 200:
            return text, answer


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("set", choices=["train", "test"])
    args.add_argument("--count", type=int, default=20)
    args.add_argument("--seed", type=int, default=1)
    a = args.parse_args()
    rng, seen = random.Random(a.seed), set()
    while len(seen) < a.count:
        text, answer = make(rng, a.set == "test")
        if text.lower() not in seen:
            seen.add(text.lower())
            sys.stdout.write(text + "\t" + answer + "\n")


if __name__ == "__main__":
    main()
