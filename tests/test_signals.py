"""Told to end, stopped and continued, or not read at all: the terminal is given back, and no process is left."""

from __future__ import annotations

import os
import re
import shlex
import signal
import sys
import time
from collections.abc import Iterator

import pexpect
import pytest

from pty_kit import PATIENCE, RECORDED, UNROLL, Person, family, is_stopped, living, long, modes_left_on, wait_for

HANGING = """
import os, sys, time
from unroll.cli import main
from unroll.terminal.screen import Playground
def hang(self):
    {how}
Playground.action_train = hang
main()
"""
IN_PYTHON = "while True: pass"
IN_A_LOCK = "import threading; threading.Lock().acquire() and threading.Event().wait()"


STOPPED_AT = """
import os, signal, sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "{module}":
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGTSTP)
sys.meta_path.insert(0, Finder())
from unroll.cli import main
main()
"""

IN_AN_END = """
import os, signal, time
from unroll.terminal import splash

class Ending:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.1)

with splash.shown(None):
    Ending()
    time.sleep(60)
"""


@pytest.fixture
def person() -> Iterator[Person]:
    with Person(*RECORDED) as person:
        person.shown("it expects", "6┤")
        person.quiet()
        yield person


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, long(signal.SIGINT), long(signal.SIGQUIT)])
def test_told_to_end_it_gives_the_terminal_back_and_leaves_no_process(number: signal.Signals) -> None:
    with Person() as person:
        person.shown("it expects")
        person.type(b" ")
        all_of_them = family(person.program.pid)
        assert len(all_of_them) > 1
        os.kill(person.program.pid, number)
        assert person.until_ended() == 128 + number
        person.assert_given_back()
        assert b"Traceback" not in person.sent
        wait_for(lambda: not living(all_of_them))


@pytest.mark.parametrize("number", [signal.SIGTERM, long(signal.SIGHUP), long(signal.SIGINT)])
def test_told_to_end_while_it_starts_it_gives_the_terminal_back(number: signal.Signals) -> None:
    with Person(*RECORDED) as person:
        person.until(lambda: b"\x1b[?1049h" in person.sent, PATIENCE)
        os.kill(person.program.pid, number)
        assert person.until_ended() in (128 + number, -number)
        person.assert_given_back()
        assert b"Traceback" not in person.sent


def test_a_signal_while_it_starts_is_not_lost_in_the_end_of_an_object() -> None:
    with Person(command=[sys.executable, "-c", IN_AN_END]) as person:
        assert person.until_ended() == -signal.SIGINT
        person.assert_given_back()


@pytest.mark.parametrize("how", [pytest.param(IN_PYTHON, id="in a loop"), long(IN_A_LOCK, id="in a lock")])
@pytest.mark.parametrize("told", [long(signal.SIGTERM), "ctrl+c"])
def test_told_to_end_while_it_hangs_it_is_ended_and_the_terminal_given_back(
    how: str, told: signal.Signals | str
) -> None:
    with Person(*RECORDED, command=[sys.executable, "-c", HANGING.format(how=how)]) as person:
        person.shown("it expects")
        person.type(b" ")
        person.pump(0.5)
        if told == "ctrl+c":
            person.type(b"\x03")
        else:
            os.kill(person.program.pid, told)
        asked = time.monotonic()
        assert person.until_ended() == 128 + (signal.SIGINT if told == "ctrl+c" else told)
        assert time.monotonic() - asked < 8
        person.assert_given_back()


@pytest.mark.parametrize("told", [signal.SIGTERM, long(b"q")])
def test_where_nobody_reads_it_still_ends_and_gives_back_its_settings(told: signal.Signals | bytes) -> None:
    with Person() as person:
        person.shown("it expects")
        all_of_them = family(person.program.pid)
        person.type(b"++++ ")
        time.sleep(2)
        if isinstance(told, bytes):
            person.type(told)
        else:
            os.kill(person.program.pid, told)
        person.program.wait(10)
        wait_for(lambda: not living(all_of_them))
        person.until_ended()
        person.assert_given_back()


def test_an_answer_on_its_way_is_not_typed_into_the_shell() -> None:
    with Person(*RECORDED, delay=0.3) as person:
        person.shown("it expects")
        person.pump(0.7)
        for _ in range(3):
            person.type(b"\x0c")
            person.pump(0.15)
        person.type(b"q")
        assert person.until_ended() == 0
        person.pump(0.5)
        assert b"2026;2$y" not in person.sent


