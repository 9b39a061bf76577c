"""An engine killed at any moment, or short of memory: what is asked fails at once, and what was trained comes back."""

import asyncio
import os
import random
import signal
import sys
import time
from itertools import count
from pathlib import Path

import pytest

from pty_kit import long
from unroll.client.client import Engine
from unroll.client.diagnosis import EngineDied, EngineError
from unroll.moment import Moment
from unroll.network.checkpoint import load
from unroll.protocol.replies import Created
from unroll.protocol.requests import Begin, Create, Look, Play, Resume, Save
from unroll.recipe import recipe_of

pytestmark = pytest.mark.usefixtures("warm_engines")
RECIPE = recipe_of({"vocab_size": 64, "epochs": 100_000})
SEQUENCE = (7, 8, 9, 10)


async def watch(engine: Engine, told: list[tuple[float, int]]) -> None:
    async for news in engine.events():
        told += [(time.monotonic(), news.update)]


async def look(engine: Engine, run: int) -> None:
    while True:
        await engine.ask(Look(moment=Moment(run, SEQUENCE)))


async def save(engine: Engine, run: int) -> None:
    for number in count():
        await engine.ask(Save(run=run, name=f"kept-{number % 3}"))


async def kill_at_random(seed: int, directory: Path) -> float:
    """Kill an engine that trains, is looked at and saves, all at once; gives the seconds of training that were lost."""
    engine = await Engine.start()
    await engine.ask(Begin())
    run = (await engine.ask(Create(recipe=RECIPE))).run
    await engine.ask(Play(run=run))
    told: list[tuple[float, int]] = []
    busy = [asyncio.ensure_future(work) for work in (watch(engine, told), look(engine, run), save(engine, run))]
    await asyncio.sleep(random.Random(seed).uniform(0.3, 3.0))
    killed = time.monotonic()
    os.kill(engine.pid, signal.SIGKILL)
    for work in busy:
        with pytest.raises(EngineDied, match="killed by signal 9"):
            await asyncio.wait_for(work, 10)
    await engine.close()
    saved = list(directory.glob("*.safetensors"))
    assert [path for path in saved if load(path).recipe != RECIPE] == []
    assert saved
    return killed - await moment_kept(told)


async def moment_kept(told: list[tuple[float, int]]) -> float:
    """When the update was told that another engine brings back."""
    another = await Engine.start()
    (cut_off,) = (await another.ask(Begin())).cut_off
    (run,) = (await another.ask(Resume(session=cut_off.session))).runs
    assert isinstance(run, Created)
    looked = await another.ask(Look(moment=Moment(run.run, SEQUENCE)))
    assert looked.trace.epoch * run.plan.updates_per_epoch == pytest.approx(run.update)
    await another.close()
    return next((at for at, update in told if update > run.update), told[-1][0])


@pytest.mark.parametrize("seed", [0, *map(long, range(100, 130))])
async def test_an_engine_killed_at_a_random_moment_costs_two_seconds_at_most(seed: int, state_dir: Path) -> None:
    assert await kill_at_random(seed, state_dir / "data" / "models") <= 2.0


SCANTY = """
import resource, torch
from pathlib import Path
from unroll.engine.__main__ import serve
limit = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() + 10**9
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
serve()
"""
"""An engine with a gigabyte of address space beyond what this build of torch takes."""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to an address space")
async def test_an_engine_short_of_memory_says_so_and_lives() -> None:
    engine = await Engine.start([sys.executable, "-c", SCANTY])
    large = recipe_of({"vocab_size": 4096, "hidden_size": 1024, "cell": "lstm", "length": 16, "batch_size": 64})
    with pytest.raises(EngineError, match="There is not enough memory"):
        for _ in range(40):
            run = (await engine.ask(Create(recipe=large))).run
            await engine.ask(Look(moment=Moment(run, SEQUENCE)))
    small = await engine.ask(Create(recipe=RECIPE))
    assert (await engine.ask(Look(moment=Moment(small.run, SEQUENCE)))).trace.epoch == 0
    await engine.close()
