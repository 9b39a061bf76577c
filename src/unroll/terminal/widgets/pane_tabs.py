"""The tabs of a screen too small for all panes at once, and how to go to a pane. Says `Chosen`.

The screen's class `-tab-…` shows the panes of a tab; the style sheet ignores it on a screen that has room for all.
"""

from __future__ import annotations

from dataclasses import dataclass

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

FIRST = {"State": "StateHeatmap", "Loss": "LossCurve", "Recipe": "RecipeForm Select", "Runs": "RunTable"}
"""What gets the focus when a pane is gone to."""
TAB_OF = {"Runs": "Recipe"}
"""The tab of a pane that has none of its own name."""
TAB, ACTIVE = "pane-tabs--tab", "pane-tabs--active"


class PaneTabs(Widget):
    """One line of names, each with the digit that chooses it."""

    @dataclass
    class Chosen(Message):
        """A tab was chosen."""

        tab: str

    COMPONENT_CLASSES = {TAB, ACTIVE}
    DEFAULT_CSS = """
    PaneTabs {
        height: 1;
        & .pane-tabs--tab { color: $text-muted; }
        & .pane-tabs--active { color: $accent; text-style: bold reverse; }
    }
    """

    active: reactive[str] = reactive("")

    def __init__(self, tabs: tuple[str, ...]) -> None:
        super().__init__()
        self._labels = {tab: f" {number} {tab} " for number, tab in enumerate(tabs, 1)}
        self.active = tabs[0]

    def go_to(self, pane: str) -> None:
        """Focus a pane, and show the tab that it is on."""
        self._show(TAB_OF.get(pane, pane))
        self.screen.call_after_refresh(self.screen.query(FIRST[pane]).first().focus)

    def _show(self, tab: str) -> None:
        self.screen.remove_class(*[f"-tab-{name.lower()}" for name in self._labels if name != tab], update=False)
        self.screen.add_class(f"-tab-{tab.lower()}")
        self.active = tab

    def keep_in_sight(self, focused: Widget) -> None:
        """Go back to where the focus was, if a window too small, or one with tabs, has hidden it."""
        names = {type(node).__name__ for node in focused.ancestors_with_self}
        pane = next((pane for pane, first in FIRST.items() if first.split()[0] in names), "")
        is_hidden = bool(pane) and not self.screen.has_class("-whole") and TAB_OF.get(pane, pane) != self.active
        if is_hidden:
            self._show(TAB_OF.get(pane, pane))
        if is_hidden or focused is not self.screen.focused:
            self.screen.call_after_refresh(focused.focus)

    def render_line(self, y: int) -> Strip:
        tab, active = self.get_component_rich_style(TAB), self.get_component_rich_style(ACTIVE)
        segments = [Segment(label, active if name == self.active else tab) for name, label in self._labels.items()]
        return Strip(segments).adjust_cell_length(self.size.width, self.rich_style)

    def on_click(self, event: events.Click) -> None:
        end = 0
        for name, label in self._labels.items():
            end += len(label)
            if event.x < end:
                self.post_message(self.Chosen(name))
                return
