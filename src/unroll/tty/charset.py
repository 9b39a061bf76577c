"""The glyphs that a terminal can show, and for every other one a form of one column that it can.

A locale that is not UTF-8, or a terminal of the old days, gets ASCII; the Linux console gets what its font has, the
characters of code page 437. `UNROLL_GLYPHS` (`unicode`, `cp437`, `ascii`) says otherwise. No import from Textual here:
the splash is written by this too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from functools import cache

GLYPHS = "UNROLL_GLYPHS"
"""The environment variable that names an alphabet."""
UNKNOWN = "?"
"""What stands for a character of which nothing like it is known."""

_LOOKS = {
    "<": "←◀◄◁◂⏎↩‹«≤⌫",
    ">": "→▶►▷▸›»≥",
    "^": "↑▲△▴" + "".join(map(chr, range(0x2400, 0x2422))),
    "v": "↓▼▽▾✓✔√",
    "-": "↔–—‐‑‒−",
    "|": "↕▎▏▕",
    "*": "●•◆★☆",
    ".": "∙·…⋯░▖▗╭╮",
    "o": "○◯◌□▫◇øθ°œ∘",
    "@": "◉⊙",
    "0": "⊘∅Ø",
    "#": "■▪≠█▉▊▋▅▆▇▙▛▜▟▚▞",
    "x": "✗✘✕✖×⊗",
    "=": "‖⏸∥▌▍▐",
    "Y": "⑂⑃¥",
    ":": "⋮▒",
    '"': "“”„″▀▔",
    "'": "‘’′▘▝╰╯",
    ",": "‚",
    "/": "÷╱",
    "+": "±⊕",
    "~": "≈≃",
    "8": "∞",
    "S": "∑Σ§",
    "s": "σß",
    "t": "τ",
    "u": "μµ",
    "a": "αæ",
    "b": "β",
    "g": "γ",
    "d": "δðđ∂",
    "D": "Δ",
    "e": "ε",
    "l": "λł",
    "p": "πþ",
    "f": "φ",
    "w": "ω",
    "P": "¶",
    "c": "©¢",
    "R": "®",
    "E": "€",
    "L": "£Ł",
    "!": "¡",
    "?": "¿�",
    "A": "Æ",
    "O": "Œ",
    "i": "ı",
    "V": "∇",
    "_": "▄▁▂▃",
    "%": "▓",
    "\\": "╲",
    "X": "╳",
}
"""ASCII characters, each with those that look or read like it."""
_ASCII = {glyph: form for form, glyphs in _LOOKS.items() for glyph in glyphs}
_OF_CP437 = frozenset(bytes(range(0x80, 0xFF)).decode("cp437")) | set("•○◙♪♫☼►◄↕‼¶§▬↑↓→←∟↔▲▼")
_IN_CP437 = dict(zip("✓✔●∙▶▷▸◀◁◂△▴▽▾╭╮╰╯‖∥›‹▉▊▋▍▎▏▇▆▅▃▂▁▔‖×∑∅", "√√•·►►►◄◄◄▲▲▼▼┌┐└┘║║»«███▌▌│██▄▄▄▄▀║xΣφ", strict=True))


def _light_boxes(kept: frozenset[str]) -> dict[str, str]:
    """Lines of boxes, heavy, dashed or short, as the light lines that are kept."""
    forms = {}
    for character in map(chr, range(0x2500, 0x2580)):
        name = re.sub("HEAVY|ARC", "LIGHT", unicodedata.name(character)).replace("LIGHT LIGHT", "LIGHT")
        with suppress(KeyError):
            forms[character] = unicodedata.lookup(re.sub("(DOUBLE|TRIPLE|QUADRUPLE) DASH ", "", name))
    short = dict(zip("╴╶╵╷╸╺╹╻╼╾╽╿", "──││──││──││", strict=True))
    return {character: form for character, form in (forms | short).items() if character not in kept and form in kept}


class Alphabet:
    """What a terminal can show."""

    def __init__(self, kept: frozenset[str], forms: Mapping[str, str]) -> None:
        """`kept` are the characters beyond ASCII that it has; `forms` what others turn into, before ASCII is taken."""
        self._kept, self._forms = kept, forms

    def spell(self, text: str) -> str:
        """`text` of narrow characters in those that it has, column by column."""
        return text if text.isascii() else "".join(map(self.form, text))

    def form(self, glyph: str) -> str:
        """What one cell shows in place of a glyph; an empty one is the second half of a wide glyph."""
        if glyph.isascii():
            return glyph or " "
        character = glyph[0]
        return character if character in self._kept else self._forms.get(character) or ascii_form(character)


ASCII = Alphabet(frozenset(), {})
CP437 = Alphabet(_OF_CP437, _IN_CP437 | _light_boxes(_OF_CP437))
ALPHABETS: Mapping[str, Alphabet | None] = {"unicode": None, "cp437": CP437, "ascii": ASCII}
"""By name; with `None` every glyph is shown as it is."""


def alphabet_of(environment: Mapping[str, str]) -> Alphabet | None:
    """What the terminal can show, as far as its variables tell: with none set, everything."""
    wished = environment.get(GLYPHS, "")
    if wished in ALPHABETS:
        return ALPHABETS[wished]
    term = environment.get("TERM", "")
    encoding = environment.get("PYTHONIOENCODING", "").partition(":")[0] or _locale(environment) or "utf-8"
    if "utf8" not in encoding.lower().replace("-", "") or term.startswith(("vt", "ansi", "cons", "sun")):
        return ASCII
    return CP437 if term.startswith("linux") else None


def _locale(environment: Mapping[str, str]) -> str:
    """The locale of characters. Python puts `C.UTF-8` in place of `C` for itself: that says nothing of the terminal."""
    language, characters = environment.get("LANG", ""), environment.get("LC_CTYPE", "")
    if characters == "C.UTF-8" and language in ("C", "POSIX"):
        characters = ""
    return environment.get("LC_ALL") or characters or language


@cache
def ascii_form(character: str) -> str:
    """One ASCII character that looks or reads most like this one."""
    if character in _ASCII:
        return _ASCII[character]
    if 0x2500 <= ord(character) < 0x2580:
        return _box(unicodedata.name(character))
    if 0x2800 <= ord(character) < 0x2900:
        return _dots(ord(character) - 0x2800)
    letter = unicodedata.normalize("NFKD", character)[0]
    return letter if letter.isascii() and letter.isprintable() else _ASCII.get(letter, UNKNOWN)


def _box(name: str) -> str:
    """A line of a box by its name."""
    lies = any(word in name for word in ("HORIZONTAL", "LEFT", "RIGHT"))
    stands = any(word in name for word in ("VERTICAL", "UP", "DOWN"))
    if lies and stands:
        return "+"
    return "|" if stands else "=" if "DOUBLE" in name or "HEAVY" in name else "-"


def _dots(bits: int) -> str:
    """A cell of a plot, two dots wide and four high, as the stroke that it is a part of."""
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
