"""Processes that end with their test, and a sweep that nothing disturbs."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress

import pytest
from click.testing import CliRunner
from processes_kit import GRID, Figures, Key, figures
from sweep_kit import Inline, place

from pty_kit import living
from unroll.cli import main
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
    """The same sweep, computed in this process."""
    monkeypatch.setattr(runner, "here", lambda units: place(Inline(lambda unit: None)))
    assert CliRunner().invoke(main, ["sweep", *GRID, "--seeds", "32", "--out", "whole.jsonl"]).exit_code == 0
    return figures("whole.jsonl")
