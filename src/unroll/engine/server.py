"""The engine's loop: between two updates it answers whatever was asked meanwhile, and tells how the runs stand.

One update at a time is made, for the run that has waited longest, so that a look is answered within an update even at
full speed. Nobody who fails to read stops it: news waits until what was said before is on its way, and then tells of
all that has happened since; requests wait when too many answers do.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from math import inf

import torch

from unroll.engine.attending import Attending
from unroll.engine.connection import WAITING, Lines
from unroll.engine.handlers import Answering
from unroll.engine.outbox import Outlet
from unroll.engine.runs import Runs
from unroll.engine.visit import Absent, Visit, nobody, over
from unroll.log import Log
from unroll.protocol.codec import VERSION, Message, encode
from unroll.protocol.replies import Error, Hello

GLANCE = 0.02
"""Seconds between two glances at whether news can be told, when there is nothing else to do."""
AT_THE_DOOR = 0.25
"""Seconds between two glances at the door, where there is one, when there is nothing else to do."""

SILENCE = "It heard nothing for too long, and kept its runs."

FORSAKEN = "nobody has come since the training was over: the runs are kept, and the engine ends"


class Server:
    """One engine, and its end of the line."""

    def __init__(
        self,
        lines: Lines,
        outlet: Outlet,
        log: Log,
        device: str = "cpu",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._visit = Visit(lines, outlet)
        self._log = log
        self._device = device
        self._clock = clock
        self._runs = Runs()
        self._attending = Attending(self._runs, log, device, clock)
        self._answering = Answering(self._runs, self._attending, log, device, clock)

    @property
    def goes_on_alone(self) -> bool:
        """Whether the end of the line is not the end."""
        return self._attending.door is not None and not self._attending.is_over

    def serve(self) -> str:
        """Speak first, then train and answer until the lines end and nobody else may come; gives why they did, where
        that is not just so."""
        self._greet()
        why = FORSAKEN
        while not self._attending.is_forsaken(alone=isinstance(self._visit.lines, Absent)):
            try:
                self._answer_waiting(self._patience())
                self._listen_for_heartbeat()
            except EOFError as end:
                self._tell_last()
                if not self.goes_on_alone:
                    why = str(end)
                    break
                self._be_alone(str(end))
            self._train()
            self._tell()
            self._attending.journal.keep(self._clock())
            self._look_at_the_door()
        self._attending.close()
        return why

    def _greet(self) -> None:
        self._say(Hello(protocol=VERSION, torch=str(torch.__version__), device=self._device))

    def _be_alone(self, why: str) -> None:
        """The line has ended: train on, and wait at the door."""
        assert self._attending.door is not None
        self._log.note(why or "the line has ended: it goes on alone")
        self._visit.leave()
        self._receive(nobody(self._attending.door))

    def _look_at_the_door(self) -> None:
        """Take in whoever has come; a visitor who is there already has to go."""
        door = self._attending.door
        visitor = door.visitor() if door else None
        if visitor is None:
            return
        self._say(Error(id=0, sentence="Another terminal has taken this engine over."))
        self._visit.leave()
        self._receive(over(visitor))
        self._greet()

    def _receive(self, visit: Visit) -> None:
        self._visit = visit
        self._attending.has_gone()

    def _patience(self) -> float | None:
        """How long to wait for a line: until there is something to do, None for ever."""
        now = self._clock()
        attending = self._attending
        next_act = min(attending.journal.due, attending.heartbeat.due, now + AT_THE_DOOR if attending.door else inf)
        hears = attending.hears(self._visit.outlet)
        for run in self._runs.lively.values():
            if run.due <= now:
                return 0.0
            next_act = min(next_act, run.due, run.tell_at if hears else max(run.tell_at, now + GLANCE))
        return None if next_act == inf else max(0.0, next_act - now)

    def _answer_waiting(self, timeout: float | None) -> None:
        """Answer the lines that are there, but no more than could wait: training goes on under a flood."""
        for _ in range(WAITING):
            if not self._visit.outlet.has_room:
                self._visit.outlet.wait(timeout)
                return
            line = self._visit.lines.take(timeout)
            if line is None:
                return
            if line.strip():
                self._say(self._answering.answer(line))
                self._tell()
            self._attending.heartbeat.heard(self._clock())
            timeout = 0

    def _listen_for_heartbeat(self) -> None:
        """Raise `EOFError` where the line is dead, though it has not ended."""
        if self._attending.heartbeat.has_stopped(self._clock()):
            self._say(Error(id=0, sentence=SILENCE))
            raise EOFError(SILENCE)

    def _train(self) -> None:
        """Make one update, of the run whose update has been due longest."""
        now = self._clock()
        run = min(self._runs.lively.values(), key=lambda run: run.due, default=None)
        if run is None or run.due > now:
            return
        try:
            run.make_update(now)
        except Exception:
            self._log.write(traceback.format_exc())
        self._attending.journal.touch(run)
        if run.training.update % run.training.plan.updates_per_epoch == 0:
            self._runs.share_memory(run)

    def _tell(self) -> None:
        """Say how the runs stand, while all that was said is on its way."""
        now = self._clock()
        while self._attending.hears(self._visit.outlet):
            run = min(self._runs.lively.values(), key=lambda run: run.tell_at, default=None)
            if run is None or run.tell_at > now:
                return
            self._say(run.progress(now))
            self._attending.told_news()
            self._runs.rest(run)

    def _tell_last(self) -> None:
        """Put what has not been told yet, for a reader that may be there still."""
        for run in self._runs.lively.values():
            if run.tell_at != inf:
                self._say(run.progress(self._clock()))

    def _say(self, message: Message) -> None:
        self._visit.outlet.put(encode(message) + b"\n")
