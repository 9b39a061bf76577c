"""Draws no more widgets than an update touches.

Textual draws every widget inside of the rectangle around all changes. Where training changes a corner here and one
there, that is the whole screen, twenty times a second: the fields of a form that nobody touched.
"""

from __future__ import annotations

from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.widget import Widget


class SparingCompositor(Compositor):
    """Textual's own, with eyes for what is touched alone while it draws a part of the screen."""

    _touched: tuple[Region, ...] = ()

    @property
    def visible_widgets(self) -> dict[Widget, tuple[Region, Region]]:
        """Each widget with its region and its clip; while a part is drawn, those that lie in it."""
        visible = super().visible_widgets
        if not self._touched:
            return visible
        return {widget: place for widget, place in visible.items() if self._is_touched(*place)}

    def _is_touched(self, region: Region, clip: Region) -> bool:
        seen = region.intersection(clip)
        return any(touched.overlaps(seen) for touched in self._touched)

    def render_partial_update(self) -> ChopsUpdate | None:
        """What changed, of the widgets that have to do with it."""
        assert self.cuts is not None  # made from all widgets, and kept until the layout is another
        self._touched = tuple(self._dirty_regions)
        try:
            return super().render_partial_update()
        finally:
            self._touched = ()
