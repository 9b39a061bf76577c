"""Processes that end with their test, and a sweep that nothing disturbs."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress

import pytest
from processes_kit import Figures, Key, figures, sweep_here
from sweep_kit import Inline, place

from pty_kit import living
from unroll.sweep import run as runner


@pytest.fixture
def ended() -> Iterator[list[int]]:
    """Processes that are ended with the test, however that ends."""
    processes: list[int] = []
    yield processes
    for process in living(processes):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


@pytest.fixture
def undisturbed(monkeypatch: pytest.MonkeyPatch) -> dict[Key, Figures]:
    """The same sweep, computed in this process, as are those that `sweep_here` begins."""
    monkeypatch.setattr(runner, "here", lambda units: place(Inline(lambda unit: None)))
    sweep_here("whole.jsonl")
    return figures("whole.jsonl")
