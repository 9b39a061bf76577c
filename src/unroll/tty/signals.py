"""Hears the signals that end the program in a thread of its own, and sees to it that it ends, though its loop hangs.

Python writes every signal's number into a pipe (`signal.set_wakeup_fd`), whatever the main thread is busy with. The
thread at the pipe's other end asks the event loop to leave. If the loop does not even hear that, or has not left in
time, the thread gives the terminal back by force and ends the process; the engine, whose input ends with it, follows.
"""

import os
import signal
import sys
import threading
import traceback
from asyncio import AbstractEventLoop
from collections.abc import Callable
from contextlib import suppress

from unroll.log import Log

ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
"""The signals that end the program."""
HEARS_WITHIN = 3.0
"""Seconds in which a loop that lives takes a call."""
ENDS_WITHIN = 8.0
"""Seconds in which a program that leaves in order, and waits for its engine, has ended."""
_SUSPECTED = 0


class Watchdog(threading.Thread):
    """Watches over the end of a program."""

    def __init__(
        self, loop: AbstractEventLoop, leave: Callable[[int], object], give_back: Callable[[], object]
    ) -> None:
        """`leave` asks for an orderly end, in the loop; `give_back` restores the terminal, from any thread."""
        super().__init__(name="unroll-watchdog", daemon=True)
        self._loop, self._leave, self._give_back = loop, leave, give_back
        self._heard, self._told = os.pipe()

    def listen(self) -> None:
        """From now on take the signals that end the program, but those that it was started to ignore."""
        os.set_blocking(self._told, False)
        signal.set_wakeup_fd(self._told, warn_on_full_buffer=False)
        for number in ENDING:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, _take)
        self.start()

    def suspect(self) -> None:
        """Someone asks the program to end by a key: if its loop hangs, it must be done here."""
        os.write(self._told, bytes([_SUSPECTED]))

    def run(self) -> None:
        """Hear signals until the process ends."""
        while True:
            for number in os.read(self._heard, 64):
                if number in ENDING:
                    self._end_in_order(128 + number)
                elif number == _SUSPECTED:
                    if not self._loop_hears(lambda: None):
                        self._end_by_force(128 + signal.SIGINT)
                else:
                    self._wake_loop()

    def _wake_loop(self) -> None:
        """Another thread may have been the one to get a signal: its handler runs once the main thread wakes."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(lambda: None)

    def _end_in_order(self, code: int) -> None:
        if self._loop_hears(lambda: self._leave(code)):
            threading.Event().wait(ENDS_WITHIN - HEARS_WITHIN)
        self._end_by_force(code)

    def _loop_hears(self, words: Callable[[], object]) -> bool:
        """Whether the loop does in time what it is asked to. One that is closed has ended, and so will the process."""
        heard = threading.Event()
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(words)
            self._loop.call_soon_threadsafe(heard.set)
            return heard.wait(HEARS_WITHIN)
        return True

    def _end_by_force(self, code: int) -> None:
        """Note where the program hangs, give the terminal back, and end the process."""
        stack = sys._current_frames().get(threading.main_thread().ident or 0)
        Log("terminal.log").write("Ended by force, for it did not end when told to. It was at:\n")
        Log("terminal.log").write("".join(traceback.format_stack(stack)))
        giving = threading.Thread(target=self._give_back, daemon=True)
        giving.start()
        giving.join(1.0)
        os._exit(code)


def _take(*_: object) -> None:
    """What Python does for a signal itself: nothing; without a handler it would not be written into the pipe."""
