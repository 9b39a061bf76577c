"""Saving from the playground where that cannot be: one sentence, the old file whole, and the run still there."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from unroll_dev.bench.pty import Terminal

UNROLL = [sys.executable, "-m", "unroll"]


@pytest.fixture
def saving(tmp_path: Path) -> Iterator[tuple[Terminal, Path]]:
    """The playground after a first save, and the file that it made; another network is on the screen since then."""
    environment = {"UNROLL_DATA_DIR": str(tmp_path / "data")}
    with Terminal(["sh", "-c", f"cd {tmp_path} && exec {' '.join(UNROLL)}"], environment=environment) as terminal:
        terminal.until(lambda: "it expects" in terminal.text, 60)
        save(terminal)
        terminal.until(lambda: "Saved in" in terminal.text, 30)
        (saved,) = tmp_path.rglob("*.safetensors")
        terminal.send("e")
        terminal.until(lambda: "epoch  1/25" in terminal.text, 30)
        yield terminal, saved


def save(terminal: Terminal) -> None:
    """Save under the name that is offered, which no other model has."""
    terminal.send("s")
    terminal.until(lambda: "Save as" in terminal.text, 30)
    terminal.send("\r")


def goes_on(terminal: Terminal) -> None:
    """The run is there still, and its network answers."""
    terminal.until(lambda: "epoch  1/25" in terminal.text, 30)
    terminal.send("c")
    terminal.until(lambda: "step 5/5" in terminal.text, 30)


def test_the_playground_makes_a_folder_anew_that_has_vanished(saving: tuple[Terminal, Path]) -> None:
    terminal, saved = saving
    shutil.rmtree(saved.parent)
    save(terminal)
    terminal.until(saved.exists, 30)
    goes_on(terminal)


def test_where_the_folder_vanished_for_good_the_playground_says_so_and_goes_on(saving: tuple[Terminal, Path]) -> None:
    terminal, saved = saving
    away = saved.parent.with_name("away")
    saved.parent.rename(away)
    saved.parent.write_text("a file where the folder was")
    save(terminal)
    terminal.until(lambda: "cannot be made" in terminal.text or "cannot be written" in terminal.text, 30)
    goes_on(terminal)
    assert (away / saved.name).stat().st_size > 1000


@pytest.mark.skipif(os.getuid() == 0, reason="root may write to a folder that is read-only")
def test_where_the_folder_is_read_only_the_playground_says_so_and_the_old_file_is_whole(
    saving: tuple[Terminal, Path],
) -> None:
    terminal, saved = saving
    before = saved.read_bytes()
    saved.parent.chmod(0o500)
    save(terminal)
    terminal.until(lambda: "Permission denied" in terminal.text, 30)
    goes_on(terminal)
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]
    saved.parent.chmod(0o700)
    save(terminal)
    terminal.until(lambda: len(list(saved.parent.iterdir())) == 2, 30)
    assert saved.read_bytes() == before
