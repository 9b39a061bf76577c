"""The engine as it really runs: a process with pipes, or with a person at it."""

import asyncio
import os
import pty
import select
import signal
import subprocess
import sys
import termios
from pathlib import Path
from typing import IO, Any

import pytest
import torch

from engine_kit import alive, answers, converse, python
from unroll.client.client import Conversation, Engine
from unroll.client.diagnosis import EngineDied, EngineError
from unroll.client.recording import Replay
from unroll.engine.autosave import cut_off_sessions
from unroll.log import NOTE
from unroll.moment import Moment
from unroll.network.training import Training
from unroll.protocol.codec import VERSION, decode_reply
from unroll.protocol.replies import Begun, Hello, Progress
from unroll.protocol.requests import Advance, Begin, Create, Look, Pause, Ping, Play, Resume
from unroll.protocol.trace import Trace
from unroll.recipe import Recipe, recipe_of

RECIPE = recipe_of({"epochs": 200})
PROMPT = (7, 8, 9, 10)
ENGINE = [sys.executable, "-m", "unroll", "engine"]


async def until(engine: Conversation, *states: str) -> list[Progress]:
    """All progress up to the first in one of these states."""
    seen = []
    async for news in engine.events():
        seen.append(news)
        if news.state in states:
            break
    return seen


async def train(engine: Conversation, recipe: Recipe) -> tuple[list[Progress], list[Trace]]:
    """One run at full speed, looked at all the while: what was told of it, and what was seen."""
    created = await engine.ask(Create(recipe=recipe))
    await engine.ask(Play(run=created.run))
    looks: list[Trace] = []
    training = asyncio.ensure_future(until(engine, "finished"))
    while not training.done():
        looks.append((await engine.ask(Look(moment=Moment(created.run, PROMPT)))).trace)
    return await training, looks


@pytest.mark.usefixtures("warm_engines")
async def test_a_run_from_hello_to_kill_and_played_back(tmp_path: Path) -> None:
    engine = await Engine.start(record=tmp_path / "talk.jsonl")
    assert (await engine.hello).protocol == VERSION
    told, looks = await train(engine, RECIPE)

    losses = [loss for news in told for loss in news.losses]
    assert losses == [round(update.loss, 6) for update in Training(RECIPE).updates()]
    assert told[-1].accuracy == 1.0
    epochs = [trace.epoch for trace in looks]
    assert epochs == sorted(epochs)
    assert len({epoch for epoch in epochs if 0 < epoch < RECIPE.train.epochs}) > 5
    last = (await engine.ask(Look(moment=Moment(1, PROMPT)))).trace
    assert last.candidates[-1][0].number == 11

    await stop_and_go(engine)
    os.kill(engine.pid, signal.SIGKILL)
    with pytest.raises(EngineDied, match="killed by signal 9") as died:
        await engine.ask(Pause())
    assert died.value.last_lines[-1].startswith(f"{NOTE}run 2: task=count vocab_size=")
    await engine.close()
    assert not alive(engine.pid)

    replay = Replay(tmp_path / "talk.jsonl")
    assert (await replay.hello).protocol == VERSION
    await replay.ask(Create(recipe=RECIPE))
    await replay.ask(Play(run=1))
    assert [loss for news in await until(replay, "finished") for loss in news.losses] == losses
    assert (await replay.ask(Look(moment=Moment(1, PROMPT)))).trace == last
    assert (await replay.ask(Look(moment=Moment(1, PROMPT, step=3)))).trace.values == last.values


async def stop_and_go(engine: Engine) -> None:
    """Pause, single updates and refusals, on a second run."""
    run = (await engine.ask(Create(recipe=RECIPE))).run
    await engine.ask(Play(run=run, pace="30/s"))
    await until(engine, "training")
    await engine.ask(Pause(run=run))
    paused = (await until(engine, "paused"))[-1]
    await engine.ask(Advance(run=run, updates=2))
    advanced = await until(engine, "paused")
    assert advanced[-1].update == paused.update + 2
    with pytest.raises(EngineError, match="128 is not in the vocabulary"):
        await engine.ask(Look(moment=Moment(run, (128,))))


def talk(command: list[str], said: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, input=said, capture_output=True, timeout=50, check=False)


def test_prints_from_inside_do_not_reach_the_protocol() -> None:
    noisy = """
import os
from unroll.engine import __main__ as engine
serve = engine._serve
def noise(*given):
    print("printed", flush=True); os.write(1, b"written\\n"); os.system("echo child")
    return serve(*given)
engine._serve = noise
engine.serve()
"""
    done = talk(python(noisy), b'{"type": "create", "id": 1}\n')
    replies: list[Any] = [decode_reply(line) for line in done.stdout.splitlines()]
    assert [type(reply).__name__ for reply in replies] == ["Hello", "Created", "Progress"]
    assert {b"printed", b"written", b"child"} <= set(done.stderr.splitlines())
    assert done.returncode == 0


def test_the_command_answers_all_lines_ends_with_its_input_and_logs_privately(state_dir: Path) -> None:
    done = talk(ENGINE, b'garbage\n\n{"type": "create", "id": 7}')
    replies: list[Any] = [decode_reply(line) for line in done.stdout.splitlines()]
    assert [type(reply).__name__ for reply in replies] == ["Hello", "Error", "Created", "Progress"]
    assert (replies[1].id, replies[2].id) == (0, 7)
    assert done.returncode == 0
    log = state_dir / "engine.log"
    assert log.stat().st_mode & 0o777 == 0o600
    assert "the engine ends" in log.read_text()


