"""Reads a file of whole numbers: one sequence per line, or one long series on a single line.

Numbers are separated by spaces, tabs, commas or semicolons; empty lines are skipped.
"""

from __future__ import annotations

import re

from unroll.errors import FileError, RecipeError
from unroll.files import at_home, read_regular
from unroll.recipe import FIELDS
from unroll.text import shown_path

MAX_VOCAB = int(FIELDS["vocab_size"].high or 0)
"""The largest vocabulary that a recipe allows."""
MAX_BYTES = 16 * 10**6
MAX_LINES = 10**6
PLAIN = re.compile(r"[0-9 \t\r\n,;]*")
LONG = re.compile(r"[0-9]{10}")
WORD = re.compile(r"[^ \t\r,;]+")


def read_numbers(path: str, vocab_size: int | None = None) -> list[tuple[int, ...]]:
    """The numbers of every line that has any, each below `vocab_size`, or else below `MAX_VOCAB`.

    Raises:
        RecipeError: of field `path`: the file cannot be read, is not text, has too many lines, or holds a word that
            is not such a number; the sentence names its line and column, counted from 1.
    """
    text = _text(path)
    if text.count("\n") > MAX_LINES:
        raise RecipeError("path", f"{shown_path(path)} has more than {MAX_LINES:,} lines: shorten it.")
    found = _numbers(text, vocab_size or MAX_VOCAB)
    if found is None:
        raise _refusal(path, text, vocab_size)
    if not found:
        raise RecipeError("path", f"{shown_path(path)} has no numbers: name a text file of whole numbers.")
    return found


def infer_vocab_size(path: str) -> int:
    """The smallest vocabulary that holds a file's numbers; raises `RecipeError` like `read_numbers`."""
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


def _numbers(text: str, limit: int) -> list[tuple[int, ...]] | None:
    """The numbers of every line that has any; None if something is not a number below the limit."""
    if not PLAIN.fullmatch(text) or LONG.search(text):
        return None
    words = text.replace(",", " ").replace(";", " ")
    lines = [tuple(map(int, line.split())) for line in words.split("\n")]
    found = [line for line in lines if line]
    return found if all(max(line) < limit for line in found) else None


def _refusal(path: str, text: str, vocab_size: int | None) -> RecipeError:
    """What is wrong with the first word that is not a number below the limit, and where."""
    limit = vocab_size or MAX_VOCAB
    number, line = next(pair for pair in enumerate(text.split("\n"), 1) if _numbers(pair[1], limit) is None)
    wrong = next(found for found in WORD.finditer(line) if _numbers(found.group(), limit) is None)
    word = shown_path(wrong.group()[:24])
    why = f"{word} is not a whole number from 0 to {MAX_VOCAB - 1:,}: separate numbers by spaces or commas."
    if vocab_size is not None and _numbers(wrong.group(), MAX_VOCAB):
        why = f"{word} is not in a vocabulary of {vocab_size}: choose a vocab_size of {int(word) + 1} or more."
    return RecipeError("path", f"{_place(path, number, wrong.start() + 1)}: {why}")


def _place(path: str, line: int, column: int) -> str:
    return f"{shown_path(path)}, line {line:,}, column {column:,}"
