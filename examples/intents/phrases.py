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
      "flip on {D}", "~get {D} turned on", "keep {D} on", "get {D} switched on", "have {D} switched on", "have {D} powered on", "power up {D} again", "turn {D} back on", "switch {D} back on", "turn on {D} again", "make {D} turn on", "let {D} go on", "go ahead with {D} on", "go switch {D} on", "arm {D}", "make sure you turn on {D}", "remember to turn {D} on", "bring {D} on", "put {D} back on", "i want you to have {D} on", "fire up {D}", "light up {D}", "leave {D} switched on", "see that {D} {be} on", "see to it that {D} {be} switched on"]
ON_SAID = ["{D} on", "{D} on", "i want {D} on", "i need {D} on", "{D} should be on", "i want {D} turned on",
           "~i'd like {D} switched on", "~{D} must be turned on", "{D} must be on", "i would like {D} on",
           "{D} needs to be on", "i'd like to have {D} on", "on with {D}", "we need {D} turned on", "~on {D}",
           "~it is time to turn {D} on", "time to switch on {D}", "{D} has to be switched on", "i want {D} to be on", "i want {D} to be switched on", "i'd like {D} on", "i'd like {D} turned on", "{D} should be turned on", "{D} should be switched on", "{D} needs to be turned on", "i need {D} turned on", "we want {D} on", "we need {D} on", "{D} has to be on", "it's time for {D} to be on", "i could use {D} on", "{D} back on", "{D} ought to be on"]
OFF = ["turn off {D}", "turn off {D}", "turn {D} off", "turn {D} off", "switch off {D}", "switch {D} off",
       "shut off {D}", "power down {D}", "kill {D}", "deactivate {D}", "disable {D}", "get {D} off", "put {D} off",
       "power {D} off", "~power off {D}", "~power {D} down", "shut {D} off", "shut down {D}", "make sure {D} {be} off",
       "make sure that {D} {be} turned off", "have {D} turned off", "go turn off {D}", "~go and switch {D} off",
       "cut {D}", "leave {D} off", "flip off {D}", "~make sure {D} {be} switched off", "~get {D} turned off",
       "~shut {D} down", "keep {D} off", "have {D} powered down", "have {D} powered off", "get {D} powered down", "have {D} shut down", "get {D} shut off", "have {D} shut off", "get {D} switched off", "have {D} switched off", "turn {D} back off", "turn {D} off again", "turn off {D} again", "make {D} turn off", "make {D} shut down", "let {D} be off", "go switch {D} off", "disarm {D}", "make sure you turn off {D}", "remember to turn {D} off", "leave {D} switched off", "see that {D} {be} off", "see to it that {D} {be} switched off", "kill the power of {D}", "make sure {D} {be} shut down", "make sure {D} {be} powered down"]
OFF_SAID = ["{D} off", "{D} off", "i want {D} off", "i don't need {D} anymore", "{D} should be off",
            "i want {D} turned off", "~i'd like {D} switched off", "~{D} must be turned off", "{D} must be off",
            "i would like {D} off", "{D} needs to be off", "off with {D}", "no more {D}", "we need {D} turned off",
            "~off {D}", "~it is time to turn {D} off", "time to switch off {D}", "{D} has to be switched off",
            "{D} out", "i want {D} to be off", "i want {D} to be switched off", "i'd like {D} off", "i'd like {D} turned off", "i'd like {D} shut off", "{D} should be turned off", "{D} should be switched off", "{D} needs to be turned off", "i need {D} turned off", "i need {D} off", "we want {D} off", "we need {D} off", "{D} has to be off", "i want {D} shut down", "i want {D} powered down", "{D} should be shut down", "{D} should be powered down", "{D} ought to be off", "i don't need {D}", "we don't need {D} anymore"]
OPEN = ["open {D}", "open {D}", "open up {D}", "get {D} open", "make sure {D} {be} open", "have {D} opened",
        "go open {D}", "go and open {D}", "leave {D} open", "~get {D} opened", "keep {D} open", "get {D} opened up", "have {D} open", "make {D} open", "let {D} be open", "go and open up {D}", "see that {D} {be} open", "make sure that {D} {be} opened", "open {D} up", "swing {D} open", "make sure you open {D}"]
OPEN_COVER = ["raise {D}", "pull up {D}", "roll up {D}", "~pull {D} up", "roll {D} up", "draw up {D}", "pull {D} open", "get {D} raised", "have {D} raised", "have {D} pulled up", "get {D} rolled up", "raise up {D}", "raise {D} all the way", "put up {D}"]
OPEN_SAID = ["{D} open", "i want {D} open", "{D} should be open", "i need {D} opened", "~i'd like {D} opened",
             "{D} needs to be open", "~{D} must be opened", "{D} must be open", "time to open {D}", "i want {D} opened", "i'd like {D} open", "{D} should be opened", "we need {D} open", "{D} has to be open", "{D} has to be opened", "i need {D} open", "i want {D} to be open"]
CLOSE = ["close {D}", "close {D}", "shut {D}", "get {D} closed", "make sure {D} {be} closed", "have {D} closed",
         "go close {D}", "~go and close {D}", "leave {D} closed", "~get {D} shut", "close up {D}", "keep {D} closed", "have {D} shut", "get {D} shut tight", "make {D} close", "let {D} be closed", "go and shut {D}", "go shut {D}", "see that {D} {be} closed", "make sure that {D} {be} shut", "make sure {D} {be} shut", "close {D} up", "keep {D} shut", "leave {D} shut", "make sure you close {D}"]
CLOSE_COVER = ["lower {D}", "pull down {D}", "roll down {D}", "~pull {D} down", "roll {D} down", "draw {D}", "pull {D} shut", "get {D} lowered", "have {D} lowered", "have {D} pulled down", "get {D} rolled down", "lower {D} all the way", "let {D} down", "let down {D}"]
CLOSE_SAID = ["{D} closed", "{D} shut", "i want {D} closed", "{D} should be closed", "i need {D} closed",
              "~i'd like {D} shut", "{D} needs to be shut", "~{D} must be closed", "{D} must be shut",
              "time to close {D}", "i want {D} shut", "i'd like {D} closed", "{D} should be shut", "we need {D} closed", "{D} has to be closed", "{D} has to be shut", "i need {D} shut", "{D} needs to be closed", "i want {D} to be closed"]
LOCK = ["lock {D}", "lock {D}", "lock up {D}", "make sure {D} {be} locked", "have {D} locked", "~get {D} locked",
        "bolt {D}", "go lock {D}", "go and lock {D}", "~lock {D} up", "i want {D} locked", "{D} should be locked",
        "keep {D} locked", "~leave {D} locked", "have {D} locked up", "get {D} bolted", "see that {D} {be} locked", "make sure that {D} {be} locked", "i need {D} locked", "i'd like {D} locked", "{D} must be locked", "{D} needs to be locked", "keep {D} bolted", "leave {D} bolted", "make sure you lock {D}", "remember to lock {D}"]
