"""What this machine gives a process: its processors, work spread over them, its memory, and its end."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Executor

MAX_TORCH_THREADS = 4
"""Of torch, and never more than half the cores: beside a busy terminal, two on two cores took 2 to 40 times as
long for an update as one, for they wait for each other."""
PR_SET_PDEATHSIG = 1
Given = TypeVar("Given")
Found = TypeVar("Found")


def cores() -> int:
    """The processors that the system lets this process use at once: its affinity, and its cgroup's quota."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, int(min([allowed, *_quotas()])))


def torch_threads() -> int:
    """The threads for torch: as many as OMP_NUM_THREADS says, else half of the cores."""
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    if wanted.isascii() and wanted.isdigit() and int(wanted):
        return min(int(wanted), cores())
    return max(1, min(MAX_TORCH_THREADS, cores() // 2))


def _quotas(root: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")) -> Iterator[float]:
    """The processors' worth of time that each of this process's cgroups may take: of version 2, and of version 1."""
    try:
        lines = [line.split(":", 2) for line in own.read_text().splitlines()]
    except OSError:
        return
    for _, controllers, path in lines:
        if not controllers or "cpu" in controllers.split(","):
            mount = root / controllers
            within = Path(path.lstrip("/"))
            for folder in (mount / part for part in (within, *within.parents)):
                yield from _quota(folder)


def _quota(folder: Path) -> Iterator[float]:
    for names in (["cpu.max"], ["cpu.cfs_quota_us", "cpu.cfs_period_us"]):
        try:
            quota, period = " ".join((folder / name).read_text() for name in names).split()
            if float(quota) > 0:
                yield float(quota) / float(period)
        except (OSError, ValueError):  # there is no such file, or it says `max`
            continue


@contextmanager
def pool(workers: int) -> Iterator[Executor]:
    """That many processes to compute in, each on one thread; when the block is left early, they are ended at once.

    `BrokenExecutor` is the result of whatever was under way when one of them was killed.
    """
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import active_children, get_context

    os.environ |= {"PYTHONSAFEPATH": "1", "OMP_NUM_THREADS": "1"}  # no module from the current folder; a core each
    executor = ProcessPoolExecutor(workers, get_context("spawn"), _begin)
    others = {*active_children()}
    try:
        with _deaf_to_interrupts():  # while they start: no traceback of theirs
            executor.submit(int)  # starts all of them
        yield executor
    except BaseException:
        for process in {*active_children()} - others:
            process.terminate()
        executor.shutdown(wait=False, cancel_futures=True)
        raise
    executor.shutdown(cancel_futures=True)  # waits: Python's own wait at its end may find a pipe that is being closed


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def spread(work: Callable[[Given], Found], tasks: Sequence[Given]) -> Iterator[tuple[int, Found]]:
    """What `work` finds of every task, with the task's place, as it is found: in as many processes as there are cores.

    `work` and what it is given can be pickled.

    Raises:
        BrokenExecutor: a process was killed.
    """
    from concurrent.futures import as_completed

    with pool(min(cores(), len(tasks))) as executor:
        places = {executor.submit(work, task): place for place, task in enumerate(tasks)}
        for future in as_completed(places):
            yield places[future], future.result()


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    end_with_parent()


def resident(process: int | None = None) -> int | None:
    """Bytes that a process, by default this one, has in memory; None if the system does not say."""
    try:
        pages = Path(f"/proc/{process or 'self'}/statm").read_text().split()[1]
    except OSError:
        return None
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def end_with_parent(signum: int = signal.SIGTERM) -> None:
    """Have the system end this process when its parent dies, even by a kill with its input left open; 0 takes it back.

    Linux only (`prctl(PR_SET_PDEATHSIG)`); elsewhere the end of standard input has to do.
    """
    if sys.platform == "linux":
        import ctypes

        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signum, 0, 0, 0)
