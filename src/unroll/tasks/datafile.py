"""Reads the sequences of a file into whole numbers over a vocabulary, and says how they were understood.

`decoding` makes lines of its bytes, `forms` rows of words of the lines. Whole numbers of at most `MAX_VOCAB` stand for
themselves; other numbers and all words get a symbol each, in order. Decimals, and more different numbers than a
vocabulary holds, are put into levels of equal shares.
"""

from __future__ import annotations

import statistics
from bisect import bisect_right
from collections.abc import Hashable
from contextlib import suppress
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from msgspec.structs import replace

from unroll.errors import RecipeError
from unroll.tasks.config import ENDS, MAX_SYMBOL, MAX_VOCAB, TaskConfig
from unroll.tasks.decoding import read_lines, stamp
from unroll.tasks.forms import Misread, Rows, are_numbers, read_form
from unroll.text import printable, shown_path

LEVELS = 16
"""Levels that decimals are put into where none are asked for."""
KEPT = 2
"""Files that are kept as they were read: the one in use, and the one before it."""


class Understood(NamedTuple):
    """A file as it was read.

    Attributes:
        says: Its form, in words.
        sequences: Each as numbers below `vocab_size`.
        symbols: What each number stands for; empty where it is the number itself.
        vocab_size: How many there are, at least 2.
        edges: Where one level ends and the next begins; empty where there are none.
        left_out: Lines that are no sequence, by why.
        otherwise: What to do where something else is meant.
    """

    says: str
    sequences: list[tuple[int, ...]]
    symbols: tuple[str, ...]
    vocab_size: int
    edges: tuple[float, ...] = ()
    left_out: dict[str, int] = {}
    otherwise: str = ""


def understand(path: str, column: str = "", levels: int = 0) -> Understood:
    """Read a file, unless it is one of the last and has not been changed since.

    Args:
        column: Of a table: the name or the number, from 1, of the column that is the series.
        levels: How many levels decimals are put into; 0 for `LEVELS`, and only where they are needed.

    Raises:
        RecipeError: it cannot be read in one way; the sentence names line and column where it can, and a way out.
    """
    return _understood(path, column, levels, stamp(path))


@lru_cache(maxsize=KEPT)
def _understood(path: str, column: str, levels: int, stamp: Hashable) -> Understood:
    lines = read_lines(path)
    try:
        form = read_form(lines, column)
        words = [*chain.from_iterable(form.rows)]
        is_number = are_numbers(words)
        if form.is_free and not is_number:
            _check_words(words, lines)
        of = _with_ends if form.has_end else _of_numbers if is_number else _of_words
        read = of(form.rows, levels)
    except Misread as error:
        place = f"{shown_path(path)}, line {error.line:,}, column {error.column:,}" if error.line else shown_path(path)
        raise RecipeError(error.field, f"{place}: {printable(str(error))}") from None
    return read._replace(says=f"{form.says}{read.says}", left_out=form.left_out, otherwise=form.otherwise)


def _check_words(words: list[str], lines: list[str]) -> None:
    """Refuse a word that stands among numbers."""
    others = [word for word in words if not are_numbers([word])]
    if len(others) <= len(words) / 2:
        wrong = others[0]
        place = next(((number, line.find(wrong) + 1) for number, line in enumerate(lines, 1) if wrong in line), (0, 0))
        raise Misread(f"{wrong:.24} is no number, where most are: correct it, or take it out.", *place)


def fitted(config: TaskConfig) -> TaskConfig:
    """The task with the vocabulary of its file, where it is on a file; raises `RecipeError` like `understand`."""
    if config.task != "file":
        return config
    found = understand(config.path, config.column, config.levels)
    size = found.vocab_size if found.symbols else max(found.vocab_size, config.vocab_size)
    return replace(config, symbols=found.symbols, vocab_size=size)


def read_sequences(config: TaskConfig) -> list[tuple[int, ...]]:
    """The sequences of a task's file, each number below its `vocab_size`.

    Raises:
        RecipeError: like `understand`; or the file has another vocabulary than the task.
    """
    found = understand(config.path, config.column, config.levels)
    if found.symbols != config.symbols:
        raise RecipeError("path", f"{shown_path(config.path)} has other symbols than before: choose it anew.")
    if found.vocab_size > config.vocab_size:
        raise RecipeError(
            "vocab_size",
            f"vocab_size cannot be {config.vocab_size}, as {shown_path(config.path)} has the number "
            f"{found.vocab_size - 1}: choose {found.vocab_size} or more.",
        )
    return found.sequences


def _of_numbers(rows: Rows, levels: int) -> Understood:
    with suppress(ValueError):
        number_of = {word: int(word) for word in set(chain.from_iterable(rows))}  # decimals are none
        whole = [tuple(map(number_of.__getitem__, row)) for row in rows]
        different = sorted(set(number_of.values()))
        if not levels and different[0] >= 0 and different[-1] < MAX_VOCAB:
            return Understood("", whole, (), max(2, different[-1] + 1))
        if not levels and len(different) <= MAX_VOCAB:
            place = {number: i for i, number in enumerate(different)}
            return _over(tuple(map(str, different)), [tuple(place[number] for number in row) for row in whole])
    return _in_levels([[float(word) for word in row] for row in rows], levels or LEVELS)


def _in_levels(rows: list[list[float]], levels: int) -> Understood:
    values = [*chain.from_iterable(rows)]
    values.sort()
    cuts = statistics.quantiles(values, n=levels) if len(values) > 1 else []
    edges = tuple(sorted({cut for cut in cuts if cut > values[0]}))  # what is on an edge is in the level above it
    level = {value: bisect_right(edges, value) for value in values}
    sequences = [tuple(map(level.__getitem__, row)) for row in rows]
    return Understood("", sequences, (), max(2, len(edges) + 1), edges)


def _of_words(rows: Rows, levels: int) -> Understood:
    symbols = _symbols_of(rows, levels)
    place = {symbol: i for i, symbol in enumerate(symbols)}
    return _over(symbols, [tuple(place[word] for word in row) for row in rows])


def _with_ends(rows: Rows, levels: int) -> Understood:
    """Sequences between end symbols: the network learns how one begins and where it ends."""
    symbols = _symbols_of(rows, levels)
    end = next(one for one in ENDS if one not in symbols)
    place = {symbol: i for i, symbol in enumerate((end, *symbols))}
    sequences = [(0, *(place[word] for word in row), 0) for row in rows]
    return _over((end, *symbols), sequences)._replace(says=f" ({end})")


def _symbols_of(rows: Rows, levels: int) -> tuple[str, ...]:
    """The different words, in order."""
    if levels:
        raise Misread("it has words, and words have no levels: leave levels at 0.", field="levels")
    symbols = tuple(sorted(set(chain.from_iterable(rows))))
    if len(symbols) > MAX_VOCAB:
        raise Misread(f"it has {len(symbols):,} different words, where {MAX_VOCAB:,} are allowed: shorten it.")
    if odd := next((symbol for symbol in symbols if not symbol.isprintable()), ""):
        raise Misread(f"{shown_path(odd[:24])} has characters that cannot be shown: take them out.")
    if long := next((symbol for symbol in symbols if len(symbol) > MAX_SYMBOL), ""):
        raise Misread(f"{long:.24}… is longer than {MAX_SYMBOL} letters, the most of a symbol: separate words.")
    return symbols


def _over(symbols: tuple[str, ...], sequences: list[tuple[int, ...]]) -> Understood:
    padded = symbols if len(symbols) > 1 else (*symbols, next(one for one in ENDS if one not in symbols))
    return Understood("", sequences, padded, len(padded))
