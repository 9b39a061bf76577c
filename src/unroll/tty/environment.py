"""The variables around the program, freed of those that would break its start or show another screen than it has.

`COLUMNS` and `LINES` hold a size against the window's own. Textual reads some twenty variables meant for those who
write programs with it: a wrong colour system ends in a traceback, others type keys, take pictures or write files.
To be done before Textual is imported. No import from it here.
"""

from collections.abc import MutableMapping

COLOUR_SYSTEMS = ("auto", "standard", "256", "truecolor")
FRAMES_PER_SECOND = 240
"""How often it is looked whether something is to be painted, while something is: the echo of a key waits half of that.
How many frames there are is the line's to say (`pacing`)."""
KEPT = ("TEXTUAL_DISABLE_KITTY_KEY", "TEXTUAL_COLOR_SYSTEM")
"""Variables of Textual that a person may need: for a terminal that is not what it says it is."""


def tidy(environment: MutableMapping[str, str]) -> None:
    """Leave only what the terminal is told by."""
    for name in list(environment):
        if name in ("COLUMNS", "LINES", "TEXTUAL") or (name.startswith("TEXTUAL_") and name not in KEPT):
            del environment[name]
    if environment.get("TEXTUAL_COLOR_SYSTEM", "auto") not in COLOUR_SYSTEMS:
        del environment["TEXTUAL_COLOR_SYSTEM"]
    environment["TEXTUAL_SMOOTH_SCROLL"] = "0"  # reports of every pixel that the mouse moves over
    environment["TEXTUAL_FPS"] = str(FRAMES_PER_SECOND)
