"""The driver's parts where no whole program is needed: its writer and its signals."""

import os
import pty
import signal
import threading
import tty
from asyncio import AbstractEventLoop, new_event_loop
from collections.abc import Iterator
from contextlib import suppress

import pytest

from unroll.tty.driver import TerminalWriter
from unroll.tty.signals import ENDING, SignalThread


@pytest.fixture
def line() -> Iterator[tuple[int, int]]:
    """Both ends of a raw pseudo-terminal: its reader's, its writer's."""
    ends = pty.openpty()
    tty.setraw(ends[1])
    yield ends
    for end in ends:
        os.close(end)


def started(writer: TerminalWriter, text: str) -> threading.Thread:
    """A thread that writes a text."""
    writer.write(text)
    thread = threading.Thread(target=writer.flush)
    thread.start()
    return thread


def test_what_is_written_arrives_whole(line: tuple[int, int]) -> None:
    text, heard = "漢字 and more " * 20_000, b""
    thread = started(TerminalWriter(line[1]), text)
    while len(heard) < len(text.encode()):
        heard += os.read(line[0], 65536)
    thread.join(5)
    assert heard.decode() == text


def test_cut_off_it_writes_no_more_than_its_last_words(line: tuple[int, int]) -> None:
    writer = TerminalWriter(line[1])
    thread = started(writer, "x" * 1_000_000)
    thread.join(0.2)
    assert thread.is_alive()
    writer.cut("the end")
    thread.join(5)
    assert not thread.is_alive()
    started(writer, "more").join(5)
    os.set_blocking(line[0], False)
    heard = b""
    with suppress(BlockingIOError):
        while True:
            heard += os.read(line[0], 65536)
    assert heard.endswith(b"the end")
    assert len(heard) < 100_000


def test_where_the_terminal_is_gone_writing_is_passed_over() -> None:
    master, slave = pty.openpty()
    writer = TerminalWriter(slave)
    os.close(master)
    started(writer, "nobody reads this").join(5)
    assert writer.flushed == 1
    os.close(slave)


def signal_thread(loop: AbstractEventLoop) -> SignalThread:
    return SignalThread(loop, leave=lambda code: None, restore=lambda: None, log=lambda text: None)


def test_a_loop_that_hangs_is_known_from_one_that_lives() -> None:
    loop = new_event_loop()
    signals = signal_thread(loop)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    assert signals.loop_takes(lambda: None)
    stuck = threading.Event()
    loop.call_soon_threadsafe(stuck.wait)
    assert not signals.loop_takes(lambda: None, timeout=0.2)
    stuck.set()
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    loop.close()
    assert signals.loop_takes(lambda: None)


def test_a_signal_that_the_program_was_started_to_ignore_stays_ignored() -> None:
    before = {number: signal.getsignal(number) for number in ENDING}
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    loop = new_event_loop()
    fd = signal.set_wakeup_fd(-1)
    try:
        signal_thread(loop).listen()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) is not before[signal.SIGTERM]
    finally:
        signal.set_wakeup_fd(fd)
        for number, handler in before.items():
            signal.signal(number, handler)
        loop.close()