def test_an_engine_stuck_at_work_ends_all_the_same() -> None:
    stuck = """
import time
from unroll.engine import __main__ as engine, server
engine.STUCK_AFTER_S = 0.1
server.Server.serve = lambda self: time.sleep(60)
engine.serve()
"""
    assert talk(python(stuck), b"").returncode == 1


@pytest.mark.usefixtures("warm_engines")
def test_an_engine_that_nobody_listens_to_ends_quietly(state_dir: Path) -> None:
    with subprocess.Popen(ENGINE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as engine:
        assert engine.stdin and engine.stdout and engine.stderr
        engine.stdout.readline()
        engine.stdout.close()
        engine.stdin.write(b'{"type": "create", "id": 1}\n')
        engine.stdin.flush()
        assert engine.wait(timeout=20) == 0
        assert b"Traceback" not in engine.stderr.read()
    assert "cannot be written" in (state_dir / "engine.log").read_text()


@pytest.mark.usefixtures("warm_engines")
@pytest.mark.parametrize("end", ["unread", "terminated"])
def test_an_engine_that_has_to_end_saves_its_runs_first(end: str) -> None:
    """It has to right after an update, and just after an autosave: the next would be due in a second."""
    create = b'{"type": "begin", "id": 1}\n{"type": "create", "id": 2}\n'
    with subprocess.Popen(ENGINE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as engine:
        assert engine.stdin and engine.stdout
        engine.stdin.write(create + b'{"type": "advance", "id": 3, "updates": 1}\n')
        until_update(engine.stdout, 1)
        engine.stdin.write(b'{"type": "advance", "id": 4, "updates": 6}\n')
        until_update(engine.stdout, 7)
        if end == "terminated":
            engine.terminate()
        else:
            engine.stdout.close()
            engine.stdin.write(b'{"type": "heard", "id": 5}\n')
        assert engine.wait(timeout=20) == 0
    _, begun, *_ = [decode_reply(line) for line in talk(ENGINE, create).stdout.splitlines()]
    assert isinstance(begun, Begun)
    assert [session.update for session in begun.cut_off] == [7]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells whose a lock is")
@pytest.mark.usefixtures("warm_engines")
async def test_a_session_whose_engine_still_runs_is_moved_to_another() -> None:
    engine = await Engine.start()
    own = (await engine.ask(Begin())).session
    await engine.ask(Create(recipe=RECIPE))
    await engine.ask(Advance(updates=7))
    while not cut_off_sessions(own)[0]:  # until the first autosave
        await asyncio.sleep(0.05)
    offered = []
    for unheard in (False, True, False):
        await engine.ask(Ping(unheard=unheard))
        offered += [(one.session, one.is_living) for one in cut_off_sessions()[0]]
    assert offered == [(own, True)]
    (run,) = answers(converse(Begin(), Resume(session=own)))[2].runs
    assert (run.was, run.update) == (1, 7)
    with pytest.raises(EngineDied) as died:
        await until(engine, "finished")
    assert "told to end" in died.value.last_lines[-1]
    await engine.close()


def until_update(stream: IO[bytes], update: int) -> None:
    """Read up to the progress that tells of this update."""
    for line in stream:
        news = decode_reply(line)
        if isinstance(news, Progress) and news.update == update:
            return
    pytest.fail("the engine has ended")


@pytest.mark.usefixtures("warm_engines")
def test_a_person_gets_a_hint_of_two_lines_that_can_be_typed() -> None:
    ours, theirs = pty.openpty()
    plain = termios.tcgetattr(theirs)
    plain[3] &= ~termios.ECHO
    termios.tcsetattr(theirs, termios.TCSANOW, plain)
    with subprocess.Popen(ENGINE, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as engine:
        os.close(theirs)
        assert engine.stderr and engine.stdout
        hint = [engine.stderr.readline(), engine.stderr.readline()]
        os.write(ours, hint[1])
        replies = [decode_reply(engine.stdout.readline()) for _ in range(2)]
        os.write(ours, b"\x04")
        assert engine.wait(timeout=20) == 0
    os.close(ours)
    assert b"ctrl+d" in hint[0]
    assert [type(reply).__name__ for reply in replies] == ["Hello", "Created"]


# It ends with whoever started it, and computes where it is told to


STARTS_AN_ENGINE = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-m", "unroll.engine"])
time.sleep(100)
"""


def read_line(descriptor: int, seconds: float = 50) -> bytes:
    """What comes next, empty at the end; fails when nothing comes in time."""
    ready, _, _ = select.select([descriptor], [], [], seconds)
    assert ready
    return os.read(descriptor, 2**16)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can do this")
def test_a_killed_parent_leaves_no_engine_even_when_its_input_is_held_open() -> None:
    held_open, keyboard = os.pipe()
    screen, its_screen = os.pipe()
    with subprocess.Popen(python(STARTS_AN_ENGINE), stdin=held_open, stdout=its_screen) as parent:
        os.close(its_screen)
        assert b"hello" in read_line(screen)
        os.write(keyboard, b'{"type": "create", "id": 1}\n')
        assert b"created" in read_line(screen)
        os.kill(parent.pid, signal.SIGKILL)
    while read_line(screen):
        pass
    for descriptor in (held_open, keyboard, screen):
        os.close(descriptor)


@pytest.mark.usefixtures("warm_engines")
def test_the_best_device_there_is_can_be_asked_for() -> None:
    done = talk([*ENGINE, "--device", "auto"], b"")
    assert isinstance(decode_reply(done.stdout), Hello)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
@pytest.mark.usefixtures("warm_engines")
def test_a_device_that_is_not_there_is_refused_in_words() -> None:
    done = talk([*ENGINE, "--device", "cuda"], b"")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"device cannot be cuda" in done.stderr
    assert b"Traceback" not in done.stderr
