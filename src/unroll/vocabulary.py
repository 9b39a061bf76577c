"""A vocabulary: what each number of a network stands for, and how a person writes it.

The network knows numbers 0 to V - 1 only. Without symbols a number stands for itself; else it stands for the symbol at
its place, such as a letter, a word or an event. Symbols of one letter can be written without anything between them.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from functools import lru_cache

from msgspec import Struct

from unroll.errors import UserError
from unroll.moment import MAX_STEPS
from unroll.tasks import TASKS
from unroll.tasks.config import ENDS, TaskConfig
from unroll.tasks.task import noun

NUMBER, LETTER = re.compile(r"[^\s,;]+"), re.compile(r"\S")
WORD = re.compile(r"""(?:"[^"]*"|'[^']*'|\\.|\S)+""", re.DOTALL)
"""What is one symbol of a text, as far as can be told: a number, a letter, or a word that may be quoted."""
NEAREST, SHOWN = 3, 12
COUNTING = (7, 8, 9, 10)


class Vocabulary(Struct, frozen=True):
    """V numbers and what they stand for; no `symbols`: themselves. Behind `end` a sequence is over."""

    size: int
    symbols: tuple[str, ...] = ()
    end: int | None = None

    @staticmethod
    @lru_cache(maxsize=32)
    def of(task: TaskConfig) -> Vocabulary:
        """That of a task: a file's, or the task's own."""
        known = TASKS[task.task]
        symbols = (task.symbols or known.symbols)[: task.vocab_size]
        if task.symbols:
            return Vocabulary(task.vocab_size, symbols, 0 if symbols[0] in ENDS else None)
        return Vocabulary(task.vocab_size, symbols, symbols.index(known.end) if known.end in symbols else None)

    @property
    def is_letters(self) -> bool:
        """Whether every symbol is one character, and none a blank: they need nothing between them."""
        return bool(self.symbols) and all(len(symbol) == 1 and not symbol.isspace() for symbol in self.symbols)

    @property
    def word(self) -> str:
        """What one of it is called."""
        return noun(self.symbols)

    @property
    def gap(self) -> str:
        """What stands between two of them in a line."""
        return "" if self.is_letters else " "

    @property
    def rule(self) -> str:
        """What can be typed."""
        if not self.symbols:
            return f"whole numbers from 0 to {self.size - 1}"
        named = " ".join(self.symbols[:SHOWN])
        return f"symbols of {named}{' …' if len(self.symbols) > SHOWN else ''}"

    @property
    def opening(self) -> tuple[int, ...]:
        """A sequence to begin with."""
        return (0,) if self.symbols or self.size <= max(COUNTING) else COUNTING

    # From numbers to symbols

    def shown(self, number: int) -> str:
        """What a number stands for."""
        return self.symbols[number] if number < len(self.symbols) else str(number)

    def said(self, number: int) -> str:
        """The same in a sentence: a symbol that is no word stands in quotation marks."""
        symbol = self.shown(number)
        return symbol if any(map(str.isalnum, symbol)) else f'"{symbol}"'

    def names(self, sequence: Iterable[int]) -> list[str]:
        """What each number stands for."""
        return [self.shown(number) for number in sequence]

    @property
    def quoted(self) -> list[str]:
        """Every symbol as it can be typed among others."""
        return [_quoted(self.shown(number)) for number in range(self.size)]

    def named(self, name: str, number: int) -> dict[str, str]:
        """The symbol of a number as a field of that name; none where numbers stand for themselves."""
        return {name: self.shown(number)} if self.symbols else {}

    def either(self, numbers: Iterable[int]) -> str:
        """One of some, in words."""
        return " or ".join(map(self.said, sorted(numbers)))

    def line(self, sequence: Sequence[int]) -> str:
        """A sequence as `parse` reads it."""
        if self.is_letters:
            return "".join(map(self.shown, sequence))
        return " ".join(_quoted(self.shown(number)) for number in sequence)

    def is_over(self, sequence: Sequence[int]) -> bool:
        """Whether a sequence has come to its end; one that only begins with the symbol for that has not."""
        return self.end is not None and len(sequence) > 1 and sequence[-1] == self.end

    def until_end(self, numbers: Iterable[int]) -> Iterator[int]:
        """Numbers up to the first end, with it."""
        for number in numbers:
            yield number
            if number == self.end:
                return

    # From symbols to numbers

    def joined(self, words: Sequence[str]) -> str:
        """Arguments of a command as a line: each that is a symbol is one, whatever stands in it."""
        return " ".join(_quoted(word) if word in self.symbols and not self.is_letters else word for word in words)

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
            raise UserError(f"The sequence has {len(sequence):,} {self.word}s: type at most {MAX_STEPS:,}.")
        return sequence

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where each symbol of a text begins and ends, whether there is such a symbol or not."""
        pattern = NUMBER if not self.symbols else LETTER if self.is_letters else WORD
        return [found.span() for found in pattern.finditer(text)]

    def completed(self, text: str) -> str | None:
        """A text whose last symbol, only begun, is the first that begins so; None where there is none."""
        spans = [] if self.is_letters else self.spans(text)
        if not (self.symbols and spans) or spans[-1][1] < len(text):
            return None
        before, begun = text[: spans[-1][0]], text[spans[-1][0] :]
        whole = next(self._beginning_with(begun), None)
        return None if whole is None else before + whole

    def _beginning_with(self, begun: str) -> Iterator[str]:
        return (quoted for symbol in self.symbols if (quoted := _quoted(symbol)).startswith(begun) and quoted != begun)

    def _words(self, text: str) -> list[str]:
        if not self.symbols or self.is_letters:
            return [text[start:end] for start, end in self.spans(text)]
        try:
            return shlex.split(text)
        except ValueError:
            raise UserError('A quotation mark is open: close it, as in "New York".') from None

    def _number(self, word: str) -> int:
        """The number that a word is, where numbers stand for themselves; refuses any other."""
        if not self.symbols and re.fullmatch(r"[0-9]{1,9}", word) and int(word) < self.size:
            return int(word)
        near = get_close_matches(word, self.symbols, NEAREST, 0.4)
        way_out = f"did you mean {' or '.join(near)}?" if near else f"type {self.rule}."
        raise UserError(f"{word:.20} is not in the vocabulary: {way_out}")


def _quoted(symbol: str) -> str:
    """A symbol as it can be typed among others."""
    return shlex.quote(symbol) if re.search(r"[\s'\"\\]", symbol) else symbol
