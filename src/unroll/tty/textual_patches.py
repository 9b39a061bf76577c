"""What of Textual fails where it should do nothing, mended once for all: its own widgets use each other.

A list of words that has not been laid out, because it is hidden, has no row, or has only just been opened, has no pages
to turn; Textual 8.2 looks for one, and the program ends.
"""

from __future__ import annotations

from typing import Any

from textual.widgets import OptionList

_move_page = OptionList._move_page


def _move_page_if_any(words: OptionList, direction: Any) -> None:
    if words._index_to_line:
        _move_page(words, direction)


def mend() -> None:
    """To be called before a list is shown."""
    OptionList._move_page = _move_page_if_any  # type: ignore[method-assign, assignment]
