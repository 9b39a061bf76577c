"""Sweeps of real processes, killed and interrupted: no process is left, and no finished unit is lost."""

import json
import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest
from processes_kit import Figures, Key, ending, figures, lines, start, sweep_here, workers

from pty_kit import family, living, long, wait_for


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL, long(signal.SIGTERM)])
def test_a_sweep_that_is_stopped_leaves_no_process_and_goes_on(
    how: signal.Signals, ended: list[int], undisturbed: dict[Key, Figures]
) -> None:
    program = start("a.jsonl")
    ended += [program.pid]
    wait_for(lambda: lines("a.jsonl"))
    everyone = family(program.pid)
    ended += everyone
    program.send_signal(how)
    _, words = ending(program)
    wait_for(lambda: not living(everyone))
    assert program.returncode == (130 if how == signal.SIGINT else -how)
    assert "Traceback" not in words
    assert ("the same command goes on" in words) is (how == signal.SIGINT)
    found = figures("a.jsonl")
    assert found
    sweep_here("a.jsonl")
    assert figures("a.jsonl") == undisturbed
    assert [*figures("a.jsonl")][: len(found)] == [*found]


@pytest.mark.parametrize("kills", [2, long(20)])
def test_workers_killed_at_random_cost_nothing_but_time(
    kills: int, ended: list[int], undisturbed: dict[Key, Figures]
) -> None:
    chance = random.Random(kills)
    program = start("killed.jsonl")
    for _ in range(kills):
        known = len(lines("killed.jsonl"))
        wait_for(lambda: len(lines("killed.jsonl")) > known or program.poll() is not None)  # noqa: B023
        ended += family(program.pid)
        if program.poll() is not None:  # done before all were killed, so begin anew
            assert program.communicate() and program.returncode == 0
            Path("killed.jsonl").unlink()
            program = start("killed.jsonl")
            wait_for(lambda: workers(program.pid))  # noqa: B023
        time.sleep(chance.uniform(0, 1))
        with suppress(ProcessLookupError, FileNotFoundError, IndexError):
            os.kill(chance.choice(workers(program.pid)), signal.SIGKILL)
    output, words = ending(program)
    wait_for(lambda: not living(ended))
    said = json.loads(output)
    assert (program.returncode, said["computed"], said["failed"], words) == (0, 12, 0, "")
    assert len(undisturbed) == 12
    assert figures("killed.jsonl") == undisturbed
