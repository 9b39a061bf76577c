"""What a terminal is like, as its environment tells: colours, size, characters; and the variables that tell it wrongly.

`COLUMNS` and `LINES` override the window's own size. Textual reads some twenty variables meant for developers: a wrong
colour system ends in a traceback, others type keys, take pictures or write files.

For every character that a terminal cannot show there is a form of one column that it can. A locale that is not UTF-8,
or an old kind of terminal, gets ASCII; the Linux console gets what its font has, the characters of code page 437.
No import from Textual here: this is used before Textual is loaded.
"""

import os
import re
import unicodedata
from collections.abc import Mapping, MutableMapping
from functools import cache

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

UNKNOWN = "?"
"""Stands for a character of which nothing similar is known."""

_LOOKS = {
    "<": "←", ">": "→▶›", "^": "↑▲↕", "v": "↓▼✓", "-": "−", "|": "▎▏", "*": "●•◆", ".": "·╭╮", "o": "○◌", "@": "⊙",
    "0": "∅", "#": "█▉▊▋▅▆▇", "x": "✗╳", "=": "‖▌▍", "'": "╰╯", "_": "▁▂▃▄", '"': "▀", "?": "\ufffd",
}  # fmt: skip
"""ASCII characters, each with those that a screen draws (a test walks the sources) and that look or read like it."""
_ASCII = {glyph: form for form, glyphs in _LOOKS.items() for glyph in glyphs} | {"⏎": "<"}
_BY_CATEGORY = {"Pd": "-", "Pi": '"', "Pf": '"', "Zs": " "}
_OF_CP437 = frozenset(bytes(range(0x80, 0xFF)).decode("cp437")) | set("•○◙♪♫☼►◄↕‼¶§▬↑↓→←∟↔▲▼")
_IN_CP437 = dict(zip("✓●▶╭╮╰╯‖›▉▊▋▍▎▏▇▆▅▃▂▁∅━╸╺╴╶┃╎╏", "√•►┌┐└┘║»███▌▌│██▄▄▄▄φ─────│││", strict=True))


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
    """A terminal's columns and rows; 80 and 24 in place of the 0 of one that does not know, as on a serial line."""
    columns, rows = os.get_terminal_size(fileno)
    return columns or 80, rows or 24


class Charset:
    """What a terminal can show."""

    def __init__(self, kept: frozenset[str], forms: Mapping[str, str]) -> None:
        """`kept` are its characters beyond ASCII; `forms` what others turn into, before ASCII is tried."""
        self._kept, self._forms = kept, forms

    def spell(self, text: str) -> str:
        """`text` of one-column characters in those that it has, column by column."""
        return text if text.isascii() else "".join(map(self.form, text))

    def form(self, glyph: str) -> str:
        """What one cell shows in place of a glyph; an empty one is the second half of a wide glyph."""
        if glyph.isascii():
            return glyph or " "
        character = glyph[0]
        return character if character in self._kept else self._forms.get(character) or ascii_form(character)


ASCII = Charset(frozenset(), {})
CP437 = Charset(_OF_CP437, _IN_CP437)
CHARSETS: Mapping[str, Charset | None] = {"unicode": None, "cp437": CP437, "ascii": ASCII}
"""By name; None shows every character as it is."""


def charset_of(environment: Mapping[str, str], wanted: str = "") -> Charset | None:
    """What the terminal can show: the charset named `wanted` if there is one, else as its variables say."""
    if wanted in CHARSETS:
        return CHARSETS[wanted]
    term = environment.get("TERM", "")
    encoding = environment.get("PYTHONIOENCODING", "").partition(":")[0] or _locale(environment) or "utf-8"
    if "utf8" not in encoding.lower().replace("-", "") or term.startswith(("vt", "ansi", "cons", "sun")):
        return ASCII
    return CP437 if term.startswith("linux") else None


def _locale(environment: Mapping[str, str]) -> str:
    """The locale of characters. Python sets `C.UTF-8` in place of `C` for itself: that says nothing of the terminal."""
    language, characters = environment.get("LANG", ""), environment.get("LC_CTYPE", "")
    if characters == "C.UTF-8" and language in ("C", "POSIX"):
        characters = ""
    return environment.get("LC_ALL") or characters or language


@cache
def ascii_form(character: str) -> str:
    """One ASCII character that looks or reads most like this one."""
    if character in _ASCII:
        return _ASCII[character]
    code = ord(character)
    if 0x2500 <= code < 0x2580:
        return _box(unicodedata.name(character))
    if 0x2580 <= code < 0x25A0:
        return "#"
    if 0x2800 <= code < 0x2900:
        return _dots(code - 0x2800)
    if 0x2400 <= code < 0x2422:  # the picture of a control character
        return "^"
    return _letter(character) or _BY_CATEGORY.get(unicodedata.category(character), UNKNOWN)


def _letter(character: str) -> str:
    """The letter or sign without its marks; of another alphabet, the first letter of its name. Else nothing."""
    plain = unicodedata.normalize("NFKD", character)[0]
    if plain.isascii() and plain.isprintable():
        return plain
    if plain in _ASCII:
        return _ASCII[plain]
    named = re.search(r"(CAPITAL|SMALL) (?:FINAL )?LETTER (?:SHARP )?([A-Z])", unicodedata.name(plain, ""))
    return "" if named is None else named[2] if named[1] == "CAPITAL" else named[2].lower()


def _box(name: str) -> str:
    """A line of a box by its name."""
    words = {*name.split()}
    horizontal, vertical = words & {"HORIZONTAL", "LEFT", "RIGHT"}, words & {"VERTICAL", "UP", "DOWN"}
    if horizontal and vertical:
        return "+"
    return "|" if vertical else "=" if "DOUBLE" in name or "HEAVY" in name else "-"


def _dots(bits: int) -> str:
    """A braille cell of a plot, two dots wide and four high, as the stroke that it is a part of."""
    left = [row for row, bit in enumerate((1, 2, 4, 64)) if bits & bit]
    right = [row for row, bit in enumerate((8, 16, 32, 128)) if bits & bit]
    rows = left + right
    if not rows:
        return " "
    if not (left and right):
        return "|" if len(rows) > 2 else "'" if sum(rows) / len(rows) < 1.5 else "."
    falls = sum(right) / len(right) - sum(left) / len(left)
    if abs(falls) >= 1:
        return "\\" if falls > 0 else "/"
    return "|" if len(rows) > 5 else "_" if min(rows) == 3 else "-"
