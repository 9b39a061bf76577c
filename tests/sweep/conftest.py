"""Processes that end with their test, and a sweep that nothing disturbs."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from functools import cache

import pytest
from processes_kit import Figures, Key, figures, sweep_here

from pty_kit import living


@pytest.fixture
def ended() -> Iterator[list[int]]:
    """Processes that are ended with the test, however that ends."""
    processes: list[int] = []
    yield processes
    for process in living(processes):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


@pytest.fixture
def undisturbed() -> dict[Key, Figures]:
    """What the same sweep finds in this process."""
    return _undisturbed()


@cache
def _undisturbed() -> dict[Key, Figures]:
    sweep_here("whole.jsonl")
    return figures("whole.jsonl")
