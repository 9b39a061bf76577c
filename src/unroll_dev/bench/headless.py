"""An engine without a screen: the playground's own, told to train and read by its own client, which shows nothing."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from threading import Event

from unroll.client.client import Engine
from unroll.client.diagnosis import EngineError
from unroll.protocol.requests import Create, Play
from unroll.recipe import Recipe
from unroll_dev.bench.figures import Unmeasured
from unroll_dev.bench.programs import START_WITHIN, TRAIN_WITHIN


def training_seconds(recipe: Recipe) -> float:
    """How long a whole training at full speed takes, from the request to the news that it is over.

    Raises:
        Unmeasured: the engine fails, or it takes minutes.
    """
    return asyncio.run(_train(recipe, Event(), Event()))


@contextmanager
def training_beside(recipe: Recipe) -> Iterator[None]:
    """An engine that trains at full speed while the block lasts, or to the recipe's end.

    Raises:
        Unmeasured: it does not start.
    """
    begun, over = Event(), Event()
    with ThreadPoolExecutor(1) as pool:
        training = pool.submit(lambda: asyncio.run(_train(recipe, begun, over)))
        training.add_done_callback(lambda _: begun.set())
        try:
            if not begun.wait(START_WITHIN):
                raise Unmeasured("an engine without a screen did not start")
            if training.done():
                training.result()
            yield
        finally:
            over.set()


async def _train(recipe: Recipe, begun: Event, over: Event) -> float:
    """Start an engine, train until the end or until it is `over`, in seconds; `begun` is set at the first news."""
    with TemporaryDirectory() as folder:
        state = [f"UNROLL_STATE_DIR={folder}", f"UNROLL_DATA_DIR={folder}"]
        try:
            engine = await Engine.start(["env", *state, sys.executable, "-m", "unroll.engine"])
            try:
                return await asyncio.wait_for(_converse(engine, recipe, begun, over), START_WITHIN + TRAIN_WITHIN)
            finally:
                await engine.close()
        except (EngineError, TimeoutError) as error:
            raise Unmeasured(f"an engine without a screen did not train: {error}") from None


async def _converse(engine: Engine, recipe: Recipe, begun: Event, over: Event) -> float:
    await engine.hello
    run = (await engine.ask(Create(recipe=recipe))).run
    started = time.monotonic()
    await engine.ask(Play(run=run, pace="full"))
    async for news in engine.events():
        begun.set()
        if news.state == "finished" or over.is_set():
            break
    return time.monotonic() - started
