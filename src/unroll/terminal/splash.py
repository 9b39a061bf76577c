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

from unroll.terminal import layout
from unroll.tty.environment import ENTER_SCREEN, LEAVE_SCREEN, Charset, charset_of, size_of

TITLES = {"State": "1 State", "Loss": "2 Loss", "Lens": "3 Lens", "Recipe": "4 Recipe", "Runs": "5 Runs"}
TITLES["Next"] = "6 Next number"
"""What the panes' borders say first."""
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
    if layout.is_too_small(width, height):
        return written
    places, tabs, chosen = layout.arrange(width, height)
    written += f"{_at(0, 0)}\x1b[{look.accent};1m unroll "
    for tab in tabs:
        style = f"{look.accent};1;7" if tab == chosen else f"22;27;{look.muted}"
        written += f"\x1b[{style}m {layout.PANES.index(tab) + 1} {tab} \x1b[27m"
    written += "\x1b[22m"
    above = layout.header_rows(width)
    for pane, (x, y, columns, rows) in places.items():
        colours = (look.accent, look.accent) if pane == "State" else (look.border, look.title)
        written += _box(x, above + y, columns, rows, TITLES[pane], *colours)
    first = height - layout.BELOW
    prompt, sentence = _at(0, first) + "›", _at(2, first + 1) + STARTING
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
