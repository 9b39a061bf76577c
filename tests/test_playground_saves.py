"""Saving from the playground where that cannot be: one sentence, the old file whole, and the run still there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pty_kit import Session


class Saver(Session):
    """The playground in a folder of its own, where a model was saved; another network is on the screen since then."""

    saved: Path

    def save(self) -> None:
        """Save under the name that is offered, which no other model has."""
        self.send("s")
        self.until_shown("Save as")
        self.send("\r")

    def assert_goes_on(self) -> None:
        """The run is there still, and its network answers."""
        self.until_shown("epoch  1/25")
        length = len(self.prompt)
        self.send("c")
        self.until(lambda: len(self.prompt) == length + 1)

    @property
    def prompt(self) -> list[str]:
        return next(row for row in self.text.splitlines() if row.startswith("› ")).split()[1:]


@pytest.fixture
def saver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Saver]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNROLL_DATA_DIR", str(tmp_path / "data"))
    with Saver() as saver:
        saver.until_ready()
        saver.save()
        saver.until_shown("Saved in")
        (saver.saved,) = tmp_path.rglob("*.safetensors")
        saver.send("e")
        saver.until_shown("epoch  1/25")
        yield saver


def test_a_folder_that_has_vanished_is_made_anew_and_one_that_cannot_be_is_a_sentence(saver: Saver) -> None:
    shutil.rmtree(saver.saved.parent)
    saver.save()
    saver.until(saver.saved.exists)
    saver.assert_goes_on()
    away = saver.saved.parent.with_name("away")
    saver.saved.parent.rename(away)
    saver.saved.parent.write_text("a file where the folder was")
    saver.save()
    saver.until(lambda: "cannot be made" in saver.text or "cannot be written" in saver.text)
    saver.assert_goes_on()
    assert (away / saver.saved.name).stat().st_size > 1000


@pytest.mark.skipif(os.getuid() == 0, reason="root may write to a folder that is read-only")
def test_where_the_folder_is_read_only_the_playground_says_so_and_the_old_file_is_whole(saver: Saver) -> None:
    before = saver.saved.read_bytes()
    saver.saved.parent.chmod(0o500)
    saver.save()
    saver.until_shown("Permission denied")
    saver.assert_goes_on()
    assert [path.name for path in saver.saved.parent.iterdir()] == [saver.saved.name]
    saver.saved.parent.chmod(0o700)
    saver.save()
    saver.until(lambda: len(list(saver.saved.parent.iterdir())) == 2)
    assert saver.saved.read_bytes() == before
