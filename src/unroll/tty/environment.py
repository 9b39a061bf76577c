"""What a terminal is like, as far as its environment tells it, and the variables that would tell it wrongly.

`COLUMNS` and `LINES` override the window's own size. Textual reads some twenty variables meant for developers: a wrong
colour system ends in a traceback, others type keys, take pictures or write files. No import from Textual here.
"""

import os
from collections.abc import MutableMapping

ENTER_SCREEN = "\x1b[?1049h"
"""Turns to the alternate screen, where there is one."""
LEAVE_SCREEN = "\x1b[m\x1b[2J\x1b[H\x1b[?1049l"
"""Back from it; where there is none (GNU screen, the Linux console), the shell's prompt stands on an empty screen."""
_COLOUR_SYSTEMS = ("auto", "standard", "256", "truecolor")
_FRAMES_PER_SECOND = 240
"""How often Textual checks for something to paint: a key's echo waits half a period on average. How many frames are
sent is up to `flow_control`."""
_KEPT = ("TEXTUAL_DISABLE_KITTY_KEY", "TEXTUAL_COLOR_SYSTEM")
"""Variables of Textual that a person may need: for a terminal that is not what it says it is."""
_NO_TRUECOLOR = ("screen", "vt", "eterm")
"""Beginnings of `TERM` where a `COLORTERM` is that of the terminal around it. tmux translates colours by itself."""


def clean(environment: MutableMapping[str, str]) -> None:
    """Keep only what describes the terminal. To be called before Textual is imported."""
    for name in list(environment):
        if name in ("COLUMNS", "LINES", "TEXTUAL") or (name.startswith("TEXTUAL_") and name not in _KEPT):
            del environment[name]
    if environment.get("TEXTUAL_COLOR_SYSTEM", "auto") not in _COLOUR_SYSTEMS:
        del environment["TEXTUAL_COLOR_SYSTEM"]
    if not environment.get("NO_COLOR"):  # no-color.org: an empty one counts as unset
        environment.pop("NO_COLOR", None)
    within_tmux = "TMUX" in environment and "STY" not in environment
    if environment.get("TERM", "").startswith(_NO_TRUECOLOR) and not within_tmux:
        environment.pop("COLORTERM", None)
    environment["TEXTUAL_SMOOTH_SCROLL"] = "0"  # reports of every pixel that the mouse moves over
    environment["TEXTUAL_FPS"] = str(_FRAMES_PER_SECOND)


def size_of(fileno: int) -> tuple[int, int]:
    """A terminal's columns and rows; 80 and 24 in place of the 0 of one that does not know, as on a serial line.

    Raises:
        OSError: it is no terminal.
    """
    columns, rows = os.get_terminal_size(fileno)
    return columns or 80, rows or 24
