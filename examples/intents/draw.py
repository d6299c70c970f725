# SPDX-License-Identifier: MIT
"""The random choices of one sentence: phrasings, devices with their rooms, numbers, values, durations, clock times."""
import re

from words import DEVICES, ONES, ROOMS, WEIGHTS, number_words

CHOICE = re.compile(r"\(([^()]*)\)")
DEVICE_NAMES = [d for d in DEVICES for _ in range(WEIGHTS.get(d, 1))]
ROOM_NAMES = list(ROOMS)
PLURALS = ["lights", "lamps", "blinds", "curtains", "windows", "doors", "speakers", "cameras", "shutters"]
PLURAL_OF = {s: d for d, (_, forms) in DEVICES.items() for s in forms if s in PLURALS}
GERUNDS = {"get": "getting", "put": "putting", "set": "setting", "shut": "shutting", "let": "letting", "run":
           "running", "cut": "cutting", "stop": "stopping", "dim": "dimming", "flip": "flipping", "begin": "beginning",
           "go": "going", "wake": "waking"}


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
            return self.pick(["the %s"] * 7 + ["%s", "my %s", "our %s", "that %s", "this %s", "your %s"]) % said, plural
        form = self.pick(["the {r} {d}"] * 8 + ["the {d} in the {r}"] * 8 + ["{r} {d}"] * 3 +
                         ["my {r} {d}", "our {r} {d}", "the {d} of the {r}", "the {d} from the {r}",
                          "the {d} inside the {r}", "this {d} in the {r}", "the {d} in my {r}", "the {d} in our {r}",
                          "the {d} which {be} in the {r}", "this {r} {d}", "your {r} {d}", "the {d} over in the {r}",
                          "{d} in the {r}", "{d} in {r}", "the {d} in {r}", "the {d} that {be} in the {r}",
                          "~my {d} in the {r}", "~our {d} in the {r}", "~that {d} in the {r}"])
        return form.format(d=said, r=self.room_name(room), be="are" if plural else "is"), plural

    def everywhere(self):
        said = self.rng.choice(PLURALS)
        one = said if said in ("blinds", "curtains", "shutters") else said[:-1]
        form = self.pick(["all the {d}", "all the {d}", "all {d}", "every {o}", "all of the {d}",
                          "all the {d} in the house", "every {o} in the house", "the {d} in all rooms",
                          "~all {d} in the house", "the {d} everywhere", "the {d} in every room",
                          "~every {o} in every room", "all my {d}", "~all our {d}", "all {d} everywhere",
                          "every single {o}", "all the {d} that we have", "each {o}", "all of my {d}",
                          "all of our {d}", "all these {d}", "every {o} in all rooms", "all {d} in all rooms",
                          "all the {d} in every room", "each {o} in the house", "every {o} everywhere"])
        return PLURAL_OF[said], form.format(d=said, o=one), not form.startswith("every")

    def number(self, n):
        return str(n) if self.chance(0.55) else number_words(n, self.rng)

    def percent(self):
        """(text, value) of a share."""
        if self.chance(0.07):
            return self.rng.choice([("half", 50), ("full", 100), ("maximum", 100), ("fifty percent", 50), ("max", 100),
                                    ("a quarter", 25), ("three quarters", 75), ("the maximum", 100)])
        n = self.rng.choice([self.rng.randrange(0, 101), self.rng.randrange(0, 21) * 5, self.rng.randrange(1, 11) * 10])
        text = self.number(n)
        if self.chance(0.1):
            self.bare_number = True
            return text, n
        return text + (self.rng.choice(["%", "%", " %", " percent"]) if text.isdigit() else
                       self.rng.choice([" percent", " percent", " per cent", "%"])), n

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
            return text + self.rng.choice([" degrees"] * 5 + [" degrees celsius", " celsius", " c", "°",
                                                    "°c"]), n, "celsius"
        if kind == "speed" and not step and self.chance(0.4):
            n = self.rng.randrange(1, 10)
            return self.rng.choice(["level ", "level ", "speed ", "stage "]) + self.number(n), n, "level"
        if kind == "cover" and self.chance(0.08):
            return self.rng.choice([("halfway", 50), ("half way", 50), ("half", 50)]) + ("percent",)
        text, n = self.percent()
        return text, n, "percent"

    def duration(self):
        """(text, seconds); the text of one unit has no plural."""
        r, rng = self.rng.random(), self.rng
        if r < 0.12:
            return rng.choice([("half an hour", 1800), ("an hour", 3600), ("a minute", 60), ("an hour and a half",
                                                    5400), ("a quarter of an hour", 900), ("half a minute", 30),
                               ("a couple of minutes", 120), ("one and a half hours", 5400), ("two and a half hours",
                                                    9000), ("three quarters of an hour", 2700), ("one hour and a half",
                                                    5400)])
        if r < 0.72:
            n = rng.choice([rng.randrange(1, 61), rng.randrange(1, 13) * 5, rng.randrange(1, 11)])
            return self.number(n) + (rng.choice([" minute"]) if n == 1 else rng.choice([" minutes", " minutes", " min",
                                                    " mins"])), n * 60
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
            return "%s%s%02d" % (h if self.chance(0.6) else "%02d" % h, rng.choice([":", ":", "."]),
                                 m), "%02d:%02d" % (h, m)
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
            part = rng.choice([" am", " a.m.", "am"] + [" in the morning"] * (2 if hour != 12 else 0))
            part = part if not (part == "am" and not text[-1].isdigit()) else " am"
            return text + part, "%02d:%02d" % (hour % 12 if hour == 12 else hour, m)
        part = rng.choice([" pm", " p.m.", "pm", " pm"] + ([" in the evening", " tonight", " this evening",
                                                            " in the evening"] if 5 <= hour <= 11 else
                                                           [" in the afternoon", " this afternoon"] if hour != 12 else
                                                           []))
        part = part if not (part == "pm" and not text[-1].isdigit()) else " pm"
        return text + part, "%02d:%02d" % (hour % 12 + 12, m)


def fill(draw, pattern, plural=False, **parts):
    pattern = CHOICE.sub(lambda m: draw.rng.choice(m.group(1).split("|")), pattern)
    return pattern.format(be="are" if plural else "is", **parts)
