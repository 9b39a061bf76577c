"""The driver between Textual and the terminal.

Whatever comes in, a key or half a sequence, the reader goes on (`input`). Whatever happens, the terminal is given back:
ended by a signal or a hang-up, stopped and continued, with an event loop that hangs (`signals`) or a terminal that
nobody reads (`TerminalWriter`).
"""

import asyncio
import os
import select
import signal
import sys
import termios
import time
from collections.abc import Iterator
from concurrent.futures import Future, wait
from contextlib import suppress
from threading import Lock, Thread
from typing import Any, Protocol

from textual.app import App
from textual.events import Key, Resize
from textual.geometry import Size
from textual.message import Message
from textual.messages import TerminalSupportsSynchronizedOutput

from unroll.tty.environment import ENTER_SCREEN, LEAVE_SCREEN, size_of
from unroll.tty.flow_control import QUERY
from unroll.tty.input import InputParser
from unroll.tty.signals import SignalThread
from unroll.tty.textual_patches import PatchedDriver

HANGUP_CODE = 128 + signal.SIGHUP
"""The exit code where the terminal is gone."""
WIDTH_QUERY = "\x1b[H─\x1b[6n"
"""Asks where the cursor stands after a character that is two cells wide in some terminals of East Asia."""
_READ_POLL_S = 0.1
"""Seconds between two looks at the clock while nothing is typed."""
_CUT_POLL_S = 0.1
"""How often a writer that waits for the terminal looks whether it has been cut off."""
_CLOSE_TIMEOUT_S = 1.0
"""Seconds in which the terminal must take the last output, before the rest is dropped."""
_ANSWER_TIMEOUT_S = 0.5
"""Seconds to wait for an answer of the terminal: later it would be typed into the shell."""
_KEY_TIMEOUT_S = 1.0
"""Seconds to wait for a key to be handled, before the next is handed on anyway."""
_BETTER = {"\x1b[>25u": "\x1b[>29u", "\x1b[?1049l": LEAVE_SCREEN}
"""What is written in place of Textual's: in the kitty protocol a key's place on a Latin layout is asked for too."""

RESTORE = (
    "\x18\x1b[?2026l\x1b[?2004l\x1b[?7h\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[<u\x1b[?1004l"
    f"{LEAVE_SCREEN}\x1b[?25h"
)
"""Ends whatever sequence was cut, and all modes that the driver has switched on."""


class Splash(Protocol):
    """A picture on the alternate screen, written before Textual was imported; a module with these functions is one."""

    def is_shown(self) -> bool:
        """Whether it stands on the alternate screen and nobody has taken the terminal over."""

    def take_over(self) -> list[Any] | None:
        """The terminal is the caller's from here on: its settings before the splash, None where none is shown."""

    def was_told_to_stop(self) -> bool:
        """Whether SIGTSTP came meanwhile: the program is to stop once it can be continued."""


