"""The results file: whole rows, one writer, and what is torn."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweep_kit import SMALL, row

from unroll.errors import FileError
from unroll.sweep import results
from unroll.sweep.results import done, merge, opened_results, read, shard_path, shard_paths

ROWS = [row(), row(SMALL.replace(length=4), (16,), (None,))]


def written(path: Path) -> str:
    with opened_results(str(path)) as kept:
        for one in ROWS:
            kept.add(one)
    return str(path)


def test_what_is_written_is_read_and_counts_as_done(tmp_path: Path) -> None:
    contents = read(written(tmp_path / "a.jsonl"))
    assert (contents.rows, contents.word) == (ROWS, "")
    assert done(contents.rows) == {ROWS[0].digest: {0, 1}, ROWS[1].digest: {16}}


@given(st.integers(1, 400))
def test_a_line_torn_anywhere_is_dropped_with_a_word_and_written_again(tmp_path_factory, cut: int) -> None:
    path = Path(written(tmp_path_factory.mktemp("torn") / "a.jsonl"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    with opened_results(str(path)) as kept:
        assert kept.contents.rows == ROWS[:1]
        assert "torn" in kept.contents.word
        kept.add(ROWS[1])
    assert path.read_bytes() == whole


def test_zeros_at_the_end_after_a_power_cut_are_a_torn_line(tmp_path: Path) -> None:
    path = Path(written(tmp_path / "a.jsonl"))
    path.write_bytes(path.read_bytes() + bytes(4096))
    assert read(str(path)).rows == ROWS


def test_two_sweeps_on_one_file_refuse(tmp_path: Path) -> None:
    path = str(tmp_path / "a.jsonl")
    with opened_results(path), pytest.raises(FileError, match=r"Another sweep writes to .*--out"), opened_results(path):
        pass
    with opened_results(path):
        pass


@pytest.mark.parametrize("text", ["a letter", "a letter\n", '{"format":2}\n', "{}\n", '{"format":1}\n'])
def test_another_file_is_refused_and_left_as_it_is(tmp_path: Path, text: str) -> None:
    path = tmp_path / "letter.txt"
    path.write_text(text)
    with pytest.raises(FileError, match=r"no result.*name another file"), opened_results(str(path)):
        pass
    assert path.read_text() == text


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "", "nowhere/a.jsonl"):
        with pytest.raises(FileError), opened_results(str(tmp_path / name)):
            pass


def test_where_the_disk_is_full_the_file_is_as_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path(written(tmp_path / "a.jsonl"))
    whole = path.read_bytes()

    def write(descriptor: int, data: bytes, place: int) -> int:
        return pwrite(descriptor, data[:100], place)

    pwrite = os.pwrite
    monkeypatch.setattr(results.os, "pwrite", write)
    with (
        opened_results(str(path)) as kept,
        pytest.raises(FileError, match=r"disk is full.*the same command goes on"),
    ):
        kept.add(ROWS[0])
    assert path.read_bytes() == whole


def test_parts_are_found_beside_the_file_and_added_once(tmp_path: Path) -> None:
    whole = str(tmp_path / "odd [1].jsonl")
    parts = [shard_path(whole, number, 2) for number in (1, 2)]
    for one, part in zip(ROWS, parts, strict=True):
        with opened_results(part) as kept:
            kept.add(one)
    assert shard_paths(whole) == parts
    for added in (2, 0):
        with opened_results(whole) as kept:
            assert merge(kept, parts) == added
    assert read(whole).rows == ROWS


def test_another_version_computes_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "VERSION", "99")
    assert done(ROWS) == {}
