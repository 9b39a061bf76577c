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
from itertools import chain, takewhile
from typing import Any, NamedTuple

DIGITS = re.compile(r"[-+0-9eE. ]*")
MAX_DIGITS = 24
OEIS = re.compile(r"A\d{6,7} ,(-?\d+,)+")
WHOLE = re.compile(r"-?\d{1,18}")
LETTERS = re.compile(r"[^\W\d_][\w'’.-]*")
FIGURES = re.compile(r"[-+0-9eE., ]*")
DIGIT_STRING = re.compile(r"^0\d{4,}$", re.MULTILINE)
SHOWN_COLUMNS = 8

Rows = list[list[str]]


def are_numbers(words: Sequence[str]) -> bool:
    """Whether all of these are numbers, whole or not, of at most `MAX_DIGITS` characters."""
    different = {*words}
    if not DIGITS.fullmatch(" ".join(different)) or max(map(len, different), default=0) > MAX_DIGITS:
        return False
    try:
        deque(map(float, different), maxlen=0)
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
        otherwise: What to do where something else is meant, as a sentence.
    """

    says: str
    rows: Rows
    has_end: bool = False
    is_free: bool = False
    left_out: dict[str, int] = {}
    otherwise: str = ""


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
    """The rows of a file; `column` chooses one of a table, or a key of JSON objects. Raises `Misread`.

    Lines of # before all others are comments.
    """
    comments = sum(1 for _ in takewhile(lambda line: line.startswith("#") or not line.strip(), lines))
    form = _form([*[""] * comments, *lines[comments:]] if comments else lines, column)
    if many := sum(bool(line.strip()) for line in lines[:comments]):
        form = form._replace(left_out={**form.left_out, "of # before the others": many})
    return form


def _form(lines: Sequence[str], column: str) -> Form:
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
            others += bool(line.strip())
    return Form("OEIS, one sequence a line", rows, left_out={"not in the form of the OEIS": others} if others else {})


def _is_spmf(lines: Sequence[str]) -> bool:
    rows = (line for line in lines if line.strip() and line[0] not in "@%#")
    return all(line.split()[-1:] == ["-2"] and " -1" in line for line in chain([next(rows, "")], rows))


def _spmf(lines: Sequence[str]) -> Form:
    """Items may have names, in lines such as @ITEM=1=apple."""
    names = dict(line[6:].rstrip().split("=", 1) for line in lines if re.match("@ITEM=[^=]+=.", line))
    rows = []
    for line in lines:
        sets = "" if line[:1] in "@%#" else line.rpartition("-2")[0]
        row = [" ".join(names.get(item, item) for item in one.split()) for one in sets.split(" -1") if one.strip()]
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
    text = "\n".join(lines)
    delimiter = next((one for one in "\t;," if one in text), " ")
    if delimiter == " " and not column and not (" " in text and any(" " in line.strip() for line in lines)):
        words = [word for line in lines if (word := line.strip())]
        return _single(words, (number for number, line in enumerate(lines, 1) if line.strip()))
    cells = [] if delimiter == " " else _split(lines, delimiter)
    if not cells or (not column and _is_prose(cells)):
        delimiter = " "
        cells = [(number, row) for number, line in enumerate(lines, 1) if (row := line.split())]
    if column:
        return _column(cells, column, delimiter)
    heading = _has_heading(cells)
    for number, row in cells if not heading else ():
        _check_cells(number, row, delimiter)
    _ask_for_a_column(cells, delimiter, heading)
    if all(len(row) == 1 for _, row in cells):
        return _single([row[0] for _, row in cells], (number for number, _ in cells))
    _check_counts(cells)
    if delimiter == " ":
        _check_blanks(cells)
    says, rows = f"one sequence a line, separated by {NAMES[delimiter]}", [row for _, row in cells]
    width = len(rows[0]) if len({len(row) for row in rows}) == 1 else 0
    otherwise = f"Where its columns are the series, choose a column, 1 to {width}." if width and len(rows) > 1 else ""
    return Form(says, rows, is_free=True, otherwise=otherwise)


def _ask_for_a_column(cells: Sequence[tuple[int, list[str]]], delimiter: str, heading: bool) -> None:
    """Ask which column of a table is the series: one with a heading, or not of whole numbers, or that is numbered."""
    if len(cells) < 2 or len({len(row) for _, row in cells}) > 1 or len(cells[0][1]) == 1:
        return
    if (delimiter != " " and (heading or not _all_whole(cells))) or _is_numbered(cells):
        names = cells[0][1] if heading else [f"{n + 1} ({cell})" for n, cell in enumerate(cells[0][1])]
        raise Misread(_which(names, "", "columns"), field="column")


def _is_numbered(cells: Sequence[tuple[int, list[str]]]) -> bool:
    """Whether each line has two numbers, of which the first only counts the lines, as in the OEIS's b-files."""
    if len(cells) < 3 or len(cells[0][1]) != 2 or not all(WHOLE.fullmatch(row[0]) for _, row in cells):
        return False
    first = int(cells[0][1][0])
    return all(int(row[0]) == number for number, (_, row) in enumerate(cells, first))


