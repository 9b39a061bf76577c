"""A terminal that is not read for a minute, as behind a line that stalls.

*Speed.* Before and after, the terminal is read for as long, together, as it is not read. Speeds are epochs by time
between two moments at which the screen came to show another epoch; the screen does so 15 times a second.

*Stale frames.* On return the terminal first gets what was under way when reading stopped, then what is so now. A frame
is stale that comes before the first to show an epoch that was trained in the second half of the stall: between those of
its first moment and those of its last nothing should have been sent, so it does not matter where the line is drawn. A
frame ends where the pen is put back and the cursor is brought home.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import NamedTuple

from unroll_dev.bench.figures import Figure, Unmeasured
from unroll_dev.bench.programs import LONGEST, in_training, playground
from unroll_dev.bench.pty import Terminal

STALL = 60.0
EPOCH_TIMEOUT_S = 10.0

_EPOCH = re.compile(r"epoch +([\d,]+)/")
_FRAME = re.compile(rb".*?\x1b\[m(?:\x1b\[[\d;]*H)?(?:\x1b\[\?2026l)?(?:\x1b\[\?2026\$p)?", re.DOTALL)


class Sight(NamedTuple):
    """An epoch, and when the screen came to show it."""

    epoch: int
    when: float

    def speed_until(self, later: Sight) -> float:
        """Epochs a second from this sight to a later one."""
        return (later.epoch - self.epoch) / (later.when - self.when)


def figures() -> Iterator[Figure]:
    """Speed and stale frames; of a training that lasts long enough."""
    with in_training(playground(epochs=LONGEST, batch_size=20)) as terminal:
        yield from stalled(terminal, STALL)


def stalled(terminal: Terminal, seconds: float) -> Iterator[Figure]:
    """What a stall of the terminal, in seconds, does to a program that trains."""
    first = sight(terminal)
    terminal.pump(seconds / 2)
    last = sight(terminal)
    time.sleep(seconds)
    backlog = Backlog(terminal, last.epoch + first.speed_until(last) * seconds / 2)
    when = terminal.until(backlog.over, EPOCH_TIMEOUT_S)
    back = Sight(shown_epoch(terminal), when)
    terminal.pump(seconds / 2)
    read = (first.speed_until(last) + back.speed_until(sight(terminal))) / 2
    unread = last.speed_until(back)
    yield Figure(f"training, {seconds:g} s unread, and read", "epochs/s", unread, 0.99 * read, read, least=True)
    yield Figure("stale frames on return", "frames", backlog.frames, 1)
    yield Figure("stale frames on return", "bytes", backlog.size)


def shown_epoch(terminal: Terminal) -> int:
    """The epoch that the loss pane shows; raises `Unmeasured` where it shows none."""
    found = _EPOCH.search(terminal.text)
    if found is None:
        raise Unmeasured("no epoch is shown")
    return int(found[1].replace(",", ""))


def sight(terminal: Terminal) -> Sight:
    """The next epoch that comes to be shown."""
    before = shown_epoch(terminal)
    when = terminal.until(lambda: shown_epoch(terminal) != before, EPOCH_TIMEOUT_S)
    return Sight(shown_epoch(terminal), when)


class Backlog:
    """What comes after a stall, frame by frame, up to the first that shows an epoch later than `fresh`."""

    def __init__(self, terminal: Terminal, fresh: float) -> None:
        self.frames = self.size = 0
        """Whole frames, and bytes, before that one."""
        self._terminal, self._fresh, self._rest = terminal, fresh, b""

    def over(self) -> bool:
        """Take in what was read; whether that frame was among it."""
        self._rest += self._terminal.take_unseen()
        while frame := _FRAME.match(self._rest):
            self._show(frame.end())
            if shown_epoch(self._terminal) > self._fresh:
                self._show(len(self._rest))
                return True
            self.frames, self.size = self.frames + 1, self.size + frame.end()
        return False

    def _show(self, size: int) -> None:
        self._terminal.show(self._rest[:size])
        self._rest = self._rest[size:]
