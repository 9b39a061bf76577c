"""The screen's first lines, its name, tabs and status, and its last, the keys."""

from collections.abc import Iterator

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.binding import ActiveBinding
from textual.message import Message
from textual.reactive import reactive
from textual.screen import Screen
from textual.strip import Strip

from unroll.terminal.layout import PANES
from unroll.terminal.texts import Part
from unroll.terminal.widgets.tooltips import Explained

KEY, WORD = "keys--key", "keys--word"
ALWAYS = ("train", "explain", "leave")
"""Actions whose keys are always shown: others are cut off first."""
NAME, TAB, ACTIVE = "screen-header--name", "screen-header--tab", "screen-header--active"
LABEL, FIGURE = "screen-header--label", "screen-header--figure"
TITLE = " unroll "


class Keys(Explained):
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

    def _at(self, x: int) -> ActiveBinding | None:
        """The binding whose key or word is at a column."""
        end = 0
        for key, word, active in self._fitting():
            end += len(key + word)
            if x < end:
                return active
        return None

    def explanation(self, x: int, y: int) -> str:
        """The sentence of the key."""
        active = self._at(x)
        return active.binding.tooltip if active else ""

    async def on_click(self, event: events.Click) -> None:
        if active := self._at(event.x):
            await self.app.run_action(active.binding.action, active.node)


class ScreenHeader(Explained):
    """The program's name, the tabs where there are several, each with the digit that chooses it, and the status.

    The status has a line of its own, or on a wide screen the rest of the first.
    """

    class TabChosen(Message):
        """A tab was clicked."""

        def __init__(self, tab: str) -> None:
            super().__init__()
            self.tab = tab

    COMPONENT_CLASSES = {NAME, TAB, ACTIVE, LABEL, FIGURE}
    DEFAULT_CSS = """
    ScreenHeader {
        height: 2;
        & .screen-header--name { color: $accent; text-style: bold; }
        & .screen-header--tab, & .screen-header--label { color: $text-muted; }
        & .screen-header--active { color: $accent; text-style: bold reverse; }
        & .screen-header--figure { color: $foreground; }
    }
    """

    tabs: reactive[tuple[str, ...]] = reactive(())
    active: reactive[str] = reactive("")
    alone: reactive[str] = reactive("")
    """What is said in place of the tabs while a pane is maximised."""
    status: reactive[tuple[Part, ...]] = reactive(())

    def render_line(self, y: int) -> Strip:
        segments = self._first_line() if y == 0 else []
        if y == self.size.height - 1:
            room = self.size.width - sum(len(segment.text) for segment in segments)
            segments += self._status(room)
        return Strip(segments).adjust_cell_length(self.size.width, self.rich_style)

    def _first_line(self) -> list[Segment]:
        tab, active = self.get_component_rich_style(TAB), self.get_component_rich_style(ACTIVE)
        labels = [Segment(label, active if name == self.active else tab) for name, label in self._labels()]
        if self.alone:
            labels = [Segment(f" {self.alone} ", active)]
        return [Segment(TITLE, self.get_component_rich_style(NAME)), *labels]

    def _labels(self) -> Iterator[tuple[str, str]]:
        for name in () if self.alone else self.tabs:
            yield name, f" {PANES.index(name) + 1} {name} "

    def _status(self, room: int) -> Iterator[Segment]:
        """The parts that fit, whole; what is least needed goes first."""
        label, figure = self.get_component_rich_style(LABEL), self.get_component_rich_style(FIGURE)
        kept = [part for part in self.status if part.text]
        while kept and sum(map(_width, kept)) > room:
            kept.remove(max(kept, key=lambda part: part.rank))
        for part in kept:
            yield Segment(f"  {part.label} " if part.label else "  ", label)
            yield Segment(part.text, figure)

    def _at(self, x: int, y: int) -> str:
        """The tab whose name is at a place; empty where none is."""
        end = len(TITLE)
        for name, label in self._labels():
            if end <= x < end + len(label) and y == 0:
                return name
            end += len(label)
        return ""

    def explanation(self, x: int, y: int) -> str:
        """Where a tab leads to."""
        tab = self._at(x, y)
        active = self.screen.active_bindings.get(str(PANES.index(tab) + 1)) if tab else None
        return active.binding.tooltip if active else ""

    def on_click(self, event: events.Click) -> None:
        if tab := self._at(event.x, event.y):
            self.post_message(self.TabChosen(tab))


def _width(part: Part) -> int:
    return cell_len(part.text) + (3 + len(part.label) if part.label else 2)
