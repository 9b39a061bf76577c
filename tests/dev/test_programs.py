"""The words that the measurements wait for stand on the playground's screen, and its last key leaves it."""

import re
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from unroll.tty.framebuffer import REPAIR
from unroll_dev import screenshots
from unroll_dev.__main__ import main
from unroll_dev.bench.memory import both
from unroll_dev.bench.panes import PROMPT, panes_of
from unroll_dev.bench.programs import FULL_SPEED, START_WITHIN, playground, started
from unroll_dev.bench.rest import HEATMAP, LOSS
from unroll_dev.bench.runs import is_over
from unroll_dev.bench.soak import LEAVE
from unroll_dev.bench.stall import shown_epoch
from unroll_dev.bench.starts import MILESTONES
from unroll_dev.bench.training import FINISHED
from unroll_dev.screenshots import NARROW, Scene, counted_on


def test_the_playground_shows_what_is_waited_for() -> None:
    with started(playground(epochs=3)) as terminal:
        for text in MILESTONES:
            terminal.until_shown(text, START_WITHIN)
        assert {HEATMAP, LOSS, PROMPT} <= set(panes_of(terminal.screen))
        assert any(REPAIR.encode() in chunk.data for chunk in terminal.chunks)
        terminal.send(FULL_SPEED + " ")
        terminal.until_shown(FINISHED, START_WITHIN)
        terminal.until(lambda: is_over(terminal, 1))
        assert shown_epoch(terminal) == 3
        assert re.search(r"step 4/4: after 10 it expects", terminal.text)
        if Path("/proc/self/statm").exists():
            assert min(both(terminal)) > 2**20
        terminal.send(LEAVE)
        terminal.until(lambda: terminal.ended, START_WITHIN)


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="idle time is read from /proc")
@pytest.mark.parametrize("group", ["starts", "rest", "resize"])
def test_a_part_is_measured_to_its_end(group: str) -> None:
    done = CliRunner().invoke(main, ["bench", "screen", "--only", group])
    assert done.exit_code == 0
    assert "left out" not in done.stdout


# The pictures are of the real program, and the same every time


def words(picture: Path) -> str:
    """The text in a picture."""
    shown = re.findall(r"<text[^>]*>([^<]*)</text>", picture.read_text(encoding="utf-8"))
    return "".join(shown).replace("&#160;", " ")


@pytest.mark.usefixtures("warm_engines")
def test_the_pictures_of_a_trained_network_show_eleven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screenshots, "SCENES", (Scene("tabs", NARROW, counted_on), Scene("again", NARROW, counted_on)))
    done = CliRunner().invoke(main, ["screenshots", str(tmp_path / "pictures")])
    assert done.exit_code == 0, done.output
    once, again = (tmp_path / "pictures" / name for name in ("tabs.svg", "again.svg"))
    assert done.output.split() == [str(once), str(again)]
    assert "step 4/7: after 10 it expects 11" in words(once)
    assert once.read_bytes() == again.read_bytes()