def _is_prose(cells: Sequence[tuple[int, list[str]]]) -> bool:
    """Whether commas stand between parts of sentences, rather than between the cells of a table."""
    is_even = len({len(row) for _, row in cells}) == 1
    return not is_even and any(" " in cell and not are_numbers([cell]) for _, row in cells for cell in row)


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


def _check_cells(number: int, row: list[str], delimiter: str, first: int = 1) -> None:
    """Refuse cells, of which the first is in a column of that number, that are empty or can be read in two ways."""
    if "" in row:
        raise Misread("an empty field: fill it in, or take it or the line out.", number, row.index("") + first)
    other = OTHER_SEPARATOR.get(delimiter, ",")
    for place, cell in enumerate(row, first) if any(other in cell for cell in row) else ():
        if other in cell and are_numbers(cell.replace(other, " ").split()):
            what = "several numbers" if other == " " else "several numbers, thousands or a decimal comma"
            ways = "separate numbers in one way" if other == " " else "write decimals with a point, thousands with none"
            raise Misread(f"{cell:.24} may be {what}: {ways}.", number, place)


def _all_whole(cells: Sequence[tuple[int, list[str]]]) -> bool:
    return all(WHOLE.fullmatch(cell) for _, row in cells for cell in row)


def _has_heading(cells: Sequence[tuple[int, list[str]]]) -> bool:
    """Whether the first line names the columns: a word stands over a number, however its decimals are written."""
    if len(cells) < 2:
        return False
    below = zip(cells[0][1], cells[1][1], strict=False)
    return any(not FIGURES.fullmatch(top) and are_numbers([under.replace(",", "")]) for top, under in below)


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
            _check_cells(number, [row[place]], delimiter, place + 1)
    name = f" ({names[place]})" if names else ""
    others = [one for n, one in enumerate(names or map(str, range(1, wide + 1))) if n != place]
    otherwise = f"Other columns: {_listed(others)}." if others else ""
    row = [row[place] for _, row in body]
    return Form(f"column {place + 1}{name}, one series", [row], is_free=True, otherwise=otherwise)


def _which(names: Sequence[str], given: str, what: str) -> str:
    wrong = f"it has no column {given:.24}" if given else f"it is a table of {len(names)} {what}"
    return f"{wrong}: choose a column, by name or number ({_listed(names)})."


def _listed(names: Sequence[str]) -> str:
    """A few columns; one without a name by its number."""
    shown = [name.strip() or str(number) for number, name in enumerate(names[:SHOWN_COLUMNS], 1)]
    return ", ".join([*shown, "…"] if len(names) > SHOWN_COLUMNS else shown)


def _single(words: list[str], numbers: Iterator[int]) -> Form:
    """One word a line, of that number: a series of numbers, with a heading or not, or the letters of names."""
    is_number = are_numbers(words)
    if found := DIGIT_STRING.search("\n".join(words)):
        number = next(number for number, word in zip(numbers, words, strict=True) if word == found[0])
        raise Misread(
            f"{found[0]:.24} may be one number or a row of digits: write blanks between digits, or no 0 before it.",
            number,
            1,
        )
    if not is_number and len(words) > 1 and not are_numbers(words[:1]) and are_numbers(words[1:]):
        return Form(f"one series of numbers under the heading {words[0]:.24}, one a line", [words[1:]])
    if not is_number and len(words) > 1 and all(LETTERS.fullmatch(word) for word in words):
        rows, otherwise = [list(word) for word in words], "Where every line is one symbol, write them on one line."
        return Form("letters of a line, with an end symbol", rows, has_end=True, otherwise=otherwise)
    if not is_number and are_numbers(words[:1]):
        number, word = next(one for one in zip(numbers, words, strict=True) if not are_numbers(one[1:]))
        raise Misread(f"{word:.24} is no number, where the others are: correct it, or take it out.", number, 1)
    return Form("one series, one a line" if len(words) > 1 else "one series", [words], is_free=True)


def _check_blanks(cells: Sequence[tuple[int, list[str]]]) -> None:
    """Refuse a blank in the name of one line where most lines are names without."""
    single = [row[0] for _, row in cells if len(row) == 1 and LETTERS.fullmatch(row[0])]
    if len(single) > len(cells) / 2:
        number, row = next((number, row) for number, row in cells if len(row) > 1)
        raise Misread(
            f"a blank, where most lines are one word, which is read by its letters: write {'-'.join(row[:3]):.24}, "
            "or more words in every line.",
            number,
            len(row[0]) + 1,
        )


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
