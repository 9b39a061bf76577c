"""Keeps a sitting's runs on disk while it lasts, so that a mishap costs two seconds of training at most.

What is kept of a run is a saved network with its optimizer and its history: training goes on from it to the bit. It is
packed between two updates and written by a thread. A network that takes long to pack is kept less often.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from math import inf
from time import perf_counter
from typing import NamedTuple

from unroll.engine.run import Run
from unroll.engine.runs import Runs
from unroll.engine.sessions import Sitting, name_now
from unroll.errors import CheckpointError, FileError
from unroll.files import reason
from unroll.log import Log
from unroll.network import checkpoint
from unroll.protocol.replies import Origin

EVERY = 1.0
"""Seconds from one keeping to the next; with the writing, no change is kept later than two seconds."""
SHARE = 0.05
"""The part of the time that packing may take."""
GLANCE = 0.05
"""Seconds between two glances at whether the last writing is over."""
MAX_BYTES = 256 * 10**6
"""Bytes of all runs of a sitting; when there are more, the oldest are kept no longer."""


class Packed(NamedTuple):
    """A run as it is to be written."""

    number: int
    origin: Origin
    data: bytes


class Journal:
    """The runs of one sitting, from `begin` to `close` or `drop`."""

    def __init__(self, runs: Runs, log: Log) -> None:
        self.name = ""
        """The sitting's name; none before it begins."""
        self.due = inf
        """When `keep` has something to do."""
        self._runs = runs
        self._log = log
        self._changed: dict[int, Run] = {}
        self._at = -inf
        self._sizes: dict[int, int] = {}
        self._sitting: Sitting | None = None
        self._writer = ThreadPoolExecutor(1, "journal")
        self._writing: Future[str] | None = None
        self._hopeless: set[int] = set()
        self._has_complained = False

    @property
    def keeps_all(self) -> bool:
        """Whether all that was trained is on disk."""
        if self._changed or (self._writing is not None and (not self._writing.done() or self._writing.result())):
            return False
        return all(run.number in self._sizes for run in self._runs.all() if run.training.update)

    def begin(self) -> None:
        """Keep all runs from now on."""
        if not self.name:
            self.name = name_now()
            for run in self._runs.all():
                self.touch(run)

    def touch(self, run: Run) -> None:
        """A run has changed."""
        if self.name and run.number not in self._changed and run.number not in self._hopeless and run.training.update:
            self._changed[run.number] = run
            self.due = min(self.due, self._at)

    def forget(self, number: int) -> None:
        """A run is wanted no more."""
        self._changed.pop(number, None)
        self._writer.submit(self._unlink, number)

    def keep(self, now: float) -> None:
        """Keep what has changed, when that is due."""
        if now < self.due:
            return
        busy = self._writing is not None and not self._writing.done()
        if not busy:
            self._complain()
            if self._changed and now >= self._at:
                started = perf_counter()
                self._pack()
                self._at = now + max(EVERY, (perf_counter() - started) / SHARE)
                busy = True
        self.due = now + GLANCE if busy else self._at if self._changed else inf

    def keep_now(self) -> bool:
        """Keep what has changed, and wait until that is done; whether it could be."""
        return not self._pack().result()

    def close(self) -> None:
        """Keep everything as it is now; the sitting can be resumed. Waits until that is done."""
        self._pack()
        self._writer.shutdown()
        if self._sitting is not None:
            self._sitting.release()

    def drop(self) -> None:
        """The sitting has ended well, and nothing need be kept of it. Waits until that is done."""
        self._writer.shutdown()
        if self._sitting is not None:
            self._sitting.remove()

    def _pack(self) -> Future[str]:
        """Have all that has changed written."""
        packed = [self._packed(run) for run in self._changed.values()]
        self._changed = {}
        self._writing = self._writer.submit(self._write, [one for one in packed if one])
        return self._writing

    def _packed(self, run: Run) -> Packed | None:
        history = run.past.history(run.accuracy, run.held_out)
        training = run.training
        try:
            data = checkpoint.packed(
                f"run {run.number}", training.model, training.recipe, history, training.saved_state()
            )
        except CheckpointError:
            self._hopeless.add(run.number)
            self._tell(run, "This network is too large to be kept while it trains, so a mishap would lose it: save it.")
            return None
        return Packed(run.number, run.origin, data)

    def _write(self, packed: list[Packed]) -> str:
        """Write runs, in the thread; gives what went wrong."""
        if not packed:
            return ""
        try:
            self._sitting = self._sitting or Sitting.make(self.name)
            for number, origin, data in packed:
                self._make_room(number, len(data))
                checkpoint.put(self._sitting.path(number, origin), data)
        except FileError as error:
            return str(error)
        except OSError as error:
            return f"The state folder cannot be written ({reason(error)})."
        return ""

    def _make_room(self, number: int, size: int) -> None:
        """Note the size of a run that is to be written, and remove the oldest others while all are too much."""
        self._sizes[number] = size
        for other in sorted(self._sizes):
            if sum(self._sizes.values()) <= MAX_BYTES:
                return
            if other != number:
                self._unlink(other)

    def _unlink(self, number: int) -> None:
        """Remove what is kept of a run, in the thread."""
        self._sizes.pop(number, None)
        for kept in self._sitting.files() if self._sitting else []:
            if kept.number == number:
                with suppress(OSError):
                    kept.path.unlink()

    def _complain(self) -> None:
        """Say, once, that nothing can be kept."""
        fault = self._writing.result() if self._writing else ""
        if fault and not self._has_complained:
            self._has_complained = True
            self._tell(self._runs.find(0), f"Nothing is kept for the case of a mishap: {fault}")

    def _tell(self, run: Run, sentence: str) -> None:
        self._log.write(sentence)
        run.remark(sentence)
        self._runs.wake(run)
