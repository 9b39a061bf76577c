"""An engine in the background to which nobody comes back: it ends long after its training, and nothing is lost."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from background_kit import living_on, nobody_left_behind  # noqa: F401
from pty_kit import long
from unroll.client.client import Engine
from unroll.engine.listener import names
from unroll.engine.sessions import cut_off
from unroll.protocol.requests import Begin, Create, Detach, Pause, Play
from unroll.recipe import recipe_of

pytestmark = pytest.mark.usefixtures("nobody_left_behind")

HASTY = """
from unroll.engine import attending
attending.LONELY = 1.0
from unroll.engine.__main__ import serve
serve()
"""
SHORT = recipe_of({"vocab_size": 16, "length": 3, "hidden_size": 4, "epochs": 50})
LONG = SHORT.replace(epochs=100_000)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(40):
        while not holds():
            await asyncio.sleep(0.02)


async def leave_alone(*recipes: object, begin: bool = True) -> str:
    """Train some recipes in an engine that is soon lonely, and leave it; its name."""
    engine = await Engine.start([sys.executable, "-c", HASTY])
    if begin:
        await engine.ask(Begin())
    for recipe in recipes:
        run = (await engine.ask(Create(recipe=recipe))).run  # type: ignore[arg-type]
        await engine.ask(Play(run=run))
    name = (await engine.ask(Detach())).name
    await engine.leave()
    return name


@pytest.mark.parametrize("begin", [long(True, id="kept"), pytest.param(False, id="kept only since it was left")])
async def test_after_its_training_it_ends_and_the_next_sitting_is_offered_all(state_dir: Path, begin: bool) -> None:
    await leave_alone(SHORT, SHORT, begin=begin)
    await until(lambda: not living_on(state_dir))
    assert names() == []
    (sitting,) = cut_off()
    assert (sitting.runs, sitting.recipe, sitting.update) == (2, SHORT, 100)
    assert "nobody has come" in (state_dir / "engine.log").read_text()


async def test_while_it_trains_or_somebody_is_there_it_stays(state_dir: Path) -> None:
    name = await leave_alone(LONG)
    await asyncio.sleep(2.5)
    assert names() == [name]
    engine = await Engine.start([sys.executable, "-m", "unroll", "engine", "--attach", name])
    (run,) = (await engine.ask(Begin())).runs
    assert run.state == "training"
    await engine.ask(Pause(run=run.run))
    await asyncio.sleep(2.5)
    assert names() == [name]
    await engine.close()
    await until(lambda: not living_on(state_dir))
    assert [sitting.recipe for sitting in cut_off()] == [LONG]


@pytest.mark.long
async def test_what_cannot_be_kept_stays_with_it(state_dir: Path) -> None:
    (state_dir / "sessions").write_text("no folder")
    name = await leave_alone(SHORT)
    await asyncio.sleep(3)
    assert names() == [name]
