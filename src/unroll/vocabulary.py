"""A vocabulary: what each number of a network stands for, and how a person writes it.

The network knows numbers 0 to V - 1 only. Without symbols a number stands for itself; else it stands for the symbol at
its place, such as a letter, a word or an event. Symbols of one letter can be written without anything between them.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from difflib import get_close_matches

from msgspec import Struct

from unroll.errors import UserError
from unroll.moment import MAX_STEPS

SEPARATORS = re.compile(r"[\s,;]+")
NEAREST, SHOWN = 3, 12


class Vocabulary(Struct, frozen=True):
    """V numbers and what they stand for; no `symbols`: themselves."""

    size: int
    symbols: tuple[str, ...] = ()

    @property
    def is_letters(self) -> bool:
        """Whether every symbol is one character."""
        return bool(self.symbols) and all(len(symbol) == 1 for symbol in self.symbols)

    def shown(self, number: int) -> str:
        """What a number stands for."""
        return self.symbols[number] if number < len(self.symbols) else str(number)

    def line(self, sequence: Sequence[int]) -> str:
        """A sequence as `parse` reads it."""
        return " ".join(_quoted(self.shown(number)) for number in sequence)

    def parse(self, text: str) -> tuple[int, ...]:
        """The numbers of a line of symbols: `7 8 9`, `e m m` or `emm`, `to "New York"`.

        Raises:
            UserError: it is empty, too long, or holds what is not in the vocabulary; the nearest that is are named.
        """
        words = self._words(text)
        place = {symbol: number for number, symbol in enumerate(self.symbols)}
        sequence = tuple(place[word] if word in place else self._number(word) for word in words)
        if not sequence:
            raise UserError(f"The sequence is empty: type {self.rule}.")
        if len(sequence) > MAX_STEPS:
            raise UserError(f"The sequence has {len(sequence):,} {self.noun}: type at most {MAX_STEPS:,}.")
        return sequence

    @property
    def noun(self) -> str:
        """What its parts are called, several of them."""
        return "symbols" if self.symbols else "numbers"

    @property
    def rule(self) -> str:
        """What can be typed."""
        if not self.symbols:
            return f"whole numbers from 0 to {self.size - 1}"
        named = " ".join(self.symbols[:SHOWN])
        return f"symbols of {named}{' …' if len(self.symbols) > SHOWN else ''}"

    def _words(self, text: str) -> list[str]:
        if not self.symbols:
            return [word for word in SEPARATORS.split(text) if word]
        try:
            words = shlex.split(text)
        except ValueError:
            raise UserError('A quotation mark is open: close it, as in "New York".') from None
        known = {*self.symbols}
        return [part for word in words for part in ([word] if word in known or not self.is_letters else word)]

    def _number(self, word: str) -> int:
        """The number that a word is, where numbers stand for themselves; refuses any other."""
        if not self.symbols and re.fullmatch(r"[0-9]{1,9}", word) and int(word) < self.size:
            return int(word)
        near = get_close_matches(word, self.symbols, NEAREST, 0.4)
        way_out = f"did you mean {' or '.join(near)}?" if near else f"type {self.rule}."
        raise UserError(f"{word:.20} is not in the vocabulary: {way_out}")


def _quoted(symbol: str) -> str:
    return shlex.quote(symbol) if symbol != shlex.quote(symbol) and re.search(r"[\s'\"\\]", symbol) else symbol
