"""The runs: a row each with its name, loss and accuracy. Says which one was chosen, deleted and so on.

Drawn from a list of `Run`s. Only the rows on the screen are drawn, however many there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from unroll import figures
from unroll.protocol.replies import State
from unroll.terminal.bindings import offered
from unroll.terminal.runs import Run
from unroll.terminal.widgets.base import Pane

MARKS: dict[State, str] = {"ready": "○", "training": "▶", "paused": "‖", "finished": "●", "diverged": "✗"}
ROW, SHOWN, FAINT = "run-table--row", "run-table--shown", "run-table--faint"


class RunTable(Pane, can_focus=True):
    """One line a run: state, number, name, loss, accuracy; `=` marks the one that others are compared with."""

    @dataclass
    class OfRun(Message):
        """Something about a run, by its number."""

        number: int

    class Chosen(OfRun):
        """A run should be shown."""

    class Deleted(OfRun):
        """A run should be removed."""

    class Renamed(OfRun):
        """A run should get another name; a person is to be asked which."""

    class Marked(OfRun):
        """A run should be what others are compared with, or no longer."""

    class Overlaid(OfRun):
        """A run's curve should be drawn behind the others, or no longer."""

    class Restored(Message):
        """The run that was deleted last should come back."""

    COMPONENT_CLASSES = {ROW, SHOWN, FAINT}
    DEFAULT_CSS = """
    RunTable {
        & .run-table--row { color: $foreground; }
        & .run-table--shown { color: $accent; text-style: bold; }
        & .run-table--faint { color: $text-muted; }
    }
    """
    BINDINGS: ClassVar = [
        Binding("up", "move(-1)", "run", key_display="↑/↓", tooltip="The run above or below."),
        Binding("down", "move(1)", show=False),
        Binding("r", "say('Renamed')", "rename", tooltip="Give the run another name."),
        *offered("resume"),
        Binding("delete", "say('Deleted')", "delete", key_display="del", tooltip="Delete the run."),
        Binding("backspace", "say('Deleted')", show=False),
        Binding("u", "restore", "undo", tooltip="Bring back the run that was deleted last."),
        Binding("equals_sign", "say('Marked')", "compare", key_display="=", tooltip="Compare others with this run."),
        Binding("t", "say('Overlaid')", "Curve", show=False, tooltip="Show or hide its curve behind the others."),
    ]

    runs: reactive[Sequence[Run]] = reactive((), repaint=False, always_update=True)
    shown: reactive[int] = reactive(0, repaint=False)
    marked: reactive[int] = reactive(0, repaint=False)
    gives_way: reactive[bool] = reactive(False, repaint=False, bindings=True)
    """Whether `r` restores, as an offer on the screen says, instead of renaming."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[tuple[str, str]] = []
        self._last_place = 0

    def on_mount(self) -> None:
        for attribute in ("runs", "shown", "marked"):
            self.watch(self, attribute, self._changed)

    def on_resize(self) -> None:
        self._changed()

    def _changed(self) -> None:
        """Draw the rows that show something else than before."""
        self._describe()
        before, self._lines = self._lines, self._on_screen()
        if len(before) != len(self._lines):
            self.refresh()
        self.refresh_rows(y for y, (a, b) in enumerate(zip(before, self._lines, strict=False)) if a != b)

    def _describe(self) -> None:
        place = self._place
        run = self.runs[place] if place < len(self.runs) and self.runs[place].number == self.shown else None
        held_out = "" if run is None or run.held_out is None else f" · held out {figures.share(run.held_out, 0)}"
        seed = "" if run is None else f"seed {run.recipe.train.seed} · {run.state}{held_out}"
        self.entitle("Runs", seed)

    @property
    def _place(self) -> int:
        """The row of the run that is shown: mostly where it was before."""
        place = self._last_place
        if place >= len(self.runs) or self.runs[place].number != self.shown:
            self._last_place = next((i for i, run in enumerate(self.runs) if run.number == self.shown), 0)
        return self._last_place

    @property
    def _first(self) -> int:
        """The first row on the screen: pages turn whole, and the chosen run is always on one."""
        rows = max(1, self.size.height)
        return min(self._place // rows * rows, max(0, len(self.runs) - rows))

    def _on_screen(self) -> list[tuple[str, str]]:
        """Each row that is on the screen: its text, and the component that it is drawn as."""
        runs = self.runs[self._first : self._first + self.size.height]
        digits = max((len(str(run.ordinal)) for run in runs), default=0)
        return [(self._text(run, digits), self._component(run)) for run in runs]

    def _text(self, run: Run, digits: int) -> str:
        width = self.size.width
        loss, accuracy = run.curve.last()
        if run.accuracy is not None:
            accuracy = run.accuracy
        right = "" if accuracy is None else figures.share(accuracy, 0).replace(" ", "")
        shown = f" {'' if loss is None else figures.loss(loss):>6} {right:>4}"
        mark = "=" if run.number == self.marked else "~" if run.overlaid and run.number != self.shown else " "
        head = f"{MARKS[run.state]}{mark}{run.ordinal:>{digits}} "
        name, room = run.name, max(1, width - len(head) - len(shown))
        if len(name) > room:
            name = name[: room - 1] + "…"
        return (head + name).ljust(width - len(shown)) + shown

    def _component(self, run: Run) -> str:
        if run.number == self.shown:
            return SHOWN
        return ROW if run.overlaid else FAINT

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        text, component = self._lines[y]
        return Strip([Segment(text, self.get_component_rich_style(component))], width)

    # What a person does

    def action_move(self, by: int) -> None:
        place = self._place + by
        if 0 <= place < len(self.runs):
            self._choose(self.runs[place])

    def _choose(self, run: Run) -> None:
        """Move at once, so that keys in quick succession add up, and say so."""
        self.shown = run.number
        self.post_message(self.Chosen(run.number))

    def action_say(self, name: str) -> None:
        message: type[RunTable.OfRun] = getattr(self, name)
        if self.runs:
            self.post_message(message(self.shown))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Rename only where `r` does not restore."""
        return not self.gives_way if parameters == ("Renamed",) else True

    def action_restore(self) -> None:
        self.post_message(self.Restored())

    def on_click(self, event: events.Click) -> None:
        content = event.get_content_offset(self)
        if content is not None and self._first + content.y < len(self.runs):
            self._choose(self.runs[self._first + content.y])
