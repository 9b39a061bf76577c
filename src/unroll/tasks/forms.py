"""From lines of text to rows of words, by the form of the file; nothing is guessed that could be read in two ways.

one sequence a line     1 2 3 · 1,2,3 · 1;2;3 · a b c; a table of whole numbers without a heading is this too
one series              one number or word a line, or all on one line
a column of a table     CSV, TSV or semicolons, chosen by name or number: one series
letters of a line       names, one a line
FASTA · OEIS · SPMF · JSON lists and JSON lines
"""

from __future__ import annotations

import csv
import json
import re
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

DIGITS = re.compile(r"[-+0-9eE. ]*")
MAX_DIGITS = re.compile(r"\S{25}")
OEIS = re.compile(r"A\d{6,7} ,(-?\d+,)+")
WHOLE = re.compile(r"-?\d{1,18}")
LETTERS = re.compile(r"[^\W\d_][\w'’.-]*")
SHOWN_COLUMNS = 8

Rows = list[list[str]]


def are_numbers(words: Sequence[str]) -> bool:
    """Whether all of these are numbers, whole or not, of at most 24 characters."""
    joined = " ".join(words)
    if not DIGITS.fullmatch(joined) or MAX_DIGITS.search(joined):
        return False
    try:
        deque(map(float, words), maxlen=0)
    except ValueError:
        return False
    return True


class Form(NamedTuple):
    """What a file's rows are.

    Attributes:
        says: How it was understood, to stand after "understood as".
        rows: The words of each sequence; one row where it is a series.
        has_end: Whether a sequence ends with an end symbol of its own: its length says something.
        is_free: Whether the form does not say what is a word: then one among numbers is a mistake.
        left_out: Lines that are none, by why.
    """

    says: str
    rows: Rows
    has_end: bool = False
    is_free: bool = False
    left_out: dict[str, int] = {}


class Misread(Exception):  # noqa: N818 -- it says what happened
    """What stands somewhere can be read in two ways, or in none; the sentence says why, and a way out.

    Attributes:
        line, column: Where, from 1; 0 for the whole file.
        field: The recipe's field that would settle it.
    """

    def __init__(self, why: str, line: int = 0, column: int = 0, field: str = "path") -> None:
        super().__init__(why)
        self.line, self.column, self.field = line, column, field


def read_form(lines: Sequence[str], column: str) -> Form:
    """The rows of a file; `column` chooses one of a table, or a key of JSON objects. Raises `Misread`."""
    first = next((line.strip() for line in lines if line.strip()), "")
    if not first:
        raise Misread("it is empty: name a file with sequences in it.")
    if first.startswith(">"):
        form = _fasta(lines)
    elif first[0] in "[{":
        return _json(lines, column)
    elif any(OEIS.fullmatch(line.strip()) for line in lines[:100]):
        form = _oeis(lines)
    elif _is_spmf(lines):
        form = _spmf(lines)
    else:
        return _table(lines, column)
    if column:
        raise Misread(f"it has no columns, as it is {form.says}: leave column empty.", field="column")
    return form


# Forms that say so themselves


def _fasta(lines: Sequence[str]) -> Form:
    rows: Rows = []
    for line in lines:
        if line.startswith(">"):
            rows.append([])
        else:
            rows[-1].extend(line.strip().upper())
    return Form("FASTA, the letters of each record", [row for row in rows if row], has_end=False)


def _oeis(lines: Sequence[str]) -> Form:
    rows, others = [], 0
    for line in lines:
        if OEIS.fullmatch(line.strip()):
            rows.append(line.strip().split(",")[1:-1])
        else:
            others += bool(line.strip()) and not line.startswith("#")
    return Form("OEIS, one sequence a line", rows, left_out={"not in the form of the OEIS": others} if others else {})


def _is_spmf(lines: Sequence[str]) -> bool:
    return all(line.split()[-1] == "-2" and " -1" in line for line in lines if line.strip())


def _spmf(lines: Sequence[str]) -> Form:
    rows = []
    for line in lines:
        sets = line.rpartition("-2")[0].split(" -1")
        row = [" ".join(one.split()) for one in sets if one.strip()]
        rows += [row] if row else []
    return Form("SPMF, one sequence of item sets a line", rows)


