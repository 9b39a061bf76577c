"""The same at D = 1,024, V = 4,096 and 512 steps, beside the default sizes measured alike: at most twice as much.

The large network learns from one sequence of 512 at a time, so that an update (3,584 an epoch) takes as little as it
can.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from unroll_dev.bench.echo import in_the_prompt
from unroll_dev.bench.figures import Figure, p95
from unroll_dev.bench.programs import LONGEST, Command, at_rest, caused, in_training, playground
from unroll_dev.bench.rest import REDRAW, steps

SPAN = 10.0
STEPS = 20
LENGTH = 512
SIZES = {"hidden_size": 1024, "vocab_size": 4096, "length": LENGTH, "batch_size": 1, "epochs": LONGEST}


def figures() -> Iterator[Figure]:
    """Every figure of the large program beside the small one's."""
    large = playground(",".join(map(str, range(LENGTH))), **SIZES)
    for ours, small in zip(sample(large, LENGTH), sample(playground(epochs=LONGEST), 4), strict=True):
        yield Figure(f"large: {ours.name}", ours.unit, ours.ours, 2 * small.ours, small.ours)


def sample(command: Command, length: int) -> Iterator[Figure]:
    """What one program costs while it shows a long sequence and trains at full speed."""
    with at_rest(command) as terminal:
        yield Figure("a whole screen", "bytes", caused(terminal, REDRAW).size)
        taken = steps(terminal, length, STEPS)
        yield Figure("a step", "bytes", max(step.size for step in taken))
        yield Figure("a step, painted, p95", "ms", p95(step.seconds for step in taken) * 1000)
    with in_training(command) as terminal:
        yield Figure("training at full speed", "KB/s", terminal.pump(SPAN) / SPAN / 1000)
    echoes = in_the_prompt(command)
    yield Figure("key to echo, p50", "ms", median(echoes) * 1000)
    yield Figure("key to echo, p95", "ms", p95(echoes) * 1000)