UNLOCK = ["unlock {D}", "unlock {D}", "make sure {D} {be} unlocked", "have {D} unlocked", "~get {D} unlocked",
          "unbolt {D}", "go unlock {D}", "i want {D} unlocked", "{D} should be unlocked", "~leave {D} unlocked",
          "keep {D} unlocked", "get {D} unbolted", "see that {D} {be} unlocked", "make sure that {D} {be} unlocked", "i need {D} unlocked", "i'd like {D} unlocked", "{D} must be unlocked", "{D} needs to be unlocked", "keep {D} unbolted", "leave {D} unbolted", "go and unlock {D}", "make sure you unlock {D}"]
START = ["start {D}", "start {D}", "run {D}", "get {D} started", "get {D} running", "launch {D}", "let {D} run",
         "begin with {D}", "~get {D} going", "make {D} start", "set {D} going", "~have {D} started", "~make {D} run",
         "have {D} run", "go start {D}", "get {D} to start", "get {D} to run", "have {D} running", "make sure {D} {be} running", "make sure {D} {be} started", "let {D} start", "start up {D}", "start {D} up", "go and start {D}", "i want {D} started", "i want {D} running", "{D} should be running", "{D} should start", "get {D} to go", "make {D} go", "have {D} going", "set {D} running"]
STOP = ["stop {D}", "stop {D}", "halt {D}", "pause {D}", "make {D} stop", "bring {D} to a stop", "have {D} stop",
        "cancel {D}", "~have {D} stopped", "get {D} stopped", "~make sure {D} {be} stopped", "go stop {D}",
        "~get {D} to stop", "let {D} stop", "have {D} halted", "have {D} paused", "get {D} paused", "make sure {D} {be} paused", "make {D} pause", "go and stop {D}", "i want {D} stopped", "{D} should be stopped", "{D} should stop", "bring {D} to a halt", "get {D} to halt", "make sure {D} {be} not running", "put a stop to {D}"]
MUTE = ["mute {D}", "mute {D}", "silence {D}", "put {D} on mute", "set {D} to mute", "turn off the sound of {D}",
        "~have {D} muted", "turn the sound of {D} off", "~switch off the sound of {D}", "make {D} silent",
        "switch the sound of {D} off", "get {D} muted", "make {D} mute", "have {D} silenced", "get {D} silenced", "i want {D} muted", "{D} should be muted", "shut off the sound of {D}", "make sure {D} {be} muted", "i want {D} silent", "cut the sound of {D}", "take the sound off {D}", "have the sound of {D} turned off"]
UNMUTE = ["unmute {D}", "unmute {D}", "take {D} off mute", "turn the sound of {D} on", "turn on the sound of {D}",
          "get {D} unmuted", "~have {D} unmuted", "~switch on the sound of {D}", "turn the sound of {D} back on",
          "switch the sound of {D} on", "get {D} off mute", "i want {D} unmuted", "{D} should be unmuted", "give {D} sound again", "make sure {D} {be} unmuted", "put the sound of {D} on", "have {D} off mute", "have the sound of {D} turned on", "bring back the sound of {D}", "put the sound of {D} back on"]

SET = ["set {D} to {V}", "set {D} to {V}", "set {D} at {V}", "put {D} at {V}", "put {D} to {V}", "turn {D} to {V}",
       "bring {D} to {V}", "adjust {D} to {V}", "change {D} to {V}", "make {D} {V}", "set {Q} of {D} to {V}",
       "get {D} to {V}", "put {Q} of {D} at {V}", "set {D} {Q} to {V}", "~change {Q} of {D} to {V}",
       "~put {D} {Q} to {V}", "set {V} on {D}", "~have {D} set to {V}", "~adjust {D} {Q} to {V}",
       "turn {Q} of {D} to {V}", "~bring {Q} of {D} to {V}", "leave {D} at {V}", "~leave {D} on {V}", "set {D} on {V}",
       "put {D} on {V}", "make sure {D} {be} at {V}", "~make sure {D} {be} set to {V}", "keep {D} at {V}",
       "move {D} to {V}", "~move {Q} of {D} to {V}", "give me {V} on {D}", "run {D} at {V}", "change {D} {Q} to {V}", "get {Q} of {D} to {V}", "bring {D} {Q} to {V}", "put {Q} of {D} to {V}", "adjust {Q} of {D} to {V}", "move {D} {Q} to {V}", "have {D} at {V}", "have {D} on {V}", "have {D} put to {V}", "have {Q} of {D} set to {V}", "get {D} set to {V}", "get {D} {Q} to {V}", "set {Q} of {D} at {V}", "fix {D} at {V}", "switch {D} to {V}", "turn {D} {Q} to {V}", "make {Q} of {D} {V}", "make sure {D} {be} on {V}", "make sure {Q} of {D} is at {V}", "keep {D} on {V}", "hold {D} at {V}", "let {D} be at {V}", "let {D} go to {V}", "leave {Q} of {D} at {V}", "take {D} to {V}", "set {V} for {D}", "get me {V} on {D}", "see that {D} {be} at {V}"]
SET_SAID = ["{D} to {V}", "{D} {V}", "{D} at {V}", "i want {D} at {V}", "i need {D} at {V}", "{D} should be at {V}",
            "{D} {Q} {V}", "i'd like {D} at {V}", "~i'd like {D} set to {V}", "~{D} {Q} at {V}", "{V} for {D}",
            "i want {Q} of {D} at {V}", "{Q} of {D} to {V}", "~{Q} of {D} should be {V}", "~{V} on {D}",
            "i want {D} to be at {V}", "~i would like {D} to be at {V}", "{D} needs to be at {V}",
            "~{D} must be at {V}", "{V} please for {D}", "i want {D} on {V}", "i want {D} set to {V}", "i need {D} set to {V}", "i need {D} to be at {V}", "i would like {D} at {V}", "i'd like {D} on {V}", "{D} should be set to {V}", "{D} should be on {V}", "{D} has to be at {V}", "{D} has to be set to {V}", "{D} needs to be set to {V}", "{D} must be set to {V}", "{D} must be on {V}", "{Q} of {D} at {V}", "{Q} of {D} must be {V}", "{Q} of {D} should be at {V}", "{Q} of {D} needs to be {V}", "{D} {Q} to {V}", "{D} {Q} should be {V}", "i want {D} {Q} at {V}", "we need {D} at {V}"]