def _json(lines: Sequence[str], column: str) -> Form:
    try:
        found = json.loads("\n".join(lines))
    except ValueError:
        found = [_json_line(number, line) for number, line in enumerate(lines, 1) if line.strip()]
        return _json_rows(found, column, "JSON lines")
    except RecursionError:
        raise Misread("it is nested too deeply: give lists of numbers or words.") from None
    return _json_rows(found, column, "JSON")


def _json_line(number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        raise Misread(f"this is not JSON ({error!s:.60}).", number, getattr(error, "colno", 1)) from None


def _json_rows(found: Any, column: str, says: str) -> Form:
    if isinstance(found, dict):
        found = [found]
    objects = [one for one in found if isinstance(one, dict)]
    if objects:
        keys = [*objects[0]]
        key = column or (keys[0] if len(keys) == 1 else "")
        if key not in keys:
            raise Misread(_which(keys, column, "keys"), field="column")
        found = [one[key] for one in objects if key in one]
        if len(found) == 1 and isinstance(found[0], list):
            (found,) = found
        says = f"{says}, what is under {key}"
    elif column:
        raise Misread("its values have no names: leave column empty.", field="column")
    if not any(isinstance(one, list) for one in found):
        found = [found]
    return Form(f"{says}, {'one series' if len(found) == 1 else 'a sequence a list'}", [_scalars(row) for row in found])


def _scalars(row: Any) -> list[str]:
    if not isinstance(row, list) or any(isinstance(one, list | dict | bool) or one is None for one in row):
        raise Misread(f"{json.dumps(row)[:40]} is no list of numbers or words: give one such list a sequence.")
    return [one if isinstance(one, str) else repr(one) for one in row]


# Lines and tables


def _table(lines: Sequence[str], column: str) -> Form:
    """Lines of cells, whatever is between them."""
    delimiter = next((one for one in "\t;," if any(one in line for line in lines)), " ")
    if delimiter == " " and not column and not any(" " in line.strip() for line in lines):
        return _single([(number, word) for number, line in enumerate(lines, 1) if (word := line.strip())])
    if delimiter == " ":
        cells = [(number, row) for number, line in enumerate(lines, 1) if (row := line.split())]
    else:
        cells = _split(lines, delimiter)
    if column:
        return _column(cells, column, delimiter)
    for number, row in cells:
        _check_cells(number, row, delimiter)
    if all(len(row) == 1 for _, row in cells):
        return _single([(number, row[0]) for number, row in cells])
    heading = _has_heading(cells)
    if len({len(row) for _, row in cells}) == 1 and delimiter != " " and (heading or not _all_whole(cells)):
        names = cells[0][1] if heading else [f"{n + 1} ({cell})" for n, cell in enumerate(cells[0][1])]
        raise Misread(_which(names, "", "columns"), field="column")
    _check_counts(cells)
    return Form(f"one sequence a line, separated by {NAMES[delimiter]}", [row for _, row in cells], is_free=True)


OTHER_SEPARATOR = {"\t": ",", ";": ",", ",": " "}
"""What a number in a cell must not have in it, by what is between cells."""
NAMES = {"\t": "tabs", ";": "semicolons", ",": "commas", " ": "spaces"}


def _split(lines: Sequence[str], delimiter: str) -> list[tuple[int, list[str]]]:
    """Each filled line's number and cells; where every line ends with a delimiter, there is no cell after it."""
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    try:
        rows = [(reader.line_num, row) for row in reader if row and (row[0] or any(row))]
    except csv.Error as error:
        raise Misread(f"this cannot be read ({error}).", reader.line_num, 1) from None
    if all(not row[-1] for _, row in rows):
        rows = [(number, row[:-1]) for number, row in rows]
    return [(number, [cell.strip() for cell in row]) for number, row in rows] if any(" " in x for x in lines) else rows


def _check_cells(number: int, row: list[str], delimiter: str) -> None:
    if "" in row:
        raise Misread("an empty field: fill it in, or take the line out.", number, row.index("") + 1)
    other = OTHER_SEPARATOR.get(delimiter, ",")
    for place, cell in enumerate(row, 1) if any(other in cell for cell in row) else ():
        if other in cell and are_numbers(cell.replace(other, " ").split()):
            what = "several numbers" if other == " " else "several numbers, thousands or a decimal comma"
            raise Misread(f"{cell:.24} may be {what}: separate numbers in one way.", number, place)


def _all_whole(cells: Sequence[tuple[int, list[str]]]) -> bool:
    return all(WHOLE.fullmatch(cell) for _, row in cells for cell in row)


def _has_heading(cells: Sequence[tuple[int, list[str]]]) -> bool:
    """Whether the first line names the columns: a word stands over a number."""
    if len(cells) < 2:
        return False
    below = zip(cells[0][1], cells[1][1], strict=False)
    return any(not are_numbers([top]) and are_numbers([under]) for top, under in below)


def _column(cells: list[tuple[int, list[str]]], column: str, delimiter: str) -> Form:
    names = cells[0][1] if _has_heading(cells) else []
    body = cells[1:] if names else cells
    wide = min(len(row) for _, row in cells)
    if column in names:
        place = names.index(column)
    elif column.isdecimal() and 1 <= int(column) <= wide:
        place = int(column) - 1
    else:
        raise Misread(_which(names or [str(n + 1) for n in range(wide)], column, "columns"), field="column")
    short = next((number for number, row in body if place >= len(row)), 0)
    if short:
        raise Misread(f"a line without column {column}: fill it in, or take it out.", short, place + 1)
    for number, row in body:
        if not row[place] or OTHER_SEPARATOR.get(delimiter, ",") in row[place]:
            _check_cells(number, [row[place]], delimiter)
    name = f" ({names[place]})" if names else ""
    return Form(f"column {place + 1}{name}, one series", [[row[place] for _, row in body]], is_free=True)


def _which(names: Sequence[str], given: str, what: str) -> str:
    shown = ", ".join(names[:SHOWN_COLUMNS]) + (", …" if len(names) > SHOWN_COLUMNS else "")
    wrong = f"it has no column {given:.24}" if given else f"it is a table of {len(names)} {what}"
    return f"{wrong}: choose a column, by name or number ({shown})."


def _single(cells: Sequence[tuple[int, str]]) -> Form:
    """One word a line: a series of numbers, with a heading or not, or the letters of names."""
    words = [word for _, word in cells]
    is_number = are_numbers(words)
    if not is_number and len(words) > 1 and not are_numbers(words[:1]) and are_numbers(words[1:]):
        return Form(f"one series of numbers under the heading {words[0]:.24}, one a line", [words[1:]])
    if not is_number and len(words) > 1 and all(LETTERS.fullmatch(word) for word in words):
        return Form("letters of a line, with an end symbol", [list(word) for word in words], has_end=True)
    if not is_number and are_numbers(words[:1]):
        number, word = next((number, word) for number, word in cells if not are_numbers([word]))
        raise Misread(f"{word:.24} is no number, where the others are: correct it, or take it out.", number, 1)
    return Form("one series, one a line" if len(words) > 1 else "one series", [words], is_free=True)


def _check_counts(cells: Sequence[tuple[int, list[str]]]) -> None:
    """Refuse lines that come in groups, of which the first only counts what is in the others."""
    first = cells[0][1]
    if len(first) == 1 and first[0].isdecimal() and len(cells) > 2:
        count = int(first[0])
        group = 1 + sum(1 for _ in _while_wide(cells[1:], count))
        starts = cells[::group]
        if group > 1 and all(len(row) == 1 and row[0].isdecimal() for _, row in starts):
            others = "line has" if group == 2 else f"{group - 1} lines have"
            raise Misread(
                f"this says how many numbers the next {others}, so what one sequence is cannot be told: "
                "keep one line of each group.",
                cells[0][0],
                1,
            )


def _while_wide(cells: Sequence[tuple[int, list[str]]], width: int) -> Iterator[tuple[int, list[str]]]:
    for number, row in cells:
        if len(row) != width:
            return
        yield number, row
