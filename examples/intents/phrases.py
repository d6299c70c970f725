# SPDX-License-Identifier: MIT
"""The written phrasings. (a|b) is a choice; {D} the device with its room, {V} a value with its unit, {C} a colour,
{Q} what is set ("brightness"), {DUR} a duration, {T} a clock time, {R} a room with its preposition, {be} is/are.
A phrasing that starts with ~ is held out: training never draws it, every test sentence uses at least one of them."""

# Imperatives: they start with a verb, so that politeness can be wrapped around them.
ON = ["turn on {D}", "turn on {D}", "turn {D} on", "turn {D} on", "switch on {D}", "switch {D} on", "put on {D}",
      "power up {D}", "activate {D}", "enable {D}", "get {D} on", "put {D} on", "~power on {D}", "~power {D} on",
      "start up {D}", "make sure {D} {be} on", "make sure that {D} {be} turned on", "have {D} turned on",
      "go turn on {D}", "go and turn on {D}",
      "~go and switch {D} on", "let {D} be on", "leave {D} on", "~make sure {D} {be} switched on",
      "flip on {D}", "~get {D} turned on", "keep {D} on"]
ON_SAID = ["{D} on", "{D} on", "i want {D} on", "i need {D} on", "{D} should be on", "i want {D} turned on",
           "~i'd like {D} switched on", "~{D} must be turned on", "{D} must be on", "i would like {D} on",
           "{D} needs to be on", "i'd like to have {D} on", "on with {D}", "we need {D} turned on", "~on {D}",
           "~it is time to turn {D} on", "time to switch on {D}", "{D} has to be switched on"]
OFF = ["turn off {D}", "turn off {D}", "turn {D} off", "turn {D} off", "switch off {D}", "switch {D} off",
       "shut off {D}", "power down {D}", "kill {D}", "deactivate {D}", "disable {D}", "get {D} off", "put {D} off",
       "power {D} off", "~power off {D}", "~power {D} down", "shut {D} off", "shut down {D}", "make sure {D} {be} off",
       "make sure that {D} {be} turned off", "have {D} turned off", "go turn off {D}", "~go and switch {D} off",
       "cut {D}", "leave {D} off", "flip off {D}", "~make sure {D} {be} switched off", "~get {D} turned off",
       "~shut {D} down", "keep {D} off"]
OFF_SAID = ["{D} off", "{D} off", "i want {D} off", "i don't need {D} anymore", "{D} should be off",
            "i want {D} turned off", "~i'd like {D} switched off", "~{D} must be turned off", "{D} must be off",
            "i would like {D} off", "{D} needs to be off", "off with {D}", "no more {D}", "we need {D} turned off",
            "~off {D}", "~it is time to turn {D} off", "time to switch off {D}", "{D} has to be switched off",
            "{D} out"]
OPEN = ["open {D}", "open {D}", "open up {D}", "get {D} open", "make sure {D} {be} open", "have {D} opened",
        "go open {D}", "go and open {D}", "leave {D} open", "~get {D} opened", "keep {D} open"]
OPEN_COVER = ["raise {D}", "pull up {D}", "roll up {D}", "~pull {D} up", "roll {D} up", "draw up {D}"]
OPEN_SAID = ["{D} open", "i want {D} open", "{D} should be open", "i need {D} opened", "~i'd like {D} opened",
             "{D} needs to be open", "~{D} must be opened", "{D} must be open", "time to open {D}"]
CLOSE = ["close {D}", "close {D}", "shut {D}", "get {D} closed", "make sure {D} {be} closed", "have {D} closed",
         "go close {D}", "~go and close {D}", "leave {D} closed", "~get {D} shut", "close up {D}", "keep {D} closed"]
CLOSE_COVER = ["lower {D}", "pull down {D}", "roll down {D}", "~pull {D} down", "roll {D} down", "draw {D}"]
CLOSE_SAID = ["{D} closed", "{D} shut", "i want {D} closed", "{D} should be closed", "i need {D} closed",
              "~i'd like {D} shut", "{D} needs to be shut", "~{D} must be closed", "{D} must be shut",
              "time to close {D}"]
