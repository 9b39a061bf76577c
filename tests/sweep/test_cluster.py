"""Sweeps on the workers of a real dask scheduler, which are killed, and so is the scheduler."""

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from processes_kit import LIMIT_S, Figures, Key, figures, lines, start, workers

from pty_kit import family, long, wait_for

pytest.importorskip("distributed")
LOCAL = ("--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", "scheduler.json")


def dask(part: str, *more: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", f"distributed.cli.dask_{part}", *LOCAL, *more]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, **quiet)  # type: ignore[call-overload, no-any-return]


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


@pytest.mark.parametrize("faults", [("worker", "ctrl+c"), long(tuple(random.Random(20).choices([*FAULTS], k=20)))])
def test_whatever_is_killed_no_finished_unit_is_lost_and_the_figures_are_those_of_any_other_way(
    faults: tuple[str, ...],
    ended: list[int],
    undisturbed: dict[Key, Figures],
) -> None:
    chance, cluster = random.Random(len(faults)), Cluster(ended)
    for fault in faults:
        Path("a.jsonl").unlink(missing_ok=True)
        known, place = chance.randint(1, 6), chance.randrange(2)
        program = start("a.jsonl", "--scheduler", "scheduler.json")
        ended += [program.pid]
        wait_for(lambda: len(lines("a.jsonl")) >= known, program.poll)  # noqa: B023
        cluster.strike(fault, place, program)
        output, words = program.communicate(timeout=LIMIT_S)
        code, said = FAULTS[fault]
        assert (program.returncode, "Traceback" in words) == (code, False)
        assert said in words.replace("\n", " ") if said else words == ""
        cluster, found = cluster.restored(fault, place), figures("a.jsonl")
        if code:
            again = start("a.jsonl", "--scheduler", "scheduler.json")
            ended += [again.pid]
            output, words = again.communicate(timeout=LIMIT_S)
            assert json.loads(output)["done_before"] == len(found) >= known
        assert json.loads(output)["failed"] == 0
        assert figures("a.jsonl") == undisturbed
