"""Sweeps on the workers of a real dask scheduler, which are killed, and so is the scheduler."""

import json
import os
import signal
import subprocess
import sys
import time
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


def begin(ended: list[int]) -> tuple[subprocess.Popen[bytes], list[subprocess.Popen[bytes]]]:
    """A scheduler and two workers, each with the nanny that starts another one."""
    Path("scheduler.json").unlink(missing_ok=True)
    scheduler = dask("scheduler", "--port", "0")
    wait_for(Path("scheduler.json").exists)
    nannies = [dask("worker", "--nworkers", "1", "--nthreads", "1", "--local-directory", name) for name in "ab"]
    wait_for(lambda: all(workers(nanny.pid) for nanny in nannies))
    ended += [one for process in (scheduler, *nannies) for one in family(process.pid)]
    return scheduler, nannies


@pytest.mark.parametrize("kills", [1, long(20)])
def test_a_worker_that_is_killed_costs_nothing_and_the_figures_are_those_of_any_other_way(
    kills: int,
    ended: list[int],
    undisturbed: dict[Key, Figures],
) -> None:
    _, nannies = begin(ended)
    for kill in range(kills):
        Path("a.jsonl").unlink(missing_ok=True)
        program = start("a.jsonl", "--scheduler", "scheduler.json")
        ended += [program.pid]
        wait_for(lambda: lines("a.jsonl"))
        wait_for(lambda: workers(nannies[kill % 2].pid))  # noqa: B023
        os.kill(workers(nannies[kill % 2].pid)[0], signal.SIGKILL)
        output, words = program.communicate(timeout=LIMIT_S)
        assert (program.returncode, words, json.loads(output)["failed"]) == (0, "", 0)
        assert figures("a.jsonl") == undisturbed
    ended += [one for nanny in nannies for one in family(nanny.pid)]


@pytest.mark.long
def test_a_scheduler_that_is_killed_ends_the_sweep_in_a_sentence_and_the_next_one_goes_on(
    ended: list[int],
    undisturbed: dict[Key, Figures],
) -> None:
    scheduler, _ = begin(ended)
    program = start("a.jsonl", "--scheduler", "scheduler.json")
    ended += [program.pid]
    wait_for(lambda: lines("a.jsonl"))
    scheduler.kill()
    began = time.monotonic()
    _, words = program.communicate(timeout=LIMIT_S)
    assert program.returncode == 1
    assert "start one with dask scheduler; the same command then goes on" in words.replace("\n", " ")
    assert "Traceback" not in words
    assert time.monotonic() - began < 90
    begin(ended)
    again = start("a.jsonl", "--scheduler", "scheduler.json")
    ended += [again.pid]
    assert json.loads(again.communicate(timeout=LIMIT_S)[0])["done_before"]
    assert figures("a.jsonl") == undisturbed
