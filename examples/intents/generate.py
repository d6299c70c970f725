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
from words import (ADJECTIVES, COLORS, DEVICES, GREETINGS, ONES, QUALITY, ROOMS, THINGS, VERBS, WEIGHTS, number_words)

CHOICE = re.compile(r"\(([^()]*)\)")
DEVICE_NAMES = [d for d in DEVICES for _ in range(WEIGHTS.get(d, 1))]
ROOM_NAMES = list(ROOMS)
PLURALS = ["lights", "lamps", "blinds", "curtains", "windows", "doors", "speakers", "cameras", "shutters"]
PLURAL_OF = {s: d for d, (_, forms) in DEVICES.items() for s in forms if s in PLURALS}
GERUNDS = {"get": "getting", "put": "putting", "set": "setting", "shut": "shutting", "let": "letting", "run": "running", "cut": "cutting",
           "stop": "stopping", "dim": "dimming", "flip": "flipping", "begin": "beginning", "go": "going", "wake": "waking"}


def held_out_pair(device, room):
    """One (device, room) pair in eight is kept for the test."""
    return (list(DEVICES).index(device) * 5 + ROOM_NAMES.index(room) * 3) % 8 == 0


def gerund(text):
    verb, _, rest = text.partition(" ")
    verb = GERUNDS.get(verb) or (verb[:-1] if verb.endswith("e") else verb) + "ing"
    return (verb + " " + rest).strip()


