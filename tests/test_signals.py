"""Told to end, stopped and continued, hung up, or not read at all: the terminal is given back, no process is left."""

import os
import re
import shlex
import signal
import sys
import time
from collections.abc import Iterator

import pytest

from pty_kit import TRAINED, UNROLL, Session, is_stopped, living, long, modes_left_on, wait_for

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


@pytest.mark.parametrize("number", [signal.SIGTERM, *map(long, [signal.SIGHUP, signal.SIGINT, signal.SIGQUIT])])
def test_told_to_end_while_it_trains_it_gives_the_terminal_back_and_leaves_no_process(number: signal.Signals) -> None:
    with Session() as session:
        session.until_ready()
        session.send(" ")
        processes = session.processes
        session.tell(number)
        assert len(processes) > 1
        assert session.until_ended(*processes) == 128 + number
        session.assert_given_back()


@pytest.mark.parametrize("ignored", ["", long("trap '' HUP; ")], ids=["told", "hang-up ignored"])
def test_where_the_terminal_is_gone_it_ends_and_leaves_no_process(ignored: str) -> None:
    with Session(command=("sh", "-c", f'{ignored}exec "$@"', "sh", *UNROLL)) as session:
        session.until_ready()
        session.send(" ")
        processes = session.processes
        assert len(processes) > 1
        assert session.hang_up() == 129
        wait_for(lambda: not living(processes))


@pytest.mark.parametrize("number", [signal.SIGTERM, long(signal.SIGHUP), long(signal.SIGINT)])
def test_told_to_end_while_it_starts_it_gives_the_terminal_back(number: signal.Signals) -> None:
    with Session(*TRAINED) as session:
        session.until(lambda: b"\x1b[?1049h" in session.sent)
        session.tell(number)
        assert session.until_ended() in (128 + number, -number)
        session.assert_given_back()


def test_a_signal_while_it_starts_is_not_lost_in_the_end_of_an_object() -> None:
    with Session(command=[sys.executable, "-c", IN_AN_END]) as session:
        assert session.until_ended() == -signal.SIGINT
        session.assert_given_back()


@pytest.mark.parametrize("how", [pytest.param(IN_PYTHON, id="in a loop"), long(IN_A_LOCK, id="in a lock")])
@pytest.mark.parametrize("told", [long(signal.SIGTERM), "\x03"], ids=["a signal", "ctrl+c"])
def test_told_to_end_while_it_hangs_it_is_ended_and_the_terminal_given_back(
    how: str, told: signal.Signals | str
) -> None:
    with Session(*TRAINED, command=[sys.executable, "-c", HANGING.format(how=how)]) as session:
        session.until_ready()
        session.send(" ")
        session.pump(0.5)
        asked = time.monotonic()
        session.tell(told)
        assert session.until_ended() == 128 + (signal.SIGINT if told == "\x03" else told)
        assert time.monotonic() - asked < 8
        session.assert_given_back()


@pytest.mark.parametrize("told", [signal.SIGTERM, long("q")])
def test_where_nobody_reads_it_still_ends_and_gives_back_its_settings(told: signal.Signals | str) -> None:
    with Session() as session:
        session.until_ready()
        processes = session.processes
        session.send("++++ ")
        time.sleep(2)
        session.tell(told)
        session.program.wait(10)
        session.until_ended(*processes)
        session.assert_given_back()


def test_an_answer_on_its_way_is_not_typed_into_the_shell() -> None:
    with Session(*TRAINED, delay=0.3) as session:
        session.until_ready()
        session.pump(0.7)
        for _ in range(3):
            session.send("\x0c")
            session.pump(0.15)
        session.send("q")
        assert session.until_ended() == 0
        session.pump(0.5)
        assert b"2026;2$y" not in session.sent


def test_where_no_shell_could_continue_it_ctrl_z_does_nothing_and_stopped_by_force_the_screen_comes_back_whole() -> (
    None
):
    with Session(*TRAINED) as session:
        session.until_ready("6┤")
        session.tell(signal.SIGTSTP)
        session.send("\x1a?")
        session.until_shown("esc closes")
        session.quiet()
        before = session.text
        session.tell(signal.SIGSTOP)
        wait_for(lambda: is_stopped(session.program.pid))
        session.screen.reset()
        session.screen.draw("what a shell has written")
        session.tell(signal.SIGCONT)
        session.until(lambda: session.text == before)
        session.send("\x03")
        assert session.until_ended() == 0
        session.assert_given_back()


class Shell(Session):
    """The program as a job of a shell."""

    def __init__(self) -> None:
        words = ["bash", "--norc", "--noprofile", "--noediting", "-i"]
        super().__init__(command=words, environment={"PS1": "ready> ", "PS0": ""})
        self._heard = 0
        self.until_said("ready> ")
        self.before = self.settings()

    def until_said(self, text: str) -> bytes:
        """Read until this has been written since the last call; what came before it."""
        self.until(lambda: text.encode() in self.sent[self._heard :])
        said, text_, _ = self.sent[self._heard :].partition(text.encode())
        self._heard += len(said + text_)
        return said

    def run(self, line: str) -> bytes:
        """Type a line; what came of it until the shell was ready again."""
        self.send(f"{line}\n")
        return self.until_said("ready> ")

    def settings(self) -> bytes:
        return re.sub(rb"\s", b"", self.run("stty -a"))

    def assert_has_the_terminal(self) -> None:
        assert modes_left_on(self.sent) == set()
        assert self.settings() == self.before

    def leave(self) -> None:
        """Quit the program, which is in the foreground and ends in order."""
        self.until(lambda: "it expects" in self.text)
        self.send("q")
        self.until_said("ready> ")
        assert b"code 0" in self.run("echo code $?")
        assert modes_left_on(self.sent) == set()


@pytest.fixture
def shell() -> Iterator[Shell]:
    with Shell() as shell:
        yield shell
        for process in shell.processes[1:]:
            os.kill(process, signal.SIGKILL)


@pytest.mark.parametrize("way", ["ctrl+z", long("a signal")])
def test_ctrl_z_gives_the_terminal_to_the_shell_and_fg_takes_it_again(shell: Shell, way: str) -> None:
    shell.send(shlex.join([*UNROLL, *TRAINED]) + "\n")
    for _ in range(2):
        shell.until(lambda: "it expects" in shell.text)
        program = shell.processes[1]
        if way == "ctrl+z":
            shell.send("\x1a")
        else:
            os.kill(program, signal.SIGTSTP)
        shell.until_said("Stopped")
        shell.until_said("ready> ")
        shell.assert_has_the_terminal()
        assert is_stopped(program)
        shell.run("bg")
        wait_for(lambda program=program: is_stopped(program))
        assert modes_left_on(shell.sent) == set()
        shell.send("fg\n")
        shell.until(lambda: "1 State" in shell.text)
    shell.leave()


@pytest.mark.parametrize("module", ["textual", long("unroll.terminal.screen")])
def test_told_to_stop_while_the_splash_is_all_there_is_it_gives_the_terminal_to_the_shell(
    shell: Shell, module: str
) -> None:
    shell.send(shlex.join([sys.executable, "-c", STOPPED_AT.format(module=module), *TRAINED]) + "\n")
    shell.until_said("Stopped")
    shell.until_said("ready> ")
    shell.assert_has_the_terminal()
    shell.send("fg\n")
    shell.leave()
