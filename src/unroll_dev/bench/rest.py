"""What a whole screen, a step, a key, an update and nothing at all cost, in bytes that repeat exactly, and in time.

Bytes are told apart by pane (`panes`): a step of the cursor in the heatmap, the whole column that one more number adds
to it, the point that an update adds to the loss, and a digit in the prompt's row without the look that it brings about.
Of several keys the dearest counts, but of updates the median: how many cells a point takes is up to the training.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import cycle, islice
from statistics import median

from unroll_dev.bench.figures import Figure, p95
from unroll_dev.bench.panes import PROMPT, Pane, panes_of
from unroll_dev.bench.programs import Sent, at_rest, caused, playground
from unroll_dev.bench.pty import Terminal

IDLE = 10.0
STEPS = 40
LEFT, RIGHT, REDRAW, PROMPT_KEY, ESCAPE = "\x1b[D", "\x1b[C", "\x0c", "/", "\x1b"
HEATMAP, LOSS, LEGEND = "1 State", "2 Loss", "the line under the loss"
UPDATES, BEYOND = 20, 4


def figures() -> Iterator[Figure]:
    """Every figure of a program at rest."""
    with at_rest(playground(epochs=25)) as terminal:
        yield Figure("a whole screen", "bytes", caused(terminal, REDRAW).size, 20_000)
        yield from idle(terminal)
        panes, taken = panes_of(terminal.screen), steps(terminal, 4)
        yield Figure("a step", "bytes", max(step.size for step in taken), 1500)
        yield Figure("a step, in the heatmap", "bytes", max(step.by_pane(panes)[HEATMAP] for step in taken), 540)
        yield Figure("a step, painted, p50", "ms", median(step.seconds for step in taken) * 1000)
        yield Figure("a step, painted, p95", "ms", p95(step.seconds for step in taken) * 1000, 30)
        yield from typing(terminal, panes)
        yield from counting_on(terminal, panes)
        yield from training(terminal, panes[LOSS])


def typing(terminal: Terminal, panes: Mapping[str, Pane]) -> Iterator[Figure]:
    """What a key in the prompt costs there, and with the look that it brings about: three more numbers."""
    caused(terminal, PROMPT_KEY)
    keys = [caused(terminal, key) for key in " 1 2 3"]
    caused(terminal, ESCAPE)
    yield Figure("a key, in the prompt", "bytes", max(key.by_pane(panes)[PROMPT] for key in keys), 60)
    yield Figure("a key and the look it brings about", "bytes", max(key.size for key in keys))


def counting_on(terminal: Terminal, panes: Mapping[str, Pane]) -> Iterator[Figure]:
    """What one more number costs: with the ninth the heatmap's columns get narrower, and all are drawn anew."""
    yield Figure("a column more, in the heatmap", "bytes", caused(terminal, "c").by_pane(panes)[HEATMAP], 540)
    beyond = [caused(terminal, "c").size for _ in range(BEYOND)]
    yield Figure("a number more than fit, median", "bytes", median(beyond), 1500)
    yield Figure("a number that makes the columns narrower", "bytes", max(beyond))


def training(terminal: Terminal, loss: Pane) -> Iterator[Figure]:
    """What an update adds to the loss, and to the line under it."""
    parts = {LOSS: loss._replace(bottom=loss.bottom - 1), LEGEND: loss._replace(top=loss.bottom - 1)}
    updates = [caused(terminal, "n").by_pane(parts) for _ in range(UPDATES)]
    yield Figure("an update, in the loss curve", "bytes", median(update[LOSS] for update in updates), 90)
    yield Figure("an update, in the line under it", "bytes", median(update[LEGEND] for update in updates))


def idle(terminal: Terminal) -> Iterator[Figure]:
    """What doing nothing costs."""
    yield Figure("idle for 10 s", "bytes", terminal.pump(IDLE), 0)
    before = terminal.cpu_seconds()
    terminal.pump(IDLE)
    yield Figure("idle", "% of a processor", (terminal.cpu_seconds() - before) / IDLE * 100, 0.5)


def steps(terminal: Terminal, length: int, count: int = STEPS) -> list[Sent]:
    """Steps of the cursor back and forth from the last number; a step is done when the last pane shows it."""
    there = [(LEFT, length - 1), (LEFT, length - 2), (RIGHT, length - 1), (RIGHT, length)]
    return [caused(terminal, key, f"step {at}/{length}:") for key, at in islice(cycle(there), count)]
