"""The tabs of a screen too small for all panes at once. Says `TabChosen`."""

from __future__ import annotations

from rich.segment import Segment
from textual import events
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from unroll.terminal.messages import TabChosen

TAB, ACTIVE = "pane-tabs--tab", "pane-tabs--active"


class PaneTabs(Widget):
    """One line of names, each with the digit that chooses it."""

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

    def render_line(self, y: int) -> Strip:
        tab, active = self.get_component_rich_style(TAB), self.get_component_rich_style(ACTIVE)
        segments = [Segment(label, active if name == self.active else tab) for name, label in self._labels.items()]
        return Strip(segments).adjust_cell_length(self.size.width, self.rich_style)

    def on_click(self, event: events.Click) -> None:
        end = 0
        for name, label in self._labels.items():
            end += len(label)
            if event.x < end:
                self.post_message(TabChosen(name))
                return
