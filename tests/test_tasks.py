"""Tasks: the sequences there are, the answers that are right, and what is held out."""

import os
import re
from pathlib import Path
from random import Random
from typing import get_args

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from unroll.errors import RecipeError
from unroll.recipe import FIELDS, PRESETS, Value, recipe_of
from unroll.tasks import TASKS, Item, answers, parts, sequences
from unroll.tasks.config import TaskConfig, TaskName
from unroll.tasks.datafile import understand
from unroll.tasks.decoding import MAX_BYTES
from unroll.tasks.file import longer
from unroll.tasks.task import MAX_POSITIONS

sizes = st.integers(2, 60).flatmap(lambda v: st.tuples(st.just(v), st.integers(1, v - 1)))


def as_lists(found: list[Item]) -> list[tuple[list[int], list[int]]]:
    return [(list(item.inputs), list(item.targets)) for item in found]


def written(folder: Path, text: str | bytes) -> str:
    file = folder / "numbers.txt"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(file)


def refused(config: TaskConfig) -> str:
    with pytest.raises(RecipeError) as refusal:
        parts(config)
    return str(refusal.value)


@pytest.mark.parametrize(("task", "targets"), [("count", ([1, 2, 3], [2, 3, 4])), ("recall", ([0, 0, 0], [1, 1, 1]))])
def test_counting_is_answered_by_the_next_number_and_recall_by_the_first(task: str, targets: list[list[int]]) -> None:
    found = as_lists(parts(TaskConfig(task, vocab_size=5, length=3)).train)  # type: ignore[arg-type]
    assert found == list(zip(([0, 1, 2], [1, 2, 3]), targets, strict=True))


@given(st.sampled_from(["count", "recall"]), sizes)
def test_every_target_is_the_right_answer_at_its_step(task: str, size: tuple[int, int]) -> None:
    config = TaskConfig(task, *size)  # type: ignore[arg-type]
    found = parts(config).train
    assert len(found) == sequences(config)
    for item in found:
        assert [*answers(config, tuple(item.inputs))] == [(target,) for target in item.targets]


def test_every_task_is_in_the_recipe_and_says_what_it_asks_and_teaches() -> None:
    assert [*TASKS] == [*get_args(TaskName)]
    for task in TASKS.values():
        assert task.asks.endswith(".") and task.teaches.endswith(".")
        assert {*task.fields} <= {*FIELDS}
        assert not task.start or (task.purpose.endswith(".") and task.name in PRESETS)


def test_neither_counting_past_the_vocabulary_nor_a_file_has_a_right_answer() -> None:
    assert answers(TaskConfig("count", vocab_size=5, length=3), (2, 3, 4))[2] == ()
    assert [*answers(TaskConfig("file", path="x"), (2, 3))] == [(), ()]
    assert sequences(TaskConfig("file", path="x")) is None


DRAWN = [name for name, task in TASKS.items() if "sequences" in task.fields]
BUILT_IN = [name for name in TASKS if name != "file"]
lengths = st.integers(8, 40)


def small(task: str, length: int, **changes: Value) -> TaskConfig:
    start = {**TASKS[task].start, "length": length, "vocab_size": max(length + 1, 9)}
    if TASKS[task].symbols:
        start["vocab_size"] = len(TASKS[task].symbols)
    return recipe_of({**start, "sequences": 40, "held_out": 0.0, **changes, "task": task}).task


@given(st.sampled_from(BUILT_IN), lengths)
def test_every_sequence_has_its_length_an_answer_and_only_targets_that_are_right(task: str, length: int) -> None:
    config = small(task, length)
    found = parts(config)
    assert len(found.train) == sequences(config)
    for item in found.train:
        read = [*item.targets, None].index(None) if item.all_count else length  # the rest is filled up
        right = answers(config, tuple(item.inputs[:read]))
        assert len(item.inputs) == len(item.targets) == length
        assert {*item.inputs} <= {*range(config.vocab_size)}
        assert any(target is not None for target in item.targets)
        for target, known in zip(item.targets, right, strict=False):
            assert target in known if target is not None else not known
        if item.answers:
            assert [*item.answers] == [*right, *[()] * (length - read)]


