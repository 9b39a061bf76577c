"""`python -m unroll_dev bench screen`: what the screen costs, over real pseudo-terminals.

The playground runs at 120x40, beside whatever it is compared with, in turns where time is; lines of 25 and 5 KB/s are
readers that read no faster. Times are what a terminal sees: from the key to the chunk of bytes that shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from unroll_dev.bench import echo, far, large, lenses, memory, resize, rest, runs, stall, starts, training
from unroll_dev.bench.figures import Figure, Report, collect

Group = Callable[[], Iterator[Figure]]
GROUPS: Mapping[str, Group] = {
    "starts": starts.figures,
    "rest": rest.figures,
    "lenses": lenses.figures,
    "training": training.figures,
    "slow": echo.figures,
    "far": far.figures,
    "stall": stall.figures,
    "resize": resize.figures,
    "large": large.figures,
    "runs": runs.figures,
    "memory": memory.figures,
}
"""What can be measured by itself, in the order in which all is."""


def measure(groups: Iterable[str]) -> Report:
    """Measure some groups, telling each figure on standard error as soon as it is known."""
    return collect((group, GROUPS[group]()) for group in groups)
