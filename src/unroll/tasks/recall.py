"""Saying the first number again: of numbers in a row, as rnn/MeasuringRNNAccuracy.ipynb in christianb93/MLLM has it,
and of any numbers.

Numbers in a row give the first away without memory, for one who counts the steps: it is the newest less t at step
t = 0, 1, ... Of numbers drawn one by one nothing but memory tells it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from unroll.tasks.config import TaskConfig
from unroll.tasks.count import RowTask
from unroll.tasks.task import NumbersTask, as_asked


def _first(numbers: Iterable[int]) -> Iterator[Collection[int]]:
    first = None
    for number in numbers:
        first = number if first is None else first
        yield (first,)


class Recall(RowTask):
    """The first of numbers in a row."""

    name = "recall"
    asks = "Say the first number of the sequence, at every step."
    teaches = (
        "The first number is read only at step 1. Numbers in a row still give it away, as the newest less the "
        "steps since; 7 90 91 92 does not."
    )
    published = "christianb93/MLLM, MeasuringRNNAccuracy: at length 14 an rnn .831, an lstm 1.000, one seed each"
    no_held_out = "the first number of a sequence held out is never an answer in training"

    def never(self, config: TaskConfig) -> str:
        return f"no answer is above {config.vocab_size - 1 - config.length}"

    def answers(self, config: TaskConfig, numbers: Iterable[int]) -> Iterator[Collection[int]]:
        return _first(numbers)


class RecallAny(NumbersTask):
    """The first of any numbers."""

    name = "recall-any"
    asks = "Say the first number of the sequence; the others are drawn at random."
    teaches = "Nothing but memory tells the first of random numbers: what is right here was carried in the state."
    fields = (*NumbersTask.fields, "asked")
    start = {
        "vocab_size": 16, "length": 12, "sequences": 1280, "held_out": 0.2, "cell": "gru",
        "batch_size": 64, "epochs": 40, "learning_rate": 0.01,
    }  # fmt: skip
    purpose = "Says the first of twelve random numbers, which only memory can."

    def answers(self, config: TaskConfig, numbers: Iterable[int]) -> Iterator[Collection[int]]:
        return as_asked(config, _first(numbers))