@given(st.sampled_from(BUILT_IN), lengths, st.integers(0, 99))
def test_an_example_is_one_of_the_task_and_a_longer_one_is_longer(task: str, length: int, seed: int) -> None:
    config = small(task, length)
    example, longer = (tuple(next(TASKS[task].examples(config, n, Random(seed)))) for n in (length, 2 * length + 1))
    assert len(example) <= length < max(len(longer), length + (task in ("count", "recall")))
    for sequence in (example, longer):
        assert {*sequence} <= {*range(config.vocab_size)}
        assert any(answers(config, sequence)) or len(sequence) < length


@given(st.sampled_from(DRAWN), lengths, st.sampled_from([0.1, 0.5]))
def test_what_is_held_out_is_never_trained_on(task: str, length: int, held_out: float) -> None:
    config = small(task, max(length, 20), held_out=held_out)
    train, away, *_ = parts(config)
    assert len(train) + len(away) == 40
    assert len(away) == 40 * held_out
    assert not {tuple(item.inputs) for item in train} & {tuple(item.inputs) for item in away}
    assert [item.inputs for item in parts(config).train] == [item.inputs for item in train]


def test_too_few_different_sequences_to_hold_some_out_are_refused_with_the_ways_out() -> None:
    said = refused(small("parity", 2, held_out=0.5))
    assert all(way in said for way in ("held_out cannot be 0.5", "greater length", "fewer sequences", "or 0"))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"task": "count", "held_out": 0.1}, "every step of a sequence held out is also in others, and trained"),
        ({"task": "recall", "held_out": 0.1}, "is never an answer in training"),
        ({"task": "anbn", "held_out": 0.1, "vocab_size": 3}, "every string up to that length is trained"),
        ({"task": "reber"}, "vocab_size cannot be 128 with task reber: choose 7, for its symbols are B T S X P V E."),
        ({"task": "reber", "vocab_size": 7}, "length cannot be 6 with task reber: choose at least 8"),
        ({"task": "echo", "steps_back": 6}, "length cannot be 6 with task echo: choose more than steps_back, which"),
        ({"task": "long-lag", "vocab_size": 2}, "choose at least 3"),
        ({"task": "long-lag-2a", "vocab_size": 6}, "choose at least 7"),
        ({"task": "modular", "sequences": 100_000, "length": 512}, "sequences cannot be 100,000 with length 512"),
    ],
)
def test_fields_that_do_not_go_together_are_refused_by_the_task(changes: dict[str, Value], sentence: str) -> None:
    with pytest.raises(RecipeError) as refusal:
        recipe_of(changes)
    assert sentence in str(refusal.value)


def accepted(string: str) -> bool:
    """Whether a string is of the embedded Reber grammar, by another way: its rules as rewriting, from the end."""
    inner = re.fullmatch("B([TP])B(.+)E([TP])E", string)
    if inner is None or inner[1] != inner[3]:
        return False
    # s2 = S s2 | X s4, s3 = T s3 | V s5, s4 = X s3 | S, s5 = P s4 | V; the inner string is T s2 or P s3
    rules = {"2": {"S": "2", "X": "4"}, "3": {"T": "3", "V": "5"}, "4": {"X": "3", "S": "-"}, "5": {"P": "4", "V": "-"}}
    at = {"T": "2", "P": "3"}.get(inner[2][0], "-")
    for symbol in inner[2][1:]:
        at = rules.get(at, {}).get(symbol, "")
    return at == "-"


@given(st.integers(8, 60), st.integers(0, 99))
def test_reber_strings_are_of_the_grammar_by_another_checker_and_only_their_own_symbols_may_follow(
    length: int, seed: int
) -> None:
    config, symbols = small("reber", length), TASKS["reber"].symbols
    string = next(TASKS["reber"].drawn(config, Random(seed)))  # type: ignore[attr-defined]
    assert accepted("".join(symbols[number] for number in string))
    assert len(string) <= length + 1
    *_, last = answers(config, tuple(string))
    assert not [*last]
    spoiled = (*string[:-2], 5 - string[-2], string[-1])  # T for P, or P for T
    assert not [*answers(config, spoiled)[-2]]


@given(st.text("BTSXPVE", min_size=9, max_size=12))
def test_what_no_rule_allows_is_followed_by_nothing(text: str) -> None:
    config, symbols = small("reber", 20), TASKS["reber"].symbols
    numbers = tuple(symbols.index(letter) for letter in text)
    right = answers(config, numbers)
    is_legal = all(number in before for number, before in zip(numbers, ([0], *right), strict=False))
    assert accepted(text) == (is_legal and not [*right[-1]])


