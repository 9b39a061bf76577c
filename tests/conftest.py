"""For every test: nothing is written to the user's own folders or the current one, and one that hangs ends its worker,
with every thread's traceback, instead of the whole suite."""

import asyncio
import faulthandler
import gc
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import textual.app
import textual.pilot
from hypothesis import settings
from textual.pilot import Pilot

from unroll.tty.textual_patches import compositor_of
from warm_kit import warm_engines  # noqa: F401

settings.register_profile("shared cores", deadline=None, max_examples=50, derandomize=True)
settings.load_profile("shared cores")
os.environ["UNROLL_GLYPHS"] = "unicode"  # whatever the locale here
os.environ.setdefault("OMP_NUM_THREADS", "1")  # the workers share the cores: torch's threads would wait for each other
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # a hundred processes would compile the same modules
sys.dont_write_bytecode = False
for number, default in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) is signal.SIG_IGN:  # a suite in a shell's background would hand that on to programs
        signal.signal(number, default)


@pytest.fixture(autouse=True)
def state_dir(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of the test's own, with its data folder in it, also for the processes that it starts.

    The current folder is `tmp_path`: what is saved by chance is saved nowhere else.
    """
    monkeypatch.chdir(tmp_path)
    path = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("UNROLL_STATE_DIR", str(path))
    monkeypatch.setenv("UNROLL_DATA_DIR", str(path / "data"))
    return path


TEST_TIMEOUT_S = 120
"""The slowest test takes some twenty. Those marked `long` bound themselves."""


@pytest.fixture(autouse=True)
def bounded(request: pytest.FixtureRequest) -> Iterator[None]:
    """No test goes on for ever."""
    if request.node.get_closest_marker("long") is None:
        faulthandler.dump_traceback_later(TEST_TIMEOUT_S, exit=True, file=sys.__stderr__)
    yield
    faulthandler.cancel_dump_traceback_later()


def pytest_collection_finish() -> None:
    """Spare the garbage collector what the imports have made: an eighth of the processor time of the screen's tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


async def until_idle(*_: float) -> None:
    """Wait until nothing but this could run: all that is left waits for time, a file or a thread."""
    loop = asyncio.get_running_loop()
    await asyncio.sleep(0)
    while loop._ready:  # type: ignore[attr-defined]
        await asyncio.sleep(0)


async def until_laid_out(pilot: Pilot[Any]) -> bool:
    """Wait until nothing could run, and the screen has the size of its terminal, which Textual gives it by a timer."""
    app = pilot.app
    await until_idle()
    for _ in range(100):
        if not app.is_running or not app.screen_stack or compositor_of(app.screen).size == app.size:
            break
        await asyncio.sleep(0.005)
    await until_idle()
    return True


# Textual's own ways wait for slices of 20 ms in which the whole process did next to nothing, and ask every widget
# whether it has come to the end of its queue: half of the processor time of a key, and most of the time it took.
textual.app.wait_for_idle = textual.pilot.wait_for_idle = until_idle  # type: ignore[attr-defined, assignment]
Pilot._wait_for_screen = until_laid_out  # type: ignore[method-assign, assignment]
