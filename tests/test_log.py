"""The log: bounded, private, harmless to a terminal, and never in the way."""

import io
import os
import pwd
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from unroll.client.diagnosis import cause, no_hello
from unroll.errors import FileError
from unroll.log import NOTE, Log, private_folder


def test_nothing_is_made_before_there_is_something_to_say(state_dir: Path) -> None:
    log = Log("deep.log")
    assert not log.path.exists()
    log.write("one\ntwo \x1b[31m")
    assert [line.split(" ", 3)[3] for line in log.path.read_text().splitlines()] == ["one", "two ␛[31m"]
    assert log.path.stat().st_mode & 0o777 == 0o600


def test_its_size_is_bounded(state_dir: Path) -> None:
    log = Log("small.log", max_bytes=1000)
    for number in range(200):
        log.write(f"line {number}")
    files = sorted(state_dir.iterdir())
    assert [file.name for file in files] == ["small.log", "small.log.1"]
    assert sum(file.stat().st_size for file in files) < 2200
    assert "line 199" in "".join(file.read_text() for file in files)


def planted(path: Path) -> None:
    path.symlink_to(path.with_name("elsewhere"))


@pytest.mark.parametrize("kind", [Path.mkdir, os.mkfifo, planted])
def test_a_log_that_cannot_be_written_stops_nothing(state_dir: Path, kind: Callable[[Path], None]) -> None:
    kind(state_dir / "x.log")
    Log("x.log").write("lost")
    assert [file.name for file in state_dir.iterdir()] == ["x.log"], "no link is followed"


@pytest.mark.parametrize("kind", ["of others", "of another user", "without a home"])
def test_a_folder_that_is_not_the_users_own_is_not_used_and_a_sentence_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("UNROLL_STATE_DIR", str(folder))
    if kind == "of others":
        folder.chmod(0o1777)
    elif kind == "without a home":
        for name in ("UNROLL_STATE_DIR", "HOME", "XDG_STATE_HOME"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr(pwd, "getpwuid", lambda number: (_ for _ in ()).throw(KeyError(number)))
    else:
        monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)
    Log("x.log").write("lost")
    assert list(folder.iterdir()) == []
    with pytest.raises(FileError, match="UNROLL_STATE_DIR"):
        private_folder("engines")


def test_a_deleted_folder_is_made_again(state_dir: Path) -> None:
    log = Log("x.log")
    log.write("one")
    shutil.rmtree(state_dir)
    log.write("two")
    assert "two" in log.path.read_text()
    assert state_dir.stat().st_mode & 0o777 == 0o700


def test_the_parent_process_hears_it_too() -> None:
    echo = io.StringIO()
    log = Log("echo.log", echo=echo)
    log.note("the engine starts")
    log.write("it failed\nfor a reason")
    assert echo.getvalue() == f"{NOTE}the engine starts\nit failed\nfor a reason\n"
    assert NOTE not in log.path.read_text()


def test_the_last_line_tells_of_the_cause_unless_it_is_a_note() -> None:
    assert cause(["a warning", f"{NOTE}the engine starts"]) == cause([]) == ""
    assert cause([f"{NOTE}the engine starts", "MemoryError"]) == "MemoryError"
    assert no_hello(10, []).endswith("It has written nothing.")
    assert no_hello(10, [f"{NOTE}the engine starts"]).endswith("10 s.")
