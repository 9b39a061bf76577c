"""Text that came in as data, made harmless: no control, escape or bidi character of it reaches the terminal.

A name, a file or an engine's message may hold `ESC ] 52` (writes the clipboard), C1 controls (the same, in one
character) or a right-to-left override (shows one text, is another). Widgets show such text through `inert`, where each
becomes one visible cell before anything is laid out. The output stage (`thrift`) then applies the same class to every
cell, so that a forgotten `inert` costs only looks: what the layout gave a cell becomes `REPLACEMENT`, what it gave none
is left out.
"""

import re

REPLACEMENT = "\ufffd"
"""What stands for a character that must not be sent."""

_HOSTILE = (
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    r"\U000e0000-\U000e007f]"
)
is_hostile = re.compile(_HOSTILE).match
"""Whether a text starts with a character that acts on the terminal or on the text around it."""
_substitute = re.compile(_HOSTILE).sub


def inert(text: str) -> str:
    """`text` with every control, escape, bidi and invisible character shown as one visible cell."""
    return text if text.isascii() and text.isprintable() else _substitute(_picture, text)


def _picture(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else REPLACEMENT
