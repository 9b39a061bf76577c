"""A thousand runs in the table, beside one: nothing should cost more than twice as much.

The runs are the smallest there can be, one epoch of a small network each, made one after the other as a person would:
the key to train, and when the table shows the run as over, the key again.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from statistics import median

from unroll.bench.figures import Figure, p95
from unroll.bench.programs import FULL_SPEED, START_WITHIN, at_rest, caused, playground
from unroll.bench.pty import Terminal
from unroll.bench.rest import REDRAW, steps

RUNS, MEDIAN_OF, STEPS = 1000, 50, 20


def figures() -> Iterator[Figure]:
    """Every figure with a thousand runs beside the same with the first."""
    with at_rest(playground(vocab_size=16, length=3, hidden_size=4, epochs=1)) as terminal:
        terminal.send(FULL_SPEED)
        terminal.quiet()
        times = [one_more(terminal, 1)]
        few = list(sample(terminal))
        times += [one_more(terminal, number) for number in range(2, RUNS + 1)]
        for now, then in zip(sample(terminal), few, strict=True):
            yield Figure(f"{RUNS:,} runs: {now.name}", now.unit, now.ours, 2 * then.ours, then.ours)
        last, first = (median(part) * 1000 for part in (times[-MEDIAN_OF:], times[:MEDIAN_OF]))
        yield Figure(f"{RUNS:,} runs: one more", "ms", last, 2 * first, first)


def sample(terminal: Terminal) -> Iterator[Figure]:
    """What a whole screen and a step cost."""
    yield Figure("a whole screen", "bytes", caused(terminal, REDRAW).size)
    taken = steps(terminal, 4, STEPS)
    yield Figure("a step", "bytes", max(step.size for step in taken))
    yield Figure("a step, painted, p95", "ms", p95(step.seconds for step in taken) * 1000)


def one_more(terminal: Terminal, number: int) -> float:
    """Seconds from the key until the run of that number stands in the table and is over."""
    over = re.compile(rf"●[ =~]+{number} ")
    pressed = time.monotonic()
    terminal.send(" ")
    return terminal.until(lambda: over.search(terminal.text) is not None, START_WITHIN) - pressed
