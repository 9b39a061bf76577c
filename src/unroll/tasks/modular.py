"""Modular addition: after every number the sum of all so far, modulo V. Parity is the same with V = 2."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import accumulate
from typing import ClassVar

from unroll.tasks.config import TaskConfig, TaskName
from unroll.tasks.task import NumbersTask, as_asked


class Modular(NumbersTask):
    """The sum so far."""

    name: ClassVar[TaskName] = "modular"
    asks = "Say the sum of all numbers so far, modulo vocab_size."
    teaches = (
        "The state must hold a number, and every input turns it on: an lstm or a gru learns that, an rnn seldom does."
    )
    published = "Delétang 2023, modular arithmetic (+ - x): rnn and lstm 100 %, on sequences longer than trained"
    fields: ClassVar[tuple[str, ...]] = (*NumbersTask.fields, "asked")
    start = {
        "vocab_size": 5, "length": 8, "sequences": 1280, "held_out": 0.2, "cell": "gru",
        "batch_size": 64, "epochs": 40, "learning_rate": 0.01,
    }  # fmt: skip
    purpose = "Adds modulo 5: lstm and gru learn it, none of ten rnns does at this rate."

    def answers(self, config: TaskConfig, numbers: Iterable[int]) -> Iterator[Collection[int]]:
        return as_asked(config, ((total % config.vocab_size,) for total in accumulate(numbers)))
