"""The screen's first line, the tabs of one that has no room for all panes at once, and its last, the keys."""

from collections.abc import Iterator

from rich.segment import Segment
from textual import events
from textual.binding import ActiveBinding
from textual.reactive import reactive
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

KEY, WORD = "keys--key", "keys--word"
ALWAYS = ("train", "explain", "leave")
"""Actions whose keys are always shown: others are cut off first."""
TAB, ACTIVE = "pane-tabs--tab", "pane-tabs--active"
FIRST = {"State": "StateHeatmap", "Loss": "LossCurve", "Recipe": "RecipeForm Select", "Runs": "RunTable"}
"""What gets the focus when a pane is gone to."""
TAB_OF = {"Runs": "Recipe"}
"""The tab of a pane that has none of its own name."""


class Keys(Widget):
    """The keys that do something where the focus is, its pane's own first; a click does what the key does."""

    COMPONENT_CLASSES = {KEY, WORD}
    DEFAULT_CSS = """
    Keys {
        height: 1;
        & .keys--key { color: $accent; text-style: bold; }
        & .keys--word { color: $foreground; }
    }
    """

    words: reactive[dict[str, str]] = reactive({})
    """What actions do now, by their names, where that differs from their bindings."""

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def _changed(self, screen: Screen[object]) -> None:
        self.refresh()

    def render_line(self, y: int) -> Strip:
        key, word = self.get_component_rich_style(KEY), self.get_component_rich_style(WORD)
        segments = [part for shown, name, _ in self._fitting() for part in (Segment(shown, key), Segment(name, word))]
        return Strip(segments).adjust_cell_length(self.size.width, self.rich_style)

    def _fitting(self) -> Iterator[tuple[str, str, ActiveBinding]]:
        """Each key that fits, its word with the space around it, and its binding."""
        entries = [(*entry, entry[2].binding.action in ALWAYS) for entry in self._entries()]
        room = self.size.width - sum(len(key + word) for key, word, _, stays in entries if stays)
        for key, word, active, stays in entries:
            room -= 0 if stays else len(key + word)
            if stays or room >= 0:
                yield key, word, active

    def _entries(self) -> Iterator[tuple[str, str, ActiveBinding]]:
        seen = set()
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.show and binding.action not in seen:
                seen.add(binding.action)
                word = self.words.get(binding.action, binding.description.lower())
                yield self.app.get_key_display(binding), f" {word}  ", active

    async def on_click(self, event: events.Click) -> None:
        end = 0
        for key, word, active in self._fitting():
            end += len(key + word)
            if event.x < end:
                await self.app.run_action(active.binding.action, active.node)
                return


class PaneTabs(Widget):
    """A line of names, each with the digit that chooses it.

    The screen's class `-tab-…` shows the panes of a tab; the style sheet ignores it on a screen that has room for all.
    """

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
                self.go_to(name)
                return
