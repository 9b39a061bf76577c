"""Engines that go on alone end with the test that started them, however that ends."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest


def living_on(state_dir: Path) -> list[int]:
    """The processes that keep their state in this folder, but for this one."""
    mine = f"UNROLL_STATE_DIR={state_dir}".encode()
    found = []
    for file in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if mine in file.read_bytes().split(b"\0") and int(file.parent.name) != os.getpid():
                found.append(int(file.parent.name))
    return found


@pytest.fixture
def nobody_left_behind(state_dir: Path) -> Iterator[None]:
    """Whatever a test leaves in the background ends with it."""
    yield
    for process in living_on(state_dir):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