class Draw:
    """One sentence's random choices. `used` tells whether a held-out phrasing was drawn."""

    def __init__(self, rng, test):
        self.rng, self.test, self.used = rng, test, False
        self.bare_number = False  # a value without a unit: no time may stand beside it
        self.pairs_held = test and rng.random() < 0.5

    def pick(self, phrasings):
        held = [p for p in phrasings if p.startswith("~")]
        if self.test and held and self.rng.random() < 0.5:
            self.used = True
            return self.rng.choice(held)[1:]
        while True:
            p = self.rng.choice(phrasings)
            if not p.startswith("~"):
                return p

    def chance(self, p):
        return self.rng.random() < p

    def device_room(self, classes=None):
        """A device of one of the classes and a room: None (not said), "all", or a room that may be drawn here."""
        while True:
            device = self.rng.choice(DEVICE_NAMES)
            if classes and DEVICES[device][0] not in classes:
                continue
            if self.chance(0.3) and not self.pairs_held:
                return device, None
            room = self.rng.choice(ROOM_NAMES)
            if held_out_pair(device, room) == self.pairs_held:
                return device, room

    def room_name(self, room):
        return self.rng.choice(ROOMS[room])

    def noun(self, device, room):
        """The device as it is said, with its room; returns (text, plural)."""
        said = self.rng.choice(DEVICES[device][1])
        plural = said.endswith("s")
        if room is None:
            return self.pick(["the %s"] * 7 + ["%s", "my %s", "our %s", "that %s"]) % said, plural
        form = self.pick(["the {r} {d}"] * 8 + ["the {d} in the {r}"] * 8 + ["{r} {d}"] * 3 + ["my {r} {d}", "our {r} {d}", "the {d} of the {r}",
                         "{d} in the {r}", "{d} in {r}", "the {d} in {r}", "the {d} that {be} in the {r}", "~my {d} in the {r}", "~our {d} in the {r}", "~that {d} in the {r}"])
        return form.format(d=said, r=self.room_name(room), be="are" if plural else "is"), plural

    def everywhere(self):
        said = self.rng.choice(PLURALS)
        one = said if said in ("blinds", "curtains", "shutters") else said[:-1]
        form = self.pick(["all the {d}", "all the {d}", "all {d}", "every {o}", "all of the {d}", "all the {d} in the house", "every {o} in the house", "the {d} in all rooms",
                          "~all {d} in the house", "the {d} everywhere", "the {d} in every room", "~every {o} in every room", "all my {d}", "~all our {d}", "all {d} everywhere"])
        return PLURAL_OF[said], form.format(d=said, o=one), not form.startswith("every")

    def number(self, n):
        return str(n) if self.chance(0.55) else number_words(n, self.rng)

    def percent(self):
        """(text, value) of a share."""
        if self.chance(0.07):
            return self.rng.choice([("half", 50), ("full", 100), ("maximum", 100), ("fifty percent", 50), ("max", 100), ("a quarter", 25), ("three quarters", 75), ("the maximum", 100)])
        n = self.rng.choice([self.rng.randrange(0, 101), self.rng.randrange(0, 21) * 5, self.rng.randrange(1, 11) * 10])
        text = self.number(n)
        if self.chance(0.1):
            self.bare_number = True
            return text, n
        return text + (self.rng.choice(["%", "%", " %", " percent"]) if text.isdigit() else self.rng.choice([" percent", " percent", " per cent", "%"])), n

    def value(self, device, step=False):
        """(text, value, unit) that suits the device; step: a difference instead of a level."""
        kind = DEVICES[device][0]
        if kind == "heat":
            if device == "oven":
                n = self.rng.randrange(1, 8) * 5 if step else self.rng.randrange(10, 51) * 5
            else:
                n = self.rng.randrange(1, 11) if step else self.rng.randrange(5, 36)
            if self.chance(0.12):
                n = n if step or device == "oven" else self.rng.randrange(40, 96)
                return self.number(n) + self.rng.choice([" degrees fahrenheit", " fahrenheit", " f"]), n, "fahrenheit"
            text = self.number(n)
            if not step and self.chance(0.1):
                self.bare_number = True
                return text, n, "celsius"
            if n == 1:
                return text + " degree", n, "celsius"
            return text + self.rng.choice([" degrees"] * 5 + [" degrees celsius", " celsius", " c", "°", "°c"]), n, "celsius"
        if kind == "speed" and not step and self.chance(0.4):
            n = self.rng.randrange(1, 10)
            return self.rng.choice(["level ", "level ", "speed ", "stage "]) + self.number(n), n, "level"
        text, n = self.percent()
        return text, n, "percent"

    def duration(self):
        """(text, seconds); the text of one unit has no plural."""
        r, rng = self.rng.random(), self.rng
        if r < 0.12:
            return rng.choice([("half an hour", 1800), ("an hour", 3600), ("a minute", 60), ("an hour and a half", 5400), ("a quarter of an hour", 900), ("half a minute", 30),
                               ("a couple of minutes", 120), ("one and a half hours", 5400), ("two and a half hours", 9000), ("three quarters of an hour", 2700), ("one hour and a half", 5400)])
        if r < 0.72:
            n = rng.choice([rng.randrange(1, 61), rng.randrange(1, 13) * 5, rng.randrange(1, 11)])
            return self.number(n) + (rng.choice([" minute"]) if n == 1 else rng.choice([" minutes", " minutes", " min", " mins"])), n * 60
        if r < 0.87:
            n = rng.randrange(1, 13)
            return self.number(n) + (" hour" if n == 1 else " hours"), n * 3600
        n = rng.choice([rng.randrange(1, 61), rng.randrange(1, 13) * 5])
        return self.number(n) + (" second" if n == 1 else rng.choice([" seconds", " seconds", " sec", " secs"])), n

    def clock(self):
        """(text, "HH:MM"). Without a part of the day the hour counts as it is said."""
        rng, r = self.rng, self.rng.random()
        if r < 0.05:
            return rng.choice([("noon", "12:00"), ("midnight", "00:00"), ("midday", "12:00")])
        if r < 0.25:
            h, m = rng.randrange(0, 24), rng.choice([0, 15, 30, 45, rng.randrange(60)])
            return "%s%s%02d" % (h if self.chance(0.6) else "%02d" % h, rng.choice([":", ":", "."]), m), "%02d:%02d" % (h, m)
        h = rng.randrange(1, 13)
        form = rng.randrange(9)
        hour, name = h, lambda k: self.number(k)
        m = 0
        if form <= 1:
            text = name(h)
        elif form == 2:
            text = name(h) + rng.choice([" o'clock", " oclock", " o'clock"])
        elif form == 3:
            text, m = "half past " + name(h), 30
        elif form == 4:
            text, m = rng.choice(["quarter past ", "a quarter past "]) + name(h), 15
        elif form == 5:
            text, m, hour = rng.choice(["quarter to ", "a quarter to "]) + name(h), 45, (h - 2) % 12 + 1
        elif form == 6:
            k = rng.choice([5, 10, 20, 25])
            text, m = self.number(k) + rng.choice([" past ", " minutes past "]) + name(h), k
        elif form == 7:
            k = rng.choice([5, 10, 20, 25])
            text, m, hour = self.number(k) + rng.choice([" to ", " minutes to "]) + name(h), 60 - k, (h - 2) % 12 + 1
        else:
            m = rng.choice([10, 15, 20, 30, 30, 40, 45, 50, rng.randrange(10, 60)])
            text = ONES[h] + " " + number_words(m, rng) if self.chance(0.5) else "%d:%02d" % (h, m)
        if form >= 3 and form <= 7 or not self.chance(0.6):
            plain = True
        else:
            plain = False
        day = rng.random()
        if plain and day < 0.7 or day < 0.3:
            return text, "%02d:%02d" % (hour, m)
        if day < 0.5 or day < 0.85 and hour == 12:
            part = rng.choice([" am", " a.m.", "am", " in the morning", " in the morning"])
            part = part if not (part == "am" and not text[-1].isdigit()) else " am"
            return text + part, "%02d:%02d" % (hour % 12 if hour == 12 else hour, m)
        part = rng.choice([" pm", " p.m.", "pm", " pm"] + ([" in the evening", " tonight", " this evening", " in the evening"] if 5 <= hour <= 11 else
                                                           [" in the afternoon", " this afternoon"] if hour != 12 else []))
        part = part if not (part == "pm" and not text[-1].isdigit()) else " pm"
        return text + part, "%02d:%02d" % (hour % 12 + 12, m)


