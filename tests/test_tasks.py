"""Tasks: the sequences there are, the answers that are right, and what is held out."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unroll.errors import RecipeError
from unroll.recipe import TaskConfig
from unroll.tasks import MAX_POSITIONS, TASKS, Item, answer, parts, sequences
from unroll.tasks.datafile import understand
from unroll.tasks.decoding import MAX_BYTES

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
        assert [answer(config, item.inputs, t) for t in range(len(item.inputs))] == list(item.targets)


def test_every_task_says_what_it_asks_and_teaches() -> None:
    assert [*TASKS] == ["count", "recall", "file"]
    assert all(task.asks.endswith(".") and task.teaches.endswith(".") for task in TASKS.values())


def test_neither_counting_past_the_vocabulary_nor_a_file_has_a_right_answer() -> None:
    assert answer(TaskConfig("count", vocab_size=5, length=3), [2, 3, 4], 2) is None
    assert answer(TaskConfig("file", path="x"), [2, 3], 1) is None
    assert sequences(TaskConfig("file", path="x")) is None


def test_a_file_is_learned_in_windows_that_have_a_next_number(tmp_path: Path) -> None:
    path = written(tmp_path, "1 2 3 4\n7\n5 6 7\n")
    found = parts(TaskConfig("file", vocab_size=8, length=2, path=path)).train
    assert as_lists(found) == [([1, 2], [2, 3]), ([2, 3], [3, 4]), ([5, 6], [6, 7])]


def test_of_a_series_the_end_is_held_out_and_no_number_is_on_both_sides(tmp_path: Path) -> None:
    path = written(tmp_path, " ".join(map(str, range(20))))
    train, away, _ = parts(TaskConfig("file", vocab_size=20, length=2, path=path, held_out=0.25))
    assert (len(train), len(away)) == (12, 4)
    assert max(train[-1].targets) < min(away[0].inputs)


def test_of_many_lines_whole_lines_are_held_out(tmp_path: Path) -> None:
    lines = [range(10 * i, 10 * i + 5) for i in range(10)]
    path = written(tmp_path, "\n".join(" ".join(map(str, line)) for line in lines))
    train, away, _ = parts(TaskConfig("file", vocab_size=100, length=2, path=path, held_out=0.3))
    assert (len(train), len(away)) == (21, 9)
    assert not {item.inputs[0] // 10 for item in train} & {item.inputs[0] // 10 for item in away}


BAD = {
    "1 2\n3 four 5": "line 2, column 3: four is no number",
    "1 ٣": "line 1, column 3: ٣ is no number",
    "1\x0b2": "cannot be shown",
    "\n\n1 2 300": "vocab_size cannot be 128, as",
    "1 " + "9" * 5000: "line 1, column 3: 999999999999999999999999 ",
    "": "is empty",
    b"1 2\n3 \xff\xfe": "line 2, column 3 is not text",
    "1 2 3": "length cannot be 3",
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
    path = written(tmp_path_factory.mktemp("n"), "\n".join(" ".join(map(str, line)) for line in lines))
    config = TaskConfig("file", length=length, path=path, held_out=held_out)
    windows = [len(line) - length for line in lines if len(line) > length]
    if not windows or (len(windows) == 1 and windows[0] < length + 2):
        assert " 0 numbers" not in refused(config)
        return
    train, away, short = parts(config)
    assert min(len(train), len(away)) >= 1
    assert short == len(lines) - len(windows)
    total = sum(windows) if len(windows) > 1 else windows[0] - length
    assert len(train) + len(away) == total
    assert abs(len(away) - held_out * total) <= max(windows)


@pytest.mark.parametrize("text", ["1 2 3 4 5 6", "1\n1 2 3 4 5 6\n2 3 4"])
def test_holding_out_too_much_of_a_series_is_refused_with_the_three_ways_out(tmp_path: Path, text: str) -> None:
    config = TaskConfig("file", length=3, path=written(tmp_path, text), held_out=0.5)
    assert all(way in refused(config) for way in ("6 numbers", "at most 2", "choose 0", "longer lines"))


def test_one_number_is_not_one_numbers(tmp_path: Path) -> None:
    assert "1 number and" in refused(TaskConfig("file", length=3, path=written(tmp_path, "1")))


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
