"""Reading a file of whole numbers: a sequence a line, or one long series on a single line.

Numbers stand with spaces, tabs, commas or semicolons between; empty lines are passed over.
"""

from __future__ import annotations

import re

from unroll.files import FileError, at_home, read_regular, shown
from unroll.recipe import FIELDS, RecipeError

MAX_VOCAB = int(FIELDS["vocab_size"].high or 0)
"""The largest vocabulary there can be."""
MAX_BYTES = 16 * 10**6
PLAIN = re.compile(r"[0-9 \t\r,;]*")
WORD = re.compile(r"[^ \t\r,;]+")


def read_numbers(path: str, vocab_size: int | None = None) -> list[tuple[int, ...]]:
    """The numbers of every line that has any, each below `vocab_size`, or below the largest there can be.

    Raises:
        RecipeError: of field `path`: the file cannot be read, is not text, or has a word that is no such number; the
            sentence names the line and the column, counted from 1.
    """
    lines = [_line(path, number, line, vocab_size) for number, line in enumerate(_text(path).split("\n"), 1)]
    found = [line for line in lines if line]
    if not found:
        raise RecipeError("path", f"{shown(path)} has no numbers in it: name a text file of whole numbers.")
    return found


def infer_vocab_size(path: str) -> int:
    """The smallest vocabulary that a file's numbers fit into; raises `RecipeError` like `read_numbers`."""
    return max(2, 1 + max(max(line) for line in read_numbers(path)))


def _text(path: str) -> str:
    try:
        data = read_regular(at_home(path), MAX_BYTES)
    except FileError as error:
        raise RecipeError("path", str(error)) from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise RecipeError("path", f"{_place(path, line, column)} is not text: save the file as UTF-8.") from None


def _line(path: str, line: int, text: str, vocab_size: int | None) -> tuple[int, ...]:
    limit = vocab_size or MAX_VOCAB
    words = WORD.findall(text)
    if PLAIN.fullmatch(text) and all(len(word) <= 9 for word in words):
        numbers = tuple(map(int, words))
        if not numbers or max(numbers) < limit:
            return numbers
    wrong = next(found for found in WORD.finditer(text) if not _fits(found.group(), limit))
    raise RecipeError("path", f"{_place(path, line, wrong.start() + 1)}: {_why(wrong.group(), vocab_size)}")


def _fits(word: str, limit: int) -> bool:
    return bool(re.fullmatch("[0-9]{1,9}", word)) and int(word) < limit


def _why(word: str, vocab_size: int | None) -> str:
    word = shown(word[:24])
    if vocab_size is not None and _fits(word, MAX_VOCAB):
        return f"{word} is not in a vocabulary of {vocab_size}: choose a vocab_size of {int(word) + 1} or more."
    return f"{word} is not a whole number from 0 to {MAX_VOCAB - 1:,}: write one, with spaces or commas between."


def _place(path: str, line: int, column: int) -> str:
    return f"{shown(path)}, line {line:,}, column {column:,}"