def fill(draw, pattern, plural=False, **parts):
    pattern = CHOICE.sub(lambda m: draw.rng.choice(m.group(1).split("|")), pattern)
    return pattern.format(be="are" if plural else "is", **parts)


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
            # "the lamp and the tv in the kitchen": the room belongs to both; "the lamp in the kitchen and in the office": one device
            if draw.chance(0.5):
                if held_out_pair(d2, r1) and not draw.pairs_held:
                    continue
                n1, n2 = (draw.rng.choice(DEVICES[d][1]) for d in (d1, d2))
                text = draw.pick(["the {a} and the {b} in the {r}", "the {a} and the {b} in the {r}", "{a} and {b} in the {r}", "both the {a} and the {b} in the {r}", "the {r} {a} and {b}",
                                  "~the {a} as well as the {b} in the {r}", "the {a} and {b} in the {r}"]).format(a=n1, b=n2, r=draw.room_name(r1))
                pairs = [(d1, r1), (d2, r1)]
            else:
                if r2 is None or (held_out_pair(d1, r2) and not draw.pairs_held):
                    continue
                text = draw.pick(["the {d} in the {a} and in the {b}", "the {d} in the {a} and the {b}", "the {a} and {b} {d}", "the {d} both in the {a} and in the {b}", "the {a} and the {b} {d}",
                                  "~the {d} in the {a} and also in the {b}"]).format(d=draw.rng.choice(DEVICES[d1][1]), a=draw.room_name(r1), b=draw.room_name(r2))
                pairs = [(d1, r1), (d1, r2)]
        else:
            n1, n2 = draw.noun(d1, r1)[0], draw.noun(d2, r2)[0]
            # "the kitchen lamp and fan" would be two devices of the kitchen
            if r1 and not r2 and n2.split(" ")[0] not in ("the", "my", "our", "that"):
                continue
            # a room at the very end would belong to both: say the room before the device there
            if r2 and not r1 and re.search(r" in [a-z' ]+$| of the [a-z' ]+$", n2):
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
    device, room = draw.device_room(("light", "speed", "heat", "sound", "cover") if kind == "set" else ("light", "speed", "heat", "sound"))
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
        tables = [P.SET, P.SET_SAID] + {"light": [P.SET_UP, P.SET_DOWN, P.SET_LIGHT], "cover": [P.SET_COVER]}.get(cls, [P.SET_UP, P.SET_DOWN])
        weights = [5, 2] + [1.5] * (len(tables) - 2)
        pattern = draw.pick(draw.rng.choices(tables, weights)[0])
        return place_quality(draw, pattern, plural, noun, quality, said), [command_of("set", device, room, n, unit)]
    up = draw.chance(0.5)
    if draw.chance(0.45):
        pattern = draw.pick(P.UP_BY if up else P.DOWN_BY)
        return place_quality(draw, pattern, plural, noun, quality, said), [command_of("increase" if up else "decrease", device, room, n, unit)]
    table = (P.MORE if up else P.LESS).get(cls) if draw.chance(0.4) and device not in ("ac", "oven") else None
    pattern = draw.pick(table or (P.UP if up else P.DOWN))
    return place_quality(draw, pattern, plural, noun, quality, said), [command_of("increase" if up else "decrease", device, room)]