LOCK = ["lock {D}", "lock {D}", "lock up {D}", "make sure {D} {be} locked", "have {D} locked", "~get {D} locked",
        "bolt {D}", "go lock {D}", "go and lock {D}", "~lock {D} up", "i want {D} locked", "{D} should be locked",
        "keep {D} locked", "~leave {D} locked"]
UNLOCK = ["unlock {D}", "unlock {D}", "make sure {D} {be} unlocked", "have {D} unlocked", "~get {D} unlocked",
          "unbolt {D}", "go unlock {D}", "i want {D} unlocked", "{D} should be unlocked", "~leave {D} unlocked",
          "keep {D} unlocked"]
START = ["start {D}", "start {D}", "run {D}", "get {D} started", "get {D} running", "launch {D}", "let {D} run",
         "begin with {D}", "~get {D} going", "make {D} start", "set {D} going", "~have {D} started", "~make {D} run",
         "have {D} run", "go start {D}"]
STOP = ["stop {D}", "stop {D}", "halt {D}", "pause {D}", "make {D} stop", "bring {D} to a stop", "have {D} stop",
        "cancel {D}", "~have {D} stopped", "get {D} stopped", "~make sure {D} {be} stopped", "go stop {D}",
        "~get {D} to stop"]
MUTE = ["mute {D}", "mute {D}", "silence {D}", "put {D} on mute", "set {D} to mute", "turn off the sound of {D}",
        "~have {D} muted", "turn the sound of {D} off", "~switch off the sound of {D}", "make {D} silent",
        "switch the sound of {D} off", "get {D} muted"]
UNMUTE = ["unmute {D}", "unmute {D}", "take {D} off mute", "turn the sound of {D} on", "turn on the sound of {D}",
          "get {D} unmuted", "~have {D} unmuted", "~switch on the sound of {D}", "turn the sound of {D} back on",
          "switch the sound of {D} on"]

SET = ["set {D} to {V}", "set {D} to {V}", "set {D} at {V}", "put {D} at {V}", "put {D} to {V}", "turn {D} to {V}",
       "bring {D} to {V}", "adjust {D} to {V}", "change {D} to {V}", "make {D} {V}", "set {Q} of {D} to {V}",
       "get {D} to {V}", "put {Q} of {D} at {V}", "set {D} {Q} to {V}", "~change {Q} of {D} to {V}",
       "~put {D} {Q} to {V}", "set {V} on {D}", "~have {D} set to {V}", "~adjust {D} {Q} to {V}",
       "turn {Q} of {D} to {V}", "~bring {Q} of {D} to {V}", "leave {D} at {V}", "~leave {D} on {V}", "set {D} on {V}",
       "put {D} on {V}", "make sure {D} {be} at {V}", "~make sure {D} {be} set to {V}", "keep {D} at {V}",
       "move {D} to {V}", "~move {Q} of {D} to {V}", "give me {V} on {D}", "run {D} at {V}"]
SET_SAID = ["{D} to {V}", "{D} {V}", "{D} at {V}", "i want {D} at {V}", "i need {D} at {V}", "{D} should be at {V}",
            "{D} {Q} {V}", "i'd like {D} at {V}", "~i'd like {D} set to {V}", "~{D} {Q} at {V}", "{V} for {D}",
            "i want {Q} of {D} at {V}", "{Q} of {D} to {V}", "~{Q} of {D} should be {V}", "~{V} on {D}",
            "i want {D} to be at {V}", "~i would like {D} to be at {V}", "{D} needs to be at {V}",
            "~{D} must be at {V}"]
# a direction with an end value still sets
SET_UP = ["turn {D} up to {V}", "turn up {D} to {V}", "raise {D} to {V}", "increase {D} to {V}", "bring {D} up to {V}",
          "raise {Q} of {D} to {V}", "~increase {Q} of {D} to {V}", "~bring up {D} to {V}", "crank {D} up to {V}",
          "~put {D} up to {V}"]
