"""An engine that is reached by a command, and everything that can be in the way: each a sentence, and nothing lost."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from test_client import HELLO, POLITE, start

from engine_kit import alive, python
from unroll.cli import main
from unroll.client import liveness
from unroll.client.client import Engine
from unroll.client.diagnosis import EngineDied, EngineError
from unroll.client.recording import read
from unroll.client.transport import over_ssh
from unroll.moment import Moment
from unroll.protocol.replies import Done
from unroll.protocol.requests import Look, Pause, Play, Save

PATIENCE = 20.0
"""Seconds for anything that is waited for."""


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence is noticed twenty times as soon."""
    for name in ("WATCH_INTERVAL_S", "PING_INTERVAL_S", "ANSWER_TIMEOUT_S", "HELLO_TIMEOUT_S"):
        monkeypatch.setattr(liveness, name, getattr(liveness, name) / 20)


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.01)


def listen(engine: Engine) -> list[str]:
    """All that is said of its silence from now on."""
    said: list[str] = []
    engine.on_silence = said.append
    return said


# The command


def test_ssh_gets_what_has_it_notice_a_dead_line() -> None:
    given = ["-T", "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3"]
    assert over_ssh(["ssh", "box", "unroll"]) == ["ssh", *given, "box", "unroll"]
    assert over_ssh(["/usr/bin/ssh", "box"]) == ["/usr/bin/ssh", *given, "box"]
    own = ["-o", "serveraliveinterval 9", "box"]
    assert over_ssh(["ssh", *own]) == ["ssh", "-T", *own]
    assert over_ssh(["ssh", "-T", "box"]) == ["ssh", *given[1:], "-T", "box"]
    assert over_ssh(["docker", "exec", "ssh"]) == ["docker", "exec", "ssh"]


@pytest.mark.parametrize("command", ["  ", "ssh 'box", "ssh box \\"])
def test_what_is_no_command_is_refused_in_a_sentence(command: str) -> None:
    refused = CliRunner().invoke(main, ["play", "--engine", command])
    assert (refused.exit_code, "give one such as 'ssh box unroll engine'" in refused.stderr) == (2, True)


ENDS = {
    "a shell's unknown command": ("sh: 1: unroll: not found", 127, r"was not found \(exit status 127\): install"),
    "no right to run it": ("sh: 1: ./unroll: Permission denied", 126, r"cannot be run \(exit status 126\)"),
    "a password": ("me@box: Permission denied (publickey,password).", 255, r"needs a key \(ssh-copy-id\): no password"),
    "an unknown host": ("Host key verification failed.", 255, "does not know this host: log in once by hand"),
    "a changed host": ("@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @", 255, "is not the one ssh knows"),
    "no such name": ("ssh: Could not resolve hostname box: Name or service not known", 255, "finds no such host"),
    "nobody there": ("ssh: connect to host box port 22: Connection refused", 255, "does not reach the host"),
    "anything else": ("Segmentation fault", 139, r"ended before it said hello \(exit status 139\)"),
}


@pytest.mark.parametrize(("written", "code", "sentence"), ENDS.values(), ids=ENDS)
async def test_an_end_before_hello_says_what_to_do(written: str, code: int, sentence: str) -> None:
    engine = await start(f"print({written!r}, file=sys.stderr); sys.exit({code})")
    with pytest.raises(EngineDied, match=sentence) as died:
        await engine.hello
    assert died.value.last_lines == (written,)
    await engine.close()


async def test_a_command_that_no_shell_finds() -> None:
    engine = await Engine.start(["sh", "-c", "no-such-command engine"])
    with pytest.raises(EngineDied, match=r"command was not found \(exit status 127\)"):
        await engine.hello
    await engine.close()


async def test_an_end_after_hello_with_ssh_own_code_is_a_cut_line() -> None:
    engine = await start("hello(); hear(); print('closed by remote host', file=sys.stderr); sys.exit(255)")
    with pytest.raises(EngineDied, match="line to the engine was cut, or the engine was killed"):
        await engine.ask(Play())
    await engine.close()


# Before the protocol


