"""The engine's connection to its current client, one after the other, over two pipes or a socket.

Threads read, write and listen; the main thread trains, and waits for all of them in one place, `Connection.take`:

    reader      a line of the current client, or the end of its lines
    listener    another client, which takes over
    writer      all replies are written, so that there is room for the next
    signals     the process is told to end (`terminate`)
"""

from __future__ import annotations

import select
import socket
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto
from math import inf
from typing import BinaryIO, NamedTuple

from unroll.engine.listener import Listener
from unroll.protocol.codec import MAX_REQUEST

MAX_WAITING_LINES = 32
"""Lines that may wait to be taken; the reader reads no further before there is room."""
MAX_UNWRITTEN_BYTES = 2**20
"""Replies that may wait to be written before no more lines are taken; one answer more fits in any case."""
STUCK_AFTER_S = 5.0
"""How long nobody takes a line, once the input has ended, until the main thread counts as stuck."""
FAREWELL_S = 1.0
"""How long a client that has to go is given to read the last words."""
HEARTBEAT_GLANCES = 12
"""Checks without news before a connection counts as dead. A late check counts as one: an engine that was itself stopped
or busy has not listened meanwhile."""


class Event(Enum):
    """What may come instead of a line."""

    END = auto()  # the client's lines have ended
    TERMINATED = auto()  # this process is to end
    VISITOR = auto()  # another client wants to take over


class Heartbeat:
    """Tells a line that has died without a word from one on which there is nothing to say. Times are in seconds.

    A client that pings may promise with it to be heard again within a time. When it is not, its line counts as ended.
    One that promises nothing, such as a person who types, may be silent as long as it likes.
    """

    def __init__(self, within: float | None = None) -> None:
        self.due = inf
        """When to glance next; never where nothing was promised."""
        self.promise(within)
        self._in_vain = 0

    def promise(self, within: float | None) -> None:
        """Something will be heard again within this time of whatever is heard next; None takes that back."""
        self._every = inf if within is None else within / HEARTBEAT_GLANCES

    def heard(self, now: float) -> None:
        """Something was heard, and has been dealt with."""
        self._in_vain = 0
        self.due = now + self._every

    def has_stopped(self, now: float) -> bool:
        """Whether the promise is broken; to be asked whenever it is `due`."""
        if now >= self.due:
            self._in_vain += 1
            self.due = now + self._every
        return self._in_vain >= HEARTBEAT_GLANCES


class ClientState:
    """What the current client has said about itself."""

    def __init__(self) -> None:
        self.heartbeat = Heartbeat()
        self.acknowledges = False
        """Whether it says each time that it has taken in a progress."""
        self.wants_progress = True
        """False while one is on its way to a client that acknowledges: those get only one at a time."""

    def hears(self, idle: bool) -> bool:
        """Whether a progress can be sent; to those who do not acknowledge, when all is written."""
        return self.wants_progress and (self.acknowledges or idle)


class Wire(NamedTuple):
    """Where a client's lines come from, and where the replies go.

    When writing fails, `on_broken` is called, and the client's lines end. When they have ended, or writing has failed,
    and nobody takes a line for `stuck_after_s`, `on_stuck` is called. Both are called from threads of their own. One
    that can be hung up has `close`.
    """

    stream: BinaryIO
    write: Callable[[bytes], None]
    on_broken: Callable[[OSError], None] = lambda error: None
    on_stuck: Callable[[], None] = lambda: None
    stuck_after_s: float = STUCK_AFTER_S
    close: Callable[[], None] | None = None


