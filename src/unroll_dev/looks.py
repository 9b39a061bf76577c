"""How the playground looks on a terminal with fewer colours, for pictures: Textual's own export is always truecolor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.color import Color as RichColor
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import DEFAULT_TERMINAL_THEME
from textual.color import Color
from textual.filter import LineFilter, Monochrome

from unroll.terminal.app import UnrollApp
from unroll.tour.lesson import Lesson

LOOKS = {"dark": "dark", "light": "light", "ansi": "ansi", "256": "dark", "none": "dark"}
"""The five looks by name, and the theme of each."""


class EightBit(LineFilter):
    """The colours that a terminal of 256 shows instead."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [Segment(text, style and self._fewer(style), control) for text, style, control in segments]

    def _fewer(self, style: Style) -> Style:
        return style + Style(color=_nearest(style.color), bgcolor=_nearest(style.bgcolor))


def _nearest(colour: RichColor | None) -> RichColor | None:
    if colour is None or colour.is_default:
        return colour
    shown = colour.downgrade(ColorSystem.EIGHT_BIT).get_truecolor(DEFAULT_TERMINAL_THEME)
    return RichColor.from_triplet(shown)


class LookingApp(UnrollApp):
    """The playground in one of the `LOOKS`."""

    def __init__(self, start: Any, look: str, lesson: Lesson | None = None) -> None:
        super().__init__(start, theme=LOOKS[look], lesson=lesson)
        filters: dict[str, list[LineFilter]] = {"256": [EightBit()], "none": [Monochrome()]}
        self._fewer = filters.get(look, [])

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), *self._fewer]
