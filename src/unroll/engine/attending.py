"""Who sits at the engine: whether news is wanted, what is kept for the case of a mishap, and who may come back."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

from unroll.engine.autosave import Journal
from unroll.engine.heartbeat import Heartbeat
from unroll.engine.listener import Door
from unroll.engine.models import run_as_saved
from unroll.engine.outbox import Outlet
from unroll.engine.pdeathsig import outlive_parent
from unroll.engine.run import MAX_TOLD, Run
from unroll.engine.runs import Runs
from unroll.engine.sessions import Kept, Sitting, cut_off
from unroll.errors import UserError
from unroll.log import Log
from unroll.protocol.replies import Answer, Begun, Created, Detached, Done, Resumed
from unroll.protocol.requests import Begin, Detach, End, Heard, Ping, Resume
from unroll.text import shown_path

LONELY = 3 * 86400.0
"""Seconds that an engine in the background waits for somebody to come when there is nothing more to train."""


class Attending:
    """One engine's visitors, who come one after the other, and the sitting that outlasts each of them."""

    def __init__(self, runs: Runs, log: Log, device: str, clock: Callable[[], float]) -> None:
        self.journal = Journal(runs, log)
        self.door: Door | None = None
        """Where to wait for another visitor when one has gone; None where the engine then ends."""
        self.is_over = False
        """Whether the visitor has said that nothing need be kept."""
        self.heartbeat = Heartbeat()
        """Whether the visitor's line lives."""
        self._company = Heartbeat()
        self._company.promise(LONELY)
        self._wants_news = True
        self._acknowledges = False
        self._runs = runs
        self._log = log
        self._device = device
        self._clock = clock
        self.deeds: dict[type, Callable[[Any], Answer]] = {
            Heard: self._heard,
            Ping: self._ping,
            Begin: self._begin,
            Resume: self._resume,
            Detach: self._detach,
            End: self._end,
        }

    def hears(self, outlet: Outlet) -> bool:
        """Whether a progress can be told now: the last one has been taken in, which of those who do not say so is
        only known when all that was said is on its way."""
        return self._wants_news and (self._acknowledges or outlet.idle)

    def told_news(self) -> None:
        """A progress is on its way: of those who acknowledge them, only one at a time."""
        self._wants_news = not self._acknowledges

    def has_gone(self) -> None:
        """The visitor has gone; the next may be of another kind."""
        self._acknowledges, self._wants_news = False, True
        self.heartbeat = Heartbeat()

    def is_forsaken(self, alone: bool) -> bool:
        """Whether nobody has come for long after the last training, and nothing is lost by an end."""
        if self.door is None:
            return False
        now = self._clock()
        if not alone or any(run.due != inf for run in self._runs.lively.values()):
            self._company.heard(now)
        return self._company.has_stopped(now) and self.journal.keeps_all

    def close(self) -> None:
        """The engine ends: keep everything, or nothing where all was said to be over."""
        if self.is_over:
            self.journal.drop()
        else:
            self.journal.close()
        if self.door is not None:
            self.door.close()

    def _heard(self, request: Heard) -> Done:
        self._acknowledges = self._wants_news = True
        return Done(id=request.id)

    def _ping(self, request: Ping) -> Done:
        self.heartbeat.promise(request.within)
        return Done(id=request.id)

    def _begin(self, request: Begin) -> Begun:
        first = not self.journal.name
        self.journal.begin()
        runs = self._told(request.id, [(run, 0) for run in self._runs.all()])
        return Begun(id=request.id, sitting=self.journal.name, runs=runs, cut_off=cut_off() if first else [])

    def _told(self, number: int, runs: list[tuple[Run, int]]) -> list[Created]:
        """How runs stand, all in one line; what was still to be told of them is told with it."""
        for run, _ in runs:
            run.progress(self._clock())
        share = MAX_TOLD // max(1, len(runs))
        return [run.created(number, share, was) for run, was in runs]

    def _resume(self, request: Resume) -> Resumed:
        sitting = Sitting.take(request.sitting)
        if sitting is None:
            raise UserError(
                f"There is no sitting {shown_path(request.sitting)} to resume: it has been, or still goes on."
            )
        found = [(run, kept.number) for kept in sitting.files() if (run := self._stand(kept))]
        if self.journal.keep_now():
            sitting.remove()
        else:
            sitting.release()
        return Resumed(id=request.id, runs=self._told(request.id, found))

    def _stand(self, kept: Kept) -> Run | None:
        """A run as it was kept; None, and a word in the log, where the file is of no use."""
        try:
            run = run_as_saved(self._runs, kept.path, self._device, kept.origin)
        except UserError as error:
            self._log.write(str(error))
            return None
        self.journal.touch(run)
        return run

    def _detach(self, request: Detach) -> Detached:
        if self.door is None:
            recipe = self._runs.find(0).training.recipe
            self.door = Door(f"{recipe.task.task}-{recipe.model.cell}")
            self._log.note(f"goes on alone as {self.door.name}")
            outlive_parent()
            self.journal.begin()
        return Detached(id=request.id, name=self.door.name)

    def _end(self, request: End) -> Done:
        self.is_over = True
        return Done(id=request.id)
