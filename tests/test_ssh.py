"""Over a real ssh: the playground on a machine elsewhere, and an engine elsewhere behind a playground here."""

import asyncio
import re
import shlex
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from pty_kit import TIMEOUT_S, Session, long
from ssh_kit import Box, a_box
from unroll import permalink
from unroll.client.client import Engine
from unroll.client.diagnosis import EngineDied
from unroll.moment import Moment
from unroll.protocol.requests import Create, Look, Play, Save
from unroll.recipe import Recipe

TRAINING = 8_000
"""Bytes a second at most while a training at 8 epochs a second is watched, once it has found its way."""
LEARNING = 25_000
"""The same in the first three seconds, when every cell of the hidden state changes with every epoch."""
SESSION = 200_000
"""Bytes at most of the whole session."""
LONG = permalink.write(permalink.Link(Recipe().replace(epochs=100), Moment(0, (7, 8, 9, 10), 3, epoch=0)))


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    """A machine to log in to."""
    with a_box(tmp_path) as machine:
        yield machine


# The playground there


def playground_there(box: Box) -> Session:
    """The playground on the other machine, in a terminal here; ssh keeps count in a file."""
    if refusal := box.refusal("-tt"):  # a server without root's rights may have no terminal to give
        pytest.skip(f"nobody gets a terminal over ssh here: {refusal}")
    ssh, *words = box.ssh(*box.unroll(LONG))
    return Session(command=[ssh, "-v", "-E", str(box.folder / "ssh.log"), "-tt", *words])


def wire_bytes(box: Box) -> int:
    """What came over the wire, encrypted, by ssh's own count."""
    found = re.search(r"Transferred: sent \d+, received (\d+) bytes", (box.folder / "ssh.log").read_text())
    assert found
    return int(found[1])


def test_the_playground_over_ssh_is_thrifty_and_leaves_nothing_behind(box: Box) -> None:
    with playground_there(box) as session:
        session.until_ready()
        assert len(box.processes()) == 2
        session.quiet()
        session.send(" ")
        assert session.pump(3.0) < 3 * LEARNING
        assert session.pump(3.0) < 3 * TRAINING
        session.send("+++")
        session.until_shown("after 10 it expects 11", "100/100")
        session.send("\x1b[D")
        session.until_shown("step 3/4: after 9 it expects 10")
        session.send("q")
        assert session.until_ended() == 0
        assert session.received < SESSION
        assert wire_bytes(box) < 2 * SESSION
        box.until_left()


@pytest.mark.parametrize("end", [long("here"), "there"])
def test_a_line_that_drops_under_the_playground_leaves_no_process(box: Box, end: str) -> None:
    with playground_there(box) as session:
        session.until_ready()
        session.send(" ")
        session.pump(0.5)
        assert box.processes()
        if end == "here":
            session.program.kill()
        else:
            box.drop_the_line()
        box.until_left()


# The engine there


async def test_a_conversation_with_an_engine_there_passes_over_a_banner_on_standard_output(box: Box) -> None:
    engine = await Engine.start(box.ssh("sh", "-c", f"echo motd; exec {shlex.join(box.unroll('engine'))}"))
    await engine.hello
    run = (await engine.ask(Create())).run
    await engine.ask(Play(run=run))
    async for progress in engine.events():
        if progress.state == "finished":
            break
    looked = await engine.ask(Look(moment=Moment(run, (7, 8, 9, 10), 3)))
    assert looked.trace.candidates[3][0].number == 11
    assert Path((await engine.ask(Save(run=run, name="far"))).path).is_relative_to(box.folder / "far")
    assert {"Welcome to box.", "motd"} <= set(engine.last_lines)
    await engine.close()
    await asyncio.to_thread(box.until_left)


async def fails(box: Box, *words: str, host: str = "box") -> str:
    """The sentence about a command that does not lead to an engine."""
    engine = await Engine.start(box.ssh(*words, host=host))
    async with asyncio.timeout(TIMEOUT_S):
        with pytest.raises(Exception) as failure:
            await engine.hello
        await engine.close()
    return str(failure.value)


async def test_what_is_in_the_way_is_said_in_a_sentence(box: Box) -> None:
    assert "install unroll there" in await fails(box, "no-such-unroll", "engine")
    assert "ssh needs a key (ssh-copy-id)" in await fails(box, "true", host="locked")
    assert "ssh does not know this host: log in once by hand" in await fails(box, "true", host="unknown")
    box.server.terminate()
    box.server.wait(TIMEOUT_S)
    assert "ssh does not reach the host" in await fails(box, "true")


@pytest.mark.long
async def test_a_line_that_is_dead_without_a_word_is_noticed_by_ssh(box: Box) -> None:
    engine = await Engine.start(box.ssh(*box.unroll("engine")))
    await engine.hello
    said: list[str] = []
    engine.on_silence = said.append
    box.drop_the_line(signal.SIGSTOP)
    with pytest.raises(EngineDied, match="line to the engine was cut") as died:
        async with asyncio.timeout(TIMEOUT_S):
            await engine.ask(Create())
    assert "not responding" in died.value.last_lines[-1]
    assert "has not answered for" in said[0]
    await engine.close()


def test_a_cut_line_is_told_in_the_playground_and_ctrl_r_connects_again(box: Box) -> None:
    with Session("--engine", shlex.join(box.ssh(*box.unroll("engine")))) as session:
        session.until_ready()
        session.send(" ")
        session.until_shown("it expects 11", "finished")
        box.drop_the_line()
        session.until_shown("ctrl+r", "line to the engine was cut", "25/25")
        box.until_left()
        session.send("\x12")
        session.until_shown("Restored. Its training is finished", "it expects 11")
        session.send("c")
        session.until_shown("7 8 9 10 11")
        assert box.processes()
        session.send("q")
        assert session.until_ended() == 0
        box.until_left()
