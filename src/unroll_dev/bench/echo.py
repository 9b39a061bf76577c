"""How long a key takes to be echoed while a network trains at full speed.

It is compared with the smallest Textual program under the same load: an engine, the same one with the same training,
runs beside it and is read. Alone on an idle machine the smallest program echoes in 3 ms whatever ours does, and the
ratio would tell how busy the machine was; what ours adds is seen where both wait for the same processors. They take
turns, some ten digits at a time, at uneven moments so that no key falls in step with the frames.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from unroll.recipe import Recipe
from unroll_dev.bench.figures import Figure, p95
from unroll_dev.bench.headless import training_beside
from unroll_dev.bench.programs import LONGEST, SMALLEST, Command, at_rest, in_training, playground
from unroll_dev.bench.pty import Terminal

ROUNDS = 4
TYPED = " 21 22 23 24 25 26 27 28 29 30"
SLOW, SLOWER = 25_000.0, 5_000.0


def beside_the_smallest() -> Iterator[Figure]:
    """The echoes of ours and of the smallest program's, in turns."""
    ours, theirs = [], []
    for _ in range(ROUNDS):
        theirs += of_the_smallest()
        ours += in_the_prompt(playground(epochs=LONGEST))
    yield Figure("key to echo, p50", "ms", median(ours) * 1000, beside=median(theirs) * 1000)
    yield Figure("key to echo, p95", "ms", p95(ours) * 1000, p95(theirs) * 2000, p95(theirs) * 1000)


def figures() -> Iterator[Figure]:
    """The echoes where the line is slow."""
    for rate, goals in ((SLOW, (45, 100)), (SLOWER, (200, None))):
        echoes = in_the_prompt(playground(epochs=LONGEST), rate)
        name = f"key to echo at {rate / 1000:.0f} KB/s"
        yield Figure(f"{name}, p50", "ms", median(echoes) * 1000, goals[0])
        yield Figure(f"{name}, p95", "ms", p95(echoes) * 1000, goals[1])


def of_the_smallest() -> list[float]:
    """The smallest program's echoes, beside an engine that trains."""
    with training_beside(Recipe().replace(epochs=LONGEST)), at_rest(SMALLEST, "Ready") as terminal:
        terminal.pump(2.0)
        return echoes(terminal)


def in_the_prompt(command: Command, rate: float | None = None) -> list[float]:
    """The playground's echoes in its prompt while it trains."""
    with in_training(command, rate) as terminal:
        terminal.send("/")
        terminal.pump(0.5)
        return echoes(terminal)


def echoes(terminal: Terminal) -> list[float]:
    """Seconds from each digit of a sequence to its being shown after those before it."""
    seconds = []
    for end, key in enumerate(TYPED, 1):
        pressed = terminal.send(key)
        if key != " ":
            seconds.append(terminal.until_shown(TYPED[:end]) - pressed)
        terminal.pump(0.1 + 0.013 * (end % 7))
    return seconds
