"""Whatever comes while a screen is being made or taken down: it waits for its screen, or goes with it."""

import asyncio
from typing import Any

import pytest
from textual import events
from textual.binding import Binding
from textual.geometry import Size
from textual.widgets import Input

from playground_kit import Playing
from pty_kit import long
from still_engine import StillEngine
from unroll.terminal.app import UnrollApp
from unroll.terminal.bindings import ACTIONS
from unroll.terminal.widgets.prompt import Prompt

BINDINGS = list(Binding.make_bindings([*ACTIONS, *UnrollApp.BINDINGS]))
KEYS = [binding.key for binding in BINDINGS if binding.action not in ("leave", "quit", "stop", "app.detach")]
STARTING = [1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 17, 20, 23, 26, 29, 32, 36, 40, 44, 48]
LEAVING = [0, 1, 2, 3, 4, 6, 8, 11, 15, 20, 27, 36, 48, 64, 85, 113, 150, 200, 266, 355]
"""Turns of the event loop from the start, where input is held, and from being told to leave, to the keys."""


def some(turns: list[int], *quick: int) -> list[Any]:
    """The moments of a sweep; only these are tried every day."""
    return [one if one in quick else long(one) for one in turns]


def key(name: str) -> events.Key:
    return events.Key(name, {"space": " ", "slash": "/"}.get(name, name if len(name) == 1 else None))


def everything() -> list[events.Event]:
    """A click, a wheel, a paste and another size, and every key, each followed by escape."""
    mouse = [kind(None, 5, 5, 0, 0, 1, False, False, False, 5, 5) for kind in (events.MouseDown, events.MouseUp)]
    size = Size(90, 30)
    keys = [event for name in KEYS for event in (key(name), key("escape"))]
    return [*mouse, events.Paste("7 8 9"), events.Resize(size, size), *keys]


class Start:
    """A program from its first turn on."""

    def __init__(self) -> None:
        self.engine = StillEngine()
        self.app = UnrollApp(self._engine)

    @property
    def prompt(self) -> str:
        return next((prompt.text for prompt in self.app.query(Prompt) if prompt.is_mounted), "")

    async def _engine(self) -> StillEngine:
        return self.engine

    async def run(self, turns: int, coming: list[events.Event]) -> asyncio.Task[None]:
        """Start, and do all this after so many turns."""
        running = asyncio.create_task(self.app.run_async(headless=True, size=(120, 40)))
        for _ in range(turns):
            await asyncio.sleep(0)
        for event in coming:
            self.app.post_message(event)
        return running


@pytest.mark.parametrize("turns", some(STARTING, 3, 40))
async def test_what_comes_at_any_moment_of_the_start_waits_for_its_place(turns: int) -> None:
    start = Start()
    running = await start.run(turns, [*everything(), *map(key, ("slash", "5", "5"))])
    try:
        async with asyncio.timeout(60):
            while not running.done() and not start.prompt.endswith(" 55"):
                await asyncio.sleep(0.01)
        assert not running.done(), "the program has ended"
    finally:
        start.app.exit()
        await running
        await start.engine.close()
    assert start.app.return_code == 0


@pytest.mark.parametrize("turns", some(LEAVING, 0, 64))
async def test_what_comes_while_leaving_goes_with_the_screen(turns: int) -> None:
    start = Start()
    running = await start.run(200, [])
    start.app.exit()
    for _ in range(turns):
        await asyncio.sleep(0)
    for event in everything():
        start.app.post_message(event)
    await asyncio.wait_for(running, 60)
    await start.engine.close()
    assert start.app.return_code == 0


async def test_keys_wait_for_the_dialog_that_the_key_before_them_opens(game: Playing) -> None:
    await game.burst("5", "N", *"my", "enter", "escape", "s", *"xy")
    await game.settle()
    assert game.session.runs.rows[0].name.endswith("my")
    assert isinstance(game.app.focused, Input)
    assert game.app.focused.value.endswith("xy")
