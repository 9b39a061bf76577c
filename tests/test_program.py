"""The whole program as a person starts it and leaves it, and where it cannot be shown."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pty_kit import SILENT, TIMEOUT_S, UNROLL, Session

NO_TERMINAL = "terminal"
"""Stands once in the sentence that is said where there is none to draw on."""


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
def test_start_train_read_eleven_step_back_and_quit(size: tuple[int, int]) -> None:
    with Session(size=size) as session:
        session.until_ready("› 7 8 9 10", "step 4/4: after 10")
        processes = session.processes
        session.send(" ")
        session.until_shown("step 4/4: after 10 it expects 11, >99.9 %")
        session.send("2")
        session.until_shown("epoch 25/25", "←/→ epoch")
        session.send("\x1b")
        session.until_shown("Hidden state", "←/→ step")
        session.send("\x1b[D")
        session.until_shown("step 3/4: after 9 it expects 10, >99.9 %")
        session.send("q")
        assert len(processes) == 2
        assert session.until_ended(*processes) == 0
        session.assert_given_back()


@pytest.mark.parametrize("keys", ["\x03", "/\x03"], ids=["from the heatmap", "from the prompt"])
def test_ctrl_c_leaves_before_the_engine_has_said_a_word(keys: str) -> None:
    with Session(*SILENT) as session:
        session.until_shown("Recipe", "› 7 8 9 10", "starting the engine")
        processes = session.processes
        session.send(keys)
        assert session.until_ended(*processes) == 0
        session.assert_given_back()


@pytest.mark.parametrize("redirected", ["<&-", "</dev/null", ">/dev/null", "2>&1 | cat", "2>err"])
def test_where_a_stream_is_no_terminal_it_says_so_and_exits_with_2(
    redirected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    line = f"{sys.executable} -m unroll {redirected}; echo code ${{PIPESTATUS[0]}}; cat err 2>/dev/null"
    with Session(command=["bash", "-c", line]) as session:
        session.until_ended()
        assert b"code 2" in session.sent
        assert session.sent.count(NO_TERMINAL.encode()) == 1
        assert b"\x1b" not in session.sent


def test_without_any_terminal_it_says_so_in_one_line_and_exits_with_2() -> None:
    done = subprocess.run(UNROLL, input="", capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert NO_TERMINAL in done.stderr
