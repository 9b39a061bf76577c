"""What a lens takes long to compute, in slices between the queue and the updates: neither waits for more than one.

A job goes on while it is asked for, and what it has found stays for the next time; while a run trains it takes a tenth
of the engine's time, and else all that is left.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Hashable, Iterator
from math import inf

from unroll.errors import NO_MEMORY, UserError, is_memory
from unroll.log import Log

LEASE_S = 3.0
"""How long a job goes on after it was last asked for: a lens in sight asks every second."""
REST_PER_SLICE = 9
"""While a run trains, a job rests for this many times as long as its slice took."""
MAX_DONE = 8
"""Jobs whose figures are kept."""
Job = Iterator[None]
"""Computes a slice for each `next`, until there is no more."""


class Jobs:
    """The job that was asked for last, and those that are done. Times are in seconds of `clock`."""

    def __init__(self, log: Log, clock: Callable[[], float]) -> None:
        self._log = log
        self._clock = clock
        self._done: dict[Hashable, Job] = {}
        self._key: Hashable = None
        self._job: Job | None = None
        self._fault = ""
        self._rests_until = self._leased_until = -inf

    @property
    def due(self) -> float:
        """When the next slice is to be made; `inf` when none is."""
        if self._job is None or self._fault or self._rests_until > self._leased_until:
            return inf
        return self._rests_until if self._clock() <= self._leased_until else inf

    def ask(self, key: Hashable, start: Callable[[], Job]) -> tuple[Job, bool]:
        """The job of a key, which `start` makes where there is none, and whether it is done.

        One that is not done gives way to another.

        Raises:
            UserError: it cannot be done.
        """
        if key in self._done:
            return self._done[key], True
        if key != self._key:
            self._job, self._key, self._fault = None, None, ""
            self._job, self._key = start(), key
        self._leased_until = self._clock() + LEASE_S
        if self._job is None or self._fault:
            raise UserError(self._fault)
        return self._job, False

    def work(self, is_training: bool) -> None:
        """Make a slice, if one is due."""
        started = self._clock()
        if self.due > started or self._job is None:
            return
        try:
            next(self._job)
        except StopIteration:
            self._done = dict([*self._done.items(), (self._key, self._job)][-MAX_DONE:])
            self._job = self._key = None
        except Exception as error:
            self._log.write(traceback.format_exc())
            self._fault = f"This cannot be computed: {NO_MEMORY if is_memory(error) else error}"
        now = self._clock()
        self._rests_until = now + REST_PER_SLICE * (now - started) if is_training else now

    def forget(self) -> None:
        """Keep nothing."""
        self._done, self._job, self._key = {}, None, None
