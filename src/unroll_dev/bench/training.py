"""What a training costs the line, and what the screen costs the training."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from unroll.recipe import Recipe
from unroll_dev.bench import echo
from unroll_dev.bench.figures import Figure
from unroll_dev.bench.headless import training_seconds
from unroll_dev.bench.programs import FULL_SPEED, LONGEST, TRAIN_WITHIN, Command, at_rest, playground
from unroll_dev.bench.pty import Terminal

SPAN = 10.0
ROUNDS = 3
EPOCHS, UPDATES = 2500, 5000
"""Of the training whose time is compared: some seconds at full speed."""
FINISHED = "· finished"


def figures() -> Iterator[Figure]:
    """Every figure of a training with its terminal attached."""
    with at_rest(playground(epochs=LONGEST)) as terminal:
        yield from traffic(terminal)
    yield throughput()
    yield from echo.beside_the_smallest()


def traffic(terminal: Terminal) -> Iterator[Figure]:
    """What training sends at eight epochs a second, and at full speed."""
    terminal.send(" ")
    terminal.pump(1.0)
    yield Figure("training at 8 epochs a second", "KB/s", terminal.pump(SPAN) / SPAN / 1000, 8)
    terminal.send(FULL_SPEED)
    terminal.pump(1.0)
    yield Figure("training at full speed", "KB/s", terminal.pump(SPAN) / SPAN / 1000, 8)


def throughput() -> Figure:
    """How fast the same training, to its end, goes with a screen and without.

    The engine is the same; without a screen its own client reads it. With one, the time is from the key to the word on
    the screen that it is over: exactly that many updates were made, whatever the screen showed of them. In turns.
    """
    recipe = Recipe().replace(epochs=EPOCHS)
    attached, headless = [], []
    for _ in range(ROUNDS):
        headless.append(training_seconds(recipe))
        attached.append(_attached_seconds(playground(epochs=EPOCHS)))
    with_screen, without = (UPDATES / median(times) for times in (attached, headless))
    return Figure("training with the screen, and without", "updates/s", with_screen, 0.9 * without, without, least=True)


def _attached_seconds(command: Command) -> float:
    with at_rest(command) as terminal:
        terminal.send(FULL_SPEED)
        terminal.quiet()
        pressed = terminal.send(" ")
        return terminal.until_shown(FINISHED, TRAIN_WITHIN) - pressed
