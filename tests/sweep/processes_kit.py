"""Sweeps in processes of their own, which end with the test, and what they have found."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from sweep_kit import Inline, place

from pty_kit import family
from unroll.cli import main
from unroll.sweep import run
from unroll.sweep.results import read

GRID = ("--vocab-size", "24", "--cell", "rnn,gru", "--length", "3,4,5", "--hidden-size", "4", "--epochs", "60")
LIMIT_S = 100


def start(out: str, *more: str) -> subprocess.Popen[str]:
    python, seeds = (sys.executable, "-X", "faulthandler"), ("--seeds", "32")
    command = [*python, "-m", "unroll", "sweep", *GRID, *seeds, "--json", "--out", out, *more]
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def ending(program: subprocess.Popen[str]) -> tuple[str, str]:
    """What it says until it ends by itself; one that does not fails, with where each of its threads is."""
    try:
        return program.communicate(timeout=LIMIT_S)
    except subprocess.TimeoutExpired:
        pytest.fail(f"not ended within {LIMIT_S} s; it stands at\n{threads(program)}")


def threads(program: subprocess.Popen[str]) -> str:
    """What it said, and where each of its threads is; this ends it."""
    program.send_signal(signal.SIGABRT)
    return program.communicate()[1]


def sweep_here(out: str) -> None:
    """The same in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "here", lambda units: place(Inline(lambda unit: None)))
        assert CliRunner().invoke(main, ["sweep", *GRID, "--seeds", "32", "--out", out]).exit_code == 0


def workers(parent: int) -> list[int]:
    return [one for one in family(parent)[1:] if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()]


def lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []


Key = tuple[str, tuple[int, ...]]
Figures = tuple[object, ...]


def figures(path: str) -> dict[Key, Figures]:
    rows = read(path).rows
    found = {(row.digest, row.seeds): (row.accuracy, row.loss, row.weights) for row in rows}
    assert len(found) == len(rows), "computed twice"
    return found