@pytest.mark.parametrize("written", ["Welcome to box\\n", "\\x1b]0;me@box\\x07", "\\r\\n\\0\\xff\\n", "{}\\n[1]\\n\\n"])
async def test_what_a_shell_writes_first_is_passed_over(written: str) -> None:
    engine = await start(f"sys.stdout.write('{written}');" + POLITE)
    async with asyncio.timeout(PATIENCE):
        await engine.hello
        assert await engine.ask(Play()) == Done(id=1)
    await engine.close()


async def test_a_recording_leaves_out_what_a_shell_wrote_before_the_first_word(tmp_path: Path) -> None:
    engine = await start("sys.stdout.write('$ ');" + POLITE, tmp_path / "talk.jsonl")
    await engine.ask(Play())
    await engine.close()
    assert bytes(read(tmp_path / "talk.jsonl")[0].message).startswith(b'{"type"')


async def test_no_first_word_is_told_with_what_was_written_last_and_forgotten_when_it_comes() -> None:
    waits = "sys.stderr.write('loading'); sys.stderr.flush(); a = hear(); hello(); say(type='done', id=a['id']); hear()"
    engine = await start(waits)
    said = listen(engine)
    await until(lambda: any(sentence.endswith("loading") for sentence in said))
    assert "has not said hello for" in said[-1]
    assert await engine.ask(Pause()) == Done(id=1)
    await until(lambda: said[-1] == "")
    await engine.close()


async def test_a_question_is_told_to_have_no_answer_here() -> None:
    engine = await start("sys.stderr.write('me@box password: '); sys.stderr.flush(); time.sleep(60)")
    said = listen(engine)
    await until(lambda: bool(said))
    assert "question that cannot be answered here: set up a key" in said[0]
    assert "me@box password:" in said[0]
    await engine.close()
    assert not alive(engine.pid)


# Silence


async def test_an_idle_engine_that_is_stopped_is_told_until_it_answers(tmp_path: Path) -> None:
    engine = await start(POLITE, tmp_path / "talk.jsonl")
    said = listen(engine)
    await engine.hello
    os.kill(engine.pid, signal.SIGSTOP)
    await until(lambda: len(said) > 2)
    assert all("has not answered for" in sentence for sentence in said)
    waiting = [asyncio.ensure_future(engine.ask(Play())) for _ in range(20)]
    os.kill(engine.pid, signal.SIGCONT)
    assert len(await asyncio.gather(*waiting)) == 20
    await until(lambda: said[-1] == "")
    await engine.close()
    told = [bytes(entry.message) for entry in read(tmp_path / "talk.jsonl")]
    assert not [line for line in told if b"ping" in line]
    assert len([line for line in told if b"play" in line]) == len([line for line in told if b"done" in line]) == 20


async def test_an_engine_that_answers_is_never_called_silent() -> None:
    engine = await start(POLITE)
    said = listen(engine)
    await engine.hello
    for _ in range(10):
        await engine.ask(Play())
        await asyncio.sleep(liveness.ANSWER_TIMEOUT_S / 5)
    await asyncio.sleep(2 * liveness.PING_INTERVAL_S)
    assert said == []
    await engine.close()


async def test_a_program_that_was_itself_stopped_does_not_call_the_engine_silent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(liveness, "WATCH_INTERVAL_S", 0.3)
    monkeypatch.setattr(liveness, "ANSWER_TIMEOUT_S", 0.9)
    engine = await start("hello(); hear(); time.sleep(0.5); say(type='done', id=1); hear()")
    said = listen(engine)
    await engine.hello
    asking = asyncio.ensure_future(engine.ask(Play()))
    await asyncio.sleep(0)
    loop = asyncio.get_running_loop()
    end = loop.time() + 2
    while loop.time() < end:
        pass  # as a stopped program does
    await asking
    assert said == []
    await engine.close()


@pytest.mark.parametrize("state", ["stopped", "stopped before its first word"])
async def test_a_silent_engine_is_ended_in_order_and_soon(state: str) -> None:
    engine = await start(POLITE if state == "stopped" else "time.sleep(0.01);" + POLITE)
    if state == "stopped":
        await engine.hello
    os.kill(engine.pid, signal.SIGSTOP)
    asking = asyncio.ensure_future(engine.ask(Play()))
    async with asyncio.timeout(PATIENCE):
        await engine.close()
        with pytest.raises(EngineDied, match="closed"):
            await asking
    assert not alive(engine.pid)


