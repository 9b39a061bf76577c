"""Over a real ssh: the playground on a machine elsewhere, and an engine elsewhere behind a playground here."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ssh_kit import PATIENCE, Box, a_box, wait_for
from unroll import permalink
from unroll.client.client import Engine
from unroll.client.conversation import EngineDied
from unroll.moment import Moment
from unroll.protocol.requests import Create, Look, Play, Save
from unroll.recipe import Recipe
from unroll_dev.bench.pty import Terminal

TRAINING = 8_000
"""Bytes a second at most while a training at 8 epochs a second is watched, once it has found its way."""
LEARNING = 25_000
"""The same in the first three seconds, when every cell of the hidden state changes with every epoch."""
SESSION = 200_000
"""Bytes at most of the session, all told."""
LONG = permalink.write(Recipe().replace(epochs=100), Moment(0, (7, 8, 9, 10), 3, epoch=0))


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    """A machine to log in to."""
    with a_box(tmp_path) as machine:
        yield machine


def gone(box: Box) -> bool:
    return not box.processes()


# The playground there


def playground_there(box: Box) -> Terminal:
    """The playground on the other machine, in a terminal here; ssh keeps count in a file."""
    if refusal := box.refusal("-tt"):  # a server without root's rights may have no terminal to give
        pytest.skip(f"nobody gets a terminal over ssh here: {refusal}")
    ssh, *words = box.ssh(*box.unroll(LONG))
    return Terminal([ssh, "-v", "-E", str(box.folder / "ssh.log"), "-tt", *words])


def wire_bytes(box: Box) -> int:
    """What came over the wire, encrypted, by ssh's own count."""
    found = re.search(r"Transferred: sent \d+, received (\d+) bytes", (box.folder / "ssh.log").read_text())
    assert found
    return int(found[1])


def test_the_playground_over_ssh_is_thrifty_and_leaves_nothing_behind(box: Box) -> None:
    with playground_there(box) as terminal:
        terminal.until(lambda: "after 10 it expects" in terminal.text, PATIENCE)
        assert len(box.processes()) == 2
        terminal.quiet()
        terminal.send(" ")
        assert terminal.pump(3.0) < 3 * LEARNING
        assert terminal.pump(3.0) < 3 * TRAINING
        terminal.send("+++")
        terminal.until(lambda: "after 10 it expects 11" in terminal.text and "100/100" in terminal.text, PATIENCE)
        terminal.send("\x1b[D")
        terminal.until(lambda: "step 3/4: after 9 it expects 10" in terminal.text, PATIENCE)
        terminal.send("q")
        wait_for(lambda: terminal.pump(0.05) == 0 and terminal.program.poll() is not None)
        assert terminal.program.returncode == 0
        assert terminal.received < SESSION
        assert wire_bytes(box) < 2 * SESSION
        wait_for(lambda: gone(box), str(box.processes()))


@pytest.mark.parametrize("end", ["here", "there"])
def test_a_line_that_drops_under_the_playground_leaves_no_process(box: Box, end: str) -> None:
    with playground_there(box) as terminal:
        terminal.until(lambda: "after 10 it expects" in terminal.text, PATIENCE)
        terminal.send(" ")
        terminal.pump(0.5)
        assert box.processes()
        if end == "here":
            terminal.program.kill()
        else:
            box.drop_the_line()
        wait_for(lambda: gone(box), str(box.processes()))


# The engine there


async def test_a_conversation_with_an_engine_there(box: Box) -> None:
    engine = await Engine.start(box.ssh(*box.unroll("engine")))
    await engine.hello
    run = (await engine.ask(Create())).run
    await engine.ask(Play(run=run))
    async for progress in engine.events():
        if progress.state == "finished":
            break
    looked = await engine.ask(Look(moment=Moment(run, (7, 8, 9, 10), 3)))
    assert looked.trace.candidates[3][0].number == 11
    assert Path((await engine.ask(Save(run=run, name="far"))).path).is_relative_to(box.folder / "far")
    assert "Welcome to box." in engine.last_lines
    await engine.close()
    await asyncio.to_thread(wait_for, lambda: gone(box))


async def fails(box: Box, *words: str, host: str = "box") -> str:
    """The sentence about a command that does not lead to an engine."""
    engine = await Engine.start(box.ssh(*words, host=host))
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(Exception) as failure:
            await engine.hello
        await engine.close()
    return str(failure.value)


OLD = 'print(\'{"type": "hello", "protocol": 0, "torch": "", "device": ""}\', flush=True); input()'


