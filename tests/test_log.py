"""The log: bounded, private, harmless to a terminal, and never in the way."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from unroll.client.diagnosis import cause, no_hello
from unroll.log import NOTE, Log


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


@pytest.mark.parametrize("kind", [Path.mkdir, os.mkfifo])
def test_a_log_that_cannot_be_written_stops_nothing(state_dir: Path, kind: Callable[[Path], None]) -> None:
    kind(state_dir / "x.log")
    Log("x.log").write("lost")


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
