# SPDX-License-Identifier: MIT
"""The vocabulary of the home: rooms, devices, numbers, times and their spoken forms, and the words of small talk."""

# canonical room -> spoken forms
ROOMS = {
    "kitchen": ["kitchen", "kitchen", "kitchen"],
    "bedroom": ["bedroom", "bedroom", "bedroom", "master bedroom"],
    "living_room": ["living room", "living room", "lounge", "sitting room"],
    "bathroom": ["bathroom", "bathroom", "bath room"],
    "hallway": ["hallway", "hall", "corridor"],
    "office": ["office", "office", "study"],
    "garage": ["garage"],
    "garden": ["garden", "garden", "yard", "backyard"],
    "basement": ["basement", "cellar"],
    "attic": ["attic", "loft"],
    "dining_room": ["dining room"],
    "nursery": ["nursery", "baby's room", "kids' room", "kids room"],
    "guest_room": ["guest room", "spare room"],
}

# canonical device -> (class, spoken forms); a form that ends in s takes plural words around it
DEVICES = {
    "lamp": ("light", ["lamp", "lamp", "lamp", "table lamp", "floor lamp", "reading lamp", "bedside lamp", "lamps",
                       "desk lamp"]),
    "light": ("light", ["light", "lights", "lights", "ceiling light", "lighting", "ceiling lights"]),
    "fan": ("speed", ["fan", "fan", "ceiling fan", "ventilator"]),
    "humidifier": ("speed", ["humidifier"]),
    "heating": ("heat", ["heating", "heating", "heater", "radiator", "thermostat", "heat"]),
    "ac": ("heat", ["ac", "air conditioning", "air conditioner", "aircon", "a/c"]),
    "oven": ("heat", ["oven"]),
    "tv": ("sound", ["tv", "tv", "television", "telly"]),
    "speaker": ("sound", ["speaker", "speakers", "music", "stereo", "radio"]),
    "blinds": ("cover", ["blinds", "blinds", "shades", "shutters", "blind"]),
    "curtains": ("cover", ["curtains", "curtains", "drapes", "curtain"]),
    "window": ("cover", ["window", "windows"]),
    "door": ("door", ["door", "door", "door", "doors", "front door", "back door"]),
    "vacuum": ("machine", ["vacuum", "vacuum cleaner", "robot vacuum", "hoover"]),
    "washer": ("machine", ["washing machine", "washer"]),
    "dishwasher": ("machine", ["dishwasher"]),
    "coffee_machine": ("machine", ["coffee machine", "coffee maker"]),
    "sprinkler": ("machine", ["sprinkler", "sprinklers"]),
    "kettle": ("switch", ["kettle"]),
    "plug": ("switch", ["plug", "socket", "outlet", "power outlet"]),
    "camera": ("switch", ["camera", "cameras", "security camera"]),
    "alarm": ("switch", ["alarm", "security alarm", "burglar alarm"]),
}

# how often a device is spoken of
WEIGHTS = {"lamp": 4, "light": 5, "fan": 2, "heating": 3, "ac": 2, "tv": 2, "speaker": 2, "blinds": 2,
           "curtains": 2, "door": 2}

COLORS = ["red", "green", "blue", "white", "yellow", "orange", "purple", "pink", "warm white", "cool white",
          "turquoise"]

# what "the ... of the lamp" may be called, by class
QUALITY = {"light": ["brightness", "brightness", "level", "intensity"], "sound": ["volume", "volume", "sound level"],
           "speed": ["speed", "speed", "level", "power"], "heat": ["temperature"], "cover": ["position"]}

ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
        "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def number_words(n, rng):
    """0..399 in English words."""
    if n < 20:
        return ONES[n]
    if n < 100:
        if n % 10 == 0:
            return TENS[n // 10]
        return TENS[n // 10] + rng.choice([" ", " ", "-"]) + ONES[n % 10]
    head = rng.choice(["one", "a"]) if n < 200 else ONES[n // 100]
    if n % 100 == 0:
        return head + " hundred"
    return head + " hundred " + rng.choice(["", "and "]) + number_words(n % 100, rng)


GREETINGS = ["hello", "hi", "hi there", "hey", "good morning", "good evening", "good night", "how are you",
             "what's up", "thank you", "thanks", "thanks a lot", "bye", "goodbye", "see you later",
             "nice to meet you", "who are you", "what can you do", "what is your name", "are you there", "help",
             "yes", "no", "maybe", "okay", "ok", "sorry", "never mind", "stop it", "please", "thank you very much",
             "well done", "good job", "i love you", "wow", "you are funny", "that is great", "not now", "forget it",
             "how old are you", "do you like me", "test", "are you a robot", "can you hear me", "what do you think",
             "let me think", "i don't know", "what", "why", "tell me a story", "sing a song", "tell me a joke",
             "what time is it", "what day is it today"]

THINGS = """dog cat bird fish horse cow house car bike train plane ship boat tree flower river sea ocean
mountain city country france germany england italy spain japan china london paris rome berlin
president king queen teacher doctor student child friend brother sister mother father wife husband
neighbor boss team game football tennis chess movie film book story poem song picture painting
letter email message phone computer keyboard screen pizza bread cheese apple banana cake soup salad
dinner breakfast lunch tea coffee water milk beer wine sugar salt weather rain snow sun moon star
sky wind summer winter spring autumn monday friday weekend holiday birthday party school university
hospital bank shop market street bridge money price bill number word question answer problem idea
plan dream history science math language world life love time year month week table chair bed
sofa shoes shirt dress hat key bag box paper pen newspaper energy atom planet dinosaur elephant
tiger capital population recipe dictionary meeting ticket flight hotel
microwave fridge freezer toaster blender printer laptop projector shower bathtub toilet mirror pool elevator
engine tractor rocket candle fireplace stove grill robot drone satellite piano guitar violin drum bottle cup
glass plate spoon knife fork pillow blanket carpet wall roof floor stairs shelf drawer wardrobe mailbox fence
grass bush island desert forest beach lake village castle museum theater library station
airport taxi bus truck passport suitcase internet website program app file folder""".split()

ADJECTIVES = """nice big small old new good bad red blue green beautiful ugly fast slow happy sad hungry tired cold
hot warm funny strange easy hard long short cheap expensive famous important great tall young rich
heavy quiet loud dark bright broken clean dirty empty full lovely pretty ready late early""".split()

VERBS = """eat buy sell read write find make draw sing play watch visit learn teach build cook bake order book
call email send translate explain describe count remember forget love hate like want need see hear
know paint wash drive ride catch calculate compare invent discover photograph""".split()
