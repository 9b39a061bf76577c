"""The pictures are of the real program, and the same every time."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from unroll_dev import screenshots
from unroll_dev.__main__ import main
from unroll_dev.screenshots import NARROW, Scene, counted_on


def words(picture: Path) -> str:
    """The text in a picture."""
    shown = re.findall(r"<text[^>]*>([^<]*)</text>", picture.read_text(encoding="utf-8"))
    return "".join(shown).replace("&#160;", " ")


def test_the_pictures_of_a_trained_network_show_eleven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screenshots, "SCENES", (Scene("tabs", NARROW, counted_on), Scene("again", NARROW, counted_on)))
    done = CliRunner().invoke(main, ["screenshots", str(tmp_path / "pictures")])
    assert done.exit_code == 0, done.output
    once, again = (tmp_path / "pictures" / name for name in ("tabs.svg", "again.svg"))
    assert done.output.split() == [str(once), str(again)]
    assert "step 4/7: after 10 it expects 11" in words(once)
    assert once.read_bytes() == again.read_bytes()