@given(st.text("ab.", min_size=1, max_size=9))
def test_after_any_beginning_of_a_string_of_as_many_b_as_a_what_may_follow_is_known(text: str) -> None:
    strings = ["a" * n + "b" * n + "." for n in range(1, 20)]
    right = answers(small("anbn", 20), tuple("ab.".index(letter) for letter in text))[-1]
    nexts = {string[len(text)] for string in strings if string.startswith(text) and len(string) > len(text)}
    assert {"ab."[number] for number in right} == nexts


@given(st.lists(st.integers(0, 4), min_size=1, max_size=12))
def test_sums_firsts_and_echoes_are_what_they_say(numbers: list[int]) -> None:
    sequence, steps = tuple(numbers), range(len(numbers))
    told = {task: [*map(tuple, answers(small(task, 8, vocab_size=5, steps_back=3), sequence))] for task in FOUR}
    assert told["modular"] == [(sum(sequence[: t + 1]) % 5,) for t in steps]
    assert told["recall-any"] == [(sequence[0],)] * len(sequence)
    assert told["echo"] == [(sequence[t - 3],) if t > 2 else () for t in steps]
    assert told["long-lag"] == [(sequence[0],) if t > 6 and sequence[0] < 2 else () for t in steps]
    bits = tuple(number % 2 for number in sequence)
    last = answers(small("parity", 8, asked="last"), bits)
    assert [*map(tuple, last)] == [(bits[: t + 1].count(1) % 2,) if t > 6 else () for t in steps]


FOUR = ("modular", "recall-any", "echo", "long-lag")


def test_a_file_is_learned_in_windows_that_have_a_next_number(tmp_path: Path) -> None:
    path = written(tmp_path, "1 2 3 4\n7\n5 6 7\n")
    found = parts(TaskConfig("file", vocab_size=8, length=2, path=path))
    assert as_lists(found.train) == [([1, 2], [2, 3]), ([2, 3], [3, 4]), ([5, 6], [6, 7])]
    assert found.short_lines == 1


def test_a_line_shorter_than_a_sequence_is_one_and_nothing_is_asked_behind_it(tmp_path: Path) -> None:
    path = written(tmp_path, "1 2\n3 4 5 6\n")
    found = parts(TaskConfig("file", vocab_size=8, length=3, path=path)).train
    assert as_lists(found) == [([1, 2, 2], [2, None, None]), ([3, 4, 5], [4, 5, 6])]


def test_names_come_with_the_program_unless_there_is_a_file_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(understand("names").sequences) > 500
    Path("names").write_text("1 2 3")
    assert understand("names").sequences == [(1, 2, 3)]
    assert "cannot be read" in refused(TaskConfig("file", path="./nam"))


@pytest.mark.parametrize(("lines", "steps"), [("1 2 3 4 5 6 7 8 9", 5), ("1 2 3 4", 3), ("1 2 3\n1 2", 0)])
def test_a_longer_sequence_of_a_file_is_one_of_its_own(tmp_path: Path, lines: str, steps: int) -> None:
    found = longer(TaskConfig("file", vocab_size=16, length=2, path=written(tmp_path, lines)), Random(0))
    assert len(found) == steps
    assert [*found] == [*range(found[0], found[0] + steps)] if found else True


def test_of_a_series_the_end_is_held_out_and_no_number_is_on_both_sides(tmp_path: Path) -> None:
    path = written(tmp_path, " ".join(map(str, range(20))))
    train, away, _, whence = parts(TaskConfig("file", vocab_size=20, length=2, path=path, held_out=0.25))
    assert (len(train), len(away), whence) == (12, 4, "the end of the series")
    assert max(train[-1].targets) < min(away[0].inputs)


