"""What keeps the screen cheap: jobs that never queue, and panes that repaint only what has changed."""

from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any, Self

from rich.style import Style
from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget
from textual.widgets import Input, Select

Work = Coroutine[Any, Any, object]


class Latest:
    """A job of which only the newest result counts, such as a drawing or a look.

    Asked for ten times while it runs, it runs once more: fast callers never build a queue.
    """

    def __init__(self, spawn: Callable[[Work], object], job: Callable[[], Work]) -> None:
        """`spawn` runs a coroutine in the background."""
        self._spawn, self._job = spawn, job
        self._is_wanted = self._is_running = False

    def ask(self) -> None:
        """Run the job soon, on whatever is current then."""
        self._is_wanted = True
        if not self._is_running:
            self._is_running = True
            self._spawn(self._run())

    async def _run(self) -> None:
        try:
            while self._is_wanted:
                self._is_wanted = False
                await self._job()
        finally:
            self._is_running = False


def compact(field: Input | Select[str]) -> None:
    """Give a new field one line. Textual's own way styles every field once more before it is on the screen."""
    field.set_reactive(type(field).compact, True)
    field.add_class("-textual-compact", update=False)


class Pane(Widget):
    """A pane drawn line by line."""

    _said: tuple[str | Content, str] = ("", "")
    _is_entitling = False
    _plain: Style | None = None

    def entitle(self, title: str | Content, subtitle: str) -> None:
        """Set the texts in the border, and repaint only the border's lines that changed."""
        before, self._said = self._said, (title, subtitle)
        self._is_entitling = True
        if title != before[0]:
            self.border_title = title
        if subtitle != before[1]:
            self.border_subtitle = subtitle
        self._is_entitling = False
        lines = zip((-1, self.size.height), self._said, before, strict=True)
        self.refresh_rows(line for line, now, old in lines if now != old)

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
        self._plain = None
        super().notify_style_update()

    def refresh_rows(self, rows: Iterable[int]) -> None:
        """Repaint some lines, counted from the first of the content; the border is at -1 and after the last."""
        regions = [Region(-1, row, self.size.width + 2, 1) for row in rows]
        if regions and self.size:
            self.refresh(*regions)

    def refresh_changed(self, before: Sequence[object], now: Sequence[object]) -> None:
        """Repaint the lines that were drawn from other things than now; all where their number has changed."""
        if len(before) != len(now):
            self.refresh()
        self.refresh_rows(y for y, (old, new) in enumerate(zip(before, now, strict=False)) if old != new)
