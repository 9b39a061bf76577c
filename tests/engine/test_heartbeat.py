"""An engine behind a line that has died without a word ends, and keeps its runs; nobody else is ever ended so."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest
from test_elsewhere import RELAY

from background_kit import nobody_left_behind  # noqa: F401
from engine_kit import Clear, Clock, Script, converse, python
from unroll.client.client import Engine
from unroll.engine.listener import names
from unroll.engine.server import Server
from unroll.engine.sessions import cut_off
from unroll.log import Log
from unroll.protocol.codec import encode
from unroll.protocol.replies import Error
from unroll.protocol.requests import Begin, Create, Detach, Heard, Ping, Play
from unroll.recipe import recipe_of
from unroll_dev.bench.pty import Terminal

pytestmark = pytest.mark.usefixtures("nobody_left_behind")

SMALL = recipe_of({"vocab_size": 16, "length": 3, "hidden_size": 4, "epochs": 100_000})
LATE = 10_000.0
"""When the line ends at last, in seconds."""
PATIENCE = 40.0
XTERM = {"TERM": "xterm-256color", "PS1": "ready> "}


def served(*said: Any, tick: float = 0.001) -> tuple[list[Any], float]:
    """What a server replies when the line ends late, and when it had ended."""
    clock = Clock(tick)
    lines = [
        (at, encode(one) + b"\n" if not isinstance(one, bytes) else one)
        for at, one in (one if isinstance(one, tuple) else (0.0, one) for one in said)
    ]
    outlet = Clear()
    Server(Script(clock, lines, LATE), outlet, Log("t.log"), clock=clock).serve()
    return outlet.heard, clock.now


def test_after_a_promise_silence_is_the_end_and_the_runs_are_kept() -> None:
    heard, end = served(Begin(id=1), Create(id=2, recipe=SMALL), Play(id=3, pace="2/s"), Ping(id=4, within=60))
    assert 60 <= end < 80
    assert b"heard nothing for too long" in heard[-2] + heard[-1]
    (sitting,) = cut_off()
    assert sitting.update > 60


def test_an_engine_at_rest_ends_too() -> None:
    assert 60 <= served(Ping(id=1, within=60))[1] < 80


@pytest.mark.parametrize(
    "said",
    [
        [Create(id=1), (1.0, Heard(id=2))],
        [Ping(id=1), b"what?\n"],
        [Ping(id=1, within=60), (30.0, Ping(id=2))],
    ],
    ids=["without a ping", "with a ping that promises nothing", "with the promise taken back"],
)
def test_without_a_promise_silence_is_nothing(said: list[Any]) -> None:
    assert served(*said)[1] >= LATE


def test_anything_that_is_heard_keeps_the_promise() -> None:
    said = [(float(at), b"\n") for at in range(30, 600, 50)]
    assert 580 + 60 <= served(Ping(id=1, within=60), *said)[1] < 580 + 80


def test_time_in_which_the_engine_was_itself_stopped_or_busy_does_not_count() -> None:
    clock = Clock()
    script = Script(clock, [(0.0, encode(Ping(id=1, within=60)) + b"\n"), (3640.0, encode(Ping(id=2)) + b"\n")], LATE)
    take = script.take

    def take_after_an_hour(timeout: float | None) -> bytes | None:
        if 10 < clock.now < 100:
            clock.now += 3600
            return None
        return take(timeout)

    script.take = take_after_an_hour  # type: ignore[method-assign]
    Server(script, Clear(), Log("t.log"), clock=clock).serve()
    assert clock.now >= LATE


@pytest.mark.parametrize("within", ["0", "-1", "1e999", '"1"'])
def test_a_promise_that_is_none_is_refused(within: str) -> None:
    (_, answer) = converse(f'{{"type": "ping", "id": 1, "within": {within}}}\n'.encode())
    assert isinstance(answer, Error)
    assert "within" in answer.sentence or "JSON" in answer.sentence


# Real processes


async def through_a_relay(engine: str, promise: float, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """An engine behind a process that stands for a line, which can be stopped."""
    monkeypatch.setattr("unroll.client.client.PROMISE", promise)
    monkeypatch.setattr("unroll.client.liveness.TICK", 0.05)
    monkeypatch.setattr("unroll.client.liveness.PING_EVERY", 0.2)
    return await Engine.start([*python(RELAY), engine])


async def until(holds: Any) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.02)


LOCAL = "from unroll.engine.__main__ import serve; serve()"


async def test_an_engine_behind_a_dead_line_ends_and_another_resumes_its_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = await through_a_relay(LOCAL, 1.5, monkeypatch)
    await engine.ask(Begin())
    await engine.ask(Create(recipe=SMALL))
    await engine.ask(Play())
    await asyncio.sleep(2)  # more than what was promised: it is heard of
    await engine.ask(Ping(within=1.5))
    assert cut_off() == []
    os.kill(engine.pid, signal.SIGSTOP)
    await until(lambda: [sitting.recipe for sitting in cut_off()] == [SMALL])
    await engine.close()


async def test_a_background_engine_lets_a_visitor_with_a_dead_line_go_and_trains_on(
    monkeypatch: pytest.MonkeyPatch, state_dir: Path
) -> None:
    engine = await through_a_relay(LOCAL, 1.5, monkeypatch)
    await engine.ask(Begin())
    await engine.ask(Create(recipe=SMALL))
    await engine.ask(Play())
    name = (await engine.ask(Detach())).name
    await engine.ask(Ping(within=0.5))
    os.kill(engine.pid, signal.SIGSTOP)
    log = state_dir / "engine.log"
    await until(lambda: "heard nothing for too long" in log.read_text())
    again = await Engine.start([sys.executable, "-m", "unroll", "engine", "--attach", name])
    first = (await again.ask(Begin())).runs[0].update
    async for news in again.events():
        if news.update > first:
            break
    assert names() == [name]
    await again.close()
    await engine.close()


HASTY = """
from unroll.client import client
from unroll.client import liveness
client.PROMISE, liveness.PING_EVERY, liveness.TICK = 2.0, 0.2, 0.05
from unroll.cli import main
main()
"""
ENGINE = shlex.join([sys.executable, "-m", "unroll", "engine"])
LINE = "unroll:1 epochs=50000 sequence=7,8,9,10 step=4"


def epoch(terminal: Terminal) -> int:
    """The epoch that the loss pane shows."""
    shown = re.search(r"epoch +([\d,]+)/50,000", terminal.text)
    return int(shown[1].replace(",", "")) if shown else -1


@pytest.fixture
def hasty() -> Iterator[Terminal]:
    """The playground before an engine elsewhere, in training; it promises to be heard of every two seconds."""
    with Terminal([*python(HASTY), "play", "--engine", ENGINE, LINE]) as terminal:
        terminal.until_shown("it expects", PATIENCE)
        terminal.send(" ++++")
        terminal.until(lambda: "Pause" in terminal.text and epoch(terminal) >= 1000, PATIENCE)
        yield terminal


def test_a_playground_that_was_stopped_for_too_long_is_told_in_a_sentence_and_one_key_brings_all_back(
    hasty: Terminal,
) -> None:
    os.kill(hasty.program.pid, signal.SIGSTOP)
    end = time.monotonic() + PATIENCE
    while not cut_off():
        assert time.monotonic() < end
        time.sleep(0.05)
    os.kill(hasty.program.pid, signal.SIGCONT)
    hasty.until_shown("ctrl+r starts another engine. The engine ended (exit status 0). It heard nothing", PATIENCE)
    hasty.send("\x12")
    hasty.until_shown("It is back as it was last kept", PATIENCE)
    assert epoch(hasty) >= 1000


def test_ctrl_z_is_not_taken_for_a_dead_line() -> None:
    shell = pexpect.spawn("bash", ["--norc", "-i"], dimensions=(40, 120), timeout=PATIENCE, env={**os.environ, **XTERM})
    try:
        shell.sendline(shlex.join([*python(HASTY), "play", "--engine", ENGINE, LINE]))
        shell.expect("it expects")
        shell.send(" ++++")
        shell.expect("Pause")
        time.sleep(1)  # it has promised
        shell.send("\x1a")
        shell.expect("Stopped")
        time.sleep(4)  # twice what was promised
        assert cut_off() == []
        shell.sendline("fg")
        shell.expect("Hidden state")
        shell.expect("Pause")
    finally:
        shell.close(force=True)
