"""What the driver relies on in Textual's own, and its parts where no whole program is needed.

Where one of the first three fails, Textual has changed: see `driver` for what it must still do.
"""

import inspect
import os
import pty
import signal
import threading
import tty
from asyncio import new_event_loop
from collections.abc import Iterator
from contextlib import suppress

import pytest
from textual.app import App
from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver

from unroll.tty.renderer import ThriftyApp
from unroll.tty.signals import ENDING, Watchdog
from unroll.tty.writer import Outlet


def test_textual_still_writes_to_the_file_that_the_driver_gives_it() -> None:
    assert "WriterThread(self._file)" in inspect.getsource(LinuxDriver.start_application_mode)
    assert list(inspect.signature(WriterThread.__init__).parameters) == ["self", "file"]
    assert "_writer_thread.stop()" in inspect.getsource(LinuxDriver.close)


def test_textual_still_reads_in_a_thread_that_the_driver_replaces() -> None:
    assert "self.run_input_thread()" in inspect.getsource(LinuxDriver._run_input_thread)
    assert "exit_event.set()" in inspect.getsource(LinuxDriver.disable_input)
    assert "attrs_before" in inspect.getsource(LinuxDriver.stop_application_mode)


def test_textual_still_asks_the_app_for_the_pointers_shape() -> None:
    assert list(inspect.signature(App._set_pointer_shape).parameters) == ["self", "shape"]
    assert ThriftyApp._set_pointer_shape is not App._set_pointer_shape


@pytest.fixture
def line() -> Iterator[tuple[int, int]]:
    """Both ends of a raw pseudo-terminal: its reader's, its writer's."""
    ends = pty.openpty()
    tty.setraw(ends[1])
    yield ends
    for end in ends:
        os.close(end)


def test_what_is_written_arrives_whole(line: tuple[int, int]) -> None:
    outlet, text, heard = Outlet(line[1]), "漢字 and more " * 20_000, b""
    outlet.write(text)
    writer = threading.Thread(target=outlet.flush)
    writer.start()
    while len(heard) < len(text.encode()):
        heard += os.read(line[0], 65536)
    writer.join(5)
    assert heard.decode() == text


def test_cut_off_it_writes_no_more_than_its_last_words(line: tuple[int, int]) -> None:
    outlet = Outlet(line[1])
    outlet.write("x" * 1_000_000)
    writer = threading.Thread(target=outlet.flush)
    writer.start()
    writer.join(0.2)
    assert writer.is_alive()
    outlet.cut("the end")
    writer.join(5)
    assert not writer.is_alive()
    outlet.write("more")
    outlet.flush()
    os.set_blocking(line[0], False)
    heard = b""
    with suppress(BlockingIOError):
        while True:
            heard += os.read(line[0], 65536)
    assert heard.endswith(b"the end")
    assert len(heard) < 100_000


def test_where_the_terminal_is_gone_writing_is_passed_over() -> None:
    master, slave = pty.openpty()
    outlet = Outlet(slave)
    os.close(master)
    outlet.write("nobody reads this")
    outlet.flush()
    os.close(slave)


def test_the_watchdog_knows_a_loop_that_hangs_from_one_that_lives() -> None:
    loop = new_event_loop()
    watchdog = Watchdog(loop, leave=lambda code: None, give_back=lambda: None)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    assert _hears(watchdog)
    stuck = threading.Event()
    loop.call_soon_threadsafe(stuck.wait)
    assert not _hears(watchdog)
    stuck.set()
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    loop.close()
    assert watchdog._loop_hears(lambda: None)


def _hears(watchdog: Watchdog) -> bool:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("unroll.tty.signals.HEARS_WITHIN", 0.5)
        return watchdog._loop_hears(lambda: None)


def test_a_signal_that_the_program_was_started_to_ignore_stays_ignored() -> None:
    before = {number: signal.getsignal(number) for number in ENDING}
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    loop = new_event_loop()
    fd = signal.set_wakeup_fd(-1)
    try:
        Watchdog(loop, leave=lambda code: None, give_back=lambda: None).listen()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) is not before[signal.SIGTERM]
    finally:
        signal.set_wakeup_fd(fd)
        for number, handler in before.items():
            signal.signal(number, handler)
        loop.close()
