"""Takes the signals that end a program in a thread of its own, and ends the program even if its event loop hangs.

Python writes every signal's number into a pipe (`signal.set_wakeup_fd`), whatever the main thread is busy with. The
thread at the pipe's other end asks the event loop to leave. If the loop does not take the call, or has not left in
time, the thread restores the terminal by force and ends the process.
"""

import os
import signal
import sys
import threading
import time
import traceback
from asyncio import AbstractEventLoop
from collections.abc import Callable
from contextlib import suppress
from functools import partial

ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
"""The signals that end the program."""
CALL_TIMEOUT_S = 3.0
"""Seconds in which a live event loop takes a call."""
EXIT_TIMEOUT_S = 8.0
"""Seconds in which a program that quits in order has ended."""
_RESTORE_TIMEOUT_S = 1.0
_PROBE = 0


class SignalThread(threading.Thread):
    """Waits for signals, and sees the program to its end."""

    def __init__(
        self,
        loop: AbstractEventLoop,
        leave: Callable[[int], object],
        restore: Callable[[], object],
        log: Callable[[str], object],
    ) -> None:
        """`leave(exit_code)` asks for an orderly end, in the loop; `restore` gives the terminal back and `log` keeps
        where the program hung: both are called in a thread."""
        super().__init__(name="signals", daemon=True)
        self._loop, self._leave, self._restore, self._log = loop, leave, restore, log
        self._read_end, self._write_end = os.pipe()

    def listen(self) -> None:
        """From now on take the signals that end the program, except those that it was started to ignore."""
        os.set_blocking(self._write_end, False)
        signal.set_wakeup_fd(self._write_end, warn_on_full_buffer=False)
        for number in ENDING:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, _nothing)  # without a handler in Python it would not be written into the pipe
        self.start()

    def probe(self) -> None:
        """A key asked the program to end: if its loop hangs, end it from here."""
        os.write(self._write_end, bytes([_PROBE]))

    def run(self) -> None:
        """Take signals until the process ends."""
        while True:
            for number in os.read(self._read_end, 64):
                if number in ENDING:
                    if self.loop_takes(partial(self._leave, 128 + number)):
                        time.sleep(EXIT_TIMEOUT_S - CALL_TIMEOUT_S)
                    self._end_by_force(128 + number)
                elif number != _PROBE:  # another thread may have got it: its handler runs once the main thread wakes
                    self.loop_takes(_nothing, 0)
                elif not self.loop_takes(_nothing):
                    self._end_by_force(128 + signal.SIGINT)

    def loop_takes(self, call: Callable[[], object], timeout: float = CALL_TIMEOUT_S) -> bool:
        """Whether the loop makes a call within `timeout` seconds. One that is closed has ended: that counts as yes."""
        taken = threading.Event()
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call)
            self._loop.call_soon_threadsafe(taken.set)
            return taken.wait(timeout)
        return True

    def _end_by_force(self, code: int) -> None:
        """Log where the program hangs, restore the terminal, and end the process."""
        stack = sys._current_frames().get(threading.main_thread().ident or 0)
        where = "".join(traceback.format_stack(stack))
        self._log(f"Ended by force, for it did not end when told to. It was at:\n{where}")
        restoring = threading.Thread(target=self._restore, daemon=True)
        restoring.start()
        restoring.join(_RESTORE_TIMEOUT_S)
        os._exit(code)


def _nothing(*_: object) -> None:
    pass