SET_DOWN = ["turn {D} down to {V}", "turn down {D} to {V}", "lower {D} to {V}", "reduce {D} to {V}",
            "bring {D} down to {V}", "lower {Q} of {D} to {V}", "~reduce {Q} of {D} to {V}", "~bring down {D} to {V}",
            "decrease {D} to {V}", "~put {D} down to {V}"]
SET_LIGHT = ["dim {D} to {V}", "dim {D} down to {V}", "brighten {D} to {V}", "~brighten {D} up to {V}"]
SET_COVER = ["open {D} to {V}", "open {D} {V}", "close {D} to {V}", "~have {D} opened to {V}", "~get {D} open to {V}"]
SET_HEAT = ["heat {R0} to {V}", "warm {R0} up to {V}", "~get {R0} to {V}", "i want {V} in {R0}", "make {R0} {V}",
            "set the temperature in {R0} to {V}", "~keep {R0} at {V}", "bring {R0} to {V}", "~warm up {R0} to {V}",
            "set {R0} to {V}", "it should be {V} in {R0}"]
COLOR = ["set {D} to {C}", "make {D} {C}", "turn {D} {C}", "change {D} to {C}", "set the color of {D} to {C}",
         "paint {D} {C}", "change the colour of {D} to {C}", "switch {D} to {C}", "~set {D} color to {C}",
         "~turn the color of {D} to {C}", "put {D} on {C}", "i want {D} {C}", "{D} {C}", "{D} should be {C}",
         "~i'd like {D} in {C}", "~have {D} be {C}", "{D} to {C}", "i want {D} in {C}", "~make the color of {D} {C}",
         "let {D} be {C}", "give {D} a {C} color", "color {D} {C}"]

UP = ["turn up {D}", "turn {D} up", "increase {D}", "raise {Q} of {D}", "turn up {Q} of {D}", "turn {Q} of {D} up",
      "crank up {D}", "~crank {D} up", "increase {Q} of {D}", "~put {D} up", "bring {D} up", "put {D} higher",
      "~set {D} higher", "turn {D} up a bit", "turn up {D} a little", "~increase {D} a bit", "make {D} go up",
      "turn up {D} {Q}", "~turn {D} {Q} up", "boost {D}"]
DOWN = ["turn down {D}", "turn {D} down", "decrease {D}", "lower {Q} of {D}", "turn down {Q} of {D}",
        "turn {Q} of {D} down", "reduce {D}", "~reduce {D} a bit", "reduce {Q} of {D}", "~put {D} down",
        "bring {D} down", "put {D} lower", "~set {D} lower", "turn {D} down a bit", "turn down {D} a little",
        "decrease {Q} of {D}", "make {D} go down", "turn down {D} {Q}", "~turn {D} {Q} down"]
MORE = {"light": ["make {D} brighter", "brighten {D}", "brighten up {D}", "{D} {be} too dark", "~brighten {D} up",
                  "i want {D} brighter", "~get {D} brighter", "{D} brighter"], "sound": ["make {D} louder",
                                        "i want {D} louder", "{D} {be} too quiet", "~get {D} louder", "{D} louder",
                                        "get {D} a bit louder", "{D} should be louder"], "heat": ["make {D} warmer",
                                        "make {D} hotter", "get {D} hotter", "i want {D} warmer", "~get {D} warmer",
                                        "{D} warmer"], "speed": ["make {D} faster", "speed up {D}", "~speed {D} up",
                                        "i want {D} faster", "make {D} stronger", "get {D} stronger"]}
LESS = {"light": ["make {D} darker", "dim {D}", "dim {D}", "make {D} dimmer", "get {D} dimmer", "dim down {D}",
                  "{D} {be} too bright", "~dim {D} a bit", "i want {D} dimmer", "~get {D} darker", "{D} darker"],
        "sound": ["make {D} quieter", "i want {D} quieter", "{D} {be} too loud", "make {D} softer", "get {D} softer",
                  "~get {D} quieter", "{D} quieter", "{D} should be quieter"], "heat": ["make {D} colder",
                                        "get {D} colder", "make {D} cooler", "i want {D} cooler", "~get {D} cooler",
                                        "{D} cooler"], "speed": ["make {D} slower", "slow down {D}", "~slow {D} down",
                                        "i want {D} slower", "make {D} weaker", "get {D} weaker"]}
