"""The last line of the screen: the keys that do something where the focus is, as many as fit."""

from __future__ import annotations

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


class Keys(Widget):
    """One line, the focused pane's own keys first; a click does what the key does."""

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

    def _fitting(self) -> list[tuple[str, str, ActiveBinding]]:
        """Each key that fits, its word with the space around it, and its binding."""
        entries = list(self._entries())
        room = self.size.width - sum(len(key + word) for key, word, active in entries if _always(active))
        fitting = []
        for key, word, active in entries:
            if not _always(active):
                room -= len(key + word)
            if _always(active) or room >= 0:
                fitting.append((key, word, active))
        return fitting

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


def _always(active: ActiveBinding) -> bool:
    return active.binding.action in ALWAYS
