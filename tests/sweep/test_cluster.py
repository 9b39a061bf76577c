"""Sweeps on the workers of a real dask scheduler, which are killed, and so is the scheduler."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from processes_kit import Figures, Key, ending, figures, lines, start, threads, workers

from pty_kit import family, long, wait_for
from unroll.sweep import cluster as sweep_cluster
from unroll.sweep.run import Stopped

Client = pytest.importorskip("distributed").Client
LOCAL = ("--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", "scheduler.json")


def dask(part: str, *more: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", f"distributed.cli.dask_{part}", *LOCAL, *more]
    with Path("dask.log").open("ab") as log:  # stays with pytest's folders where the test fails
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


FAULTS = {
    "worker": (0, ""),
    "machine": (0, ""),
    "scheduler": (1, "start one with dask scheduler; the same command then goes on"),
    "ctrl+c": (130, "the same command goes on"),
}
"""What is done to a sweep: what it then ends with, and what it says."""


class Cluster:
    """A scheduler and two workers, each with the nanny that starts another one."""

    def __init__(self, ended: list[int]) -> None:
        Path("scheduler.json").unlink(missing_ok=True)
        self.ended = ended
        self.scheduler = dask("scheduler", "--port", "0")
        wait_for(Path("scheduler.json").exists)
        self.nannies = [self.nanny() for _ in range(2)]
        wait_for(lambda: all(workers(nanny.pid) for nanny in self.nannies))
        ended += [one for process in (self.scheduler, *self.nannies) for one in family(process.pid)]

    def await_workers(self) -> None:
        """Until both have joined: a nanny whose worker is killed before that ends itself."""
        with Client(scheduler_file="scheduler.json", set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)

    def nanny(self) -> subprocess.Popen[bytes]:
        return dask("worker", "--nworkers", "1", "--nthreads", "1", "--local-directory", "space")

    def strike(self, fault: str, place: int, program: subprocess.Popen[str]) -> None:
        nanny = self.nannies[place]
        wait_for(lambda: workers(nanny.pid))
        if fault == "ctrl+c":
            program.send_signal(signal.SIGINT)
        elif fault == "scheduler":
            self.scheduler.kill()
        else:
            for process in workers(nanny.pid) if fault == "worker" else reversed(family(nanny.pid)):
                os.kill(process, signal.SIGKILL)

    def restored(self, fault: str, place: int) -> "Cluster":
        """The same after a fault, with all that it had."""
        if fault == "scheduler":
            for nanny in self.nannies:
                nanny.kill()
            return Cluster(self.ended)
        if fault == "machine":
            self.nannies[place] = self.nanny()
        self.ended += [one for nanny in self.nannies for one in family(nanny.pid)]
        return self


LONG = long([(fault,) for fault in random.Random(20).choices([*FAULTS], k=20)])


@pytest.mark.parametrize("sweeps", [[("worker", "ctrl+c")], LONG])
def test_whatever_is_killed_no_finished_unit_is_lost_and_the_figures_are_those_of_any_other_way(
    sweeps: list[tuple[str, ...]],
    ended: list[int],
    undisturbed: dict[Key, Figures],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT", "10s")  # how long a lost scheduler is looked for
    chance, cluster = random.Random(len(sweeps)), Cluster(ended)
    for faults in sweeps:
        Path("a.jsonl").unlink(missing_ok=True)
        cluster.await_workers()
        program = start("a.jsonl", "--scheduler", "scheduler.json")
        ended += [program.pid]
        known = 0
        for fault in faults:
            more, place = chance.randint(1, 6 // len(faults)), chance.randrange(2)
            print(f"{time.strftime('%X')} {fault} at {place} after {known + more} units", flush=True)
            for _ in range(more):
                known += 1
                wait_for(lambda: len(lines("a.jsonl")) >= known, lambda: threads(program))  # noqa: B023
            cluster.strike(fault, place, program)
        output, words = ending(program)
        code, said = FAULTS[fault]
        assert (program.returncode, "Traceback" in words) == (code, False)
        assert said in words.replace("\n", " ") if said else words == ""
        cluster, found = cluster.restored(fault, place), figures("a.jsonl")
        if code:
            again = start("a.jsonl", "--scheduler", "scheduler.json")
            ended += [again.pid]
            output, words = ending(again)
            assert json.loads(output)["done_before"] == len(found) >= known
        assert json.loads(output)["failed"] == 0
        assert figures("a.jsonl") == undisturbed


def test_a_sweep_ends_where_all_workers_are_gone_for_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    joined = 2
    client = SimpleNamespace(scheduler_comm=object(), scheduler=SimpleNamespace(identity=None))
    client.sync = lambda identity, n_workers: {"total_threads": joined}
    slots, now = sweep_cluster.Slots(client), sweep_cluster.monotonic()
    assert slots() == 2
    joined = 0
    assert slots() == 1
    monkeypatch.setattr(sweep_cluster, "monotonic", lambda: now + sweep_cluster.WORKER_S + 60)
    with pytest.raises(Stopped, match="start some with dask worker ADDRESS; the same command then goes on"):
        slots()
    client.scheduler_comm = object()
    with pytest.raises(BrokenExecutor):
        slots()
