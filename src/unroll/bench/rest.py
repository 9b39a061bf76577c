"""What a whole screen, a step, a key, an update and nothing at all cost, in bytes that repeat exactly, and in time.

Bytes are told apart by pane (`panes`): a step of the cursor in the heatmap, the whole column that a number counted on
adds to it, the point that an update adds to the loss, and a digit in the prompt's row without the look that it brings
about. Of several keys the dearest counts, of updates the median: how many cells a point takes is up to the training.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import cycle, islice
from statistics import median
from typing import NamedTuple

from unroll.bench.figures import Figure, p95
from unroll.bench.panes import PROMPT, Pane, panes_of, spent
from unroll.bench.programs import START_WITHIN, at_rest, caused, playground
from unroll.bench.pty import Terminal

IDLE = 10.0
STEPS = 40
LEFT, RIGHT, REDRAW, PROMPT_KEY = "\x1b[D", "\x1b[C", "\x0c", "/"
HEATMAP, LOSS, LEGEND = "Hidden state", "Loss", "the line under the loss"
UPDATES = 20


class Step(NamedTuple):
    """One step of the cursor: what it sent, and seconds from the key until the sentence, the last pane, told of it."""

    sent: bytes
    seconds: float


def figures() -> Iterator[Figure]:
    """Every figure of a program at rest."""
    with at_rest(playground(epochs=25)) as terminal:
        yield Figure("a whole screen", "bytes", len(caused(terminal, REDRAW)), 20_000)
        yield from idle(terminal)
        taken = steps(terminal, 4)
        yield Figure("a step", "bytes", max(len(step.sent) for step in taken), 1500)
        yield Figure("a step, painted, p95", "ms", p95(step.seconds for step in taken) * 1000, 30)
        yield from one_by_one(terminal, [step.sent for step in taken])


def one_by_one(terminal: Terminal, steps: list[bytes]) -> Iterator[Figure]:
    """What one thing costs in the pane that shows it."""
    panes = panes_of(terminal.screen)
    yield Figure("a step, in the heatmap", "bytes", max(spent(sent, panes)[HEATMAP] for sent in steps), 540)
    added = max(cost[HEATMAP] for cost in costs(terminal, "cccc", panes))
    yield Figure("a number counted on, in the heatmap", "bytes", added, 540)
    loss = panes[LOSS]
    parts = {LOSS: loss._replace(bottom=loss.bottom - 1), LEGEND: loss._replace(top=loss.bottom - 1)}
    points = costs(terminal, "n" * UPDATES, parts)
    yield Figure("an update, in the loss curve", "bytes", median(point[LOSS] for point in points), 90)
    yield Figure("an update, in the figures under it", "bytes", median(point[LEGEND] for point in points))
    caused(terminal, PROMPT_KEY)
    digits = costs(terminal, " 1 2 3", panes)
    yield Figure("a key, in the prompt", "bytes", max(cost[PROMPT] for cost in digits), 60)
    yield Figure("a key and the look it brings about", "bytes", max(cost.total() for cost in digits))


def idle(terminal: Terminal) -> Iterator[Figure]:
    """What doing nothing costs."""
    yield Figure("idle for 10 s", "bytes", terminal.pump(IDLE), 0)
    before = terminal.cpu_seconds()
    terminal.pump(IDLE)
    yield Figure("idle", "% of a processor", (terminal.cpu_seconds() - before) / IDLE * 100, 0.5)


def steps(terminal: Terminal, length: int, count: int = STEPS) -> list[Step]:
    """Steps of the cursor to and fro, from the last of so many numbers on."""
    there = [(LEFT, length - 1), (LEFT, length - 2), (RIGHT, length - 1), (RIGHT, length)]
    return [_step(terminal, key, f"step {at}/{length}:") for key, at in islice(cycle(there), count)]


def _step(terminal: Terminal, key: str, shown: str) -> Step:
    before, pressed = len(terminal.chunks), terminal.send(key)
    seconds = terminal.until_shown(shown, START_WITHIN) - pressed
    terminal.quiet(0.15, START_WITHIN)
    return Step(b"".join(chunk.data for chunk in terminal.chunks[before:]), seconds)


def costs(terminal: Terminal, keys: str, panes: Mapping[str, Pane]) -> list[Counter[str]]:
    """Bytes that each of some keys costs, by pane."""
    return [spent(caused(terminal, key), panes) for key in keys]