def test_stopped_by_force_and_continued_the_screen_is_whole(person: Person) -> None:
    before = person.text
    os.kill(person.program.pid, signal.SIGSTOP)
    wait_for(lambda: is_stopped(person.program.pid))
    person.screen.reset()
    person.screen.draw("what a shell has written")
    os.kill(person.program.pid, signal.SIGCONT)
    person.until(lambda: person.text == before, PATIENCE)
    person.type(b"3")
    person.shown("Counts after a tenth of a")
    person.type(b"\x03")
    assert person.until_ended() == 0
    person.assert_given_back()


def test_asked_to_stop_where_no_shell_could_continue_it_goes_on(person: Person) -> None:
    os.kill(person.program.pid, signal.SIGTSTP)
    person.type(b"\x1a3")
    person.shown("Counts after a tenth of a")
    assert not is_stopped(person.program.pid)


class Shell:
    """The program as a job of a shell."""

    def __init__(self) -> None:
        environment = {**os.environ, "TERM": "xterm-256color", "PS1": "", "PS0": ""}
        self.bash = pexpect.spawn(
            "bash", ["--norc", "--noprofile", "-i"], env=environment, dimensions=(40, 120), timeout=PATIENCE, echo=False
        )
        self.sent = b""
        self.run("bind 'set enable-bracketed-paste off'; PS1='ready> '")
        self.run("stty echo")
        self.before = self.run("stty -a")

    def run(self, command: str) -> bytes:
        """Type a command; what it wrote, when the shell is ready again."""
        self.bash.sendline(command)
        return self.until(rb"ready> ")

    def until(self, pattern: bytes) -> bytes:
        self.bash.expect(pattern)
        self.sent += self.bash.before + self.bash.match.group()
        return self.bash.before


@pytest.fixture
def shell() -> Iterator[Shell]:
    shell = Shell()
    try:
        yield shell
    finally:
        shell.bash.close(force=True)


@pytest.mark.parametrize("way", ["ctrl+z", long("a signal")])
def test_ctrl_z_gives_the_terminal_to_the_shell_and_fg_takes_it_again(shell: Shell, way: str) -> None:
    shell.bash.sendline(" ".join([*UNROLL, *RECORDED]))
    shell.until(rb"it expects")
    (program,) = [process for process in family(shell.bash.pid)[1:] if not is_stopped(process)][:1]
    for _ in range(2):
        if way == "ctrl+z":
            shell.bash.send("\x1a")
        else:
            os.kill(program, signal.SIGTSTP)
        shell.until(rb"Stopped")
        shell.until(rb"ready> ")
        assert modes_left_on(shell.sent) == set()
        assert re.sub(rb"\s", b"", shell.run("stty -a")) == re.sub(rb"\s", b"", shell.before)
        assert is_stopped(program)
        shell.run("bg")
        wait_for(lambda: is_stopped(program))
        assert modes_left_on(shell.sent) == set()
        shell.bash.sendline("fg")
        shell.until(rb"Hidden state")
        shell.until(rb"it expects")
    shell.bash.send("q")
    shell.until(rb"ready> ")
    assert b"code 0" in shell.run("echo code $?")
    assert modes_left_on(shell.sent) == set()


@pytest.mark.parametrize("module", ["textual", long("unroll.terminal.screen")])
def test_told_to_stop_while_the_splash_is_all_there_is_it_gives_the_terminal_to_the_shell(
    shell: Shell, module: str
) -> None:
    shell.bash.sendline(shlex.join([sys.executable, "-c", STOPPED_AT.format(module=module), *RECORDED]))
    shell.until(rb"Stopped")
    shell.until(rb"ready> ")
    assert modes_left_on(shell.sent) == set()
    assert re.sub(rb"\s", b"", shell.run("stty -a")) == re.sub(rb"\s", b"", shell.before)
    shell.bash.sendline("fg")
    shell.until(rb"it expects")
    shell.bash.send("q")
    shell.until(rb"ready> ")
    assert b"code 0" in shell.run("echo code $?")
    assert modes_left_on(shell.sent) == set()
