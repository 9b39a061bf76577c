"""The engine's loop: between two updates it answers what was asked meanwhile, and reports how the runs stand.

It makes one update at a time, of the run that has waited longest, and one slice of a lens's work, so that a look is
answered within these even at full speed. A client that does not read stops nothing: progress waits until what was said
before is on its way, and then tells of all that has happened since; requests wait while too many answers do.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from math import inf

from unroll.engine.autosave import Autosave
from unroll.engine.connection import MAX_WAITING_LINES, Connection, Event, Heartbeat
from unroll.engine.handlers import Handlers
from unroll.engine.jobs import Jobs
from unroll.engine.runs import LiveRuns
from unroll.log import Log
from unroll.protocol.codec import VERSION, encode
from unroll.protocol.replies import Error, Hello, Message

FORSAKEN_AFTER_S = 3 * 86400.0
"""How long an engine in the background waits for a client when there is nothing more to train."""
TAKEN_OVER = "Another terminal has taken this engine over."
SILENT = "It heard nothing for too long, and saved its runs."
TERMINATED = "It was told to end, and saved its runs."
FORSAKEN = "no client has come since training ended: the runs are saved, and the engine ends"


class Server:
    """One engine. Times are in seconds of `clock`."""

    def __init__(
        self, connection: Connection, log: Log, device: str = "cpu", clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._connection = connection
        self._log = log
        self._clock = clock
        self._runs = LiveRuns()
        self._autosave = Autosave(self._runs, log)
        self._jobs = Jobs(log, clock)
        self._handlers = Handlers(self._runs, self._autosave, connection, log, self._jobs, device, clock)
        self._is_alone = self._is_terminated = False
        self._company = Heartbeat(FORSAKEN_AFTER_S)

    @property
    def is_in_background(self) -> bool:
        """Whether it outlives the end of its line."""
        return bool(self._connection.name) and not self._handlers.is_over and not self._is_terminated

    def serve(self) -> str:
        """Say hello, then train and answer until the line ends and no other client can come.

        Gives why it ended, where that is out of the ordinary.
        """
        self._greet()
        why = None
        while why is None:
            why = FORSAKEN if self._is_forsaken() else self._take_a_turn()
        self._autosave.close(keep=not self._handlers.is_over)
        self._connection.close()
        return why

    def _greet(self) -> None:
        self._say(Hello(protocol=VERSION, name=self._connection.name))

    def _take_a_turn(self) -> str | None:
        """Answer what waits and make an update; gives why the engine ends, if it does."""
        try:
            self._take_waiting()
            if self._connection.said.heartbeat.has_stopped(self._clock()):
                self._say(Error(id=0, sentence=SILENT))
                raise EOFError(SILENT)
        except EOFError as end:
            self._tell_last()
            if not self.is_in_background:
                return str(end)
            self._log.note(str(end) or "the line has ended: it goes on in the background")
            self._connection.leave()
            self._is_alone = True
        self._train()
        self._jobs.work(is_training=any(run.due != inf for run in self._runs.active.values()))
        self._tell()
        self._autosave.keep(self._clock())
        return None

    def _is_forsaken(self) -> bool:
        """Whether no client has come for long after the last training, and nothing is lost by an end."""
        if not self._connection.name:
            return False
        now = self._clock()
        if not self._is_alone or any(run.due != inf for run in self._runs.active.values()):
            self._company.heard(now)
        return self._company.has_stopped(now) and self._autosave.keeps_all

    def _time_to_wait(self) -> float | None:
        """Seconds until there is something to do; None for ever."""
        now = self._clock()
        hears = self._connection.said.hears(self._connection.idle)
        due = min(self._autosave.due, self._jobs.due, self._connection.said.heartbeat.due, self._company.due)
        for run in self._runs.active.values():
            if run.due <= now:
                return 0.0
            due = min(due, run.due, run.tell_at if hears else inf)
        return None if due == inf else max(0.0, due - now)

    def _take_waiting(self) -> None:
        """Answer the lines that wait, but no more than may: training goes on under a flood.

        Raises:
            EOFError: there are no more.
        """
        timeout = self._time_to_wait()
        for _ in range(MAX_WAITING_LINES):
            item = self._connection.take(timeout)
            if item is None:
                return
            if item is Event.END:
                raise EOFError
            if item is Event.TERMINATED:
                self._is_terminated = True
                self._say(Error(id=0, sentence=TERMINATED))
                raise EOFError(TERMINATED)
            if item is Event.VISITOR:
                self._say(Error(id=0, sentence=TAKEN_OVER))
                self._connection.switch()
                self._is_alone = False
                self._greet()
            else:
                self._answer(item)
            timeout = 0.0

    def _answer(self, line: bytes) -> None:
        if line.strip():
            if (answer := self._handlers.answer(line)) is not None:
                self._say(answer)
            self._tell()
        self._connection.said.heartbeat.heard(self._clock())

    def _train(self) -> None:
        """Make one update, of the run whose update has been due longest."""
        now = self._clock()
        run = min(self._runs.active.values(), key=lambda run: run.due, default=None)
        if run is None or run.due > now:
            return
        try:
            run.make_update(now)
        except Exception:
            self._log.write(traceback.format_exc())
        self._autosave.touch(run)
        if run.training.update % run.training.plan.updates_per_epoch == 0:
            self._runs.share_memory(run)

    def _tell(self) -> None:
        """Send how the runs stand, while the client hears it."""
        now = self._clock()
        while self._connection.said.hears(self._connection.idle):
            run = min(self._runs.active.values(), key=lambda run: run.tell_at, default=None)
            if run is None or run.tell_at > now:
                return
            self._say(run.progress(now))
            self._connection.said.wants_progress = not self._connection.said.acknowledges
            self._runs.rest(run)

    def _tell_last(self) -> None:
        """Send what has not been sent yet, to a client that may still read."""
        for run in self._runs.active.values():
            while run.tell_at != inf:
                self._say(run.progress(self._clock()))

    def _say(self, message: Message) -> None:
        self._connection.put(encode(message) + b"\n")