# a direction with an end value still sets
SET_UP = ["turn {D} up to {V}", "turn up {D} to {V}", "raise {D} to {V}", "increase {D} to {V}", "bring {D} up to {V}",
          "raise {Q} of {D} to {V}", "~increase {Q} of {D} to {V}", "~bring up {D} to {V}", "crank {D} up to {V}",
          "~put {D} up to {V}", "take {D} up to {V}", "move {D} up to {V}", "bring {Q} of {D} up to {V}", "turn {Q} of {D} up to {V}", "turn {D} {Q} up to {V}", "raise {D} {Q} to {V}", "increase {D} {Q} to {V}", "boost {D} to {V}", "put {Q} of {D} up to {V}", "i want {D} turned up to {V}", "{D} up to {V}", "get {D} up to {V}", "crank up {D} to {V}", "set {D} up to {V}"]
SET_DOWN = ["turn {D} down to {V}", "turn down {D} to {V}", "lower {D} to {V}", "reduce {D} to {V}",
            "bring {D} down to {V}", "lower {Q} of {D} to {V}", "~reduce {Q} of {D} to {V}", "~bring down {D} to {V}",
            "decrease {D} to {V}", "~put {D} down to {V}", "take {D} down to {V}", "move {D} down to {V}", "bring {Q} of {D} down to {V}", "turn {Q} of {D} down to {V}", "turn {D} {Q} down to {V}", "lower {D} {Q} to {V}", "reduce {D} {Q} to {V}", "decrease {Q} of {D} to {V}", "drop {D} to {V}", "put {Q} of {D} down to {V}", "i want {D} turned down to {V}", "{D} down to {V}", "get {D} down to {V}", "cut {D} down to {V}"]
SET_LIGHT = ["dim {D} to {V}", "dim {D} down to {V}", "brighten {D} to {V}", "~brighten {D} up to {V}", "dim {Q} of {D} to {V}", "have {D} dimmed to {V}", "get {D} dimmed to {V}", "i want {D} dimmed to {V}", "{D} dimmed to {V}", "brighten up {D} to {V}", "light {D} at {V}"]
SET_COVER = ["open {D} to {V}", "close {D} {V}", "open {D} {V}", "close {D} to {V}", "~have {D} opened to {V}", "~get {D} open to {V}", "open up {D} to {V}", "raise {D} to {V}", "lower {D} to {V}", "have {D} {V} open", "get {D} {V} open", "i want {D} {V} open", "leave {D} {V} open", "make {D} {V} open", "{D} {V} open", "i want {D} open to {V}", "have {D} opened {V}"]
SET_HEAT = ["heat {R0} to {V}", "warm {R0} up to {V}", "~get {R0} to {V}", "i want {V} in {R0}", "make {R0} {V}",
            "set the temperature in {R0} to {V}", "~keep {R0} at {V}", "bring {R0} to {V}", "~warm up {R0} to {V}",
            "set {R0} to {V}", "it should be {V} in {R0}", "get {R0} up to {V}", "have {R0} at {V}", "hold {R0} at {V}", "warm {R0} to {V}", "heat up {R0} to {V}", "heat {R0} up to {V}", "bring {R0} up to {V}", "put {R0} at {V}", "leave {R0} at {V}", "i need {V} in {R0}", "i'd like {V} in {R0}", "i want {R0} at {V}", "{R0} should be at {V}", "{R0} to {V}", "{V} in {R0}", "the temperature in {R0} should be {V}", "change the temperature in {R0} to {V}", "make it {V} in {R0}", "keep the temperature of {R0} at {V}", "let {R0} be {V}", "turn {R0} to {V}", "cool {R0} to {V}", "cool {R0} down to {V}"]
COLOR = ["set {D} to {C}", "make {D} {C}", "turn {D} {C}", "change {D} to {C}", "set the color of {D} to {C}",
         "paint {D} {C}", "change the colour of {D} to {C}", "switch {D} to {C}", "~set {D} color to {C}",
         "~turn the color of {D} to {C}", "put {D} on {C}", "i want {D} {C}", "{D} {C}", "{D} should be {C}",
         "~i'd like {D} in {C}", "~have {D} be {C}", "{D} to {C}", "i want {D} in {C}", "~make the color of {D} {C}",
         "let {D} be {C}", "give {D} a {C} color", "color {D} {C}", "set {D} in {C}", "change the color of {D} to {C}", "turn {D} to {C}", "have {D} in {C}", "make {D} shine {C}", "make {D} glow {C}", "make {D} light up {C}", "make {D} go {C}", "i'd like {D} {C}", "i would like {D} {C}", "i need {D} {C}", "i want {D} to be {C}", "{D} must be {C}", "{D} in {C}", "{D} color {C}", "{D} color to {C}", "change {D} color to {C}", "let {D} shine in {C}", "use {C} for {D}", "give me {C} on {D}", "switch the color of {D} to {C}", "i want the color of {D} to be {C}", "the color of {D} should be {C}", "have {D} turned {C}", "go {C} with {D}"]

UP = ["turn up {D}", "turn {D} up", "increase {D}", "raise {Q} of {D}", "turn up {Q} of {D}", "turn {Q} of {D} up",
      "crank up {D}", "~crank {D} up", "increase {Q} of {D}", "~put {D} up", "bring {D} up", "put {D} higher",
      "~set {D} higher", "turn {D} up a bit", "turn up {D} a little", "~increase {D} a bit", "make {D} go up",
      "turn up {D} {Q}", "~turn {D} {Q} up", "boost {D}", "move {D} up", "bring {Q} of {D} up", "put {Q} of {D} up", "turn {D} up more", "turn {D} up some more", "turn {D} up a little", "turn {D} up a little bit", "turn up {D} a bit more", "turn up {D} some", "increase {D} a little", "increase {D} slightly", "raise {D} {Q}", "increase {D} {Q}", "get {D} up", "get {D} higher", "make {D} higher", "move {D} higher", "turn {D} higher", "i want {D} higher", "{D} higher", "{D} up a bit", "{D} up", "i want {D} turned up", "have {D} turned up", "boost {Q} of {D}", "pump up {D}", "take {D} up a notch", "give {D} some more", "crank {Q} of {D} up"]
DOWN = ["turn down {D}", "turn {D} down", "decrease {D}", "lower {Q} of {D}", "turn down {Q} of {D}",
        "turn {Q} of {D} down", "reduce {D}", "~reduce {D} a bit", "reduce {Q} of {D}", "~put {D} down",
        "bring {D} down", "put {D} lower", "~set {D} lower", "turn {D} down a bit", "turn down {D} a little",
        "decrease {Q} of {D}", "make {D} go down", "turn down {D} {Q}", "~turn {D} {Q} down", "move {D} down", "bring {Q} of {D} down", "put {Q} of {D} down", "turn {D} down more", "turn {D} down some more", "turn {D} down a little", "turn {D} down a little bit", "turn down {D} a bit more", "turn down {D} some", "reduce {D} a little", "reduce {D} slightly", "lower {D} {Q}", "reduce {D} {Q}", "decrease {D} {Q}", "get {D} down", "get {D} lower", "make {D} lower", "move {D} lower", "turn {D} lower", "i want {D} lower", "{D} lower", "{D} down a bit", "{D} down", "i want {D} turned down", "have {D} turned down", "take {D} down a notch", "give {D} a bit less", "decrease {D} a little"]
