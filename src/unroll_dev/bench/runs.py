"""A thousand runs in the table, beside a hundred: nothing should cost more than twice as much.

The runs are the smallest there can be, one epoch of a small network each, made one after the other as a person would:
the key to train, and when the table shows the run as over, the key again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from unroll_dev.bench.figures import Figure, p95
from unroll_dev.bench.programs import FULL_SPEED, START_WITHIN, at_rest, caused, playground
from unroll_dev.bench.pty import Terminal
from unroll_dev.bench.rest import REDRAW, steps

RUNS, PART, STEPS = 1000, 100, 20


def figures() -> Iterator[Figure]:
    """Every figure with a thousand runs beside the same with the first hundred."""
    with at_rest(playground(vocab_size=16, length=3, hidden_size=4, epochs=1)) as terminal:
        terminal.send(FULL_SPEED)
        terminal.quiet()
        before = list(sample(terminal, 1))
        run_to(terminal, PART + 1, RUNS - PART)
        for now, then in zip(sample(terminal, RUNS - PART + 1), before, strict=True):
            yield Figure(f"{RUNS:,} runs: {now.name}", now.unit, now.ours, 2 * then.ours, then.ours)


def sample(terminal: Terminal, first: int) -> Iterator[Figure]:
    """What a hundred runs from this one on cost, one by one, and then a whole screen and a step."""
    busy = terminal.cpu_seconds()
    run_to(terminal, first, first + PART - 1)
    yield Figure("one more", "ms of processor", (terminal.cpu_seconds() - busy) / PART * 1000)
    yield Figure("a whole screen", "bytes", caused(terminal, REDRAW).size)
    taken = steps(terminal, 4, STEPS)
    yield Figure("a step", "bytes", max(step.size for step in taken))
    yield Figure("a step, painted, p95", "ms", p95(step.seconds for step in taken) * 1000)


def run_to(terminal: Terminal, first: int, last: int) -> None:
    """Make runs of these numbers, each when the one before stands in the table and is over."""
    for number in range(first, last + 1):
        terminal.send(" ")
        terminal.until(partial(is_over, terminal, number), START_WITHIN)


def is_over(terminal: Terminal, number: int) -> bool:
    """Whether the table shows a run of this number, and that it is over."""
    return re.search(rf"●[ =~]+{number} ", terminal.text) is not None
