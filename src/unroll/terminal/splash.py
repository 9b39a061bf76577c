"""The first screen's frame, written before Textual is imported: it stands after 0.2 s, not 1.6 (means of four pairs).

Every cell of it is as Textual will paint it (a test compares them), so nothing moves when the live screen comes over
it. It asks the terminal nothing. Keys typed meanwhile wait in the terminal's queue, unseen, for the program to read.
"""

import os
import signal
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any, NamedTuple

from unroll.tty.environment import ENTER_SCREEN, LEAVE_SCREEN, Charset, charset_of, size_of

WHOLE, LEAST = (120, 40), (80, 24)
"""Columns and rows from which all panes are shown at once, and those below which none is."""
TABS = ("State", "Loss", "Recipe")
STARTING = "starting the engine …"
GLYPHS = "UNROLL_GLYPHS"
"""The environment variable that names a charset: `unicode`, `cp437`, `ascii`."""


class Colours(NamedTuple):
    """How a theme paints the frame: parameters of SGR. Without any, in the terminal's own colours."""

    background: str = ""
    border: str = ""
    title: str = ""
    accent: str = ""
    muted: str = ""


LOOKS = {
    ("dark", 24): Colours("48;2;18;21;26", "38;2;67;70;76", "38;2;216;220;226", "38;2;239;160;48", "38;2;160;161;163"),
    ("dark", 8): Colours("48;5;16", "38;5;238", "38;5;253", "38;5;215", "38;5;247"),
    ("light", 24): Colours("48;2;251;250;247", "38;2;196;197;196", "38;2;34;38;44", "38;2;167;90;0", "38;2;100;100;98"),
    ("light", 8): Colours("48;5;231", "38;5;250", "38;5;235", "38;5;130", "38;5;241"),
}
"""By a theme's name and the bits of a colour."""
ANSI = Colours(accent="33")

_found: list[Any] | None = None
"""The terminal's settings as they were found, while the frame is all there is."""
_told_to_stop = False


@contextmanager
def shown(theme: str | None) -> Iterator[None]:
    """Show the frame, and give the terminal back in the end if nobody has taken it over."""
    global _found
    signal.signal(signal.SIGTSTP, _stop_later)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)
    try:
        _found = termios.tcgetattr(0)
        raw = _found.copy()  # a key neither shows nor acts, whatever it is: Textual sets the same later
        raw[0] &= ~(termios.IXON | termios.IXOFF | termios.ICRNL | termios.INLCR | termios.IGNCR)
        raw[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG)
        termios.tcsetattr(0, termios.TCSANOW, raw)
        painted, known = frame(size_of(1), look_of(theme, os.environ)), charset()
        _write(ENTER_SCREEN + "\x1b[?25l" + (painted if known is None else known.spell(painted)))
        yield
    finally:
        give_back()


def charset() -> Charset | None:
    """What the terminal can show, as its variables say or the person who started the program."""
    return charset_of(os.environ, os.environ.get(GLYPHS, ""))


def take_over() -> list[Any] | None:
    """From here on the terminal is the caller's: gives its settings as they were found; None where no frame stands."""
    global _found
    found, _found = _found, None
    return found


def give_back() -> None:
    """Leave the terminal as it was found, if nobody has taken it over."""
    found = take_over()
    if found is not None:
        _write(LEAVE_SCREEN + "\x1b[?25h")
        termios.tcsetattr(0, termios.TCSANOW, found)


def is_shown() -> bool:
    """Whether the frame stands on the alternate screen."""
    return _found is not None


def was_told_to_stop() -> bool:
    """Whether to stop, as by ctrl+z, as soon as there is somebody to take the terminal again afterwards."""
    return _told_to_stop


def look_of(theme: str | None, environment: Mapping[str, str]) -> Colours:
    """The colours that a theme has on this terminal, None picks the best that the terminal can show."""
    said = {name: environment.get(name, "").strip().lower() for name in ("TEXTUAL_COLOR_SYSTEM", "COLORTERM", "TERM")}
    bits = {"truecolor": 24, "256": 8, "standard": 4}.get(said["TEXTUAL_COLOR_SYSTEM"])
    if bits is None and said["COLORTERM"] in ("truecolor", "24bit"):
        bits = 24
    elif bits is None:
        bits = 8 if said["TERM"].endswith(("-256color", "-kitty")) else 4
    if environment.get("NO_COLOR"):
        return Colours()
    return ANSI if theme == "ansi" or (theme is None and bits == 4) else LOOKS.get((theme or "dark", bits), Colours())


def frame(size: tuple[int, int], look: Colours) -> str:
    """The borders and titles of a terminal of a given number of columns and rows."""
    width, height = size
    written = f"\x1b[0;{look.background}m\x1b[2J"
    if width < LEAST[0] or height < LEAST[1]:
        return written
    calm, focused = (look.border, look.title), (look.accent, look.accent)
    if width < WHOLE[0] or height < WHOLE[1]:
        first, *others = [f" {number} {tab} " for number, tab in enumerate(TABS, 1)]
        written += f"{_at(0, 0)}\x1b[{look.accent};1;7m{first}\x1b[22;27;{look.muted}m{''.join(others)}"
        written += _box(0, 1, width - 34, height - 5, "Hidden state", *focused)
        written += _box(width - 34, 1, 34, height - 5, "Next number", *calm)
    else:
        middle, loss = (width - 33) * 40 // 87, (height - 4) // 2
        right, last = 33 + middle, width - 33 - middle
        written += _box(0, 0, 33, height - 16, "Recipe", *calm) + _box(0, height - 16, 33, 12, "Runs", *calm)
        written += _box(33, 0, middle, height - 4, "Hidden state", *focused)
        written += _box(right, 0, last, loss, "Loss", *calm)
        written += _box(right, loss, last, height - 4 - loss, "Next number", *calm)
    prompt, sentence = _at(0, height - 4) + "›", _at(2, height - 3) + STARTING
    return f"{written}\x1b[{look.accent};1m{prompt}\x1b[22;{look.title}m{sentence}"


def _box(x: int, y: int, width: int, height: int, title: str, border: str, text: str) -> str:
    rule, inside = "─" * (width - 5 - len(title)), width - 2
    sides = [f"{_at(x, row)}│\x1b[{inside}C│" for row in range(y + 1, y + height - 1)]
    top = f"{_at(x, y)}\x1b[{border}m╭─\x1b[{text}m {title} \x1b[{border}m{rule}╮"
    return "".join([top, *sides, f"{_at(x, y + height - 1)}╰{'─' * inside}╯"])


def _at(x: int, y: int) -> str:
    return f"\x1b[{y + 1};{x + 1}H"


def _write(text: str) -> None:
    rest = text.encode()
    while rest:
        rest = rest[os.write(2, rest) :]


def _stop_later(number: int, at: FrameType | None) -> None:
    global _told_to_stop
    _told_to_stop = True


def _end(number: int, at: FrameType | None) -> None:
    """Give the terminal back, then let the signal do what it does by itself: an exception raised just here would be
    lost in whatever cannot raise one, such as an object's end."""
    give_back()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