MORE = {"light": ["make {D} brighter", "get {D} a bit brighter", "get {D} brighter than now", "{D} should be brighter", "{D} needs to be brighter", "{D} {be} a bit dark", "{D} {be} not bright enough", "make {D} a bit brighter", "make {D} a little brighter", "i'd like {D} brighter", "have {D} brighter", "turn {D} brighter", "brighten {D} a bit", "set {D} brighter", "{D} could be brighter", "brighten {D}", "brighten up {D}", "{D} {be} too dark", "~brighten {D} up",
                  "i want {D} brighter", "~get {D} brighter", "{D} brighter"], "sound": ["make {D} louder", "get {D} much louder", "{D} needs to be louder", "{D} {be} a bit quiet", "{D} {be} not loud enough", "make {D} a bit louder", "make {D} a little louder", "i'd like {D} louder", "turn {D} louder", "play {D} louder", "play {D} a bit louder", "set {D} louder", "i can't hear {D}",
                                        "i want {D} louder", "{D} {be} too quiet", "~get {D} louder", "{D} louder",
                                        "get {D} a bit louder", "{D} should be louder"], "heat": ["make {D} warmer",
                                        "make {D} hotter", "get {D} a bit warmer", "{D} should be warmer", "{D} needs to be warmer", "{D} {be} too cold", "{D} {be} not warm enough", "make {D} a bit warmer", "i'd like {D} warmer", "turn {D} warmer", "turn {D} hotter", "set {D} warmer", "put {D} warmer", "get {D} hotter", "i want {D} warmer", "~get {D} warmer",
                                        "{D} warmer"], "speed": ["make {D} faster", "get {D} faster", "get {D} a bit faster", "{D} should be faster", "{D} should go faster", "{D} {be} too slow", "{D} {be} not fast enough", "make {D} a bit faster", "make {D} go faster", "i'd like {D} faster", "{D} faster", "{D} stronger", "let {D} run faster", "have {D} sped up", "turn {D} faster", "speed up {D}", "~speed {D} up",
                                        "i want {D} faster", "make {D} stronger", "get {D} stronger"]}
LESS = {"light": ["make {D} darker", "get {D} a bit darker", "{D} should be darker", "{D} should be dimmer", "{D} needs to be darker", "{D} {be} a bit bright", "make {D} a bit darker", "make {D} a little dimmer", "make {D} less bright", "i'd like {D} darker", "i want {D} darker", "have {D} dimmed", "get {D} dimmed", "dim {D} a little", "dim {D} down a bit", "turn {D} darker", "{D} dimmer", "dim {D}", "dim {D}", "make {D} dimmer", "get {D} dimmer", "dim down {D}",
                  "{D} {be} too bright", "~dim {D} a bit", "i want {D} dimmer", "~get {D} darker", "{D} darker"],
        "sound": ["make {D} quieter", "get {D} a bit quieter", "get {D} much quieter", "{D} needs to be quieter", "{D} {be} a bit loud", "{D} {be} way too loud", "make {D} a bit quieter", "make {D} less loud", "i'd like {D} quieter", "turn {D} quieter", "play {D} quieter", "{D} softer", "set {D} quieter", "i want {D} quieter", "{D} {be} too loud", "make {D} softer", "get {D} softer",
                  "~get {D} quieter", "{D} quieter", "{D} should be quieter"], "heat": ["make {D} colder", "get {D} a bit cooler", "{D} should be cooler", "{D} needs to be cooler", "{D} {be} too hot", "{D} {be} too warm", "make {D} a bit cooler", "i'd like {D} cooler", "turn {D} cooler", "turn {D} colder", "set {D} cooler", "{D} colder", "i want {D} colder",
                                        "get {D} colder", "make {D} cooler", "i want {D} cooler", "~get {D} cooler",
                                        "{D} cooler"], "speed": ["make {D} slower", "get {D} slower", "get {D} a bit slower", "{D} should be slower", "{D} should go slower", "{D} {be} too fast", "make {D} a bit slower", "make {D} go slower", "i'd like {D} slower", "{D} slower", "{D} weaker", "let {D} run slower", "have {D} slowed", "turn {D} slower", "slow down {D}", "~slow {D} down",
                                        "i want {D} slower", "make {D} weaker", "get {D} weaker"]}
UP_BY = ["turn up {D} by {V}", "turn {D} up by {V}", "increase {D} by {V}", "raise {D} by {V}",
         "raise {Q} of {D} by {V}", "turn {D} up {V}", "~increase {Q} of {D} by {V}", "bring {D} up by {V}",
         "~put {D} up by {V}", "add {V} to {D}", "~turn {Q} of {D} up by {V}", "~{D} up by {V}", "{D} up {V}", "{D} {V} higher", "{D} {V} up", "put {D} {V} higher", "make {D} {V} higher", "turn {D} {V} up", "turn {D} {V} higher", "bring {Q} of {D} up by {V}", "put {Q} of {D} up by {V}", "move {D} up by {V}", "get {D} up by {V}", "raise {D} {Q} by {V}", "increase {D} {Q} by {V}", "turn {D} {Q} up by {V}", "boost {D} by {V}", "set {D} {V} higher", "add {V} more to {D}", "add {V} to {Q} of {D}", "{Q} of {D} up by {V}", "crank {D} up by {V}", "crank up {D} by {V}", "i want {D} {V} higher", "{V} more on {D}", "{V} more for {D}", "raise {D} {V}"]
DOWN_BY = ["turn down {D} by {V}", "turn {D} down by {V}", "decrease {D} by {V}", "lower {D} by {V}",
           "lower {Q} of {D} by {V}", "turn {D} down {V}", "reduce {D} by {V}", "~reduce {Q} of {D} by {V}",
           "bring {D} down by {V}", "~put {D} down by {V}", "~turn {Q} of {D} down by {V}", "~{D} down by {V}",
           "{D} down {V}", "{D} {V} lower", "{D} {V} down", "put {D} {V} lower", "make {D} {V} lower", "turn {D} {V} down", "turn {D} {V} lower", "bring {Q} of {D} down by {V}", "put {Q} of {D} down by {V}", "move {D} down by {V}", "get {D} down by {V}", "lower {D} {Q} by {V}", "reduce {D} {Q} by {V}", "decrease {Q} of {D} by {V}", "turn {D} {Q} down by {V}", "drop {D} by {V}", "set {D} {V} lower", "cut {D} by {V}", "take {V} off {D}", "{Q} of {D} down by {V}", "take {D} down by {V}", "i want {D} {V} lower", "{V} less on {D}", "{V} less for {D}", "lower {D} {V}"]

