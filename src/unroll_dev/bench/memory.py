"""The memory of both processes: what is resident when the first answer stands, and after a long training."""

from __future__ import annotations

from collections.abc import Iterator

from unroll_dev.bench.figures import Figure, Unmeasured
from unroll_dev.bench.processes import family, resident
from unroll_dev.bench.programs import FULL_SPEED, TRAIN_WITHIN, at_rest, playground
from unroll_dev.bench.pty import Terminal
from unroll_dev.bench.training import FINISHED

EPOCHS = 15_000


def figures() -> Iterator[Figure]:
    """Both processes before and after 30,000 updates at full speed."""
    with at_rest(playground(epochs=EPOCHS)) as terminal:
        before = both(terminal)
        terminal.send(FULL_SPEED + " ")
        terminal.until_shown(FINISHED, TRAIN_WITHIN)
        terminal.quiet(1.0)
        for name, least, most in zip(("terminal", "engine"), before, both(terminal), strict=True):
            yield Figure(f"memory of the {name} at first", "MB", least / 2**20)
            yield Figure(f"memory of the {name} after {EPOCHS * 2:,} updates", "MB", most / 2**20)


def both(terminal: Terminal) -> tuple[int, int]:
    """Bytes that the terminal's process and its engine's have now.

    Raises:
        Unmeasured: the system does not tell, or there is no engine.
    """
    screen, *others = family(terminal.program.pid)
    if not others:
        raise Unmeasured("the program has started no engine")
    return resident(screen), max(map(resident, others))
