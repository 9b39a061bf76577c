"""Units computed by an executor, wherever its workers are: as each is found, and again when its worker was killed.

At most as many units are under way as there are workers, so that it is known which of them a death may be due to. One
that was under way at several deaths is tried alone: if its worker is killed then too, the unit is at fault.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple

import msgspec

from unroll.errors import UserError
from unroll.machine import cores, pool
from unroll.sweep.grid import Unit
from unroll.sweep.results import Fault, Row

DEATHS_TOGETHER, MAX_DEATHS = 2, 4
"""After how many deaths of its worker a unit is tried alone, and when no more."""
GIVEN_UP = "KilledWorker"
"""What dask calls its own end of patience with such a unit."""
MAX_IN_A_ROW = 3
"""Units at fault for the death of their worker, with none finished in between, after which a sweep ends."""
KILLED = (
    "its process was killed whenever it was tried, for want of memory perhaps: choose a smaller hidden_size, "
    "batch_size or length."
)
WORKERS_DIE = "Every process that computes is killed: see whether memory or processor time is limited here."


class Stopped(UserError):  # noqa: N818 -- it says what happened
    """A sweep cannot go on; what is finished stays."""


class Outcome(NamedTuple):
    """What became of a unit."""

    unit: Unit
    found: Row | Fault


class Workers(NamedTuple):
    """Where units are computed, and how many at once, which may change on a cluster, or raise `BrokenExecutor`."""

    executor: Executor
    slots: Callable[[], int]


Place = Callable[[], AbstractContextManager[Workers]]


def here(units: int) -> Place:
    """The cores of this machine, for so many units."""

    @contextmanager
    def workers() -> Iterator[Workers]:
        count = max(1, min(cores(), units))
        with pool(count) as executor:
            yield Workers(executor, lambda: count)

    return workers


def compute(units: Iterable[Unit], place: Place) -> Iterator[Outcome]:
    """What becomes of every unit, as it is known.

    Raises:
        Stopped: workers are killed whatever they compute, or a cluster has none.
    """
    work = Work(units)
    while work.is_left:
        with place() as workers:
            yield from work.compute(workers)


class Work:
    """The units that are left, and how often the worker of each was killed."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self._waiting = deque(units)
        self._deaths: Counter[Unit] = Counter()
        self._running: dict[Future[str], Unit] = {}
        self._killers = 0

    @property
    def is_left(self) -> bool:
        """Whether there is anything to do."""
        return bool(self._waiting)

    def compute(self, workers: Workers) -> Iterator[Outcome]:
        """What becomes of units until all are done, or the workers have broken down."""
        is_broken = False
        while self._running or (self._waiting and not is_broken):
            try:
                if not is_broken:
                    self._submit(workers)
            except BrokenExecutor:
                is_broken = True
                for future in [future for future in self._running if not future.done()]:
                    yield from self._killed(self._running.pop(future))
            finished, _ = wait(self._running, timeout=1.0, return_when=FIRST_COMPLETED)
            for future in finished:
                unit = self._running.pop(future)
                try:
                    found = _decoded(future.result())
                except (BrokenExecutor, CancelledError) as error:
                    is_broken = is_broken or isinstance(error, BrokenExecutor)
                    yield from self._killed(unit)
                except Exception as error:
                    yield Outcome(unit, _fault(error))
                else:
                    self._killers = 0
                    yield Outcome(unit, found)

    def _submit(self, workers: Workers) -> None:
        """Give the workers as much as they can do."""
        slots = workers.slots()
        while self._waiting and len(self._running) < slots and self._may_start(self._waiting[0]):
            unit = self._waiting.popleft()
            try:
                future = workers.executor.submit(_measure, msgspec.json.encode(unit).decode())
            except BrokenExecutor as error:
                future = Future()
                future.set_exception(error)
            self._running[future] = unit

    def _may_start(self, unit: Unit) -> bool:
        """Whether a unit may be computed beside those under way: not under suspicion, and none of them is either."""
        suspects = [other for other in (unit, *self._running.values()) if self._deaths[other] >= DEATHS_TOGETHER]
        return not self._running or not suspects

    def _killed(self, unit: Unit) -> Iterator[Outcome]:
        self._deaths[unit] += 1
        if self._deaths[unit] < MAX_DEATHS:
            (self._waiting.appendleft if self._deaths[unit] < DEATHS_TOGETHER else self._waiting.append)(unit)
            return
        self._killers += 1
        yield Outcome(unit, Fault(KILLED))
        if self._killers == MAX_IN_A_ROW:
            raise Stopped(WORKERS_DIE)


def _measure(text: str) -> str:
    """A unit, by the one module that needs torch, which only workers import."""
    from unroll.sweep.measure import measure

    return measure(text)


def _fault(error: Exception) -> Fault:
    kind = type(error).__name__
    return Fault(KILLED if kind == GIVEN_UP else f"{kind}: {error}".partition("\n")[0])


def _decoded(text: str) -> Row | Fault:
    if text.startswith('{"fault"'):
        return msgspec.json.decode(text, type=Fault)
    return msgspec.json.decode(text, type=Row)