# complaints and wishes that imply a command: (action, device, phrasings)
IMPLIED = [ ("increase", "heating", ["it's too cold {R}", "it is too cold {R}", "it's way too cold {R}", "we are cold {R}", "i am cold {R}", "i'm freezing {R}", "i am freezing {R}", "it's getting cold {R}", "it needs to be warmer {R}", "it is a bit cold {R}", "it's not warm enough {R}", "it could be warmer {R}", "i'd like it warmer {R}", "make it a bit warmer {R}", "make it hotter {R}", "it is very cold {R}", "it is rather cold {R}", "heat it up {R}", "i'm cold {R}", "it is cold {R}", "make it warmer {R}",
                                     "it's freezing {R}", "~it is freezing {R}", "~it should be warmer {R}",
                                     "i want it warmer {R}", "it's a bit cold {R}", "~it is a bit too cold {R}",
                                     "warm it up {R}"]), ("decrease", "heating", ["it's too hot {R}", "it is too hot {R}", "it is too warm {R}", "it's way too hot {R}", "i'm hot {R}", "i am too hot {R}", "i'm sweating {R}", "it's getting hot {R}", "it needs to be cooler {R}", "it is a bit hot {R}", "it's a bit warm {R}", "it could be cooler {R}", "i'd like it cooler {R}", "make it a bit cooler {R}", "make it colder {R}", "it's not cool enough {R}", "it is hot {R}",
                                        "make it cooler {R}", "~it should be cooler {R}", "i want it cooler {R}",
                                        "it's too warm {R}", "~it is a bit too warm {R}", "it's a bit hot {R}",
                                        "cool it down {R}"]), ("increase", "light", ["it's too dark {R}", "it is too dark {R}", "it's way too dark {R}", "it's getting dark {R}", "it needs to be brighter {R}", "it is a bit dark {R}", "it's not bright enough {R}", "it could be brighter {R}", "i'd like it brighter {R}", "i want it brighter {R}", "make it a bit brighter {R}", "we need more light {R}", "i'd like more light {R}", "there is not enough light {R}", "i can't see a thing {R}", "more light {R}",
                                        "it is dark {R}", "make it brighter {R}", "~it should be brighter {R}",
                                        "i want more light {R}", "i need more light {R}", "~it is a bit too dark {R}",
                                        "it's a bit dark {R}", "i can't see anything {R}", "give me more light {R}"]),
           ("decrease", "light", ["it's too bright {R}", "it is too bright {R}", "it's way too bright {R}", "it needs to be darker {R}", "it is a bit bright {R}", "it could be darker {R}", "i'd like it darker {R}", "i want it darker {R}", "make it a bit darker {R}", "we need less light {R}", "i'd like less light {R}", "there is too much light {R}", "less light {R}", "it is bright {R}", "make it darker {R}",
                                  "~it should be darker {R}", "i want less light {R}", "i need less light {R}",
                                  "~it is a bit too bright {R}", "it's a bit bright {R}", "give me less light {R}"]),
           ("decrease", "speaker", ["it's too loud {R}", "it is too loud {R}", "it's way too loud {R}", "it needs to be quieter {R}", "it is a bit loud {R}", "it could be quieter {R}", "i'd like it quieter {R}", "i want it quieter {R}", "make it a bit quieter {R}", "there is too much noise {R}", "make it less loud {R}", "it is loud {R}", "make it quieter {R}",
                                    "~it should be quieter {R}", "~it is a bit too loud {R}", "it's a bit loud {R}"]),
           ("increase", "speaker", ["it's too quiet {R}", "it is too quiet {R}", "it needs to be louder {R}", "it is a bit quiet {R}", "it could be louder {R}", "i'd like it louder {R}", "i want it louder {R}", "make it a bit louder {R}", "it's not loud enough {R}", "make it louder {R}", "~it should be louder {R}",
                                    "~it is a bit too quiet {R}", "it's a bit quiet {R}"]), ]

