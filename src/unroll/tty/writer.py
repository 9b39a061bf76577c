"""What Textual's writer thread writes to, in place of standard error.

Python's own file blocks its thread while the terminal is not read, holding a lock on which the interpreter's exit then
fails; it takes the locale's encoding; and it raises where the terminal is gone. This writes UTF-8, never blocks in the
system, so that it can be cut off, and drops what a terminal that is gone can no longer take.
"""

import os
import select
import termios
from contextlib import suppress
from threading import Lock

_CUT_POLL_S = 0.1
"""How often a writer that waits for the terminal looks whether it has been cut off."""


class TerminalWriter:
    """A file to write text to; `flush` sends it. `flushed` counts the texts sent by `flush` so far."""

    def __init__(self, fileno: int) -> None:
        """`fileno` is a descriptor of the terminal; it is opened anew if the system allows that."""
        self._fileno = _reopened(fileno)
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


def _reopened(fileno: int) -> int:
    """The same terminal without blocking: the descriptor given shares its flags with the shell."""
    with suppress(OSError):
        return os.open(os.ttyname(fileno), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    return os.dup(fileno)
