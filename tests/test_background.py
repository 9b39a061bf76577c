"""A training that goes on alone: really left, really found again, and by nobody else."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from background_kit import living_on, nobody_left_behind  # noqa: F401
from unroll.client.client import Engine
from unroll.client.conversation import EngineDied, EngineError
from unroll.engine.background import start_training
from unroll.engine.listener import names
from unroll.network.training import Training
from unroll.protocol.requests import Advance, Begin, Create, Detach, End, Play
from unroll.recipe import recipe_of

LONG = recipe_of({"vocab_size": 16, "length": 3, "hidden_size": 4, "epochs": 100_000})
SHORT = LONG.replace(epochs=400)
UNROLL = [sys.executable, "-m", "unroll"]


def relay(name: str) -> list[str]:
    return [*UNROLL, "engine", "--attach", name]


async def attached(name: str) -> Engine:
    engine = await Engine.start(relay(name))
    await engine.hello
    return engine


async def end(engine: Engine) -> None:
    """End an engine in the background, and wait until it is gone."""
    await engine.ask(End())
    await engine.close()
    async with asyncio.timeout(10):
        while names():
            await asyncio.sleep(0.02)


pytestmark = pytest.mark.usefixtures("nobody_left_behind")


async def test_a_run_is_left_and_found_again_with_its_curve_complete() -> None:
    engine = await Engine.start()
    await engine.ask(Begin())
    await engine.ask(Create(recipe=SHORT))
    await engine.ask(Play(run=1, pace="8/s"))
    name = (await engine.ask(Detach())).name
    await engine.leave()
    assert names() == [name] == ["count-rnn"]

    again = await attached(name)
    (run,) = (await again.ask(Begin())).runs
    assert 0 < run.update < 800
    await again.ask(Play(run=1))
    losses = list(run.history()[0])
    async for news in again.events():
        losses += news.losses
        if news.state == "finished":
            break
    assert losses == [round(update.loss, 6) for update in Training(SHORT).updates()]
    await end(again)


async def test_train_in_the_background_says_how_to_come_back(state_dir: Path) -> None:
    line = [*UNROLL, "train", "--background", "--epochs", "20000"]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "It goes on in the background: unroll attach count-rnn\n"
    listed = subprocess.run([*UNROLL, "attach", "--list"], capture_output=True, text=True, timeout=60, check=True)
    assert listed.stdout == "count-rnn\n"
    engine = await attached("count-rnn")
    first = (await engine.ask(Begin())).runs[0].update
    async for news in engine.events():
        if news.update > first:
            break
    await end(engine)
    assert living_on(state_dir) == []


async def test_it_survives_a_killed_line_and_a_killed_terminal() -> None:
    name = await asyncio.to_thread(start_training, LONG)
    for _ in range(3):
        engine = await attached(name)
        seen = (await engine.ask(Begin())).runs[0].update
        os.kill(engine.pid, signal.SIGKILL)
        with pytest.raises(EngineDied):
            async for _news in engine.events():
                pass
        await engine.close()
    engine = await attached(name)
    assert (await engine.ask(Begin())).runs[0].update > seen
    await end(engine)


async def test_who_comes_later_takes_over_and_the_other_is_told() -> None:
    name = await asyncio.to_thread(start_training, LONG)
    first = await attached(name)
    await first.ask(Begin())
    second = await attached(name)
    with pytest.raises(EngineDied) as died:
        async for _news in first.events():
            pass
    assert "Another terminal has taken this engine over." in died.value.last_lines
    assert (await second.ask(Begin())).runs[0].recipe == LONG
    await first.close()
    await end(second)


async def test_only_its_owner_can_reach_it(state_dir: Path) -> None:
    (state_dir / "engines").mkdir(mode=0o777)
    name = await asyncio.to_thread(start_training, LONG)
    folder = state_dir / "engines"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / f"{name}.sock").stat().st_mode) == 0o600
    await end(await attached(name))


@pytest.mark.long
async def test_two_of_a_kind_have_names_of_their_own() -> None:
    first = await asyncio.to_thread(start_training, LONG)
    second = await asyncio.to_thread(start_training, LONG)
    assert [first, second] == names() == ["count-rnn", "count-rnn-2"]
    for name in (first, second):
        engine = await attached(name)
        await engine.ask(End())
        await engine.close()


async def test_a_killed_one_is_listed_no_more_and_its_runs_can_be_resumed(state_dir: Path) -> None:
    name = await asyncio.to_thread(start_training, LONG)
    await asyncio.to_thread(wait_for_keeping, state_dir)
    for pid in living_on(state_dir):
        os.kill(pid, signal.SIGKILL)
    with pytest.raises(EngineDied) as died:
        await attached(name)
    assert "There is no engine count-rnn in the background: there are none." in died.value.last_lines
    assert names() == []
    engine = await Engine.start()
    (sitting,) = (await engine.ask(Begin())).cut_off
    assert sitting.recipe == LONG
    await engine.close()


def wait_for_keeping(state_dir: Path) -> None:
    end = time.monotonic() + 20
    while not list((state_dir / "sittings").glob("*/*.safetensors")):
        assert time.monotonic() < end
        time.sleep(0.02)


def test_what_is_refused_says_why() -> None:
    with pytest.raises(EngineError, match="batch_size"):
        start_training(LONG.replace(batch_size=4000))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["attach"], "Nothing goes on in the background"),
        (["attach", "nowhere"], "Nothing goes on in the background"),
        (["train", "--background", "--save", "mine"], "--background cannot save"),
    ],
)
def test_commands_that_cannot_be_followed_say_why(options: list[str], sentence: str) -> None:
    done = subprocess.run([*UNROLL, *options], check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode in (1, 2)
    assert sentence in done.stderr


# The journal and a real death


@pytest.mark.parametrize("number", [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=pytest.mark.long)])
async def test_a_killed_engine_costs_two_seconds_at_most(number: int) -> None:
    engine = await Engine.start()
    await engine.ask(Begin())
    await engine.ask(Create(recipe=LONG))
    await engine.ask(Play(run=1))
    told = [(0.0, 0)]
    with pytest.raises(EngineDied):
        async for news in engine.events():
            told.append((time.monotonic(), news.update))
            if told[-1][0] > told[1][0] + 2.5:
                os.kill(engine.pid, number)
    another = await Engine.start()
    (sitting,) = (await another.ask(Begin())).cut_off
    assert sitting.update >= max(update for at, update in told if at <= told[-1][0] - 2.0)
    await another.close()


async def test_a_line_that_ends_costs_nothing() -> None:
    engine = await Engine.start()
    await engine.ask(Begin())
    await engine.ask(Create(recipe=LONG))
    await engine.ask(Advance(run=1, updates=123))
    async for news in engine.events():
        if news.update == 123:
            break
    await engine.close()
    another = await Engine.start()
    assert [sitting.update for sitting in (await another.ask(Begin())).cut_off] == [123]
    await another.close()
