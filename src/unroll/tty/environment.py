"""Removes environment variables that would break a program's start or draw for another screen than it has.

`COLUMNS` and `LINES` override the window's own size. Textual reads some twenty variables meant for developers: a wrong
colour system ends in a traceback, others type keys, take pictures or write files. No import from Textual here.
"""

from collections.abc import MutableMapping

_COLOUR_SYSTEMS = ("auto", "standard", "256", "truecolor")
_FRAMES_PER_SECOND = 240
"""How often Textual checks for something to paint: a key's echo waits half a period on average. How many frames are
sent is up to `flow_control`."""
_KEPT = ("TEXTUAL_DISABLE_KITTY_KEY", "TEXTUAL_COLOR_SYSTEM")
"""Variables of Textual that a person may need: for a terminal that is not what it says it is."""


def clean(environment: MutableMapping[str, str]) -> None:
    """Keep only what describes the terminal. To be called before Textual is imported."""
    for name in list(environment):
        if name in ("COLUMNS", "LINES", "TEXTUAL") or (name.startswith("TEXTUAL_") and name not in _KEPT):
            del environment[name]
    if environment.get("TEXTUAL_COLOR_SYSTEM", "auto") not in _COLOUR_SYSTEMS:
        del environment["TEXTUAL_COLOR_SYSTEM"]
    environment["TEXTUAL_SMOOTH_SCROLL"] = "0"  # reports of every pixel that the mouse moves over
    environment["TEXTUAL_FPS"] = str(_FRAMES_PER_SECOND)