UP_BY = ["turn up {D} by {V}", "turn {D} up by {V}", "increase {D} by {V}", "raise {D} by {V}",
         "raise {Q} of {D} by {V}", "turn {D} up {V}", "~increase {Q} of {D} by {V}", "bring {D} up by {V}",
         "~put {D} up by {V}", "add {V} to {D}", "~turn {Q} of {D} up by {V}", "~{D} up by {V}", "{D} up {V}"]
DOWN_BY = ["turn down {D} by {V}", "turn {D} down by {V}", "decrease {D} by {V}", "lower {D} by {V}",
           "lower {Q} of {D} by {V}", "turn {D} down {V}", "reduce {D} by {V}", "~reduce {Q} of {D} by {V}",
           "bring {D} down by {V}", "~put {D} down by {V}", "~turn {Q} of {D} down by {V}", "~{D} down by {V}",
           "{D} down {V}"]

# complaints and wishes that imply a command: (action, device, phrasings)
IMPLIED = [ ("increase", "heating", ["it's too cold {R}", "i'm cold {R}", "it is cold {R}", "make it warmer {R}",
                                     "it's freezing {R}", "~it is freezing {R}", "~it should be warmer {R}",
                                     "i want it warmer {R}", "it's a bit cold {R}", "~it is a bit too cold {R}",
                                     "warm it up {R}"]), ("decrease", "heating", ["it's too hot {R}", "it is hot {R}",
                                        "make it cooler {R}", "~it should be cooler {R}", "i want it cooler {R}",
                                        "it's too warm {R}", "~it is a bit too warm {R}", "it's a bit hot {R}",
                                        "cool it down {R}"]), ("increase", "light", ["it's too dark {R}",
                                        "it is dark {R}", "make it brighter {R}", "~it should be brighter {R}",
                                        "i want more light {R}", "i need more light {R}", "~it is a bit too dark {R}",
                                        "it's a bit dark {R}", "i can't see anything {R}", "give me more light {R}"]),
           ("decrease", "light", ["it's too bright {R}", "it is bright {R}", "make it darker {R}",
                                  "~it should be darker {R}", "i want less light {R}", "i need less light {R}",
                                  "~it is a bit too bright {R}", "it's a bit bright {R}", "give me less light {R}"]),
           ("decrease", "speaker", ["it's too loud {R}", "it is loud {R}", "make it quieter {R}",
                                    "~it should be quieter {R}", "~it is a bit too loud {R}", "it's a bit loud {R}"]),
           ("increase", "speaker", ["it's too quiet {R}", "make it louder {R}", "~it should be louder {R}",
                                    "~it is a bit too quiet {R}", "it's a bit quiet {R}"]), ]

# what is set without naming the device: (action, device, phrasings)
BARE = [ ("set", "heating", ["make it {V} {R}", "set the temperature to {V} {R}", "set the temperature {R} to {V}",
                             "i want it {V} {R}", "~i would like it {V} {R}", "temperature to {V} {R}",
                             "~put the temperature {R} at {V}", "change the temperature to {V} {R}", "i want {V} {R}",
                             "~get it to {V} {R}"]), ("set", "speaker", ["set the volume to {V} {R}",
                                        "volume to {V} {R}", "put the volume at {V} {R}",
                                        "~change the volume to {V} {R}", "turn the volume to {V} {R}",
                                        "turn the volume down to {V} {R}", "volume {V} {R}",
                                        "~turn the volume up to {V} {R}"]), ("set", "light",
                                        ["set the brightness to {V} {R}", "brightness to {V} {R}",
                                         "put the brightness at {V} {R}", "~change the brightness to {V} {R}",
                                         "dim to {V} {R}", "dim it to {V} {R}", "~dim it down to {V} {R}"]),
        ("increase", "speaker", ["turn the volume up {R}", "volume up {R}", "turn up the volume {R}",
                                 "raise the volume {R}", "~raise the volume by {V} {R}", "volume up by {V} {R}",
                                 "increase the volume {R}", "turn up the volume by {V} {R}",
                                 "~put the volume up {R}"]), ("decrease", "speaker", ["turn the volume down {R}",
                                        "volume down {R}", "turn down the volume {R}", "lower the volume {R}",
                                        "~lower the volume by {V} {R}", "volume down by {V} {R}",
                                        "decrease the volume {R}", "turn down the volume by {V} {R}",
                                        "~put the volume down {R}"]), ("increase", "heating",
                                        ["turn the temperature up {R}", "raise the temperature {R}",
                                         "raise the temperature by {V} {R}", "make it {V} warmer {R}",
                                         "~increase the temperature {R}", "turn up the temperature by {V} {R}",
                                         "~make it {V} hotter {R}"]), ("decrease", "heating",
                                        ["turn the temperature down {R}", "lower the temperature {R}",
                                         "lower the temperature by {V} {R}", "make it {V} cooler {R}",
                                         "~decrease the temperature {R}", "turn down the temperature by {V} {R}",
                                         "~make it {V} colder {R}"]), ]

