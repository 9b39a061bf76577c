"""The whole program as a person starts it and leaves it: a frame at once, over which the live screen comes."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pyte
import pytest

from pty_kit import SILENT, TIMEOUT_S, UNROLL, UNTRAINED, Session, long

STUCK = "open({file!r}, 'w').close()\nimport time\ntime.sleep(60)"
BROKEN = "raise ImportError('a broken install')"
STARTING = "starting the engine …"
ALIVE = b"\x1b[?1000h"
"""Written when Textual takes the terminal over."""


NO_TERMINAL = "terminal"
"""Stands once in the sentence that is said where there is none to draw on."""


@pytest.mark.parametrize("size", [(120, 40), long((80, 24))])
def test_start_train_read_eleven_step_back_and_quit(size: tuple[int, int]) -> None:
    with Session(size=size) as session:
        session.until_ready("› 7 8 9 10", "step 4/4: after 10")
        processes = session.processes
        session.send(" ")
        session.until_shown("step 4/4: after 10 it expects 11, >99.9 %")
        session.send("2")
        session.until_shown("epoch 25/25", "←/→ epoch")
        session.send("\x1b")
        session.until_shown("1 State", "←/→ step")
        session.send("\x1b[D")
        session.until_shown("step 3/4: after 9 it expects 10, >99.9 %")
        session.send("q")
        assert len(processes) == 2
        assert session.until_ended(*processes) == 0
        session.assert_given_back()


@pytest.mark.parametrize("keys", ["\x03", "/\x03"], ids=["from the heatmap", "from the prompt"])
def test_ctrl_c_leaves_before_the_engine_has_said_a_word(keys: str) -> None:
    with Session(*SILENT) as session:
        session.until_shown("Recipe", "› 7 8 9 10", STARTING)
        processes = session.processes
        session.send(keys)
        assert session.until_ended(*processes) == 0
        session.assert_given_back()


# The frame


@pytest.fixture
def textual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a package that the program takes for Textual."""
    (tmp_path / "textual").mkdir()
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    return tmp_path / "textual" / "__init__.py"


@pytest.mark.parametrize("size", [(120, 40), (80, 24)], ids=str)
def test_the_live_screen_comes_over_the_frame_without_a_flicker(size: tuple[int, int]) -> None:
    with Session(*UNTRAINED, size=size) as session:
        session.until_ready("1 State", "q quit")
    assert session.sent.count(b"\x1b[?1049h") == 1
    framed = session.sent.index(ALIVE)
    screen = pyte.Screen(*size)
    stream = pyte.ByteStream(screen)
    stream.feed(session.sent[:framed])
    frame = {(x, y): cell for y, row in screen.buffer.items() for x, cell in row.items() if cell.data in "╭╮╰╯│"}
    assert len(frame) > 60
    for start in range(framed, len(session.sent), 512):
        stream.feed(session.sent[start : start + 512])
        assert {place: screen.buffer[place[1]][place[0]] for place in frame} == frame


def test_keys_typed_before_the_live_screen_are_neither_shown_nor_lost() -> None:
    with Session(*SILENT) as session:
        session.until_shown("Recipe", STARTING)
        session.send("/21 22")
        session.until_shown("› 7 8 9 10 21 22")
        before, alive, after = session.sent.partition(ALIVE)
        assert b"21" not in before.partition(STARTING.encode())[2]
        assert alive and b"21" in after


@pytest.mark.parametrize("key", ["\x03", "q"], ids=["ctrl+c", "q"])
def test_a_key_that_leaves_does_so_from_the_frame_on(key: str) -> None:
    with Session(*UNTRAINED) as session:
        session.until_shown("Recipe", STARTING)
        session.send(key)
        assert session.until_ended() == 0
        session.assert_given_back()


def test_where_textual_cannot_be_imported_the_terminal_is_given_back(textual: Path) -> None:
    textual.write_text(BROKEN)
    with Session() as session:
        assert session.until_ended() == 1
        assert session.sent.index(b"a broken install") > session.sent.index(b"\x1b[?1049l")
        session.assert_given_back()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_told_to_end_while_there_is_but_the_frame_it_gives_the_terminal_back(
    number: signal.Signals, textual: Path, tmp_path: Path
) -> None:
    started = tmp_path / "started"
    textual.write_text(STUCK.format(file=str(started)))
    with Session() as session:
        session.until_shown("Recipe", STARTING)
        session.send("\x03\x1c\x1a")  # keys that would end or stop it
        session.until(started.exists)
        session.tell(number)
        assert session.until_ended() == -number
        session.assert_given_back()


def test_an_engine_that_cannot_be_started_leaves_no_mess() -> None:
    with Session("--engine", "no-such-engine") as session:
        session.until_shown("q quit", "no-such-engine")
        session.send("q")
        assert session.until_ended() == 0
        session.assert_given_back()


@pytest.mark.parametrize(("what", "said"), [("unroll:1 epochs=never", b"epochs"), ("no.jsonl", b"cannot be read")])
def test_what_cannot_be_shown_is_refused_without_a_frame(what: str, said: bytes) -> None:
    with Session(what) as session:
        assert session.until_ended() == 2
        assert said in session.sent
        assert b"\x1b[?1049h" not in session.sent


def test_without_colours_the_frame_has_none() -> None:
    with Session(*UNTRAINED, environment={"NO_COLOR": "1"}) as session:
        session.until(lambda: ALIVE in session.sent)
        assert not re.search(rb"\x1b\[[0-9;]*[34]8;[0-9;]*m", session.sent.partition(ALIVE)[0])


# No terminal


@pytest.mark.parametrize("redirected", ["<&-", "</dev/null", ">/dev/null", "2>&1 | cat", "2>err"])
def test_where_a_stream_is_no_terminal_it_says_so_and_exits_with_2(redirected: str) -> None:
    line = f"{sys.executable} -m unroll {redirected}; echo code ${{PIPESTATUS[0]}}; cat err 2>/dev/null"
    with Session(command=["bash", "-c", line]) as session:
        session.until_ended()
        assert b"code 2" in session.sent
        assert session.sent.count(NO_TERMINAL.encode()) == 1
        assert b"\x1b" not in session.sent


def test_under_textual_serve_it_names_the_better_way() -> None:
    environment = {**os.environ, "TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver"}
    done = subprocess.run(UNROLL, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "JupyterLab" in done.stderr


def test_without_any_terminal_it_says_so_in_one_line_and_exits_with_2() -> None:
    done = subprocess.run(UNROLL, input="", capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert NO_TERMINAL in done.stderr
