"""The runs: a row each with its name, loss and accuracy. Says `RunChosen`, `RunDeleted` and the like.

Drawn from a list of `Run`s. Only the rows on the screen are drawn, however many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from unroll.engine.protocol import State
from unroll.terminal import messages
from unroll.terminal.runs import Run
from unroll.terminal.widgets.pane import Pane

MARKS: dict[State, str] = {"ready": "○", "training": "▶", "paused": "‖", "finished": "●", "diverged": "✗"}
ROW, SHOWN, FAINT = "run-table--row", "run-table--shown", "run-table--faint"


SAYS: dict[str, Callable[[int], Message]] = {
    "renamed": messages.RunRenamed,
    "deleted": messages.RunDeleted,
    "marked": messages.RunMarked,
    "overlaid": messages.RunOverlaid,
}


class RunTable(Pane, can_focus=True):
    """One line a run: state, number, name, loss, accuracy; `=` marks the one that others are compared with."""

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
        Binding("r", "say('renamed')", "rename", tooltip="Give the run another name."),
        Binding("delete", "say('deleted')", "delete", key_display="del", tooltip="Delete the run."),
        Binding("backspace", "say('deleted')", show=False),
        Binding("u", "restore", "undo", tooltip="Bring back the run that was deleted last."),
        Binding("equals_sign", "say('marked')", "compare", key_display="=", tooltip="Compare others with this run."),
        Binding("t", "say('overlaid')", "Curve", show=False, tooltip="Draw its curve behind the others, or not."),
    ]

    runs: reactive[Sequence[Run]] = reactive((), always_update=True)
    shown: reactive[int] = reactive(0)
    marked: reactive[int] = reactive(0)

    def on_mount(self) -> None:
        self._describe()

    def watch_runs(self) -> None:
        self._describe()

    def watch_shown(self) -> None:
        self._describe()

    def _describe(self) -> None:
        run = next((run for run in self.runs if run.number == self.shown), None)
        held_out = "" if run is None or run.held_out is None else f" · held out {run.held_out:.0%}"
        seed = "" if run is None else f"seed {run.recipe.train.seed} · {run.state}{held_out}"
        self.entitle("Runs", seed)

    @property
    def _place(self) -> int:
        return next((i for i, run in enumerate(self.runs) if run.number == self.shown), 0)

    @property
    def _first(self) -> int:
        """The first row on the screen: the chosen one is always there, and pages turn whole."""
        rows = max(1, self.size.height)
        return min(self._place // rows * rows, max(0, len(self.runs) - rows))

    def render_line(self, y: int) -> Strip:
        place, width = self._first + y, self.size.width
        if place >= len(self.runs):
            return Strip.blank(width, self.rich_style)
        run = self.runs[place]
        style = self._style(run)
        loss, accuracy = run.curve.last()
        if run.accuracy is not None:
            accuracy = run.accuracy
        figures = f" {'' if loss is None else f'{loss:.3f}':>6} {'' if accuracy is None else f'{accuracy:.0%}':>4}"
        digits = len(str(max(r.number for r in self.runs)))
        mark = "=" if run.number == self.marked else "~" if run.overlaid and run.number != self.shown else " "
        head = f"{MARKS[run.state]}{mark}{run.number:>{digits}} "
        name, room = run.name, max(1, width - len(head) - len(figures))
        if len(name) > room:
            name = name[: room - 1] + "…"
        return Strip([Segment((head + name).ljust(width - len(figures)) + figures, style)], width)

    def _style(self, run: Run) -> Style:
        if run.number == self.shown:
            return self.get_component_rich_style(SHOWN)
        return self.get_component_rich_style(ROW if run.overlaid else FAINT)

    # What a person does

    def action_move(self, by: int) -> None:
        place = self._place + by
        if 0 <= place < len(self.runs):
            self._choose(self.runs[place])

    def _choose(self, run: Run) -> None:
        """Move at once, so that a burst of keys adds up, and say so."""
        self.shown = run.number
        self.post_message(messages.RunChosen(run.number))

    def action_say(self, name: str) -> None:
        if self.runs:
            self.post_message(SAYS[name](self.shown))

    def action_restore(self) -> None:
        self.post_message(messages.RunRestored())

    def on_click(self, event: events.Click) -> None:
        content = event.get_content_offset(self)
        if content is not None and self._first + content.y < len(self.runs):
            self._choose(self.runs[self._first + content.y])
