"""An engine without a screen trains to the end, or as long as it is wanted; and what the system tells of processes."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from unroll.recipe import Recipe
from unroll_dev.bench.figures import Unmeasured
from unroll_dev.bench.headless import training_beside, training_seconds
from unroll_dev.bench.processes import cpu_seconds, family, resident

on_linux = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="there is no /proc")


def test_a_whole_training_is_timed() -> None:
    assert training_seconds(Recipe()) > 0


def test_a_recipe_that_the_engine_refuses_is_no_measurement() -> None:
    with pytest.raises(Unmeasured, match="batch_size"):
        training_seconds(Recipe().replace(batch_size=4096))
    with pytest.raises(Unmeasured, match="batch_size"), training_beside(Recipe().replace(batch_size=4096)):
        pass


@on_linux
def test_an_engine_trains_beside_and_is_gone_afterwards() -> None:
    with training_beside(Recipe().replace(epochs=100_000)):
        engines = set(family(os.getpid())) - {os.getpid()}
        assert engines
        before, end = sum(map(cpu_seconds, engines)), time.monotonic() + 30
        while sum(map(cpu_seconds, engines)) < before + 0.1:
            assert time.monotonic() < end
            time.sleep(0.01)
    assert not engines & set(family(os.getpid()))


@on_linux
def test_a_family_is_a_process_and_all_that_it_started() -> None:
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(1, flush=True); input()'])"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        parent.stdout.readline()
        members = family(parent.pid)
        assert (members[0], len(members)) == (parent.pid, 2)
        assert resident(members[1]) > 2**20
        parent.communicate(b"\n")
    with pytest.raises(Unmeasured):
        resident(members[1])