class Connection:
    """The current client and those that wait; the first is the one that started this process."""

    def __init__(self, wire: Wire) -> None:
        self.name = ""
        """The name under which other clients find this engine; empty before `listen`."""
        self.said = ClientState()
        self._changed = threading.Condition()
        self._visitors: deque[socket.socket] = deque()
        self._listener: Listener | None = None
        self._is_terminated = self._was_told = False
        self._client: ClientLine | None = ClientLine(wire, self._changed)

    @property
    def idle(self) -> bool:
        """Whether all that was put has been written."""
        return self._client is None or not self._client.unwritten

    def take(self, timeout: float | None) -> bytes | Event | None:
        """What comes next; None when nothing does within `timeout` seconds, and when all replies have been written.

        A `timeout` of None waits for ever. A line of more than `MAX_REQUEST` bytes comes cut off, but longer than that.
        """
        client = self._client
        if timeout == 0 and not self._is_terminated and not self._visitors and not (client and client.lines):
            return None  # this is asked before every update: no lock for it
        with self._changed:
            self._changed.wait_for(
                lambda: self._is_terminated or self._visitors or (client and client.is_ready()), timeout
            )
            if self._is_terminated:
                self._was_told = True
                self._changed.notify_all()
                return Event.TERMINATED
            if self._visitors:
                return Event.VISITOR
            return client.take() if client else None

    def put(self, line: bytes) -> None:
        """Write this after all that was put before; returns at once. Without a client it is lost."""
        if self._client:
            self._client.put(line)

    def wait(self, timeout: float) -> bool:
        """Wait until all is written, this many seconds at most; whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: self.idle, timeout)

    def listen(self, wanted: str) -> None:
        """Let other clients find this engine under a `name`; raises `FileError`."""
        self._listener = Listener(wanted)
        self.name = self._listener.name
        threading.Thread(target=self._listen, args=(self._listener,), name="listener", daemon=True).start()

    def _listen(self, listener: Listener) -> None:
        for visitor in listener.visitors():
            with self._changed:
                self._visitors.append(visitor)
                self._changed.notify_all()

    def terminate(self, timeout: float) -> bool:
        """Have `take` say that the process is to end, and wait until it has; whether that was within the time."""
        with self._changed:
            self._is_terminated = True
            self._changed.notify_all()
            return self._changed.wait_for(lambda: self._was_told, timeout)

    def leave(self) -> None:
        """Part with the current client; one that is hung up is given a second to read the last words."""
        if self._client:
            self._client.part()
        self._client, self.said = None, ClientState()

    def switch(self) -> None:
        """Part with the current client, and go on with the one that came."""
        self.leave()
        visitor = self._visitors.popleft()
        wire = Wire(visitor.makefile("rb"), visitor.sendall, close=lambda: _hang_up(visitor))
        self._client = ClientLine(wire, self._changed)

    def close(self) -> None:
        """Let no other client find this engine any more."""
        if self._listener:
            self._listener.close()


def _hang_up(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
    line.close()


class ClientLine:
    """One client: a thread reads its lines, another writes the replies; `changed` guards what they share."""

    def __init__(self, wire: Wire, changed: threading.Condition) -> None:
        self.lines: deque[bytes] = deque()
        """Those that wait; an empty one is the end."""
        self.unwritten = 0
        """Bytes of replies that are not written yet."""
        self._wire = wire
        self._changed = changed
        self._replies: deque[bytes] = deque()
        self._taken = 0
        self._has_written_all = self._is_broken = False
        self._is_over = self._is_left = False  # no more is taken; and no more is put
        threading.Thread(target=self._write_replies, name="writer", daemon=True).start()
        threading.Thread(target=self._read_lines, name="reader", daemon=True).start()

    # Called by the main thread; `is_ready` and `take` with the lock held

    def is_ready(self) -> bool:
        """Whether a line can be taken, or all has been written since the last `take`."""
        return bool(self.lines and self._has_room) or self._has_written_all

    def take(self) -> bytes | Event | None:
        """The next line, if one can be taken."""
        self._has_written_all = False
        if not (self.lines and self._has_room):
            return None
        self._taken += 1
        line = self.lines.popleft()
        self._is_over = not line
        if self._is_over or len(self.lines) == MAX_WAITING_LINES - 1:
            self._changed.notify_all()
        return line or Event.END

    def put(self, line: bytes) -> None:
        """Write this after all that was put before."""
        with self._changed:
            if not self._is_broken:
                self._replies.append(line)
                self.unwritten += len(line)
                self._changed.notify_all()

    def part(self) -> None:
        """Take no more from it, and hang up."""
        with self._changed:
            if self._wire.close:
                self._changed.wait_for(lambda: not self.unwritten, FAREWELL_S)
            self._is_over = self._is_left = True
            self._changed.notify_all()
        if self._wire.close:
            self._wire.close()

    @property
    def _has_room(self) -> bool:
        return self.unwritten < MAX_UNWRITTEN_BYTES

    # The writer

    def _write_replies(self) -> None:
        try:
            while line := self._next_reply():
                self._wire.write(line)
                self._count_written(len(line))
        except OSError as error:
            self._wire.on_broken(error)
            with self._changed:
                self._is_broken = True
                self.lines.append(b"")
                self._count_written(self.unwritten)
            self._wait_for(lambda: False, has_ended=True)

    def _next_reply(self) -> bytes:
        """Empty where there are no more."""
        with self._changed:
            self._changed.wait_for(lambda: self._replies or self._is_left)
            return self._replies.popleft() if self._replies else b""

    def _count_written(self, size: int) -> None:
        with self._changed:
            self.unwritten -= size
            self._has_written_all = not self.unwritten
            self._changed.notify_all()

    # The reader

    def _read_lines(self) -> None:
        line = b"\n"
        while line and not self._is_over:
            line = self._next_line()
            self._wait_for(lambda: len(self.lines) < MAX_WAITING_LINES, has_ended=not line)
            with self._changed:
                self.lines.append(line)
                self._changed.notify_all()
        self._wait_for(lambda: False, has_ended=True)

    def _next_line(self) -> bytes:
        """One line, cut off when it is too long; empty at the end, also when the stream breaks."""
        try:
            line = rest = self._wire.stream.readline(MAX_REQUEST + 2)
            while len(line) > MAX_REQUEST + 1 and rest and not rest.endswith(b"\n"):
                rest = self._wire.stream.readline(2**16)
        except (OSError, ValueError):
            return b""
        return line

    def _wait_for(self, holds: Callable[[], bool], has_ended: bool) -> None:
        """Wait until something holds, or all is over; notice when nobody takes a line though the stream has ended."""
        with self._changed:
            taken = self._taken
            while not self._changed.wait_for(lambda: self._is_over or holds(), self._wire.stuck_after_s):
                if taken == self._taken and (has_ended or self._has_hung_up()):
                    self._wire.on_stuck()
                taken = self._taken

    def _has_hung_up(self) -> bool:
        """Whether the other end of a pipe, a socket or a terminal is closed, whatever there is still to read of it."""
        poll = select.poll()
        try:
            poll.register(self._wire.stream, getattr(select, "POLLRDHUP", 0))
        except (OSError, ValueError):
            return False
        closed = select.POLLHUP | select.POLLERR | select.POLLNVAL | getattr(select, "POLLRDHUP", 0)
        return any(event & closed for _, event in poll.poll(0))
