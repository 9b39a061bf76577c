"""What a task is: its sequences, the right answer at every step, and what it teaches.

Every task trains on *windows* of consecutive numbers with a target at every step (teacher forcing). `count` is the task
of christianb93's post *Learning how to count* (christianb93/MLLM, rnn/LearningHowToCount.ipynb), `recall` that of
rnn/MeasuringRNNAccuracy.ipynb there. L is the length of a sequence, V the size of the vocabulary.

In `count` no sequence asks after V - 1, and no right answer is 0. In `recall` a training sequence gives its first
number away without memory, for one who counts the steps: it is the newest less t at step t = 0, 1, ...
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct

from unroll import figures
from unroll.errors import RecipeError
from unroll.recipe import TaskConfig
from unroll.tasks.datafile import read_sequences
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
            "The first number is read only at step 1. Numbers in a row still give it away, as the newest less the "
            "steps since; 7 90 91 92 does not.",
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


class Parts(NamedTuple):
    """The sequences to train on, at least one, those held out, and how many lines of a file are too short for any."""

    train: list[Item]
    held_out: list[Item]
    short_lines: int = 0


def parts(config: TaskConfig) -> Parts:
    """A task's sequences; for `count` and `recall`, item i starts at i. Of a file's, `held_out` are not trained on.

    That choice is the same for every seed, so that runs of different seeds can be compared. Whole lines are held out,
    or the end of a file that has one line of use: windows that share numbers are never on both sides.

    Raises:
        RecipeError: the file cannot be read, no sequence of that length is in it, or `held_out` leaves nothing to
            train on or nothing to score.
    """
    length, starts = config.length, range(config.vocab_size - config.length)
    if config.task == "count":
        return Parts([Item(range(i, i + length), range(i + 1, i + length + 1)) for i in starts], [])
    if config.task == "recall":
        return Parts([Item(range(i, i + length), (i,) * length) for i in starts], [])
    lines = read_sequences(config)
    usable = [line for line in lines if len(line) > length]
    windows, short = _windows(lines, config), len(lines) - len(usable)
    if not config.held_out:
        return Parts(windows, [], short)
    train, away = _divide(usable, config) if len(usable) > 1 else _cut(usable[0], config)
    return Parts(_windows(train, config), _windows(away, config), short)


Lines = list[tuple[int, ...]]


def _cut(line: tuple[int, ...], config: TaskConfig) -> tuple[Lines, Lines]:
    """The beginning and the end of a line: of the windows in either, the part `held_out` is in the end."""
    length, windows = config.length, len(line) - 2 * config.length
    if windows < 2:
        most = len(line) // 2 - 1
        ways = [f"choose a length of at most {most}"] if most > 0 else []
        raise RecipeError(
            "held_out",
            f"held_out cannot be {config.held_out:g}, as the one line of use of {shown_path(config.path)} has "
            f"{figures.count(len(line), 'number')}, and two parts with sequences of {length} need {2 * length + 2}: "
            f"{', or '.join([*ways, 'choose 0', 'write longer lines'])}.",
        )
    away = min(max(1, round(windows * config.held_out)), windows - 1)
    return [line[: -away - length]], [line[-away - length :]]


def _divide(lines: Lines, config: TaskConfig) -> tuple[Lines, Lines]:
    """Lines drawn at random once and for all, until the part `held_out` of all windows is as near as it gets."""
    windows = [len(line) - config.length for line in lines]
    order = list(range(len(lines)))
    random.Random(0).shuffle(order)
    away: set[int] = set()
    missing = sum(windows) * config.held_out
    for place in order:
        if windows[place] / 2 <= missing and len(away) < len(lines) - 1:
            away.add(place)
            missing -= windows[place]
    away = away or {min(order, key=windows.__getitem__)}
    return [line for i, line in enumerate(lines) if i not in away], [lines[i] for i in sorted(away)]


def _windows(lines: Lines, config: TaskConfig) -> list[Item]:
    """Every `length` numbers in a row that have a next number, as an item."""
    length, longest = config.length, max(map(len, lines))
    if longest <= length:
        choices = [f"choose at most {longest - 1}"] if longest > 1 else []
        raise RecipeError(
            "length",
            f"length cannot be {length}, as the longest line of {shown_path(config.path)} has "
            f"{figures.count(longest, 'number')} and a sequence needs a next number: "
            f"{', or '.join([*choices, 'write longer lines'])}.",
        )
    count = sum(max(0, len(line) - length) for line in lines)
    if count * length > MAX_POSITIONS:
        raise RecipeError(
            "path",
            f"{shown_path(config.path)} has {count:,} sequences of {figures.count(length, 'number')}: "
            f"shorten it to {MAX_POSITIONS // length:,}.",
        )
    starts = ((line, i) for line in lines for i in range(len(line) - length))
    return [Item(line[i : i + length], line[i + 1 : i + length + 1]) for line, i in starts]


def answer(config: TaskConfig, sequence: Sequence[int], step: int) -> int | None:
    """The right answer after `sequence[: step + 1]`; None if there is none, as when counting past the vocabulary."""
    if config.task == "recall":
        return sequence[0]
    following = sequence[step] + 1
    return following if config.task == "count" and following < config.vocab_size else None
