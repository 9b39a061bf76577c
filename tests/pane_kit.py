"""One pane alone on a screen, and what it shows and says."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.widget import Widget

from unroll.moment import Interventions, Moment
from unroll.protocol.trace import Candidate, Trace, Window

W = TypeVar("W", bound=Widget)


class Frame(App[None], inherit_bindings=False):
    """Nothing but a pane."""

    def __init__(self, pane: Widget) -> None:
        super().__init__()
        self.pane = pane

    def compose(self) -> ComposeResult:
        yield self.pane

    def on_mount(self) -> None:
        self.pane.styles.width = "1fr"
        self.pane.styles.height = "1fr"
        self.pane.focus()


@asynccontextmanager
async def alone(pane: W, width: int, height: int) -> AsyncIterator[tuple[W, Pilot[None], list[Message]]]:
    """The pane at a size, the person who uses it, and what it says."""
    said: list[Message] = []

    def hear(message: Message) -> None:
        if not any(message is heard for heard in said):  # it passes every node on its way up
            said.append(message)

    async with Frame(pane).run_test(size=(width, height), message_hook=hear) as pilot:
        await pilot.pause()
        yield pane, pilot, said


def rows(pane: Widget) -> list[str]:
    """What the pane shows, line by line, without the blanks at their ends."""
    return [pane.render_line(y).text.rstrip() for y in range(pane.size.height)]


def a_trace(
    sequence: tuple[int, ...] = (7, 8, 9, 10), units: int = 3, does: Interventions | None = None, first_step: int = 0
) -> Trace:
    """A trace as data: unit u after step s has the value (u - 1) / (s + 1), and the next number is always right."""
    steps = range(first_step, len(sequence))
    return Trace(
        moment=Moment(1, sequence, len(sequence) - 1, interventions=does or Interventions()),
        epoch=25.0,
        units=units,
        window=Window(first_step=first_step, steps=len(steps), units=units),
        values=[[round((unit - 1) / (step + 1), 3) for unit in range(units)] for step in steps],
        candidates=[[Candidate(sequence[step] + 1, 0.9), Candidate(0, 0.1)] for step in steps],
    )
