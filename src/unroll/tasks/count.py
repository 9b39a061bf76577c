"""Counting on, the task of christianb93's post *Learning how to count* (rnn/LearningHowToCount.ipynb in MLLM).

Sequence i of the V - L = N is i, i + 1, ... i + L - 1, and after each number the next is asked. None asks after V - 1,
and no right answer is 0.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from random import Random

from unroll.errors import RecipeError
from unroll.tasks.config import TaskConfig
from unroll.tasks.task import Item, Parts, Task


class RowTask(Task):
    """A task on numbers in a row; those of length L are V - L, and all are trained on."""

    def check(self, config: TaskConfig) -> None:
        if config.length >= config.vocab_size:
            raise RecipeError(
                "length",
                f"length cannot be {config.length} with vocab_size {config.vocab_size}: "
                f"choose at most {config.vocab_size - 1}, so that there is a sequence to count.",
            )
        super().check(config)

    def count(self, config: TaskConfig) -> int:
        return config.vocab_size - config.length

    def examples(self, config: TaskConfig, steps: int, random: Random) -> Iterator[Sequence[int]]:
        steps = min(steps, config.vocab_size)
        while True:
            start = random.randrange(max(1, config.vocab_size - steps))
            yield range(start, start + steps)

    def rows(self, config: TaskConfig, steps: int) -> Sequence[Sequence[int]]:
        v = config.vocab_size
        return [range(i, min(i + steps, v)) for i in range(v)]

    def parts(self, config: TaskConfig) -> Parts:
        rows = [range(i, i + config.length) for i in range(self.count(config))]
        return Parts([Item(row, [right for (right,) in self.answers(config, row)]) for row in rows], [])


class Count(RowTask):
    """What comes next in a row."""

    name = "count"
    asks = "Say the number that comes next."
    teaches = "Counting on needs only the last number: a network can do it with no memory at all."
    published = "Learning how to count (christianb93): an rnn's loss falls from 5.03 to .09 in 25 epochs"
    no_held_out = "every step of a sequence held out is also in others, and trained"

    def never(self, config: TaskConfig) -> str:
        return f"{config.vocab_size - 1} is never an input and 0 never an answer"

    def answers(self, config: TaskConfig, numbers: Iterable[int]) -> Iterator[Collection[int]]:
        for number in numbers:
            yield (number + 1,) if number + 1 < config.vocab_size else ()