def test_of_many_lines_whole_lines_are_held_out(tmp_path: Path) -> None:
    lines = [range(10 * i, 10 * i + 5) for i in range(10)]
    path = written(tmp_path, "\n".join(" ".join(map(str, line)) for line in lines))
    train, away, _, whence = parts(TaskConfig("file", vocab_size=100, length=2, path=path, held_out=0.3))
    assert (len(train), len(away), whence) == (21, 9, "3 of 10 lines")
    assert not {item.inputs[0] // 10 for item in train} & {item.inputs[0] // 10 for item in away}


BAD = {
    "1 2\n3 four 5": "line 2, column 3: four is no number",
    "1 ٣": "line 1, column 3: ٣ is no number",
    "1\x0b2": "cannot be shown",
    "\n\n1 2 300": "vocab_size cannot be 128, as",
    "1 " + "9" * 5000: "line 1, column 3: 999999999999999999999999 ",
    "": "is empty",
    b"1 2\n3 \xff\xfe": "line 2, column 3 is not text",
}


@pytest.mark.parametrize(("text", "fact"), BAD.items())
def test_a_bad_file_is_refused_by_line_and_column(tmp_path: Path, text: str | bytes, fact: str) -> None:
    said = refused(TaskConfig("file", length=3, path=written(tmp_path, text)))
    assert fact in said
    assert said.isprintable()


LINES = st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=30), min_size=1, max_size=12)


@given(LINES, st.integers(1, 8), st.floats(0.01, 0.9))
def test_the_part_held_out_is_a_part_of_the_windows_and_what_is_left_out_is_counted(
    tmp_path_factory: pytest.TempPathFactory, lines: list[list[int]], length: int, held_out: float
) -> None:
    assume({*map(len, lines)} != {2} or len(lines) < 3)  # might number its lines
    path = written(tmp_path_factory.mktemp("n"), "\n".join(" ".join(map(str, line)) for line in lines))
    config = TaskConfig("file", length=length, path=path, held_out=held_out)
    windows = [max(1, len(line) - length) for line in lines if len(line) > 1]
    if not windows or (len(windows) == 1 and windows[0] < length + 2):
        assert " 0 numbers" not in refused(config)
        return
    train, away, short, _ = parts(config)
    assert min(len(train), len(away)) >= 1
    assert short == len(lines) - len(windows)
    total = sum(windows) if len(windows) > 1 else windows[0] - length
    assert len(train) + len(away) == total
    assert abs(len(away) - held_out * total) <= max(windows)


@pytest.mark.parametrize("text", ["1 2 3 4 5 6", "1\n1 2 3 4 5 6\n2"])
def test_holding_out_too_much_of_a_series_is_refused_with_the_three_ways_out(tmp_path: Path, text: str) -> None:
    config = TaskConfig("file", length=3, path=written(tmp_path, text), held_out=0.5)
    assert all(way in refused(config) for way in ("6 numbers", "at most 2", "choose 0", "longer lines"))


def test_one_number_is_not_one_numbers(tmp_path: Path) -> None:
    assert "1 number, and" in refused(TaskConfig("file", length=3, path=written(tmp_path, "1")))
    words = TaskConfig("file", vocab_size=2, length=3, path=written(tmp_path, "a b"), held_out=0.5, symbols=("a", "b"))
    assert "2 symbols, and two parts" in refused(words)


@pytest.mark.parametrize(
    ("text", "length", "limit"),
    [("1 " * (MAX_POSITIONS // 300), 512, "3,906"), ("1\n" * 2_000_000, 6, "1,000,000 lines")],
)
def test_more_windows_or_lines_than_fit_are_refused(tmp_path: Path, text: str, length: int, limit: str) -> None:
    assert limit in refused(TaskConfig("file", length=length, path=written(tmp_path, text)))


def test_a_file_too_large_is_not_read_and_a_pipe_not_waited_for(tmp_path: Path) -> None:
    path = written(tmp_path, "1")
    os.truncate(path, MAX_BYTES + 1)
    assert "at most 16,000,000" in refused(TaskConfig("file", path=path))
    os.mkfifo(tmp_path / "pipe")
    assert "is not a regular file" in refused(TaskConfig("file", path=str(tmp_path / "pipe")))


@pytest.mark.parametrize("path", ["", "/nowhere/at/all", "/", "a\0b", "~nobody-of-that-name/x", "x" * 4000])
def test_what_is_no_file_is_refused(path: str) -> None:
    assert "cannot be read" in (said := refused(TaskConfig("file", path=path))) or "not a regular file" in said


def test_a_home_folder_may_be_written_as_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    written(tmp_path, "1 2")
    assert understand("~/numbers.txt").sequences == [(1, 2)]