class TtyDriver(PatchedDriver):
    """Reads keys and writes frames. A subclass may name a `splash` to take the terminal over from, and `log`."""

    splash: Splash | None = None
    first_query = WIDTH_QUERY

    def __init__(self, app: App[Any], **how: Any) -> None:
        super().__init__(app, **how)
        assert sys.__stderr__ is not None
        self._writer = TerminalWriter(sys.__stderr__.fileno())
        self.write_to(self._writer)
        self._textual_app = app
        self._event_loop = asyncio.get_running_loop()
        self._at_work = False
        self._asked = self._answered = self._handed = 0
        self._last_key: Future[None] | None = None
        self._seen_size = Size()
        self._signals = SignalThread(self._event_loop, self._leave, self._restore, self.log)
        self._signals.listen()

    def log(self, text: str) -> None:
        """Keep where the program hung, if it had to be ended by force; called in a thread. By default it is lost."""

    def start_application_mode(self) -> None:
        """Start as Textual does; in the end the settings are restored that stood before the splash."""
        signal.signal(signal.SIGTSTP, lambda *_: self._event_loop.call_soon_threadsafe(self._stop))
        signal.signal(signal.SIGCONT, lambda *_: self._event_loop.call_soon_threadsafe(self._go_on))
        self._writer.open()
        before = self.writer_thread
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._at_work = self.writer_thread is not before  # started in the background, it was stopped again
        found = self.splash.take_over() if self.splash else None
        if self.splash and found is not None:
            self.attrs_before = found
            if self.splash.was_told_to_stop():
                self._event_loop.call_soon(self._stop)

    def stop_application_mode(self) -> None:
        """Stop as Textual does, once the terminal has answered what it was asked."""
        end = time.monotonic() + _ANSWER_TIMEOUT_S
        while 0 < self._answered < self._asked and time.monotonic() < end:
            time.sleep(0.01)
        self._at_work = False
        super().stop_application_mode()

    def write(self, data: str) -> None:
        """Write at once, and leave to the thread only what the terminal does not take: a thread waits its turn.

        The alternate screen is not entered where the splash is already shown on it: that would blank it.
        """
        if data == ENTER_SCREEN and self.splash and self.splash.is_shown():
            return
        data = _BETTER.get(data, data)
        self._asked += data.count(QUERY)
        if self.writer_thread is not None and not self.is_writing:
            if self._writer.write_now(data):
                return
            data = ""  # the rest waits in the writer
        self._handed += 1
        super().write(data)

    @property
    def is_writing(self) -> bool:
        """Whether the terminal has not taken all that was written."""
        return self._handed != self._writer.flushed

    def close(self) -> None:
        """Wait until all is written; give the terminal back by force where it takes nothing."""
        closing = Thread(target=super().close, daemon=True)
        closing.start()
        closing.join(_CLOSE_TIMEOUT_S)
        if closing.is_alive():
            self._restore()

    def run_input_thread(self) -> None:
        """Read until told to stop, or until there is no more to read from."""
        parser = InputParser()
        while not self.exit_event.is_set():
            ready, _, _ = select.select([self.fileno], [], [], _READ_POLL_S)
            if ready:
                data = self._read()
                if data is None:
                    self._event_loop.call_soon_threadsafe(self._leave, HANGUP_CODE)
                    return
                self._take(parser.feed(data, time.monotonic()))
            self._take(parser.tick(time.monotonic()))
            if not ready:
                self._see_size()

    def _see_size(self) -> None:
        """Report a size that no signal has reported: of many that come at once the last can be lost."""
        with suppress(OSError):
            size = Size(*size_of(self.fileno))
            if size == self._seen_size and size != self._textual_app.size:
                self._event_loop.call_soon_threadsafe(self._textual_app.post_message, Resize(size, size))
            self._seen_size = size

    def _read(self) -> bytes | None:
        """What was typed; None where the terminal is gone."""
        try:
            return os.read(self.fileno, 4096) or None
        except BlockingIOError:
            return b""
        except OSError:
            return None

    def _take(self, messages: Iterator[Message]) -> None:
        for message in messages:
            if isinstance(message, TerminalSupportsSynchronizedOutput):
                self._answered += 1
            elif isinstance(message, Key):
                if message.key == "ctrl+c":
                    self._signals.probe()
                self._wait_for_last_key()
            self.process_message(message)
            if isinstance(message, Key):
                self._last_key = asyncio.run_coroutine_threadsafe(key_handled(self._textual_app), self._event_loop)

    def _wait_for_last_key(self) -> None:
        """Let a key take effect before the next: it may move the focus to where the next one belongs."""
        end = time.monotonic() + _KEY_TIMEOUT_S
        while self._last_key is not None and time.monotonic() < end and not self.exit_event.is_set():
            if self._last_key in wait([self._last_key], _READ_POLL_S).done:
                return

    def _leave(self, code: int) -> None:
        self._textual_app.exit(return_code=code)

    def _restore(self) -> None:
        """Give the terminal back at once, from any thread, whatever is still to be written."""
        self._writer.cut(RESTORE)
        if self.attrs_before is not None:
            with suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)

    def _stop(self) -> None:
        """Ctrl-Z: give the terminal back and stop, if there is a shell to continue us; then take it again."""
        if self._at_work:
            self.suspend_application_mode()
        handlers = {number: signal.signal(number, signal.SIG_DFL) for number in (signal.SIGTSTP, signal.SIGCONT)}
        os.kill(os.getpid(), signal.SIGTSTP)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        self._go_on()

    def _go_on(self) -> None:
        """Continued: take the terminal again. In the background it is another program's: there, stop again."""
        if os.tcgetpgrp(self.fileno) != os.getpgrp():
            os.kill(os.getpid(), signal.SIGSTOP)
            return
        if self._at_work:
            self.suspend_application_mode()
        self.resume_application_mode()