async def test_what_is_in_the_way_is_said_in_a_sentence(box: Box) -> None:
    assert "not found (exit status 127): install unroll there" in await fails(box, "no-such-unroll", "engine")
    assert "ssh needs a key (ssh-copy-id)" in await fails(box, "true", host="locked")
    assert "ssh does not know this host: log in once by hand" in await fails(box, "true", host="unknown")
    assert "speaks protocol 0, this program" in await fails(box, sys.executable, "-c", OLD)
    assert "ended before it said hello (exit status 3)" in await fails(box, "sh", "-c", "exit 3")
    box.server.terminate()
    box.server.wait(PATIENCE)
    assert "ssh does not reach the host" in await fails(box, "true")


async def test_a_banner_on_standard_output_is_passed_over(box: Box) -> None:
    engine = await Engine.start(box.ssh("sh", "-c", f"echo motd; exec {shlex.join(box.unroll('engine'))}"))
    await engine.hello
    assert "motd" in engine.last_lines
    await engine.close()
    await asyncio.to_thread(wait_for, lambda: gone(box))


async def test_an_engine_there_that_is_stopped_is_told_and_goes_on(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unroll.client.liveness.TICK", 0.1)
    monkeypatch.setattr("unroll.client.liveness.PATIENCE", 0.5)
    engine = await Engine.start(box.ssh(*box.unroll("engine")))
    said: list[str] = []
    await engine.hello
    engine.on_silence = said.append
    (far,) = [pid for pid, words in box.processes().items() if words.endswith("-m unroll engine")]
    os.kill(far, signal.SIGSTOP)
    asking = asyncio.ensure_future(engine.ask(Create()))
    async with asyncio.timeout(PATIENCE):
        while not said:
            await asyncio.sleep(0.05)
        os.kill(far, signal.SIGCONT)
        assert (await asking).run == 1
        while said[-1]:
            await asyncio.sleep(0.05)
    await engine.close()


async def test_a_line_that_is_cut_fails_what_was_asked_at_once(box: Box) -> None:
    engine = await Engine.start(box.ssh(*box.unroll("engine")))
    await engine.hello
    run = (await engine.ask(Create())).run
    await engine.ask(Play(run=run, pace="8/s"))
    box.drop_the_line()
    with pytest.raises(EngineDied, match="line to the engine was cut"):
        async with asyncio.timeout(PATIENCE):
            async for _ in engine.events():
                pass
    await engine.close()
    await asyncio.to_thread(wait_for, lambda: gone(box))


@pytest.mark.long
async def test_a_line_that_is_dead_without_a_word_is_noticed_by_ssh(box: Box) -> None:
    engine = await Engine.start(box.ssh(*box.unroll("engine")))
    await engine.hello
    said: list[str] = []
    engine.on_silence = said.append
    box.drop_the_line(signal.SIGSTOP)
    with pytest.raises(EngineDied, match="line to the engine was cut") as died:
        async with asyncio.timeout(PATIENCE):
            await engine.ask(Create())
    assert "not responding" in died.value.last_lines[-1]
    assert "has not answered for" in said[0]
    await engine.close()


def test_a_cut_line_is_told_in_the_playground_and_ctrl_r_connects_again(box: Box) -> None:
    engine = shlex.join(box.ssh(*box.unroll("engine")))
    with Terminal([sys.executable, "-m", "unroll", "--engine", engine]) as terminal:
        terminal.until(lambda: "after 10 it expects" in terminal.text, PATIENCE)
        terminal.send(" ")
        terminal.until(lambda: "after 10 it expects 11" in terminal.text and "25/25" in terminal.text, PATIENCE)
        box.drop_the_line()
        terminal.until(lambda: "ctrl+r" in terminal.text and "line to the engine was cut" in terminal.text, PATIENCE)
        assert "25/25" in terminal.text
        wait_for(lambda: gone(box), str(box.processes()))
        terminal.send("\x12")
        terminal.until(lambda: "line to the engine was cut" not in terminal.text, PATIENCE)
        wait_for(lambda: terminal.pump(0.5) >= 0 and terminal.send("c") > 0 and "7 8 9 10 11" in terminal.text)
        assert box.processes()
        terminal.send("q")
        wait_for(lambda: terminal.pump(0.05) == 0 and terminal.program.poll() is not None)
        assert terminal.program.returncode == 0
        wait_for(lambda: gone(box), str(box.processes()))
