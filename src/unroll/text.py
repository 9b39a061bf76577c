"""Text from elsewhere (a name, a file, an engine's message) made fit to be shown.

It may hold `ESC ] 52` (writes the clipboard), C1 controls (the same, in one character) or a right-to-left override
(shows one text, is another). The output stage replaces such characters once more, whatever a widget forgot.
"""

import re
from collections.abc import Sequence
from os import PathLike

REPLACEMENT = "\ufffd"
"""What stands for a character that must not be sent."""
MAX_PATH = 80
"""Characters of a path that a sentence shows: its end, which tells most."""

HOSTILE = (
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    r"\U000e0000-\U000e007f]"
)
"""A pattern for such a character; `tty.framebuffer` has the same, and a test compares them."""
_substitute = re.compile(HOSTILE).sub
_PICTURES = {chr(code): chr(0x2400 + code) for code in range(0x20)} | {"\x7f": "\u2421"}


def printable(text: str, length: int | None = None) -> str:
    """The first `length` characters on one line, each control, escape, bidi or invisible one as one visible cell."""
    text = text[:length]
    if text.isascii() and text.isprintable():
        return text
    return _substitute(lambda found: _PICTURES.get(found[0], REPLACEMENT), text)


def shown_path(name: str | PathLike[str]) -> str:
    """A path as it may stand in a sentence."""
    text = printable(str(name))
    return text if len(text) <= MAX_PATH else "…" + text[1 - MAX_PATH :]


def encodable(name: str | PathLike[str]) -> str:
    """A path as text that UTF-8 can carry: a question mark for each byte of it that is no text."""
    return str(name).encode(errors="replace").decode()


def fitting(wordings: Sequence[str], width: int) -> str:
    """The first of some wordings, the longest first, that fits; or else as much of the last as does."""
    return next((wording for wording in wordings if len(wording) <= width), clipped(wordings[-1], width))


def clipped(text: str, width: int) -> str:
    """As much of a text as fits."""
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"