def place_quality(draw, pattern, plural, noun, quality, said):
    """Fills {Q}: "the kitchen lamp brightness" in {D} {Q}, which needs the room before the device, else "the brightness"."""
    if "{D} {Q}" in pattern:
        match = re.match(r"(?:the |my |our |that )?(.+?)(?: that (?:is|are))? (?:in|of) (?:the )?(.+)$", noun)
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
            return draw.pick(["in the {}"] * 6 + ["in {}", "inside the {}", "in my {}", "~in our {}", "down in the {}", "~inside our {}"]).format(draw.room_name(room)), room


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
    states = {"cover": ["open", "closed", "shut"], "door": ["open", "closed", "locked", "unlocked"], "machine": ["running", "on", "done", "off"]}
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


IMPERATIVES = {t.lstrip("~").split(" ")[0] for name in dir(P) if name.isupper() and name not in ("IMPLIED", "BARE", "ABOUT", "OTHER", "NOT", "POLITE", "POLITE_SAID", "TIMED", "TIMED_SAID", "JOIN", "SHARED", "IN", "FOR", "AT", "GET_STATE", "GET")
               for table in [getattr(P, name)] for t in (sum(table.values(), []) if isinstance(table, dict) else table)} - {
                   "{D}", "i", "on", "off", "no", "we", "it", "time", "i'd", "{V}", "{Q}", "what", "what's", "how", "at", "temperature", "humidity", "timer", "{DUR}"}


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


def polite(draw, text, command):
    frame = draw.pick(P.POLITE if command else P.POLITE_SAID)
    return frame.format(x=text, ing=gerund(text) if command else text)


def no_command(draw):
    kind = draw.rng.choices(["greet", "not", "about", "other", "noise"], [1, 3, 3, 4, 0.4])[0]
    rng = draw.rng
    if kind == "greet":
        return rng.choice(GREETINGS)
    if kind == "noise":
        return " ".join("".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randrange(1, 9))) for _ in range(rng.randrange(1, 5)))
    if kind == "not":
        while True:
            text, command, _ = command_clause(draw)
            if command:
                return fill(draw, draw.pick(P.NOT), x=text)
    device, room = draw.device_room()
    noun, plural = draw.noun(device, room)
    if kind == "about":
        return fill(draw, draw.pick(P.ABOUT), plural, D=noun, d=rng.choice(DEVICES[device][1]), r=draw.room_name(room or rng.choice(ROOM_NAMES)),
                    n=rng.choice(THINGS), adj=rng.choice(ADJECTIVES))
    a, b = rng.sample(THINGS, 2)
    n1, n2 = draw.number(rng.randrange(100)), draw.number(rng.randrange(100))
    return fill(draw, draw.pick(P.OTHER), n=a, n2=b, adj=rng.choice(ADJECTIVES), v=rng.choice(VERBS), num=n1, num2=n2)


def sentence(draw):
    """(text, list of commands)"""
    kind = draw.rng.choices(["one", "said", "many", "none"], [56, 14, 14, 16])[0]
    if kind == "none":
        return no_command(draw), [{"action": "none"}]
    if kind == "said":
        text, commands = said_command(draw)
        return polite(draw, text, imperative(text)), commands
    text, command, commands = command_clause(draw)
    if kind == "one":
        if draw.chance(0.28):
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
    for t, _, _ in parts[1:]:
        text += draw.pick(P.JOIN) + t
    return polite(draw, text, parts[0][1]), [c for p in parts for c in p[2]]


NUMBER_WORD = re.compile(r"^(%s|hundred|half|quarter|quarters|am|pm|noon|midnight|midday|on|off|up|down|to|by|past|at|in|open|level)$" % "|".join(ONES + ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]))
NEIGHBOURS = {"a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk", "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "w",
              "r": "et", "s": "ad", "t": "ry", "u": "yi", "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "x"}


def typo(word, rng):
    """One slip in a word of at least four letters; its first letter and the words of numbers and directions stay."""
    if len(word) < 4 or not word.isalpha() or NUMBER_WORD.match(word) or re.match("lock|unlock|mute|unmute", word):
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
    text = re.sub(r"\s+", " ", text).replace(" ,", ",").strip()
    if draw.chance(0.15):
        words = text.split(" ")
        for _ in range(1 if draw.chance(0.75) else 2):
            i = rng.randrange(len(words))
            words[i] = typo(words[i], rng)
        text = " ".join(words)
    if draw.chance(0.15):
        text = text.replace("'", "")
    if draw.chance(0.05):
        text = text.replace("'", "’")
    r = rng.random()
    if r < 0.3:
        text = text[0].upper() + text[1:]
        text = re.sub(r"\bi\b", "I", text)
        text = re.sub(r"\btv\b", "TV", text)
    elif r < 0.32:
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
