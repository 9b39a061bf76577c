"""An engine behind a line that has died without a word ends, and keeps its runs; nobody else is ever ended so."""

import os
import re
import shlex
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest

from background_kit import nobody_left_behind  # noqa: F401
from engine_kit import FakeConnection, converse, python, serve
from pty_kit import TIMEOUT_S, wait_for
from unroll.engine.autosave import cut_off_sessions
from unroll.engine.connection import Event
from unroll.protocol.codec import decode_reply, decode_request
from unroll.protocol.replies import Begun, Error
from unroll.protocol.requests import Begin, Create, Detach, End, Heard, Ping, Play
from unroll.recipe import recipe_of
from unroll_dev.bench.pty import Terminal

pytestmark = pytest.mark.usefixtures("nobody_left_behind")

SMALL = recipe_of({"vocab_size": 16, "length": 3, "hidden_size": 4, "epochs": 100_000})
LATE = 10_000.0
"""When the line ends at last, in seconds."""


def end_of(*said: Any) -> float:
    """When a server's line counts as ended, which really ends late."""
    return serve(*said, (LATE, Event.END)).clock.now


def test_after_a_promise_silence_is_the_end_and_the_runs_are_kept() -> None:
    line = serve(Begin(), Create(recipe=SMALL), Play(pace="2/s"), Ping(within=60), (LATE, Event.END))
    assert 60 <= line.clock.now < 80
    assert b"heard nothing for too long" in line.heard[-2] + line.heard[-1]
    (session,) = cut_off_sessions()[0]
    assert session.update > 60


def test_an_engine_at_rest_ends_too() -> None:
    assert 60 <= end_of(Ping(within=60)) < 80


@pytest.mark.parametrize(
    "said",
    [[Create(), (1.0, Heard())], [Ping(), b"what?\n"], [Ping(within=60), (30.0, Ping())]],
    ids=["without a ping", "with a ping that promises nothing", "with the promise taken back"],
)
def test_without_a_promise_silence_is_nothing(said: list[Any]) -> None:
    assert end_of(*said) >= LATE


def test_anything_that_is_heard_keeps_the_promise() -> None:
    said = [(float(at), b"\n") for at in range(30, 600, 50)]
    assert 580 + 60 <= end_of(Ping(within=60), *said) < 580 + 80


def test_time_in_which_the_engine_was_itself_stopped_or_busy_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    take = FakeConnection.take

    def take_after_an_hour(self: FakeConnection, timeout: float | None) -> bytes | Event | None:
        if 10 < self.clock.now < 100:
            self.clock.now += 3600
            return None
        return take(self, timeout)

    monkeypatch.setattr(FakeConnection, "take", take_after_an_hour)
    assert end_of(Ping(within=60), (3640.0, Ping())) >= LATE


def test_in_the_background_a_dead_client_is_left_and_the_next_finds_the_runs_in_training() -> None:
    said = [Begin(), Create(recipe=SMALL), Play(pace="2/s"), Detach(), Ping(within=60)]
    line = serve(*said, (100.0, Event.VISITOR), (100.0, Begin()), (101.0, End()), (101.0, Event.END))
    replies = [decode_reply(one) for one in line.heard]
    assert any("heard nothing" in getattr(reply, "sentence", "") for reply in replies)
    (run,) = [reply for reply in replies if isinstance(reply, Begun)][-1].runs
    assert (run.state, run.update) == ("training", pytest.approx(4 * 100, abs=20))


@pytest.mark.parametrize("within", ["0", "-1", "1e999", '"1"'])
def test_a_promise_that_is_none_is_refused(within: str) -> None:
    (_, answer) = converse(f'{{"type": "ping", "id": 1, "within": {within}}}\n'.encode())
    assert isinstance(answer, Error)
    assert "within" in answer.sentence or "JSON" in answer.sentence


# Real processes


HASTY = """
from unroll.client import client
from unroll.client import liveness
client.PING_PROMISE_S, liveness.PING_INTERVAL_S, liveness.WATCH_INTERVAL_S = 2.0, 0.2, 0.05
from unroll.cli import main
main()
"""
ENGINE = shlex.join([sys.executable, "-m", "unroll", "engine"])
LINE = "unroll:1 epochs=50000 sequence=7,8,9,10 step=4"


def epoch(terminal: Terminal) -> int:
    """The epoch that the loss pane shows."""
    shown = re.search(r"(?:epoch|during) +([\d,]+)/50,000", terminal.text)
    return int(shown[1].replace(",", "")) if shown else -1


@pytest.fixture
def hasty() -> Iterator[Terminal]:
    """The playground before an engine elsewhere, in training; it promises to be heard of every two seconds."""
    with Terminal([*python(HASTY), "play", "--engine", ENGINE, LINE]) as terminal:
        terminal.until_shown("it expects", TIMEOUT_S)
        terminal.send(" ++++")
        terminal.until(lambda: "Pause" in terminal.text and epoch(terminal) >= 1000, TIMEOUT_S)
        yield terminal


def test_a_playground_that_was_stopped_for_too_long_is_told_in_a_sentence_and_one_key_brings_all_back(
    hasty: Terminal,
) -> None:
    os.kill(hasty.program.pid, signal.SIGSTOP)
    wait_for(lambda: cut_off_sessions()[0])
    os.kill(hasty.program.pid, signal.SIGCONT)
    hasty.until_shown("The engine ended (exit status 0). It heard nothing", TIMEOUT_S)
    hasty.send("\x12")
    hasty.until_shown("Restored", TIMEOUT_S)
    assert epoch(hasty) >= 1000


def test_ctrl_z_takes_the_promise_back(tmp_path: Path) -> None:
    said = tmp_path / "said"

    def promises() -> list[float | None]:
        requests = map(decode_request, said.read_bytes().splitlines())
        return [request.within for request in requests if isinstance(request, Ping)]

    engine = shlex.join(["sh", "-c", f"tee {said} | {ENGINE}"])
    terminal = {**os.environ, "TERM": "xterm-256color"}
    shell = pexpect.spawn("bash", ["--norc", "-i"], dimensions=(40, 120), timeout=TIMEOUT_S, env=terminal)
    try:
        shell.sendline(shlex.join([*python(HASTY), "play", "--engine", engine, LINE]))
        shell.expect("it expects")
        wait_for(lambda: 2.0 in promises())
        shell.send("\x1a")
        shell.expect("Stopped")
        wait_for(lambda: promises()[-1] is None)
    finally:
        shell.close(force=True)
