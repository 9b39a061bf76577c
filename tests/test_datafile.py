"""Files as people have them: understood by rule, or refused in a sentence that says where, and what to do."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from unroll.errors import RecipeError
from unroll.preview import Preview, preview
from unroll.tasks import datafile
from unroll.tasks.config import TaskConfig
from unroll.tasks.datafile import LEVELS, Understood, fitted, read_sequences, understand
from unroll.tasks.decoding import read_lines
from unroll.vocabulary import Vocabulary


def read(tmp_path: Path, text: str | bytes, column: str = "", levels: int = 0) -> Understood:
    path = tmp_path / "file.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return understand(str(path), column, levels)


FORMS: dict[str, tuple[str | bytes, list[str]]] = {
    "spaces": ("1 2 3\n4 5 6\n", ["1 2 3", "4 5 6"]),
    "commas": ("1, 2, 3\n4,5,6\n", ["1 2 3", "4 5 6"]),
    "semicolons": ("1;2;3\n4;5;6", ["1 2 3", "4 5 6"]),
    "tabs": ("1\t2\t3\n4\t5\t6", ["1 2 3", "4 5 6"]),
    "quoted": ('"1","2"\n"3","4"\n', ["1 2", "3 4"]),
    "every line ends with a comma": ("1,2,\n3,4,\n", ["1 2", "3 4"]),
    "other widths": ("1 2\n3 4 5\n\n6\n", ["1 2", "3 4 5", "6"]),
    "one long line": ("7 8 9 10", ["7 8 9 10"]),
    "one number a line": ("7\n8\n9\n", ["7 8 9"]),
    "a heading": ("value\n7\n8\n", ["7 8"]),
    "CR alone": (b"1 2\r3 4\r", ["1 2", "3 4"]),
    "CRLF": (b"1 2\r\n3 4\r\n", ["1 2", "3 4"]),
    "UTF-8 with a mark": (b"\xef\xbb\xbf1 2\n", ["1 2"]),
    "UTF-16": ("1 2\n3 4\n".encode("utf-16"), ["1 2", "3 4"]),
    "gzip": (gzip.compress(b"1 2\n3 4\n"), ["1 2", "3 4"]),
    "words": ("to be or\nnot to be\n", ["to be or", "not to be"]),
    "letters": ("emma\nava\n", [".emma.", ".ava."]),
    "FASTA": (">one\nACGT\nAC\n>two\nGG\n", ["ACGTAC", "GG"]),
    "OEIS": ("# comment\nA000045 ,0,1,1,2,\nA000012 ,1,1,\n", ["0 1 1 2", "1 1"]),
    "SPMF": ("1 -1 2 3 -1 -2\n5 -1 -2\n", ["1 '2 3'", "5"]),
    "SPMF with names": ("@ITEM=1=apple\n@ITEM=2=fig\n1 -1 2 -1 -2\n2 -1 1 -1 -2\n", ["apple fig", "fig apple"]),
    "comments before": ("# one\n\n#two\n1 2\n3 4\n", ["1 2", "3 4"]),
    "prose": ("Speak, speak.\nHear me, oh my love, now.\n", ["Speak, speak.", "Hear me, oh my love, now."]),
    "JSON lists": ("[[1, 2], [3]]", ["1 2", "3"]),
    "JSON list": ("[1, 2, 3]", ["1 2 3"]),
    "JSON under one key": ('{"train": [[60, 62], [64]]}', ["60 62", "64"]),
    "JSON lines": ("[1, 2]\n[3, 4]\n", ["1 2", "3 4"]),
    "JSON words": ('[["a b", "c"]]', ["'a b' c"]),
    "negative": ("-1 5\n5 -1\n", ["-1 5", "5 -1"]),
    "far apart": ("10000 20000\n", ["10000 20000"]),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_file_is_understood_by_its_form(tmp_path: Path, form: str) -> None:
    text, expected = FORMS[form]
    found = read(tmp_path, text)
    assert [Vocabulary(found.vocab_size, found.symbols).line(sequence) for sequence in found.sequences] == expected
    assert all(number < found.vocab_size for sequence in found.sequences for number in sequence)


TABLE = "month,sales\n1949-01,100\n1949-02,111\n"
REFUSED: dict[str, tuple[str, str]] = {
    TABLE: ("column", "table of 2 columns: choose a column, by name or number (month, sales)"),
    "1;2.5;3\n4;5.5;6\n": ("column", "choose a column"),
    "1,2,,3\n1,2,3,4\n": ("path", "line 1, column 3: an empty field"),
    "1,2,3,\n1,2,3,4\n": ("path", "line 1, column 4: an empty field"),
    "1;2,5\n3;4\n": ("path", "line 1, column 2: 2,5 may be several numbers, thousands or a decimal comma"),
    "1\t1,234\n2\t5\n": ("path", "line 1, column 2: 1,234 may be"),
    "1,2 3\n4,5\n": ("path", "line 1, column 2: 2 3 may be several numbers"),
    "1,2,3\n4;5;6\n": ("path", "may be"),
    "3\n1,2,3\n0,0,1\n2\n1,2\n0,1\n": ("path", "says how many numbers the next 2 lines have"),
    "1 2 x 4\n": ("path", "line 1, column 5: x is no number, where most are"),
    "7\n8\nx\n": ("path", "line 3, column 1: x is no number"),
    '{"a": [1], "b": [2]}': ("column", "table of 2 keys: choose a column, by name or number (a, b)"),
    "[1, [2, 3]]": ("path", "no list of numbers or words"),
    "[1, 2\n": ("path", "line 1, column"),
    "# b-file\n1 0\n2 1\n3 1\n": ("column", "table of 2 columns"),
    ",value\n0,5\n1,7\n": ("column", "by name or number (1, value)"),
    "day;sun\n1;2,5\n2;4,5\n": ("column", "(day, sun)"),
    "0110100\n1001011\n": ("path", "line 1, column 1: 0110100 may be one number or a row of digits"),
    "Zoe\nMary Ann\nEve\n": ("path", "line 2, column 5: a blank, where most lines are one word"),
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_can_be_read_in_two_ways_is_a_question(tmp_path: Path, text: str) -> None:
    field, fact = REFUSED[text]
    with pytest.raises(RecipeError) as refusal:
        read(tmp_path, text)
    assert refusal.value.field == field and fact in str(refusal.value)


@pytest.mark.parametrize("column", ["sales", "2"])
def test_a_column_of_a_table_is_one_series(tmp_path: Path, column: str) -> None:
    found = read(tmp_path, TABLE, column)
    assert (found.says, found.sequences) == ("column 2 (sales), one series", [(100, 111)])


def test_a_decimal_comma_is_refused_with_its_place_in_the_table(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"line 2, column 2: 2,5 may be several .* write decimals with"):
        read(tmp_path, "day;sun\n1;2,5\n2;4,5\n", "sun")


@pytest.mark.parametrize(("text", "column"), [(TABLE, "price"), (TABLE, "3"), ("1 2\n3 4\n", "5"), (">a\nAC\n", "1")])
def test_a_column_that_is_not_there_is_refused(tmp_path: Path, text: str, column: str) -> None:
    with pytest.raises(RecipeError, match="column"):
        read(tmp_path, text, column)


@given(
    values=st.lists(st.floats(-1e6, 1e6).map(lambda x: round(x, 3)), min_size=LEVELS, max_size=200),
    levels=st.integers(2, 20),
)
def test_decimals_are_put_into_levels_in_their_order(
    tmp_path_factory: pytest.TempPathFactory, values: list[float], levels: int
) -> None:
    text = "\n".join(f"{value:.3f}" for value in values)
    found = read(tmp_path_factory.getbasetemp(), text, levels=levels)
    (sequence,) = found.sequences
    assert [*found.edges] == sorted(found.edges) and len(found.edges) < levels
    assert 0 in sequence
    for number, value in zip(sequence, values, strict=True):
        assert (number == 0 or found.edges[number - 1] <= value) and (
            number == len(found.edges) or value < found.edges[number]
        )


@given(lines=st.lists(st.lists(st.integers(0, 4095), min_size=2), min_size=1))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, lines: list[list[int]]) -> None:
    assume({*map(len, lines)} != {2} or len(lines) < 3)  # might number its lines
    found = read(tmp_path_factory.getbasetemp(), "\n".join(" ".join(map(str, line)) for line in lines))
    assert found.sequences == [tuple(line) for line in lines]
    assert found.vocab_size == max(2, 1 + max(map(max, lines)))


@given(st.lists(st.lists(st.sampled_from(["a", "bb", "ü", "word"]), min_size=1), min_size=1))
def test_json_is_read_as_what_it_says(tmp_path_factory: pytest.TempPathFactory, lists: list[list[str]]) -> None:
    found = read(tmp_path_factory.getbasetemp(), json.dumps(lists))
    assert [[found.symbols[number] for number in sequence] for sequence in found.sequences] == lists


def test_a_task_takes_over_the_vocabulary_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("emma\nava\n")
    task = fitted(TaskConfig("file", path=str(tmp_path / "names.txt")))
    assert (task.symbols, task.vocab_size) == ((".", "a", "e", "m", "v"), 5)
    (tmp_path / "numbers.txt").write_text("1 2 300\n")
    assert fitted(TaskConfig("file", path=str(tmp_path / "numbers.txt"))).vocab_size == 301
    assert fitted(TaskConfig("file", vocab_size=512, path=str(tmp_path / "numbers.txt"))).vocab_size == 512


def test_the_same_words_in_a_recipe_that_is_changed_elsewhere_stay(tmp_path: Path) -> None:
    from unroll.recipe import Recipe

    (tmp_path / "names.txt").write_text("emma\nava\n")
    recipe = Recipe(task=fitted(TaskConfig("file", path=str(tmp_path / "names.txt"))))
    assert recipe.replace(epochs=3).task == recipe.task
    assert recipe.replace(path="other").task.symbols == ()


def test_a_file_is_read_once_and_again_when_it_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, reads = tmp_path / "one.txt", []
    monkeypatch.setattr(datafile, "read_lines", lambda path: reads.append(path) or read_lines(path))
    path.write_text("1 2 3\n")
    task = fitted(TaskConfig("file", length=2, path=str(path)))
    assert read_sequences(task) == read_sequences(task) == [(1, 2, 3)]
    assert len(reads) == 1
    understand(str(path), levels=3)
    assert len(reads) == 2
    path.write_text("1 2 0\n")
    assert read_sequences(task) == [(1, 2, 0)]
    for name in "ab":
        (tmp_path / name).write_text("4 5 6\n")
        understand(str(tmp_path / name))
    assert read_sequences(task) == [(1, 2, 0)] and len(reads) == 6, "only the newest are kept"


def test_a_preview_says_all_that_was_understood(tmp_path: Path) -> None:
    (tmp_path / "f.txt").write_text("# mine\n1 2.5 3\n4\n5 6.5 7 8\n")
    told = preview(str(tmp_path / "f.txt"), levels=2)
    assert told.first == ["0 0 0", "0", "1 1 1 1"]
    for fact in (
        "one sequence a line, separated by spaces.",
        "3 sequences of 1 to 4 numbers (half have 3 or more), 8 in all; a vocabulary of 2.",
        "Levels 0 to 1, divided at 4.5; levels chooses how many.",
        "Left out: 1 line of # before the others.",
        "Left out: 1 line of one only, as nothing comes next.",
    ):
        assert any(sentence.endswith(fact) for sentence in told.sentences), fact
    assert "Symbols: . a e m v" in preview_of(tmp_path, "emma\nava\n").sentences
    assert preview_of(tmp_path, "1 -1 2 3 -1 -2\n").sentences[2] == "Symbols: 1 '2 3'"
    assert (
        "Where its columns are the series, choose a column, 1 to 3." in preview_of(tmp_path, "1 2 3\n3 2 1\n").sentences
    )
    assert preview_of(tmp_path, TABLE, "sales").sentences[-1] == "Other columns: month."
    assert preview_of(tmp_path, "7 " * 500).first[0].endswith("7 7…")


def preview_of(tmp_path: Path, text: str, column: str = "") -> Preview:
    (tmp_path / "p.txt").write_text(text)
    return preview(str(tmp_path / "p.txt"), column)