async def test_a_command_takes_with_it_what_it_has_started(tmp_path: Path) -> None:
    engine = await Engine.start(["sh", "-c", f"sleep 100 & echo $! > {tmp_path}/pid; wait"])
    await until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().endswith("\n"))
    await engine.close()
    assert not alive(engine.pid)
    child = int((tmp_path / "pid").read_text())
    await until(lambda: not alive(child) or b"\nState:\tZ" in Path(f"/proc/{child}/status").read_bytes())


async def test_late_replies_of_an_ended_engine_are_never_taken_for_the_next_ones() -> None:
    late = "hello(); hear(); sys.stdin.read(); say(type='saved', id=1, path='late'); news(99); hear()"
    old = await start(late)
    await old.hello
    lost = asyncio.ensure_future(old.ask(Save(name="x")))
    await asyncio.sleep(0)
    closing = asyncio.ensure_future(old.close())
    new = await start("hello(); hear(); time.sleep(0.3); say(type='saved', id=1, path='new'); hear()")
    assert (await new.ask(Save(name="x"))).path == "new"
    await closing
    with pytest.raises(EngineDied, match="closed"):
        await lost
    assert [event async for event in old.events()] == []
    await new.close()


# What stalls, and what is cut

RELAY = """
import os, sys, threading, subprocess
engine = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
def carry(source, target):
    while data := os.read(source, 4096):
        os.write(target, data)
    os.close(target)
threading.Thread(target=carry, args=(0, engine.stdin.fileno())).start()
carry(engine.stdout.fileno(), 1)
"""
COUNTING = """
hello()
number = 0
while True:
    a = hear()
    if a["type"] == "play":
        number += 1
        news(number)
    say(type="done", id=a["id"])
"""


async def stall(seconds: float) -> list[str]:
    """Talk through a relay that stands still for a while in the middle; what was said of that."""
    engine = await Engine.start([*python(RELAY), HELLO + COUNTING])
    said = listen(engine)
    await engine.hello
    told: list[int] = []

    async def take() -> None:
        async for event in engine.events():
            told.append(event.update)  # noqa: PERF401 (to be seen while it grows)

    taking = asyncio.ensure_future(take())
    for number in range(1000):
        if number == 500:
            os.kill(engine.pid, signal.SIGSTOP)
            asyncio.get_running_loop().call_later(seconds, os.kill, engine.pid, signal.SIGCONT)
        await engine.ask(Play())
    await until(lambda: len(told) == 1000 and said[-1] == "")
    assert told == list(range(1, 1001))
    await engine.close()
    await taking
    return said


async def test_a_line_that_stalls_is_told_and_nothing_is_lost() -> None:
    said = await stall(1.0)
    assert "has not answered for" in said[0]
    assert said[-1] == ""


@pytest.mark.long
async def test_a_line_that_stalls_for_half_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    said = await stall(30.0)
    assert "has not answered for 5 s" in said[0]
    assert any(f"for {seconds} s" in said[-2] for seconds in range(26, 31))  # told each second, by a loop that is busy
    assert said[-1] == ""


@pytest.mark.parametrize("cut", [1, 10, 40])
async def test_a_cut_in_the_middle_of_a_message_is_an_end(cut: int) -> None:
    message = '{"type": "looked", "id": 1, "trace": {"moment": {}}}'
    engine = await start(f"hello(); hear(); sys.stdout.write({message[:cut]!r}); sys.stdout.flush(); sys.exit(255)")
    with pytest.raises(EngineError, match=r"was cut|cannot be read"):
        await engine.ask(Look(moment=Moment(1, (7,))))
    await engine.close()


async def test_an_engine_that_is_left_goes_on(tmp_path: Path) -> None:
    engine = await start(f"hello(); sys.stdin.read(); time.sleep(0.3); open('{tmp_path}/went-on', 'w'); time.sleep(60)")
    await engine.hello
    await engine.leave()
    assert [event async for event in engine.events()] == []
    try:
        await until((tmp_path / "went-on").exists)
        assert alive(engine.pid)
    finally:
        os.kill(engine.pid, signal.SIGKILL)
