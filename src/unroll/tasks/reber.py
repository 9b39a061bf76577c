"""The embedded Reber grammar (Reber 1967; Cleeremans 1989; Fahlman 1991; Hochreiter & Schmidhuber 1997, section 5.1).

A string is B, then T or P, then a string of the inner grammar, then the same T or P again, and E: the second symbol
must be kept over all of the inner string. `INNER` is the inner grammar; where a place has two symbols, each is drawn
as often as the other, and both are right.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from random import Random

from unroll.tasks.config import TaskConfig
from unroll.tasks.task import DrawnTask, StringTask, refuse_length

SYMBOLS = ("B", "T", "S", "X", "P", "V", "E")
INNER: Mapping[int, Mapping[str, int]] = {
    0: {"B": 1},
    1: {"T": 2, "P": 3},
    2: {"S": 2, "X": 4},
    3: {"T": 3, "V": 5},
    4: {"X": 3, "S": 6},
    5: {"P": 4, "V": 6},
    6: {"E": 7},
    7: {},
}
"""Where each symbol leads, by the place."""
SHORTEST = 9
"""Symbols in the shortest string."""


class Reber(StringTask, DrawnTask):
    """Which symbols may come next."""

    name = "reber"
    asks = "Say a symbol that may come next in a string of the embedded Reber grammar."
    teaches = "Most symbols follow from the last two; the last but one repeats the second, which takes memory."
    published = (
        "Hochreiter & Schmidhuber 1997, table 1: lstm solved 97-100 % of trials after 8,440 strings or more, "
        "Elman's network none (figures not checked against the paper)"
    )
    symbols = SYMBOLS
    end = "E"
    fields = ("length", "sequences", "held_out")
    start = {
        "vocab_size": 7, "length": 24, "sequences": 1280, "held_out": 0.2, "cell": "lstm", "hidden_size": 16,
        "batch_size": 64, "epochs": 30, "learning_rate": 0.03,
    }  # fmt: skip
    purpose = "Says what may come next in a grammar whose strings end as they begin."

    def check(self, config: TaskConfig) -> None:
        super().check(config)
        if config.length < SHORTEST - 1:
            raise refuse_length(config, f"at least {SHORTEST - 1}, for the shortest strings and their end")

    def drawn(self, config: TaskConfig, random: Random) -> Iterator[Sequence[int]]:
        while True:
            if len(string := _string(random)) <= config.length + 1:
                yield string

    def examples(self, config: TaskConfig, steps: int, random: Random) -> Iterator[Sequence[int]]:
        shortest = 0 if steps <= config.length else config.length + 1
        while True:
            if shortest < len(string := _string(random)) <= steps + 1:
                yield string[:-1]

    def answers(self, config: TaskConfig, numbers: Iterable[int]) -> Iterator[Collection[int]]:
        """After a symbol that the grammar does not allow, none is right."""
        nexts = _nexts(place := ("first", "", 0))
        for number in numbers:
            place = _after(place, SYMBOLS[number]) if SYMBOLS[number] in nexts else NOWHERE
            nexts = _nexts(place)
            yield [SYMBOLS.index(symbol) for symbol in nexts]


Place = tuple[str, str, int]
"""Where a string is: before its first symbol, its second, the inner grammar, the last two or behind all; the second
symbol; and the place in the inner grammar."""
NOWHERE: Place = ("end", "", 0)
AFTER: Mapping[str, str] = {"first": "second", "second": "inner", "again": "last", "last": "end"}


def _nexts(place: Place) -> Sequence[str]:
    """The symbols that may come."""
    part, second, inner = place
    by_part = {"first": "B", "second": "TP", "inner": [*INNER[inner]], "again": second, "last": "E", "end": ""}
    return list(by_part[part])


def _after(place: Place, symbol: str) -> Place:
    """Where a symbol that may come leads."""
    part, second, inner = place
    if part != "inner":
        return AFTER[part], symbol if part == "second" else second, 0
    inner = INNER[inner][symbol]
    return ("inner" if INNER[inner] else "again"), second, inner


def _string(random: Random) -> list[int]:
    place, found = ("first", "", 0), list[int]()
    while nexts := _nexts(place):
        symbol = random.choice(nexts)
        found.append(SYMBOLS.index(symbol))
        place = _after(place, symbol)
    return found
