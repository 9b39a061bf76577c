"""The driver between Textual and the terminal: Textual's own, in what this program needs otherwise.

Whatever comes in, a key or half a sequence, the reader lives (`keyboard`). Whatever happens, the terminal is given
back: told to end by a signal or by a hang-up, stopped and continued, with an event loop that hangs (`watchdog`) or a
line that nobody reads (`outlet`).
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import termios
import time
from collections.abc import Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Any

from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key, Resize
from textual.geometry import Size
from textual.message import Message
from textual.messages import TerminalSupportsSynchronizedOutput

from unroll.terminal import splash
from unroll.tty.flow_control import QUESTION
from unroll.tty.input import Keyboard
from unroll.tty.signals import Watchdog
from unroll.tty.writer import Outlet

HUNG_UP = 128 + signal.SIGHUP
"""The exit code where the terminal is gone."""
TICK = 0.1
"""Seconds from one look at the clock to the next while nothing is typed."""
LAST_WORDS = 1.0
"""Seconds that the terminal has to take what was written last, before the rest is dropped."""
LAST_ANSWER = 0.5
"""Seconds that an answer on its way may take: later it would be typed into the shell."""
KEY_PATIENCE = 1.0
"""Seconds that a key may take before the next is handed on all the same."""
GIVE_BACK = (
    "\x18\x1b[?2026l\x1b[?2004l\x1b[?7h\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[<u"
    "\x1b[m\x1b[?1049l\x1b[?25h\x1b[?1004l"
)
"""Ends whatever sequence was cut, and all that the program has switched on."""


class Driver(LinuxDriver):
    """Reads and draws. Takes the terminal over from the splash, which stands until a live frame is painted on it."""

    def __init__(
        self, app: Any, *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        assert sys.__stderr__ is not None
        self._outlet = Outlet(sys.__stderr__.fileno())
        self._file: Any = self._outlet
        self._at_work = False
        self._asked = self._answered = self._handed = 0
        self._last_key: Future[None] | None = None
        self._missed = Size()
        self._watchdog = Watchdog(self._loop, self._leave, self._give_back)
        self._watchdog.listen()

    def start_application_mode(self) -> None:
        """Start as ever; what is restored in the end is what the splash found."""
        signal.signal(signal.SIGTSTP, lambda *_: self._loop.call_soon_threadsafe(self._stop))
        signal.signal(signal.SIGCONT, lambda *_: self._loop.call_soon_threadsafe(self._go_on))
        self._outlet.open()
        before = self._writer_thread
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._at_work = self._writer_thread is not before  # started in the background, it was stopped again
        found = splash.take_over()
        if found is not None:
            self.attrs_before = found
            if splash.was_told_to_stop():
                self._loop.call_soon(self._stop)

    def stop_application_mode(self) -> None:
        """Stop as ever, once the terminal has answered what it was asked."""
        end = time.monotonic() + LAST_ANSWER
        while 0 < self._answered < self._asked and time.monotonic() < end:
            time.sleep(0.01)
        self._at_work = False
        super().stop_application_mode()

    def write(self, data: str) -> None:
        """Write at once, and leave to the thread only what the terminal does not take: a thread waits its turn.

        But do not turn to the alternate screen where the splash already stands: that would blank it.
        """
        if data == splash.ENTER and splash.is_shown():
            return
        self._asked += data.count(QUESTION)
        if self._writer_thread is not None and not self.is_writing:
            if self._outlet.write_at_once(data):
                return
            data = ""  # the rest waits in the outlet
        self._handed += 1
        super().write(data)

    @property
    def is_writing(self) -> bool:
        """Whether the terminal has not taken all that was written."""
        return self._handed != self._outlet.flushed

    def close(self) -> None:
        """Wait until all is written; give the terminal back by force where it takes nothing."""
        closing = Thread(target=super().close, daemon=True)
        closing.start()
        closing.join(LAST_WORDS)
        if closing.is_alive():
            self._give_back()

    def run_input_thread(self) -> None:
        """Read until told to stop, or until there is no more to read from."""
        keyboard = Keyboard()
        while not self.exit_event.is_set():
            ready, _, _ = select.select([self.fileno], [], [], TICK)
            if ready:
                data = self._read()
                if data is None:
                    self._loop.call_soon_threadsafe(self._leave, HUNG_UP)
                    return
                self._take(keyboard.feed(data, time.monotonic()))
            self._take(keyboard.tick(time.monotonic()))
            if not ready:
                self._see_size()

    def _see_size(self) -> None:
        """Tell of a size that no signal has told of: of many that come at once the last can be lost."""
        with suppress(OSError):
            size = Size(*os.get_terminal_size(self.fileno))
            if size == self._missed and size != self._app.size:
                self._loop.call_soon_threadsafe(self._app.post_message, Resize(size, size))
            self._missed = size

    def _read(self) -> bytes | None:
        """What was typed; `None` where nothing will ever be typed again."""
        with suppress(OSError):
            try:
                return os.read(self.fileno, 4096) or None
            except BlockingIOError:
                return b""
        return None

    def _take(self, messages: Iterator[Message]) -> None:
        for message in messages:
            if isinstance(message, TerminalSupportsSynchronizedOutput):
                self._answered += 1
            elif isinstance(message, Key):
                if message.key == "ctrl+c":
                    self._watchdog.suspect()
                self._wait_for_last_key()
            self.process_message(message)
            if isinstance(message, Key):
                self._last_key = asyncio.run_coroutine_threadsafe(self._key_to_come_through(), self._loop)

    def _wait_for_last_key(self) -> None:
        """Let a key do what it does before the next: typed at once, `/ 12` would train and turn to the loss."""
        end = time.monotonic() + KEY_PATIENCE
        while self._last_key is not None and time.monotonic() < end and not self.exit_event.is_set():
            if self._last_key in wait([self._last_key], TICK).done:
                return

    async def _key_to_come_through(self) -> None:
        """Follow a key from who has the focus up to the app; there once more, for the focus moves a message later."""
        node = self._app.focused or self._app.screen
        for place in [*node.ancestors_with_self, self._app]:
            passed = asyncio.Event()
            if place.call_later(passed.set):
                await passed.wait()

    def _leave(self, code: int) -> None:
        self._app.exit(return_code=code)

    def _give_back(self) -> None:
        """Restore the terminal at once, from any thread, whatever is still to be written."""
        self._outlet.cut(GIVE_BACK)
        if self.attrs_before is not None:
            with suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)

    def _stop(self) -> None:
        """Ctrl-Z: give the terminal back and stop, if there is a shell to continue us; then take it again."""
        if self._at_work:
            self.suspend_application_mode()
        with _by_default(signal.SIGTSTP, signal.SIGCONT):
            os.kill(os.getpid(), signal.SIGTSTP)
        self._go_on()

    def _go_on(self) -> None:
        """Continued: the terminal may have been anyone's. In the background it is: there, stop again."""
        if os.tcgetpgrp(self.fileno) != os.getpgrp():
            os.kill(os.getpid(), signal.SIGSTOP)
            return
        if self._at_work:
            self.suspend_application_mode()
        self.resume_application_mode()


@contextmanager
def _by_default(*signals: signal.Signals) -> Iterator[None]:
    """Let signals do what they do by default."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
