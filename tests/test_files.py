"""Files that people name: replaced whole or not at all, wherever the name leads."""

import errno
import os
import stat
from pathlib import Path

import pytest

from unroll.errors import FileError
from unroll.files import read_regular, reason, write_atomically
from unroll.paths import find_model, model_files, own_models, place_to_save, shipped_models
from unroll.text import shown_path


def test_a_link_stays_a_link_and_its_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    write_atomically(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_a_file_keeps_its_rights_and_a_new_one_gets_the_usual(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.touch()
    old.chmod(0o640)
    mask = os.umask(0o027)
    write_atomically(old, b"x")
    write_atomically(new, b"x")
    os.umask(mask)
    assert [stat.S_IMODE(file.stat().st_mode) for file in (old, new)] == [0o640, 0o640]


@pytest.mark.parametrize("name", ["folder", "pipe", "no/such/folder", "loop"])
def test_where_no_file_can_be_nothing_is_written(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(FileError):
        write_atomically(tmp_path / name, b"x")
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", ["loop", "one", "link"])
def test_links_in_a_circle_are_not_replaced_by_the_pythons_whose_resolve_lets_them_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for link, target in (("loop", "loop"), ("one", "two"), ("two", "one"), ("link", "loop")):
        (tmp_path / link).symlink_to(target)
    monkeypatch.setattr(Path, "resolve", lambda path: Path(os.path.realpath(path)))  # as from Python 3.13 on
    with pytest.raises(FileError, match=f"(?i){os.strerror(errno.ELOOP)}"):
        write_atomically(tmp_path / name, b"x")
    assert all(link.is_symlink() for link in tmp_path.iterdir())


def test_a_file_of_just_the_limit_is_read(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"12345")
    assert read_regular(tmp_path / "x", 5) == b"12345"
    with pytest.raises(FileError, match="at most 4"):
        read_regular(tmp_path / "x", 4)


def test_a_long_or_hostile_name_is_shown_short_and_harmless() -> None:
    assert shown_path("\x1b]0;gotcha\a") == "␛]0;gotcha␇"
    assert len(shown_path("x" * 4000)) == 80


def test_the_networks_that_come_with_the_program_are_found_by_name() -> None:
    names = ["count-lstm", "count-rnn", "recall-lstm", "recall-rnn"]
    assert [file.stem for file in model_files()] == names
    assert find_model("count-rnn") == shipped_models() / "count-rnn.safetensors"


def test_a_bare_name_is_saved_to_the_users_own_folder_and_found_there() -> None:
    place = place_to_save("mine")
    assert place == own_models() / "mine.safetensors"
    place.touch()
    assert find_model("mine") == place


@pytest.mark.parametrize("name", ["count-v1.2", "a.b", "v2."])
def test_a_name_may_have_dots(name: str) -> None:
    place_to_save(name).touch()
    assert find_model(name) == own_models() / f"{name}.safetensors"


def test_a_link_among_the_users_models_is_not_followed(tmp_path: Path) -> None:
    place_to_save("mine").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileError, match="link"):
        place_to_save("mine")


@pytest.mark.parametrize("call", ["fchmod", "fsync"])
@pytest.mark.parametrize("number", [errno.EPERM, errno.EINVAL, errno.ENOTSUP, errno.ENOSYS])
def test_what_a_file_system_does_not_know_is_forgiven(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    def refuse(*given: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, call, refuse)
    for data in (b"one", b"two"):
        write_atomically(tmp_path / "x", data)
        assert (tmp_path / "x").read_bytes() == data


def test_a_disk_that_fails_is_not_forgiven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda number: (_ for _ in ()).throw(OSError(errno.EIO, os.strerror(errno.EIO))))
    with pytest.raises(FileError, match="nput/output error"):
        write_atomically(tmp_path / "x", b"data")


@pytest.mark.parametrize("name", ["./mine", "mine.safetensors", "sub/mine"])
def test_a_path_is_a_path(name: str) -> None:
    assert find_model(name) == place_to_save(name) == Path(name)


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    with pytest.raises(FileError, match=r"nope.*count-rnn, .*recall-rnn"):
        find_model("nope")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError("AF_UNIX path too long"), "AF_UNIX path too long"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "x"), "no such file or directory"),
        (ValueError("embedded null byte"), "embedded null byte"),
    ],
)
def test_a_reason_is_put_in_the_middle_of_a_sentence_without_spoiling_a_name(error: Exception, words: str) -> None:
    assert reason(error) == words
