"""One symbol to keep over many that do not matter, asked for at the end only (Hochreiter & Schmidhuber 1997, section
5.2).

    long-lag       x or y, then L - 1 distractors drawn at random; x or y is asked after the last. Symbols 0 and 1 are
                   x and y, the others the distractors; like task 2c, which goes on to lags of 1,000
    long-lag-2a    x or y, then always the same a_1 ... a_{p-1}; p = L, so there are two sequences and V = p + 1 symbols
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import count
from random import Random

from unroll.errors import RecipeError
from unroll.tasks.config import TaskConfig
from unroll.tasks.task import DrawnTask, Item, Parts, Task, only_last

CHOICES = 2
"""x and y."""


def _first_of_two(config: TaskConfig, numbers: Iterable[int]) -> Iterator[Collection[int]]:
    """The first number at the end, if it is x or y."""

    def all_along() -> Iterator[Collection[int]]:
        first: Collection[int] | None = None
        for number in numbers:
            if first is None:
                first = (number,) if number < CHOICES else ()
            yield first

    return only_last(config, all_along())


class LongLag(DrawnTask):
    """The first of two symbols over random distractors."""

    name = "long-lag"
    asks = "Say at the end which of 0 and 1 came first; the numbers between are random, and nothing is asked there."
    teaches = (
        "What the loss at the end says of the first step shrinks at every step back: a gate that starts open keeps it."
    )
    published = (
        "Hochreiter & Schmidhuber 1997, task 2c (noise between, 50 symbols, lag 50): lstm solved after 30,000 "
        "sequences (figures not checked against the paper)"
    )
    start = {
        "vocab_size": 6, "length": 50, "sequences": 320, "held_out": 0.2, "cell": "gru", "hidden_size": 16,
        "batch_size": 64, "epochs": 75, "learning_rate": 0.02,
    }  # fmt: skip
    purpose = "Keeps one symbol over 49 that do not matter; of ten lstms none does, and eight with init forget-bias."

    def check(self, config: TaskConfig) -> None:
        super().check(config)
        if config.vocab_size <= CHOICES:
            raise RecipeError(
                "vocab_size",
                f"vocab_size cannot be {config.vocab_size} with task {self.name}: choose at least {CHOICES + 1}, "
                "as 0 and 1 are to be kept, and the others to be passed over.",
            )

    def examples(self, config: TaskConfig, steps: int, random: Random) -> Iterator[Sequence[int]]:
        while True:
            yield [random.randrange(CHOICES), *random.choices(range(CHOICES, config.vocab_size), k=steps - 1)]

    def answers(self, config: TaskConfig, numbers: Iterable[int]) -> Iterator[Collection[int]]:
        return _first_of_two(config, numbers)


class LongLag2a(Task):
    """Two sequences that differ in their first symbol alone."""

    name = "long-lag-2a"
    asks = "Say at the end which of 0 and 1 came first; the numbers between are always the same."
    teaches = "There are only two sequences, and still no rnn tells them apart after a hundred steps."
    published = (
        "Hochreiter & Schmidhuber 1997, task 2a, p = 100: of 18 trials bptt solved 0 %, lstm 100 % (5,040 sequences)"
    )
    start = {
        "vocab_size": 101, "length": 100, "cell": "gru", "hidden_size": 16, "batch_size": "full",
        "epochs": 800, "learning_rate": 0.01,
    }  # fmt: skip
    purpose = "Tells two sequences apart by their first symbol, a hundred steps later."
    no_held_out = "there are only two sequences"

    def check(self, config: TaskConfig) -> None:
        super().check(config)
        if config.vocab_size <= config.length:
            raise RecipeError(
                "vocab_size",
                f"vocab_size cannot be {config.vocab_size} with task {self.name} and length {config.length}: "
                f"choose at least {config.length + 1}, as every step has a number of its own.",
            )

    def count(self, config: TaskConfig) -> int:
        return CHOICES

    def examples(self, config: TaskConfig, steps: int, random: Random) -> Iterator[Sequence[int]]:
        """Where `steps` are more than L, the last number is repeated."""
        last = config.length
        while True:
            yield [random.randrange(CHOICES), *(min(CHOICES + t, last) for t in range(steps - 1))]

    def parts(self, config: TaskConfig) -> Parts:
        between = [number for number, _ in zip(count(CHOICES), range(config.length - 1), strict=False)]
        targets: list[int | None] = [None] * (config.length - 1)
        return Parts([Item([first, *between], [*targets, first]) for first in range(CHOICES)], [])

    def answers(self, config: TaskConfig, numbers: Iterable[int]) -> Iterator[Collection[int]]:
        return _first_of_two(config, numbers)
