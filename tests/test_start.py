"""The first second of the program: a frame at once, over which the live screen comes; keys typed meanwhile are kept."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pyte
import pytest

from test_program import Sitting, sitting

STUCK = "open({file!r}, 'w').close()\nimport time\ntime.sleep(60)"
BROKEN = "raise ImportError('a broken install')"
REPLAYED = ("--replay", str(Path(__file__).parent / "terminal" / "recordings" / "untrained.jsonl"))


@pytest.fixture
def textual(tmp_path: Path) -> Path:
    """The file of a package that the program takes for Textual."""
    (tmp_path / "textual").mkdir()
    return tmp_path / "textual" / "__init__.py"


def path_to(textual: Path) -> str:
    return os.pathsep.join([str(textual.parents[1]), os.environ.get("PYTHONPATH", "")])


def until_framed(person: Sitting) -> None:
    """Wait for all of the frame that comes before Textual."""
    person.until_shown("Recipe", "starting the engine")


def assert_left(person: Sitting) -> None:
    """The line's settings are what they were, and the alternate screen is left."""
    assert person.settings == person.settings_now()
    assert person.sent.rfind(b"\x1b[?1049l") > person.sent.rfind(b"\x1b[?1049h") >= 0
    assert person.sent.rfind(b"\x1b[?25h") > person.sent.rfind(b"\x1b[?25l") >= 0


@pytest.mark.parametrize("size", [(120, 40), (80, 24)], ids=str)
def test_the_live_screen_comes_over_the_frame_without_a_flicker(size: tuple[int, int]) -> None:
    with sitting(*size, words=REPLAYED) as person:
        person.until_shown("Hidden state", "q quit", "expects")
        sent = person.sent
    assert sent.count(b"\x1b[?1049h") == 1
    framed = sent.index(b"\x1b[?1000h")
    screen = pyte.Screen(*size)
    stream = pyte.ByteStream(screen)
    stream.feed(sent[:framed])
    frame = {(x, y): cell for y, row in screen.buffer.items() for x, cell in row.items() if cell.data in "╭╮╰╯│"}
    assert len(frame) > 70
    for start in range(framed, len(sent), 512):
        stream.feed(sent[start : start + 512])
        assert {place: screen.buffer[place[1]][place[0]] for place in frame} == frame


def test_keys_typed_before_the_live_screen_are_neither_shown_nor_lost() -> None:
    with sitting(words=REPLAYED) as person:
        until_framed(person)
        person.press("/21 22")
        person.until_shown("q quit")
        until_live = person.sent[: person.sent.index(b"\x1b[?1000h")]
        person.until_shown("› 7 8 9 10 21 22")
        assert b"21" not in until_live.split("starting the engine …".encode())[1]


@pytest.mark.parametrize("key", ["\x03", "q"], ids=["ctrl+c", "q"])
def test_a_key_that_leaves_does_so_from_the_frame_on(key: str) -> None:
    with sitting(words=REPLAYED) as person:
        until_framed(person)
        person.press(key)
        assert person.until_ended() == 0
        assert_left(person)


def test_where_textual_cannot_be_imported_the_terminal_is_given_back(textual: Path) -> None:
    textual.write_text(BROKEN)
    with sitting(PYTHONPATH=path_to(textual)) as person:
        assert person.until_ended() == 1
        assert_left(person)
        assert person.sent.index(b"a broken install") > person.sent.index(b"\x1b[?1049l")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_told_to_end_while_there_is_but_the_frame_it_gives_the_terminal_back(
    number: signal.Signals, textual: Path, tmp_path: Path
) -> None:
    started = tmp_path / "started"
    textual.write_text(STUCK.format(file=str(started)))
    with sitting(PYTHONPATH=path_to(textual)) as person:
        until_framed(person)
        person.press("\x03\x1c\x1a")  # keys that would end or stop it
        person.until(started.exists)
        person.program.kill(number)
        assert person.until_ended() == -number
        assert_left(person)
        assert b"Traceback" not in person.sent


def test_an_engine_that_cannot_be_started_leaves_no_mess() -> None:
    with sitting(words=["--engine", "no-such-engine"]) as person:
        person.until_shown("q quit", "cannot be started")
        person.press("q")
        assert person.until_ended() == 0
        assert_left(person)


def test_a_line_that_cannot_be_is_refused_without_a_frame() -> None:
    with sitting(words=["unroll:1 epochs=never"]) as person:
        assert person.until_ended() == 2
        assert b"epochs" in person.sent
        assert b"\x1b[?1049h" not in person.sent


def test_without_colours_the_frame_has_none() -> None:
    with sitting(words=REPLAYED, NO_COLOR="1") as person:
        until_framed(person)
        frame = person.sent.split(b"\x1b[?1000h")[0]
        assert not re.search(rb"\x1b\[[0-9;]*[34]8;[0-9;]*m", frame)