GET = ["what is the status of {D}", "what's the state of {D}", "check {D}", "check on {D}",
       "~what's the status of {D}", "tell me the state of {D}", "show me {D}", "~tell me the status of {D}",
       "how is {D} doing", "give me the status of {D}", "report on {D}", "~check the state of {D}",
       "what is {D} set to", "~show me the state of {D}"]
GET_STATE = ["{be} {D} {s}", "{be} {D} {s}", "tell me if {D} {be} {s}", "check if {D} {be} {s}",
             "check whether {D} {be} {s}", "~tell me whether {D} {be} {s}", "do you know if {D} {be} {s}",
             "~i want to know if {D} {be} {s}", "i'd like to know whether {D} {be} {s}", "did i leave {D} {s}",
             "~see if {D} {be} {s}", "~do you know whether {D} {be} {s}", "have a look if {D} {be} {s}"]
GET_SENSOR = { "temperature": ["what is the temperature {R}", "what's the temperature {R}", "how warm is it {R}",
                               "how cold is it {R}", "tell me the temperature {R}", "~how hot is it {R}",
                               "temperature {R}", "what temperature is it {R}", "~what temperature do we have {R}",
                               "~give me the temperature {R}", "check the temperature {R}",
                               "how many degrees is it {R}", "how many degrees have we got {R}",
                               "what temperature have we got {R}", "what is the temperature that we have {R}",
                               "~how many degrees do we have {R}"], "humidity": ["what is the humidity {R}",
                                        "what's the humidity {R}", "how humid is it {R}", "tell me the humidity {R}",
                                        "~give me the humidity {R}", "humidity {R}", "what humidity have we got {R}",
                                        "check the humidity {R}", "~what humidity do we have {R}",
                                        "how damp is it {R}"]}
TIMER = ["set a timer for {DUR}", "set a timer for {DUR}", "start a timer for {DUR}", "start a {DUR} timer",
         "timer {DUR}", "timer for {DUR}", "set a {DUR} timer", "give me a timer for {DUR}", "~give me a {DUR} timer",
         "~i need a timer for {DUR}", "remind me in {DUR}", "i need a {DUR} timer", "{DUR} timer",
         "~start a timer of {DUR}", "set the timer to {DUR}", "set timer for {DUR}", "count down {DUR}",
         "~set a timer that is over in {DUR}", "tell me when {DUR} are over"]
WAKE = ["wake me at {T}", "wake me up at {T}", "wake me at {T}", "set a wake up call for {T}",
        "i want to wake up at {T}", "i have to get up at {T}", "i need to wake up at {T}", "~i have to wake up at {T}",
        "wake up at {T}", "get me up at {T}", "~i want to get up at {T}", "i need to get up at {T}",
        "wake us up at {T}", "~get us up at {T}", "set a wake up alarm for {T}", "make sure i wake up at {T}",
        "~make sure i get up at {T}", "~at {T} wake me up", "at {T} wake me"]

