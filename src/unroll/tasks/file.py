"""Saying what comes next in a file of one's own: every window of L numbers in a row that has a next number.

Whole lines are held out, or the end of a file that has one line of use: windows that share numbers are never on both
sides.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Iterator, Sequence
from random import Random

from unroll import figures
from unroll.errors import RecipeError
from unroll.tasks.config import TaskConfig
from unroll.tasks.task import MAX_POSITIONS, Item, Parts, Task
from unroll.text import shown_path


class File(Task):
    """What comes next in a file."""

    name = "file"
    asks = "Say the number that comes next in your own data."
    teaches = "How much of the past the next number depends on is up to the data: erase the memory to find out."
    fields = ("vocab_size", "length", "path", "column", "levels", "held_out")

    def check(self, config: TaskConfig) -> None:
        if not config.path:
            raise RecipeError("path", "path cannot be empty with task file: name a file of sequences.")

    def count(self, config: TaskConfig) -> None:
        return None

    def parts(self, config: TaskConfig) -> Parts:
        from unroll.tasks.datafile import read_sequences  # the forms of files take a hundredth of the start

        lines = read_sequences(config)
        usable = [line for line in lines if len(line) > config.length]
        windows, short = _windows(lines, config), len(lines) - len(usable)
        if not config.held_out:
            return Parts(windows, [], short)
        train, away = _divide(usable, config) if len(usable) > 1 else _cut(usable[0], config)
        return Parts(_windows(train, config), _windows(away, config), short)

    def examples(self, config: TaskConfig, steps: int, random: Random) -> Iterator[Sequence[int]]:
        return iter(())

    def answers(self, config: TaskConfig, numbers: Iterable[int]) -> Iterator[Collection[int]]:
        """What is right is known to the file alone."""
        for _ in numbers:
            yield ()


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