# what is set without naming the device: (action, device, phrasings)
BARE = [ ("set", "heating", ["make it {V} {R}", "get the temperature to {V} {R}", "put the temperature to {V} {R}", "i want it to be {V} {R}", "it should be {V} {R}", "bring it to {V} {R}", "i need {V} {R}", "i would like {V} {R}", "heat to {V} {R}", "bring the temperature to {V} {R}", "turn the temperature to {V} {R}", "turn the temperature {R} to {V}", "i'd like the temperature {R} at {V}", "temperature {R} to {V}", "set the temperature to {V} {R}", "set the temperature {R} to {V}",
                             "i want it {V} {R}", "~i would like it {V} {R}", "temperature to {V} {R}",
                             "~put the temperature {R} at {V}", "change the temperature to {V} {R}", "i want {V} {R}",
                             "~get it to {V} {R}"]), ("set", "speaker", ["set the volume to {V} {R}", "set the volume {R} to {V}", "put the volume to {V} {R}", "bring the volume to {V} {R}", "i want the volume at {V} {R}", "volume at {V} {R}", "raise the volume to {V} {R}", "lower the volume to {V} {R}", "bring the volume up to {V} {R}", "turn up the volume to {V} {R}", "adjust the volume to {V} {R}",
                                        "volume to {V} {R}", "put the volume at {V} {R}",
                                        "~change the volume to {V} {R}", "turn the volume to {V} {R}",
                                        "turn the volume down to {V} {R}", "volume {V} {R}",
                                        "~turn the volume up to {V} {R}"]), ("set", "light",
                                        ["set the brightness to {V} {R}", "set the brightness {R} to {V}", "put the brightness to {V} {R}", "bring the brightness to {V} {R}", "i want the brightness at {V} {R}", "brightness at {V} {R}", "brightness {V} {R}", "adjust the brightness to {V} {R}", "dim down to {V} {R}", "brighten it to {V} {R}", "turn the brightness to {V} {R}", "lower the brightness to {V} {R}", "brightness to {V} {R}",
                                         "put the brightness at {V} {R}", "~change the brightness to {V} {R}",
                                         "dim to {V} {R}", "dim it to {V} {R}", "~dim it down to {V} {R}"]),
        ("increase", "speaker", ["turn the volume up {R}", "raise the volume {R} by {V}", "increase the volume by {V} {R}", "turn the volume up by {V} {R}", "volume {V} up {R}", "more volume {R}", "bring the volume up {R}", "turn the volume up a bit {R}", "make the volume higher {R}", "set the volume higher {R}", "volume up {R}", "turn up the volume {R}",
                                 "raise the volume {R}", "~raise the volume by {V} {R}", "volume up by {V} {R}",
                                 "increase the volume {R}", "turn up the volume by {V} {R}",
                                 "~put the volume up {R}"]), ("decrease", "speaker", ["turn the volume down {R}", "lower the volume {R} by {V}", "decrease the volume by {V} {R}", "reduce the volume by {V} {R}", "turn the volume down by {V} {R}", "volume {V} down {R}", "less volume {R}", "bring the volume down {R}", "reduce the volume {R}", "turn the volume down a bit {R}", "make the volume lower {R}", "set the volume lower {R}",
                                        "volume down {R}", "turn down the volume {R}", "lower the volume {R}",
                                        "~lower the volume by {V} {R}", "volume down by {V} {R}",
                                        "decrease the volume {R}", "turn down the volume by {V} {R}",
                                        "~put the volume down {R}"]), ("increase", "heating",
                                        ["turn the temperature up {R}", "turn the temperature up by {V} {R}", "increase the temperature by {V} {R}", "turn up the temperature {R}", "bring the temperature up {R}", "put the temperature up by {V} {R}", "i want it {V} warmer {R}", "it should be {V} warmer {R}", "{V} warmer {R}", "make it warmer by {V} {R}", "make it hotter by {V} {R}", "raise the temperature {R} by {V}", "temperature up {R}", "temperature up by {V} {R}", "set the temperature {V} higher {R}", "raise the temperature {R}",
                                         "raise the temperature by {V} {R}", "make it {V} warmer {R}",
                                         "~increase the temperature {R}", "turn up the temperature by {V} {R}",
                                         "~make it {V} hotter {R}"]), ("decrease", "heating",
                                        ["turn the temperature down {R}", "turn the temperature down by {V} {R}", "decrease the temperature by {V} {R}", "turn down the temperature {R}", "bring the temperature down {R}", "put the temperature down by {V} {R}", "i want it {V} cooler {R}", "it should be {V} cooler {R}", "{V} cooler {R}", "make it cooler by {V} {R}", "make it colder by {V} {R}", "lower the temperature {R} by {V}", "temperature down {R}", "temperature down by {V} {R}", "reduce the temperature {R}", "set the temperature {V} lower {R}", "lower the temperature {R}",
                                         "lower the temperature by {V} {R}", "make it {V} cooler {R}",
                                         "~decrease the temperature {R}", "turn down the temperature by {V} {R}",
                                         "~make it {V} colder {R}"]), ]

GET = ["what is the status of {D}", "what's the state of {D}", "check {D}", "check on {D}",
       "~what's the status of {D}", "tell me the state of {D}", "show me {D}", "~tell me the status of {D}",
       "how is {D} doing", "give me the status of {D}", "report on {D}", "~check the state of {D}",
       "what is {D} set to", "~show me the state of {D}", "what's {D} set to", "what is {D} doing", "what's {D} doing", "tell me what {D} {be} doing", "tell me about the state of {D}", "give me the state of {D}", "report the status of {D}", "report the state of {D}", "show me the status of {D}", "check the status of {D}", "show the state of {D}", "tell me how {D} {be} doing", "status of {D}", "state of {D}", "{D} status", "i want to know the status of {D}", "i'd like to know the state of {D}", "what about the status of {D}", "have a look at {D}", "let me know the status of {D}", "can i have the status of {D}"]
GET_STATE = ["{be} {D} {s}", "{be} {D} {s}", "tell me if {D} {be} {s}", "check if {D} {be} {s}",
             "check whether {D} {be} {s}", "~tell me whether {D} {be} {s}", "do you know if {D} {be} {s}",
             "~i want to know if {D} {be} {s}", "i'd like to know whether {D} {be} {s}", "did i leave {D} {s}",
             "~see if {D} {be} {s}", "~do you know whether {D} {be} {s}", "have a look if {D} {be} {s}", "tell me {be} {D} {s}", "let me know if {D} {be} {s}", "let me know whether {D} {be} {s}", "i'd like to know if {D} {be} {s}", "i need to know if {D} {be} {s}", "i need to know whether {D} {be} {s}", "look if {D} {be} {s}", "look whether {D} {be} {s}", "see whether {D} {be} {s}", "find out if {D} {be} {s}", "{be} {D} still {s}", "{be} {D} already {s}", "{be} {D} {s} at the moment", "{be} {D} {s} or not", "did i leave {D} {s} or not", "did we leave {D} {s}", "have i left {D} {s}", "could you tell me if {D} {be} {s}", "can you tell me if {D} {be} {s}", "please tell me if {D} {be} {s}", "i wonder if {D} {be} {s}", "can you see if {D} {be} {s} or not", "check again if {D} {be} {s}"]
GET_SENSOR = { "temperature": ["what is the temperature {R}", "tell me how hot it is {R}", "tell me how warm it is {R}", "do you know how hot it is {R}", "do you know how cold it is {R}", "is it hot {R}", "is it warm {R}", "is it cold {R}", "how hot has it got {R}", "how many degrees are there {R}", "how many degrees do you read {R}", "how many degrees are we at {R}", "tell me how many degrees it is {R}", "what temperature do you read {R}", "what temperature is there {R}", "which temperature do we have {R}", "do you know what temperature we have {R}", "give me the current temperature {R}", "what's the current temperature {R}", "read me the temperature {R}", "show me the temperature {R}", "i want to know the temperature {R}", "how is the temperature {R}", "what's the temperature {R}", "how warm is it {R}",
                               "how cold is it {R}", "tell me the temperature {R}", "~how hot is it {R}",
                               "temperature {R}", "what temperature is it {R}", "~what temperature do we have {R}",
                               "~give me the temperature {R}", "check the temperature {R}",
                               "how many degrees is it {R}", "how many degrees have we got {R}",
                               "what temperature have we got {R}", "what is the temperature that we have {R}",
                               "~how many degrees do we have {R}"], "humidity": ["what is the humidity {R}", "tell me how humid it is {R}", "tell me how damp it is {R}", "do you know how humid it is {R}", "is it humid {R}", "is it damp {R}", "what humidity do you read {R}", "what humidity is there {R}", "which humidity do we have {R}", "give me the current humidity {R}", "what's the current humidity {R}", "read me the humidity {R}", "show me the humidity {R}", "i want to know the humidity {R}", "how high is the humidity {R}", "what is the air humidity {R}",
                                        "what's the humidity {R}", "how humid is it {R}", "tell me the humidity {R}",
                                        "~give me the humidity {R}", "humidity {R}", "what humidity have we got {R}",
                                        "check the humidity {R}", "~what humidity do we have {R}",
                                        "how damp is it {R}"]}
