"""What panes share: titles that repaint only when they change, and rows repainted one by one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from rich.style import Style
from textual.geometry import Region
from textual.widget import Widget


class Pane(Widget):
    """A pane drawn line by line, which repaints only what has changed."""

    _said = ("", "")
    _is_entitling = False
    _plain: Style | None = None

    def entitle(self, title: str, subtitle: str) -> None:
        """Set the texts in the border, and repaint only the border's lines that changed."""
        before, self._said = self._said, (title, subtitle)
        self._is_entitling = True
        if title != before[0]:
            self.border_title = title
        if subtitle != before[1]:
            self.border_subtitle = subtitle
        self._is_entitling = False
        lines = [line for line, now, old in zip((-1, self.size.height), self._said, before, strict=True) if now != old]
        self.refresh_rows(lines)

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """As any widget's, except that a new title does not repaint the whole pane, as Textual would."""
        if self._is_entitling:
            return self
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    @property
    def rich_style(self) -> Style:
        """The style of its blanks, computed once for all lines, until the style sheets change it."""
        if self._plain is None:
            self._plain = super().rich_style
        return self._plain

    def notify_style_update(self) -> None:
        """Its styles may have changed."""
        self._plain = None
        super().notify_style_update()

    def refresh_rows(self, rows: Iterable[int]) -> None:
        """Repaint some lines, counted from the first of the content; the border is at -1 and after the last."""
        regions = [Region(-1, row, self.size.width + 2, 1) for row in rows]
        if regions and self.size:
            self.refresh(*regions)
