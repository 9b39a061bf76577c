"""All runs of one engine by their numbers, which are never used again, and the memory that they share."""

from __future__ import annotations

from itertools import count
from math import inf

from unroll.engine.past import Past
from unroll.engine.run import Run
from unroll.errors import UserError
from unroll.network.snapshots import BUDGET
from unroll.network.training import Training
from unroll.protocol.replies import Origin, State

MAX_RUNS = 2000


class Runs:
    """The runs there are. Those that train, or have something to tell, are the `lively` ones: an update costs no more
    for all the others."""

    def __init__(self, budget: int = BUDGET) -> None:
        """`budget` is in bytes, for all snapshots of all runs together."""
        self.lively: dict[int, Run] = {}
        self._runs: dict[int, Run] = {}
        self._numbers = count(1)
        self._budget = budget
        self._bytes: dict[int, int] = {}
        self._total = 0

    def add(
        self, training: Training, state: State = "ready", past: Past | None = None, origin: Origin = "recipe"
    ) -> Run:
        """A new run; raises `UserError` when there are too many."""
        if len(self._runs) >= MAX_RUNS:
            raise UserError(f"There are {MAX_RUNS:,} runs: forget one first.")
        run = Run(next(self._numbers), training, state, past, origin)
        self._runs[run.number] = run
        self.wake(run)
        self.share_memory(run)
        return run

    def all(self) -> list[Run]:
        """All runs, the oldest first."""
        return list(self._runs.values())

    def find(self, number: int) -> Run:
        """The run of that number, the newest for 0; raises `UserError`."""
        if not self._runs:
            raise UserError("There is no run yet: create one first.")
        newest = next(reversed(self._runs))
        run = self._runs.get(number or newest)
        if run is None:
            raise UserError(f"There is no run {number!s:.20}: the newest is {newest}, which 0 stands for too.")
        return run

    def forget(self, number: int) -> None:
        """Drop a run and all that is kept of it; raises `UserError` when there is none."""
        run = self.find(number)
        del self._runs[run.number]
        self.lively.pop(run.number, None)
        self._total -= self._bytes.pop(run.number)

    def wake(self, run: Run) -> None:
        """A run may have something to do or to tell."""
        if run.due != inf or run.tell_at != inf:
            self.lively[run.number] = run

    def rest(self, run: Run) -> None:
        """A run may have nothing more to do or to tell."""
        if run.due == run.tell_at == inf:
            del self.lively[run.number]

    def share_memory(self, growing: Run) -> None:
        """Keep all snapshots together within the budget: the run that has most is thinned, of two alike the older.

        Each keeps its newest, until even these are too much: then those go, the oldest first.
        """
        self._count(growing)
        while self._total > self._budget:
            run = max(self.all(), key=lambda run: len(run.training.epochs_kept) > 1 and self._bytes[run.number])
            if len(run.training.epochs_kept) < 2:
                break
            self._thin(run)
        for run in self.all():
            if self._total <= self._budget:
                return
            if run is not growing:
                self._thin(run)

    def _thin(self, run: Run) -> None:
        run.training.thin_snapshots()
        self._count(run)

    def _count(self, run: Run) -> None:
        held = run.training.snapshot_bytes
        self._total += held - self._bytes.get(run.number, 0)
        self._bytes[run.number] = held