async def key_handled(app: App[Any]) -> None:
    """Follow a key from the focused widget up to the app, and there once more: the focus moves a message later."""
    node = app.focused or app.screen
    for place in [*node.ancestors_with_self, app]:
        passed = asyncio.Event()
        if place.call_later(passed.set):
            await passed.wait()


class TerminalWriter:
    """What Textual's writer thread writes to, in place of standard error; `flushed` counts the texts that it has sent.

    Python's own file blocks its thread while the terminal is not read, holding a lock on which the interpreter's exit
    then fails; it takes the locale's encoding; and it raises where the terminal is gone. This writes UTF-8, never
    blocks in the system, so that it can be cut off, and drops what a terminal that is gone can no longer take.
    """

    def __init__(self, fileno: int) -> None:
        """`fileno` is a descriptor of the terminal. Its flags are the shell's too: it is opened anew, not to block, if
        the system allows that."""
        try:
            self._fileno = os.open(os.ttyname(fileno), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
        except OSError:
            self._fileno = os.dup(fileno)
        self._never_blocks = not os.get_blocking(self._fileno)
        self.flushed = 0
        self._rest = b""
        self._texts: list[str] = []
        self._open = True
        self._lock = Lock()

    def fileno(self) -> int:
        """The descriptor that is written to."""
        return self._fileno

    def open(self) -> None:
        """From now on write: again, after `cut` or a terminal that was gone."""
        self._open = True

    def write(self, text: str) -> None:
        """Keep text for the next `flush`."""
        self._texts.append(text)

    def flush(self) -> None:
        """Write what was kept, as fast as the terminal takes it."""
        data, texts = self._rest + "".join(self._texts).encode(errors="replace"), len(self._texts)
        self._rest = b""
        self._texts.clear()
        while data and self._open:
            data = data[self._put(data) :]
            if data:
                select.select([], [self._fileno], [], _CUT_POLL_S)
        self.flushed += texts

    def write_now(self, text: str) -> bool:
        """Write what the terminal takes now, keep the rest for the next `flush`; whether there is no rest.

        Only to be called while nothing is kept: what comes later would overtake it.
        """
        data = text.encode(errors="replace")
        self._rest = data[self._put(data) :] if self._never_blocks else data
        return not self._rest or not self._open

    def _put(self, data: bytes) -> int:
        """Write as much as the terminal takes now; how many bytes those were."""
        with self._lock:
            try:
                return os.write(self._fileno, data) if self._open else 0
            except BlockingIOError:
                return 0
            except OSError:
                self._open = False
                return 0

    def cut(self, last: str) -> None:
        """From any thread: drop all that the terminal has not taken, and write `last`."""
        self._open = False
        if not self._lock.acquire(timeout=5 * _CUT_POLL_S):  # a terminal that could not be opened anew blocks
            return
        with suppress(termios.error, OSError):
            termios.tcflush(self._fileno, termios.TCOFLUSH)
            os.write(self._fileno, last.encode())
        self._lock.release()
