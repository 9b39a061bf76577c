"""Saying what comes next in a file of one's own: every window of L numbers in a row that has a next number.

A line of no more than L + 1 is one sequence; behind it the last number is repeated, where nothing is asked. Whole lines
are held out, or the end of a file that has one line of use: windows that share numbers are never on both sides.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import accumulate
from random import Random
from typing import Any

from unroll import figures
from unroll.errors import RecipeError
from unroll.tasks.config import TaskConfig
from unroll.tasks.task import MAX_POSITIONS, Item, Parts, Task, noun
from unroll.text import shown_path


class File(Task):
    """What comes next in a file."""

    name = "file"
    asks = "Say what comes next in your own data."
    teaches = "How much of the past decides what comes next is up to the data: erase the memory to find out."
    is_bound = True
    fields = ("vocab_size", "length", "path", "column", "levels", "held_out")

    def check(self, config: TaskConfig) -> None:
        if not config.path:
            raise RecipeError("path", "path cannot be empty with task file: name a file of sequences.")

    def count(self, config: TaskConfig) -> None:
        return None

    def parts(self, config: TaskConfig) -> Parts:
        from unroll.tasks.datafile import read_sequences  # the forms of files take a hundredth of the start

        lines = read_sequences(config)
        usable = [line for line in lines if len(line) > 1]
        items, short = _items(usable, config), len(lines) - len(usable)
        if not config.held_out:
            return Parts(items, [], short)
        train, away = _divide(usable, config) if len(usable) > 1 else _cut(usable[0], config)
        whence = f"{len(away):,} of {len(usable):,} lines" if len(usable) > 1 else "the end of the series"
        return Parts(_items(train, config), _items(away, config), short, whence)

    def examples(self, config: TaskConfig, steps: int, random: Random) -> Iterator[Sequence[int]]:
        return iter(())

    def answers(self, config: TaskConfig, numbers: Iterable[int]) -> Iterator[Collection[int]]:
        """What is right is known to the file alone."""
        for _ in numbers:
            yield ()


Lines = list[tuple[int, ...]]


class Windows(Sequence[Item]):
    """Every `length` numbers in a row that have a next number, as an item; a shorter line as one of its own.

    An item is made when it is asked for.

    Attributes:
        lines: Of two numbers or more.
        counts: How many items are in each line.
    """

    def __init__(self, lines: Lines, length: int) -> None:
        self.lines, self.length = lines, length
        self.counts = [max(1, len(line) - length) for line in lines]
        self._ends = [*accumulate(self.counts)]

    def __len__(self) -> int:
        return self._ends[-1]

    def __getitem__(self, index: Any) -> Any:
        found = range(len(self))[index]
        return self._item(found) if isinstance(found, int) else [self._item(one) for one in found]

    def _item(self, index: int) -> Item:
        place = bisect_right(self._ends, index)
        start = index - self._ends[place] + self.counts[place]
        one = self.lines[place][start : start + self.length + 1]
        return Item(one[:-1], one[1:]) if len(one) > self.length else _short(one, self.length)


def _cut(line: tuple[int, ...], config: TaskConfig) -> tuple[Lines, Lines]:
    """The beginning and the end of a line: of the windows in either, the part `held_out` is in the end."""
    length, windows = config.length, len(line) - 2 * config.length
    if windows < 2:
        most = len(line) // 2 - 1
        word = noun(config.symbols)
        ways = [f"choose a length of at most {most}"] if most > 0 else []
        raise RecipeError(
            "held_out",
            f"held_out cannot be {config.held_out:g}, as the one line of use of {shown_path(config.path)} has "
            f"{figures.count(len(line), word)}, and two parts with sequences of {length} need {2 * length + 2}: "
            f"{', or '.join([*ways, 'choose 0', 'write longer lines'])}.",
        )
    away = min(max(1, round(windows * config.held_out)), windows - 1)
    return [line[: -away - length]], [line[-away - length :]]


def _divide(lines: Lines, config: TaskConfig) -> tuple[Lines, Lines]:
    """Lines drawn at random once and for all, until the part `held_out` of all windows is as near as it gets."""
    windows = Windows(lines, config.length).counts
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


def longer(config: TaskConfig, random: Random) -> tuple[int, ...]:
    """More than L numbers in a row, up to twice as many, from a line that has them; nothing where none has."""
    from unroll.tasks.datafile import read_sequences

    lines = [line for line in read_sequences(config) if len(line) > config.length + 1]
    if not lines:
        return ()
    line = random.choice(lines)
    steps = min(2 * config.length + 1, len(line) - 1)
    start = random.randrange(len(line) - steps)
    return line[start : start + steps]


def _items(lines: Lines, config: TaskConfig) -> Windows:
    """The items of lines; raises `RecipeError` where there are none, or too many."""
    length = config.length
    if not lines:
        raise RecipeError(
            "path",
            f"The longest line of {shown_path(config.path)} has 1 {noun(config.symbols)}, "
            "and a sequence needs a next one: write longer lines.",
        )
    items = Windows(lines, length)
    count = len(items)
    if count * length > MAX_POSITIONS:
        raise RecipeError(
            "path",
            f"{shown_path(config.path)} has {count:,} sequences of {figures.count(length, noun(config.symbols))}: "
            f"shorten it to {MAX_POSITIONS // length:,}.",
        )
    return items


def _short(numbers: tuple[int, ...], length: int) -> Item:
    rest = length + 1 - len(numbers)
    return Item((*numbers[:-1], *numbers[-1:] * rest), (*numbers[1:], *(None,) * rest))