TIMER = ["set a timer for {DUR}", "set a timer for {DUR}", "start a timer for {DUR}", "start a {DUR} timer",
         "timer {DUR}", "timer for {DUR}", "set a {DUR} timer", "give me a timer for {DUR}", "~give me a {DUR} timer",
         "~i need a timer for {DUR}", "remind me in {DUR}", "i need a {DUR} timer", "{DUR} timer",
         "~start a timer of {DUR}", "set the timer to {DUR}", "set timer for {DUR}", "count down {DUR}",
         "~set a timer that is over in {DUR}", "tell me when {DUR} are over", "start the timer for {DUR}", "start timer for {DUR}", "start a timer with {DUR}", "set the timer for {DUR}", "set a timer of {DUR}", "set a timer to {DUR}", "make a timer for {DUR}", "make a {DUR} timer", "i want a timer for {DUR}", "i want a {DUR} timer", "i'd like a timer for {DUR}", "we need a timer for {DUR}", "timer of {DUR}", "{DUR} on the timer", "put {DUR} on the timer", "begin a timer of {DUR}", "run a timer for {DUR}", "alert me in {DUR}", "let me know in {DUR}", "tell me in {DUR}", "notify me in {DUR}", "remind me after {DUR}", "tell me when {DUR} have passed", "let me know when {DUR} are over", "count {DUR}", "count down from {DUR}", "countdown of {DUR}", "start counting down {DUR}", "start a countdown of {DUR}", "i need a reminder in {DUR}", "set a timer that ends in {DUR}", "set a timer that rings in {DUR}", "give me {DUR} on the timer", "ring in {DUR}"]
WAKE = ["wake me at {T}", "wake me up at {T}", "wake me at {T}", "set a wake up call for {T}",
        "i want to wake up at {T}", "i have to get up at {T}", "i need to wake up at {T}", "~i have to wake up at {T}",
        "wake up at {T}", "get me up at {T}", "~i want to get up at {T}", "i need to get up at {T}",
        "wake us up at {T}", "~get us up at {T}", "set a wake up alarm for {T}", "make sure i wake up at {T}",
        "~make sure i get up at {T}", "~at {T} wake me up", "at {T} wake me", "wake me up by {T}", "set the wake up call to {T}", "give me a wake up call at {T}", "i need a wake up call at {T}", "i need to be up at {T}", "i have to be up at {T}", "i want to be up at {T}", "i must get up at {T}", "i must wake up at {T}", "i'd like to wake up at {T}", "i would like to get up at {T}", "i'd like to get up at {T}", "we have to get up at {T}", "we need to wake up at {T}", "we want to wake up at {T}", "get me out of bed at {T}", "make sure we get up at {T}", "make sure we wake up at {T}", "make sure i am up at {T}", "make sure you wake me at {T}", "wake us at {T}", "wake me tomorrow at {T}", "at {T} i want to wake up", "at {T} i have to get up", "at {T} get me up", "i need you to wake me up at {T}", "set a wake up alarm at {T}", "set my wake up alarm to {T}", "set an alarm to wake me at {T}", "wake up call at {T}", "wake up call for {T}", "let me sleep until {T}"]

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

# Frames of several courtesies: a call, an asking (POLITE or POLITE_SAID) and one or two endings, joined freely; never
# so that a held-out frame comes out.
CALLS = ["hey", "ok", "okay", "hello", "hi", "computer", "hey computer", "ok computer", "okay now", "now", "now please",
         "please", "listen", "house", "dear house", "so", "well", "alright", "thanks", "right now", "quick", "sorry but",
         "good morning", "good evening", "excuse me"]
ENDINGS = ["please", "please", "please", "thanks", "thank you", "now", "right now", "right away", "at once", "for me",
           "for us", "if you can", "if possible", "if you would", "immediately", "would you", "will you", "computer",
           "okay", "quickly", "again", "already", "this time", "soon", "my friend", "as usual", "thank you very much"]

# a time around a clause
TIMED = ["{x} {t}", "{x} {t}", "{x} {t}", "{t} {x}", "{t} please {x}", "{x} {t} please", "~{t} can you {x}",
         "~{t} i want you to {x}", "~{t} could you please {x}", "{t} you should {x}", "{t} would you {x}", "{t} will you {x}", "{t} can you please {x}", "{t} just {x}", "{t} i need you to {x}", "{t} i would like you to {x}", "{t} could you {x}", "{t} would you please {x}", "{t} let's {x}", "{t} go and {x}", "{t} make sure to {x}", "{t} , {x}", "{t} , please {x}", "{x} {t} for me", "{x} {t} thanks"]
TIMED_SAID = ["{x} {t}", "{x} {t}", "{t} {x}", "{x} {t} please", "~{t} {x} please", "{t} , {x}", "{x} {t} thanks"]
IN = ["in {DUR}", "in {DUR}", "in {DUR}", "after {DUR}", "{DUR} from now", "~in {DUR} from now", "in about {DUR}",
      "in around {DUR}", "~after about {DUR}", "{DUR} later", "in exactly {DUR}", "after exactly {DUR}", "in roughly {DUR}", "about {DUR} from now", "after around {DUR}", "within {DUR}", "{DUR} from this moment"]
FOR = ["for {DUR}", "for {DUR}", "for {DUR}", "for about {DUR}", "~for around {DUR}", "for exactly {DUR}", "for roughly {DUR}", "for a period of {DUR}"]
AT = ["at {T}", "at {T}", "at {T}", "at {T}", "by {T}", "at about {T}", "~at exactly {T}", "when it is {T}",
      "exactly at {T}", "~when it's {T}", "at around {T}", "at precisely {T}", "around {T}", "exactly when it is {T}", "as soon as it is {T}", "once it is {T}", "once it's {T}", "when the clock says {T}", "when the time is {T}", "precisely at {T}"]

JOIN = [" and ", " and ", " and ", " and then ", " then ", ", then ", ", ", ", and ", " and also ", " and please ",
        ". then ", ". ", " as well as ", "~, and then ", "~ and after that ", " after that ", "~, and please ", " and next ", " and then please ", " , after that ", " and later ", " , also ", " also ", " , and also ", " . also ", " . after that ", " . please ", " . and ", " plus ", " and finally ", " , next ", " . next ", " and can you ", " , can you ", " and afterwards ", " ; "]
