"""`python -m unroll_dev bench sweep`: what a sweep costs besides its units, and how many workers that feeds.

*Measured.* Units of next to no work are computed and kept: by this machine's own processes, and by a dask scheduler
with its workers, all of it here. The clock starts when a part of them is done, so that starting falls out. One worker
tells what a unit waits for besides its work; the most workers, how many units a second one scheduler and one sweep can
do.

*Computed.* From both, what share of their time so many workers would compute, by how long a unit takes.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from msgspec import Struct

from unroll.machine import cores
from unroll.recipe import Recipe
from unroll.sweep.cluster import at
from unroll.sweep.grid import GROUP, Unit
from unroll.sweep.results import Row, opened_results
from unroll.sweep.run import Place, Stopped, compute, here
from unroll_dev.bench import figures
from unroll_dev.bench.figures import Figure, Unmeasured, collect
from unroll_dev.bench.processes import cpu_seconds

UNITS, FIRST = 1200, 400
"""Units of a sweep, and how many of them come before the clock starts: every worker has begun by then."""
SMALLEST = Recipe().replace(vocab_size=3, length=1, hidden_size=1, epochs=1, batch_size="full")
UNIT_S = (0.1, 1.0, 10.0, 60.0)
"""Seconds of a unit for which the share is computed."""
FLEETS = (1, 16, 256)
"""Workers for which it is."""
START_WITHIN = 120.0
"""Seconds in which all workers must have joined."""
PROCESSES_A_CORE = 4
"""Of a large number of workers more are threads, for want of memory."""


class Cost(NamedTuple):
    """Of one unit: seconds that pass, and seconds of the scheduler's processor time."""

    wall: float
    scheduler: float


class Report(Struct, frozen=True):
    """What was measured, and for each length of a unit the share of `FLEETS`, 0 to 1."""

    measured: figures.Report
    shares: list[tuple[float, list[float]]]


def measure(workers: Sequence[int]) -> Report:
    """Measure one worker and so many, telling each figure on standard error."""
    costs: dict[int, Cost] = {}
    groups = [(f"dask, {count} at once", _dask(count, costs)) for count in sorted({1, *workers})]
    return Report(collect([("pool", _pool()), *groups]), list(shares(costs)))


def shares(costs: dict[int, Cost]) -> Iterator[tuple[float, list[float]]]:
    """The part of its time that each fleet would compute, by the seconds of a unit; nothing where nothing is known.

    A worker computes for u seconds of u + w, w being what a unit waits for; all together do no more units a second than
    the most workers measured did.
    """
    if 1 in costs:
        wait, most = costs[1].wall, 1 / costs[max(costs)].wall
        for unit in UNIT_S:
            yield unit, [min(fleet / (unit + wait), most) * unit / fleet for fleet in FLEETS]


def text(report: Report) -> str:
    """The report as a person reads it."""
    lines = [figures.table(report.measured)]
    if report.shares:
        lines += ["", f"{'computed: the share of their time that workers compute':56}" + _cells(FLEETS, "10,")]
        lines += [f"{f'  units of {unit:g} s':56}" + _cells(found, "10.0%") for unit, found in report.shares]
    return "\n".join(lines)


def _cells(values: Sequence[float], form: str) -> str:
    return "".join(f"{value:{form}}" for value in values)


def _pool() -> Iterator[Figure]:
    yield Figure(f"this machine's {cores()} cores", "units/s", 1 / _cost(here(cores()), lambda: 0.0).wall)


def _dask(workers: int, costs: dict[int, Cost]) -> Iterator[Figure]:
    with _cluster(workers) as (file, scheduler):
        cost = costs[workers] = _cost(at(file), lambda: cpu_seconds(scheduler))
    yield Figure(f"dask, {workers:,} at once", "units/s", 1 / cost.wall)
    yield Figure(f"dask, {workers:,} at once, the scheduler's processor", "ms a unit", 1000 * cost.scheduler)


def _cost(place: Place, clock: Callable[[], float]) -> Cost:
    """What a unit costs there, and what of that a clock tells."""
    units = [Unit(SMALLEST, (GROUP * number,)) for number in range(UNITS)]
    with TemporaryDirectory() as folder, opened_results(str(Path(folder, "sweep.jsonl"))) as kept:
        try:
            for number, (_, found) in enumerate(compute(units, place), 1):
                if not isinstance(found, Row):
                    raise Unmeasured(found.fault)
                kept.add(found)
                if number == FIRST:
                    started, before = time.perf_counter(), clock()
            counted = UNITS - FIRST
            return Cost((time.perf_counter() - started) / counted, (clock() - before) / counted)
        except Stopped as error:
            raise Unmeasured(str(error)) from None


@contextmanager
def _cluster(workers: int) -> Iterator[tuple[str, int]]:
    """A scheduler with so many workers, on loopback: its file, and its process."""
    try:
        from distributed import Client
    except ImportError:
        raise Unmeasured("dask.distributed is not installed: pip install distributed") from None
    processes = next(n for n in range(min(workers, PROCESSES_A_CORE * cores()), 0, -1) if workers % n == 0)
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory(ignore_cleanup_errors=True))
        file = str(Path(folder, "scheduler.json"))
        scheduler = stack.enter_context(_part("scheduler", file, "--port", "0"))
        many = ("--nworkers", str(processes), "--nthreads", str(workers // processes), "--local-directory", folder)
        stack.enter_context(_part("worker", file, *many))
        with Client(scheduler_file=file, set_as_default=False) as client:
            try:
                client.wait_for_workers(processes, timeout=START_WITHIN)
            except TimeoutError:
                raise Unmeasured(f"{processes} workers did not start within {START_WITHIN:.0f} s") from None
        yield file, scheduler


@contextmanager
def _part(name: str, file: str, *options: str) -> Iterator[int]:
    """A part of a cluster, which ends with the block."""
    command = [sys.executable, "-m", f"distributed.cli.dask_{name}", "--host", "127.0.0.1", "--no-dashboard"]
    process = subprocess.Popen(
        [*command, "--scheduler-file", file, *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait()