# Wrapped around an imperative; {x} is the clause, {ing} the clause with its verb as a gerund.
POLITE = ["{x}"] * 20 + [ "please {x}", "please {x}", "please {x}", "{x} please", "{x} please", "can you {x}",
                         "can you please {x}", "could you {x}", "could you please {x}", "could you {x} please",
                         "would you {x}", "would you please {x}", "will you {x}", "i want you to {x}",
                         "i'd like you to {x}", "i would like you to {x}", "i need you to {x}", "would you mind {ing}",
                         "do you mind {ing}", "hey {x}", "ok {x}", "okay now {x}", "now {x}", "just {x}",
                         "hey can you {x}", "quickly {x}", "be so kind and {x}", "would you be so kind to {x}",
                         "i think you should {x}", "it would be nice if you could {x}", "can we {x}", "let's {x}",
                         "go ahead and {x}", "you can {x} now", "{x} now", "{x} for me", "{x} thanks", "{x} will you",
                         "{x} would you", "{x} right now", "kindly {x}", "computer {x}", "hey computer {x}",
                         "house {x}", "hello please {x}", "how about {ing}", "what about {ing}", "try to {x}",
                         "may i ask you to {x}", "i was wondering if you could {x}", "it's time to {x}",
                         "~can you {x} for me", "~i'd like you to please {x}", "~hey could you {x}",
                         "~would you {x} for me please", "~please would you {x}",
                         "~it would be great if you could {x}", "~could you be so kind to {x}",
                         "~do you think you could {x}", "~hello can you {x} now", "~okay computer {x}",
                         "~you should {x} now", "~please go ahead and {x}", "~could you try to {x}",
                         "~just {x} for me", "~may i ask you to please {x}", "~i was wondering if you would {x}",
                         "do you think you can {x}", "it would be great if you {x}"]
POLITE_SAID = ["{x}"] * 12 + ["{x} please", "{x} please", "please {x}", "{x} now", "hey {x}", "{x} right now",
                              "ok {x}", "computer {x}", "{x} thanks", "~now {x} please", "~hey computer {x}",
                              "~{x} right now please"]

# a time around a clause
TIMED = ["{x} {t}", "{x} {t}", "{x} {t}", "{t} {x}", "{t} please {x}", "{x} {t} please", "~{t} can you {x}",
         "~{t} i want you to {x}", "~{t} could you please {x}", "{t} you should {x}", "{t} would you {x}"]
TIMED_SAID = ["{x} {t}", "{x} {t}", "{t} {x}", "{x} {t} please", "~{t} {x} please"]
IN = ["in {DUR}", "in {DUR}", "in {DUR}", "after {DUR}", "{DUR} from now", "~in {DUR} from now", "in about {DUR}",
      "in around {DUR}", "~after about {DUR}", "{DUR} later"]
FOR = ["for {DUR}", "for {DUR}", "for {DUR}", "for about {DUR}", "~for around {DUR}"]
AT = ["at {T}", "at {T}", "at {T}", "at {T}", "by {T}", "at about {T}", "~at exactly {T}", "when it is {T}",
      "exactly at {T}", "~when it's {T}"]

JOIN = [" and ", " and ", " and ", " and then ", " then ", ", then ", ", ", ", and ", " and also ", " and please ",
        ". then ", ". ", " as well as ", "~, and then ", "~ and after that ", " after that ", "~, and please "]
# one action over two devices, with the object of the second clause only
SHARED = ["{D1} and {D2}", "{D1} and {D2}", "{D1} and also {D2}", "both {D1} and {D2}", "~{D1} as well as {D2}",
          "{D1} and {D2} too", "{D1} plus {D2}", "~{D1} and {D2} as well", "{D1} , {D2} too"]

