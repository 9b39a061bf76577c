"""What a task is: its sequences, the right answer at every step, and what it teaches.

Every task trains on *windows* of consecutive numbers with a target at every step (teacher forcing). `count` is the task
of christianb93's post *Learning how to count* (christianb93/MLLM, rnn/LearningHowToCount.ipynb), `recall` that of
rnn/MeasuringRNNAccuracy.ipynb there. L is the length of a sequence, V the size of the vocabulary.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

from msgspec import Struct

from unroll.errors import RecipeError
from unroll.recipe import TaskConfig
from unroll.tasks.datafile import read_numbers
from unroll.text import shown_path

MAX_POSITIONS = 2_000_000
"""Numbers in all windows of a file together: at most this many."""


class Item(Struct, frozen=True):
    """One training sequence of L numbers: after `inputs[t]` the right answer is `targets[t]`."""

    inputs: Sequence[int]
    targets: Sequence[int]


class Task(Struct, frozen=True):
    """A task in words: what the network is asked, and what watching it learn teaches."""

    name: str
    asks: str
    teaches: str


TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        Task(
            "count",
            "Say the number that comes next.",
            "Counting on needs only the last number: a network can do it with no memory at all.",
        ),
        Task(
            "recall",
            "Say the first number of the sequence, at every step.",
            "The first number is no longer in the input: only the hidden state can still hold it.",
        ),
        Task(
            "file",
            "Say the number that comes next in your own data.",
            "How much of the past the next number depends on is up to the data: erase the memory to find out.",
        ),
    )
}


def sequences(config: TaskConfig) -> int | None:
    """How many sequences a task has, `V - L`; None for a file, which must be read first."""
    return None if config.task == "file" else config.vocab_size - config.length


def items(config: TaskConfig) -> list[Item]:
    """Every sequence of a task: for `count` and `recall`, item i starts at i and there are `V - L` of them.

    Raises:
        RecipeError: the file of task `file` cannot be read, or no sequence of that length is in it.
    """
    length = config.length
    if config.task == "file":
        return _windows(read_numbers(config.path, config.vocab_size), config)
    starts = range(config.vocab_size - length)
    if config.task == "recall":
        return [Item(range(i, i + length), (i,) * length) for i in starts]
    return [Item(range(i, i + length), range(i + 1, i + length + 1)) for i in starts]


def parts(config: TaskConfig) -> tuple[list[Item], list[Item]]:
    """The sequences to train on, at least one, and those held out: the part `held_out` of all.

    The choice is the same for every seed, so that runs of different seeds can be compared. `count` and `recall` hold
    out single sequences, chosen at random once and for all. `file` holds out whole lines in the same way, or the end
    of a file that is one long series: windows that share numbers are never on both sides.

    Raises:
        RecipeError: as for `items`, or `held_out` leaves nothing to train on or nothing to score.
    """
    if config.task != "file":
        return _divide(items(config), config.held_out)
    lines = read_numbers(config.path, config.vocab_size)
    if len(lines) == 1:
        series = lines[0]
        cut = round(len(series) * (1 - config.held_out))
        train, held_out = [series[:cut]], [series[cut:]]
    else:
        train, held_out = _divide([line for line in lines if len(line) > config.length] or lines, config.held_out)
    return _windows(train, config), _windows(held_out, config) if config.held_out else []


T = TypeVar("T")


def _divide(things: list[T], held_out: float) -> tuple[list[T], list[T]]:
    order = list(range(len(things)))
    random.Random(0).shuffle(order)
    away = set(order[: min(round(len(things) * held_out), len(things) - 1)])
    return [x for i, x in enumerate(things) if i not in away], [x for i, x in enumerate(things) if i in away]


def _windows(lines: list[tuple[int, ...]], config: TaskConfig) -> list[Item]:
    """Every `length` numbers in a row that have a next number, as an item."""
    length, longest = config.length, max(map(len, lines), default=0)
    if longest <= length:
        raise RecipeError(
            "length",
            f"length cannot be {length}, as the longest line used of {shown_path(config.path)} has "
            f"{longest} numbers: {_way_out(longest, config)}.",
        )
    count = sum(max(0, len(line) - length) for line in lines)
    if count * length > MAX_POSITIONS:
        raise RecipeError(
            "path",
            f"{shown_path(config.path)} has {count:,} sequences of {length} numbers: "
            f"shorten it to {MAX_POSITIONS // length:,}.",
        )
    starts = ((line, i) for line in lines for i in range(len(line) - length))
    return [Item(line[i : i + length], line[i + 1 : i + length + 1]) for line, i in starts]


def _way_out(longest: int, config: TaskConfig) -> str:
    choices = [f"choose at most {longest - 1}"] if longest > 1 else []
    choices += [f"another held_out than {config.held_out:g}"] if config.held_out else []
    return ", or ".join([*choices, "write longer lines"])


def answer(config: TaskConfig, sequence: Sequence[int], step: int) -> int | None:
    """The right answer after `sequence[: step + 1]`; None if there is none, as when counting past the vocabulary."""
    if config.task == "recall":
        return sequence[0]
    following = sequence[step] + 1
    return following if config.task == "count" and following < config.vocab_size else None
