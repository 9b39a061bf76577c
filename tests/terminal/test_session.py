"""The session without a screen: what it asks the engine, and what it asks nothing for."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from still_engine import StillEngine
from unroll.protocol.replies import Progress
from unroll.protocol.requests import Continue, Look, Pause, Play
from unroll.protocol.trace import Window
from unroll.recipe import PRESETS, Recipe
from unroll.terminal.interventions import Intervening
from unroll.terminal.recovery import Recovery
from unroll.terminal.session import Session
from unroll.terminal.writing import Writing

COUNTING = tuple(range(7, 27))


class Bare:
    """A display that keeps what it is told; it shows all steps and units of the window."""

    def __init__(self) -> None:
        self.said = ""
        self.changes = 0
        self.shown = Window(steps=24, units=32)
        self._tasks: set[asyncio.Task[object]] = set()

    def changed(self) -> None:
        self.changes += 1

    def say(self, sentence: str, fault: bool = True) -> None:
        self.said = sentence

    note = say

    def spawn(self, work: Coroutine[Any, Any, object]) -> None:
        self._tasks.add(asyncio.ensure_future(work))

    def window(self) -> tuple[Window, int]:
        return self.shown

    async def settle(self) -> None:
        """Wait until no work is left."""
        while self._tasks:
            await asyncio.gather(*self._tasks)
            self._tasks = {task for task in self._tasks if not task.done()}


class Alone:
    """A session on a display of its own."""

    def __init__(self, engine: StillEngine) -> None:
        self.engine = engine
        self.display = Bare()
        self.session = Session(self.display, Recipe(), COUNTING)

    async def do(self, *calls: Any) -> list[Any]:
        """Let everything come of some calls; returns what was asked of the engine meanwhile."""
        before = len(self.engine.asked)
        for call in calls:
            if isinstance(call, Coroutine):
                await call
        await self.display.settle()
        return self.engine.asked[before:]


@asynccontextmanager
async def a_session() -> AsyncIterator[Alone]:
    """A session on an untrained network."""
    engine = StillEngine()
    try:
        alone = Alone(engine)
        await alone.do(Recovery(alone.session).engine_came(engine))
        yield alone
    finally:
        await engine.close()


async def test_a_walk_inside_the_window_asks_nothing_and_redraws_once_a_step() -> None:
    async with a_session() as alone:
        changes = alone.display.changes
        asked = [await alone.do(alone.session.choose_step(step)) for step in range(20)]
        assert asked == [[]] * 20
        assert alone.session.moment.step == 19
        assert alone.display.changes == changes + 20


async def test_a_walk_with_a_units_details_asks_once_a_step() -> None:
    async with a_session() as alone:
        await alone.do(alone.session.choose_unit(3))
        asked = [await alone.do(alone.session.choose_step(step)) for step in range(19)]
        assert [[type(request) for request in requests] for requests in asked] == [[Look]] * 19
        assert alone.session.trace is not None and alone.session.trace.detail is not None
        assert alone.session.trace.detail.unit == 3


async def test_a_walk_under_an_intervention_asks_nothing() -> None:
    async with a_session() as alone:
        await alone.do(Intervening(alone.session).erase_everywhere())
        trace = alone.session.trace
        assert not await alone.do(*(alone.session.choose_step(step) for step in range(20)))
        assert alone.session.trace is trace is not None and trace.score is not None


async def test_a_step_beyond_the_window_is_looked_at() -> None:
    async with a_session() as alone:
        alone.display.shown = Window(steps=8, units=32)
        await alone.do(alone.session.look())
        assert not await alone.do(alone.session.choose_step(5))
        alone.display.shown = Window(first_step=8, steps=8, units=32)
        assert len(await alone.do(alone.session.choose_step(9))) == 1
        assert alone.session.trace is not None and alone.session.trace.window.first_step == 8


async def test_training_and_a_pause_are_one_request_each() -> None:
    async with a_session() as alone:
        (request,) = await alone.do(alone.session.train())
        assert isinstance(request, Play)
        (request,) = await alone.do(alone.session.pause())
        assert isinstance(request, Pause)


async def test_numbers_asked_of_one_sequence_are_not_appended_to_another() -> None:
    async with a_session() as alone:
        writing = Writing(alone.session)
        appending = writing.append(2)
        alone.session.type((1, 2, 3))
        assert not any(isinstance(request, Continue) for request in await alone.do(appending))
        await alone.do(writing.append(2))
        assert len(alone.session.moment.sequence) == 5


async def test_without_an_engine_nothing_is_done_and_why_is_said() -> None:
    async with a_session() as alone:
        alone.session.engine_went("It is gone.")
        asked = await alone.do(alone.session.train(), Writing(alone.session).append(), alone.session.branch())
        assert (asked, alone.display.said) == ([], "It is gone.")
        Intervening(alone.session).erase_everywhere()
        assert not alone.session.moment.interventions.cut_all


@pytest.mark.parametrize(("updates", "trains"), [(0, True), (1, False)])
async def test_training_asked_for_early_starts_with_the_engine_but_one_update_is_no_training(
    updates: int, trains: bool
) -> None:
    engine = StillEngine()
    alone = Alone(engine)
    try:
        await alone.do(alone.session.train(updates))
        assert alone.display.said
        asked = await alone.do(Recovery(alone.session).engine_came(engine))
        assert any(isinstance(request, Play) for request in asked) == trains
    finally:
        await engine.close()


@pytest.mark.parametrize("preset", ["reber", "anbn", "names"])
async def test_a_preset_chosen_before_the_engine_is_there_opens_with_the_sequence_it_has_with_one(preset: str) -> None:
    engine = StillEngine()
    early = Alone(engine)
    try:
        await early.do(early.session.edit(PRESETS[preset]))
        assert max(early.session.moment.sequence) < early.session.vocabulary.size
        await early.do(Recovery(early.session).engine_came(engine))
        async with a_session() as late:
            await late.do(late.session.edit(PRESETS[preset]))
            assert early.session.moment.sequence == late.session.moment.sequence != COUNTING
            assert early.session.recipe == late.session.recipe
    finally:
        await engine.close()


@pytest.mark.parametrize("preset", ["anbn", "modular"])
async def test_a_sequence_is_there_again_after_a_run_that_cannot_read_it(preset: str) -> None:
    async with a_session() as alone:
        session = alone.session
        await alone.do(session.train(1))
        first = session.run
        assert first is not None
        await alone.do(session.type((99, 3, 98)))
        await alone.do(session.edit(PRESETS[preset]), session.train(1))
        assert session.run is not first and max(session.moment.sequence) < session.vocabulary.size
        await alone.do(session.choose_run(first))
        assert session.moment.sequence == (99, 3, 98)


async def test_a_training_that_is_found_keeps_its_pace_and_where_it_stops() -> None:
    async with a_session() as alone:
        alone.session.pace, alone.session.stop = "2/s", (9, 0.5)
        await alone.do(alone.session.train())
        later = Alone(alone.engine)
        await later.do(Recovery(later.session).engine_came(alone.engine))
        assert (later.session.pace, later.session.stop) == ("2/s", (9, 0.5))


async def test_a_run_that_a_new_engine_has_not_and_no_recipe_makes_is_missed_in_words() -> None:
    engine, another = StillEngine(), StillEngine()
    alone = Alone(engine)
    recovery = Recovery(alone.session)
    try:
        await alone.do(recovery.engine_came(engine))
        run = alone.session.run
        assert run is not None
        run.name, run.origin = "mine", "was opened from a file"
        alone.session.progressed(Progress(run=run.number, state="paused", update=1, losses=[1.0], accuracies=[0.5]))
        await alone.do(recovery.engine_came(another))
        assert "mine" in alone.display.said
    finally:
        await engine.close()
        await another.close()
