"""The runs: a row each with its name, loss and accuracy. Says what a person asks of one.

Drawn from a list of `Run`s. Only the rows on the screen are drawn, however many there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from rich.segment import Segment
from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from unroll import figures
from unroll.protocol.replies import State
from unroll.terminal import texts
from unroll.terminal.bindings import both_ways, offered
from unroll.terminal.runs import Run
from unroll.terminal.sparing import Pane
from unroll.terminal.widgets.tooltips import Explained
from unroll.text import fitting

What = Literal["choose", "delete", "restore", "rename", "compare", "overlay"]
MARKS: dict[State, str] = {"ready": "○", "training": "▶", "paused": "‖", "finished": "●", "diverged": "✗"}
CORNERS = 4
"""Cells of the pane's width that a border's text cannot use."""
ROW, SHOWN, FAINT = "run-table--row", "run-table--shown", "run-table--faint"


class RunTable(Explained, Pane, can_focus=True):
    """One line a run: state, number, name, loss, accuracy; `=` marks the one that others are compared with."""

    @dataclass
    class Asked(Message):
        """Something is wanted of a run, by its number; `restore` brings back the one that was deleted last."""

        what: What
        number: int

    COMPONENT_CLASSES = {ROW, SHOWN, FAINT}
    DEFAULT_CSS = """
    RunTable {
        & .run-table--row { color: $foreground; }
        & .run-table--shown { color: $accent; text-style: bold; }
        & .run-table--faint { color: $text-muted; }
    }
    """
    BINDINGS: ClassVar = [
        *both_ways("up down", "move", "run", "The run above or below."),
        *offered("resume"),
        Binding("N", "ask('rename')", "rename", tooltip="Give the run another name."),
        Binding("delete", "ask('delete')", "delete", key_display="del", tooltip="Delete the run."),
        Binding("backspace", "ask('delete')", show=False),
        Binding("U", "ask('restore')", "undelete", tooltip="Bring back the run that was deleted last."),
        Binding("equals_sign", "ask('compare')", "compare", key_display="=", tooltip="Compare others with this run."),
        Binding("t", "ask('overlay')", "Curve", show=False, tooltip="Show or hide its curve behind the others."),
    ]

    runs: reactive[Sequence[Run]] = reactive((), repaint=False, always_update=True)
    shown: reactive[int] = reactive(0, repaint=False)
    marked: reactive[int] = reactive(0, repaint=False)

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[tuple[str, str]] = []
        self._last_place = 0

    def on_mount(self) -> None:
        for attribute in ("runs", "shown", "marked"):
            self.watch(self, attribute, self.on_resize)

    def on_resize(self) -> None:
        """Draw the rows that show something else than before."""
        run = self.runs[self._place] if self._place < len(self.runs) else None
        is_shown = run is not None and run.number == self.shown
        self.entitle("5 Runs", fitting(_more(run), self.size.width - CORNERS) if run and is_shown else "")
        before, self._lines = self._lines, self._on_screen()
        self.refresh_changed(before, self._lines)

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
        return [
            (self._text(run, digits), SHOWN if run.number == self.shown else ROW if run.overlaid else FAINT)
            for run in runs
        ]

    def _text(self, run: Run, digits: int) -> str:
        loss, accuracy = run.figures
        right = "" if accuracy is None else figures.share(accuracy, 0).replace(" ", "")
        shown = f" {'' if loss is None else figures.loss(loss):>6} {right:>4}"
        mark = "=" if run.number == self.marked else "~" if run.overlaid and run.number != self.shown else " "
        head = f"{MARKS[run.state]}{mark}{run.ordinal:>{digits}} "
        room = max(1, self.size.width - len(head) - len(shown))
        name = run.name if len(run.name) <= room else run.name[: room - 1] + "…"
        return f"{head}{name:{room}}{shown}"

    def render_line(self, y: int) -> Strip:
        if y >= len(self._lines):
            return Strip.blank(self.size.width, self.rich_style)
        text, component = self._lines[y]
        return Strip([Segment(text, self.get_component_rich_style(component))], self.size.width)

    # What a person does

    def action_move(self, by: int) -> None:
        place = self._place + by
        if 0 <= place < len(self.runs):
            self._choose(self.runs[place])

    def _choose(self, run: Run) -> None:
        """Move at once, so that keys in quick succession add up, and say so."""
        self.shown = run.number
        self.action_ask("choose")

    def action_ask(self, what: What) -> None:
        self.post_message(self.Asked(what, self.shown))

    def _at(self, y: int) -> Run | None:
        """The run whose row is at a line."""
        return self.runs[self._first + y] if self._first + y < len(self.runs) else None

    def explanation(self, x: int, y: int) -> str:
        """The run in full."""
        run = self._at(y)
        return texts.of_run(run) if run else ""

    def on_click(self, event: events.Click) -> None:
        content = event.get_content_offset(self)
        if content is not None and (run := self._at(content.y)):
            self._choose(run)


def _more(run: Run) -> tuple[str, ...]:
    """What a run's row has no room for, in several wordings, the longest first."""
    seed = f"seed {run.recipe.train.seed}"
    if run.held_out is None:
        return f"{seed} · {run.state}", seed
    held_out = f"held out {figures.share(run.held_out, 0)}"
    return f"{seed} · {run.state} · {held_out}", f"{seed} · {held_out}", held_out