# no command
NOT = [ "don't {x}", "do not {x}", "please don't {x}", "never {x}", "please do not {x}", "~you should never {x}",
       "you should not {x}", "i never said {x}", "why did you {x}", "did you {x}", "i don't want you to {x}",
       "~i do not want you to {x}", "no need to {x}", "how do i {x}", "how can i {x}", "~how do you {x}",
       "i forgot to {x}", "i think i forgot to {x}", "~he forgot to {x}", "he likes to {x}", "my wife told me to {x}",
       "my father told me to {x}",
       "~my mother told me to {x}", "who told you to {x}", "i already did {x}", "when did you {x}",
       "yesterday i had to {x}", "it is a bad idea to {x}", "it was wrong to {x}", "it was stupid to {x}",
       "was it a bad idea to {x}", "what happens if you {x}", "what happens after i {x}", "how do people {x}",
       "how do we {x}", "~it was a bad idea to {x}", "i will {x} myself",
       "he will {x}", "you don't have to {x}", "there is no need to {x}", "do people {x}", "what happens if i {x}",
       "what happens when i {x}",
    "~what happens when you {x}"]
ABOUT = ["i like {D}", "{D} {be} {adj}", "i bought {D} yesterday", "what a {adj} {d}", "i love my {d}",
         "where did you buy {D}", "how much does a {d} cost", "who invented the {d}", "~i love {D}",
         "the cat sleeps on {D}", "my {n} is in the {r}", "the {n} is in the {r}", "where is the {n}",
         "i was in the {r} today", "~i was in the {r} yesterday", "the {r} is {adj}", "what a {adj} {r}",
         "my {r} is very {adj}", "we need a new {d}", "~we bought a new {d}", "i want to buy a {d}",
         "how does a {d} work", "~how does the {d} work", "why is {D} so {adj}", "there is a {n} on {D}",
         "~there is a {n} in the {r}", "do you have a {d}", "~do you like the {r}", "who is in the {r}",
         "put the {n} in the {r}", "bring the {n} to the {r}", "clean the {r}", "~paint the {r}",
         "the {d} of my {n} is {adj}", "is the {r} {adj}", "~is {D} {adj}", "who broke {D}", "{D}", "the {r}",
         "in the {r}", "{d} {r} {n}", "go to the {r}"]
OTHER = ["what is a {n}", "what is the {n} of {n2}", "who is the {n} of {n2}", "where is {n}", "i have a {adj} {n}",
         "i like {n}", "the {n} is {adj}", "a {adj} {n}", "do you like {n}", "i want to {v} a {n}",
         "can you {v} a {n}", "please {v} the {n}", "{v} a {n}", "{v} the {adj} {n}", "how do i {v} a {n}",
         "why is the {n} {adj}", "when is the {n}", "tell me about the {n}", "tell me about {n}",
         "write a {n} about the {n2}", "~write me a {adj} {n}", "play a {n}", "order a {n}", "buy a {n} for my {n2}",
         "my {n} is {adj}", "the {n} and the {n2}", "i {v} a {n} every day", "~i never {v} a {n}",
         "how many {n} are there in {n2}", "which {n} is {adj}", "is the {n} {adj}", "are you a {n}",
         "you are a {adj} {n}", "~you are {adj}", "i am {adj}", "i am a {n}", "~i am very {adj}",
         "what is {num} plus {num2}", "how much is {num} times {num2}", "the answer is {num}", "i am {num} years old",
         "{num}", "~what is {num} times {num2}", "there are {num} {n} in the {n2}", "call my {n}",
         "send a {n} to my {n2}", "open the {n}", "close the {n}", "turn on the {n}", "set the {n} to {num}",
         "turn off the {n}", "start the {n}", "stop the {n}", "~switch on the {n}", "how far is {n} from {n2}",
         "what does {n} mean", "translate {n}", "spell {n}", "~how do you spell {n}", "who wrote the {n}",
         "what is the best {n}", "~what is the best {n} in {n2}", "{n}", "{adj} {n}", "{n} {n2} {v}",
         "we {v} {n} and {n2}", "let's {v} the {n}", "~let's {v} a {n}", "did you {v} the {n}", "have you seen my {n}",
         "i lost my {n}", "~i lost the {n}", "show me a {n}", "show me the {n}", "what is the {n} today",
         "~how is the {n} today", "it is {adj} today", "the {n} was {adj} yesterday"]
