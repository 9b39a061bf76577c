"""Pens: what Select Graphic Rendition (SGR) the terminal holds, and the shortest way from one to another.

Textual renders a style to SGR codes by itself (`Strip.render_ansi`, with its colour systems and filters); a pen is
those codes taken apart. Stock writes all of them and a reset around every segment; here only the difference is written.
"""

from functools import lru_cache
from typing import NamedTuple

from rich.color import ColorSystem
from rich.style import Style
from textual.strip import Strip

_OFF = {"1": "22", "2": "22", "3": "23", "4": "24", "5": "25", "6": "25", "7": "27", "8": "28", "9": "29"}
_COLOUR_LENGTH = {"5": 3, "2": 5}
_DEFAULT = {"39", "49"}


class Pen(NamedTuple):
    """Attributes, foreground and background as SGR codes; an empty colour is the terminal's own."""

    attributes: frozenset[str] = frozenset()
    foreground: str = ""
    background: str = ""


PLAIN = Pen()
SEEN_ON_BLANKS = frozenset({"4", "7", "9", "21", "51", "52", "53"})
"""Underlined, reversed, struck through, framed or overlined."""


def pen_of(style: Style | None, system: ColorSystem) -> Pen:
    """The pen that stock Textual would draw `style` with."""
    return PLAIN if style is None else parse(Strip.render_ansi(style, system))


@lru_cache(16384)
def parse(sgr: str) -> Pen:
    """The pen that a string of SGR codes such as `1;38;5;9;49` describes."""
    attributes, foreground, background = set(), "", ""
    codes = sgr.split(";") if sgr else []
    while codes:
        length = _COLOUR_LENGTH[codes[1]] if codes[0] in ("38", "48") else 1
        code, codes = codes[:length], codes[length:]
        if len(code[0]) == 1 or code[0] in ("21", "51", "52", "53"):
            attributes.add(code[0])
        elif code[0][0] == "3" or code[0][0] == "9":
            foreground = "" if code[0] in _DEFAULT else ";".join(code)
        else:
            background = "" if code[0] in _DEFAULT else ";".join(code)
    return Pen(frozenset(attributes), foreground, background)


@lru_cache(16384)
def change(before: Pen, after: Pen) -> str:
    """The shortest sequence that turns the pen `before` into `after`; nothing when they are equal."""
    if before == after:
        return ""
    anew = ["0", *sorted(after.attributes), *filter(None, after[1:])] if after != PLAIN else [""]
    ways = [";".join(way) for way in (_difference(before, after), anew) if way is not None]
    return f"\x1b[{min(ways, key=len)}m"


def _difference(before: Pen, after: Pen) -> list[str] | None:
    """The codes that differ, or `None` where an attribute has no code of its own to end it."""
    gone = before.attributes - after.attributes
    if not gone <= _OFF.keys():
        return None
    ends = {_OFF[code] for code in gone}
    held = {code for code in before.attributes if _OFF.get(code) not in ends}
    codes = sorted(ends) + sorted(after.attributes - held)
    if before.foreground != after.foreground:
        codes.append(after.foreground or "39")
    if before.background != after.background:
        codes.append(after.background or "49")
    return codes