# one action over two devices, with the object of the second clause only
SHARED = ["{D1} and {D2}", "{D1} and {D2}", "{D1} and also {D2}", "both {D1} and {D2}", "~{D1} as well as {D2}",
          "{D1} and {D2} too", "{D1} plus {D2}", "~{D1} and {D2} as well", "{D1} , {D2} too", "{D1} and {D2} both", "{D1} together with {D2}", "{D1} along with {D2}", "{D1} and then {D2}", "{D1} , and {D2}", "{D1} , and also {D2}", "{D1} , and {D2} too", "both {D1} and also {D2}", "{D1} and {D2} also", "{D1} with {D2}"]

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
    "~what happens when you {x}", "it would be a bad idea to {x}", "it is not a good idea to {x}", "it was not a good idea to {x}", "it was a terrible idea to {x}", "it was a great idea to {x}", "it was a mistake to {x}", "it was silly to {x}", "it was nice of you to {x}", "it was my idea to {x}", "it is wrong to {x}", "it was bad to {x}", "it was dangerous to {x}", "it is not easy to {x}", "what happens if we {x}", "what happens when we {x}", "what happens when they {x}", "what happens once you {x}", "what happened when you {x}", "what would happen if you {x}", "what would happen if i {x}", "what will happen when you {x}", "what if i {x}", "what if you {x}", "what does it cost to {x}", "how long does it take to {x}", "is it a good idea to {x}", "is it a bad idea to {x}", "why would i {x}", "why should i {x}", "why do you {x}", "why do people {x}", "should i {x}", "must i {x}", "he said he will {x}", "she forgot to {x}", "they forgot to {x}", "we forgot to {x}", "he never forgot to {x}", "my mother likes to {x}", "my mother wants to {x}", "my brother told me to {x}", "she told me to {x}", "nobody told me to {x}", "he wanted to {x}", "i do not want to {x}", "i don't want to {x}", "i do not want that you {x}", "i never wanted you to {x}", "i don't need you to {x}", "you must not {x}", "you must never {x}", "you can never {x}", "you never {x}", "i should never {x}", "we should never {x}", "we should not {x}", "nobody should {x}", "never ever {x}", "do not ever {x}", "please never {x}", "don't ever {x}", "don't you {x}", "i would never {x}", "i often {x}", "sometimes i {x}", "i used to {x}", "i like to {x}", "i love to {x}", "i hate to {x}", "they always {x}", "do you ever {x}", "do you often {x}", "how often do you {x}", "how often do i {x}", "how do you know when to {x}", "how do they {x}", "how would you {x}", "how does one {x}", "how is it possible to {x}", "explain how to {x}", "tell me how to {x}", "i know how to {x}", "i don't know how to {x}", "i was told to {x}", "i am not allowed to {x}", "you are not allowed to {x}", "yesterday i forgot to {x}", "i had to {x}", "she had to {x}", "last week we had to {x}", "we already did {x}", "did he {x}", "did they {x}", "who can {x}", "who wants to {x}", "i can {x} myself", "she will {x} herself", "i'll {x} myself", "please do not {x} now", "do not {x} yet", "don't {x} yet", "don't {x} please", "do not {x} please", "it's not necessary to {x}", "there was no need to {x}"]
ABOUT = ["i like {D}", "{D} {be} {adj}", "i bought {D} yesterday", "what a {adj} {d}", "i love my {d}",
         "where did you buy {D}", "how much does a {d} cost", "who invented the {d}", "~i love {D}",
         "the cat sleeps on {D}", "my {n} is in the {r}", "the {n} is in the {r}", "where is the {n}",
         "i was in the {r} today", "~i was in the {r} yesterday", "the {r} is {adj}", "what a {adj} {r}",
         "my {r} is very {adj}", "we need a new {d}", "~we bought a new {d}", "i want to buy a {d}",
         "how does a {d} work", "~how does the {d} work", "why is {D} so {adj}", "there is a {n} on {D}",
         "~there is a {n} in the {r}", "do you have a {d}", "~do you like the {r}", "who is in the {r}",
         "put the {n} in the {r}", "bring the {n} to the {r}", "clean the {r}", "~paint the {r}",
         "the {d} of my {n} is {adj}", "is the {r} {adj}", "~is {D} {adj}", "who broke {D}", "{D}", "the {r}",
         "in the {r}", "{d} {r} {n}", "go to the {r}", "i love the {r}", "i really like {D}", "i hate {D}", "i don't like {D}", "we bought {D} last week", "he bought a {d}", "she wants a new {d}", "i was in the {r}", "we were in the {r} yesterday", "i will be in the {r}", "there is a {n} in my {r}", "there is a {n} under {D}", "there was a {n} in the {r}", "do you like {D}", "do you like my {r}", "does he like the {r}", "is the {d} {adj}", "is that {d} {adj}", "was {D} {adj}", "why is the {r} so {adj}", "how old is {D}", "how big is the {r}", "who built the {r}", "paint the {d}", "paint my {r}", "wash the {d}", "decorate the {r}", "how do {d} work", "how did the {d} work", "how does my {d} work", "explain how a {d} works", "the {n} is on {D}", "my {d} is very {adj}", "the {d} was {adj} yesterday", "a {adj} {d}", "i sold the {d}", "sell {D}", "what does a {d} cost", "can i buy a {d}", "{D} and {n}", "the {r} and the {n}", "look at the {r}", "turn on the {r} {n}", "open the {n} in the {r}", "turn off the {n} in the {r}", "start the {n} in the {r}", "set the {n} in the {r} to {num} percent", "close the {r} {n}"]
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
         "~how is the {n} today", "it is {adj} today", "the {n} was {adj} yesterday", "turn the {n} on", "turn the {n} off", "turn on my {n}", "switch off the {n}", "switch off my {n}", "please turn on the {n}", "can you turn off the {n}", "power up the {n}", "activate the {n}", "shut off the {n}", "put on the {n}", "dim the {n}", "lock the {n}", "mute the {n}", "turn up the {n}", "turn down the {n}", "set the {n} to {num} percent", "set my {n} to {num} degrees", "turn the {n} to {num}", "make the {n} {adj}", "make the {n} blue", "start my {n}", "run the {n}", "open my {n}", "close my {n}", "is the {n} on", "is the {n} open", "check the {n}", "{n} on", "{n} off", "what is the best {n} for a {n2}", "what is the worst {n}", "what is {num} minus {num2}", "what is {num} divided by {num2}", "how much is {num} and {num2}", "i am so {adj}", "i feel {adj}", "are you {adj}", "you are very {adj}", "i always {v} a {n}", "i never {v} the {n}", "i never {v}", "write a {adj} {n}", "write me a {n}", "how do you {v} a {n}", "how do you write {n}", "how do i spell {n}", "how is your {n}", "how was the {n}", "how are the {n} and the {n2}", "let's {v} the {adj} {n}", "let's {v}", "i lost a {n}", "i found the {n}", "where did i put the {n}", "the {n} costs {num}", "remind me of the {n}", "wake the {n}", "what time is the {n}", "when does the {n} start", "how many degrees does the {n} have", "the {n} is {num} degrees", "i have {num} {n}", "give me {num} {n}", "give me the {n}"]
