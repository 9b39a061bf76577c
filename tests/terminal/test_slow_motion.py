"""Slow motion: the cursor steps by itself, every part of a step is told in true figures, and it stops when told to."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from playground_kit import NARROW, Playing, playing
from unroll.moment import Interventions
from unroll.protocol.trace import Trace
from unroll.recipe import recipe_of
from unroll.terminal import help_texts, texts
from unroll.terminal.slow_motion import SPEEDS, SlowMotion


class Clock:
    """The one timer that there is at a time."""

    running: Callable[[], None] | None = None
    seconds = 0.0

    def set(self, seconds: float, tick: Callable[[], None]) -> Any:
        assert self.running is None, "there is another"
        self.seconds, self.running = seconds, tick
        return self

    def stop(self) -> None:
        self.running = None

    async def tick(self, game: Playing, times: int = 1) -> None:
        for _ in range(times):
            assert self.running is not None
            self.running()
            await game.settle()


def clock_of(game: Playing) -> Clock:
    clock = Clock()
    game.app.playground.slow_motion = SlowMotion(game.session, clock.set)
    return clock


async def test_p_steps_from_the_cursor_to_the_end_and_from_the_first_step_again(game: Playing) -> None:
    clock = clock_of(game)
    await game.press("left", "p")
    assert "a step a second" in game.notice and "p stops" in game.notice
    steps = [game.step]
    while clock.running:
        await clock.tick(game)
        steps.append(game.step)
    assert steps == [3, 4, 4]
    assert game.notice == texts.PLAYED_THROUGH
    await game.press("p")
    assert game.step == 1
    await game.press("p")
    assert clock.running is None and game.step == 1


@pytest.mark.parametrize("key", ["right", "end", "c", "R", "slash"])
async def test_any_other_choice_of_a_step_stops_it(game: Playing, key: str) -> None:
    clock = clock_of(game)
    await game.press("home", "p", key)
    assert clock.running is None


async def test_it_goes_on_while_a_network_trains_and_through_an_intervention(game: Playing) -> None:
    clock = clock_of(game)
    await game.press("home", "p", "space", "x", "D", "v")
    await game.wait(1)
    await clock.tick(game)
    assert clock.running and game.step == 2 and game.epoch > 0
    assert game.sentence.startswith("step 2/4: after 8 it expects")


async def test_plus_and_minus_change_its_speed_and_not_the_pace_while_it_plays(game: Playing) -> None:
    clock = clock_of(game)
    pace = game.session.pace
    await game.press("home", "p", "plus")
    assert clock.seconds == 0.5 and "2 steps a second" in game.notice
    await game.press(*["plus"] * 9)
    assert clock.seconds == SPEEDS[-1].seconds
    await game.press(*["minus"] * 9)
    assert clock.seconds == SPEEDS[0].seconds and len(game.notice) <= 76
    assert game.session.pace == pace
    await game.press("p", "plus")
    assert game.session.pace != pace and clock.running is None


async def test_at_the_slowest_every_part_of_a_step_is_told_one_after_another() -> None:
    async with playing(size=NARROW) as game:
        await game.train()
        clock = clock_of(game)
        await game.press("left", "left", "p", *["minus"] * 9)
        said = [game.sentence]
        for _ in range(4):
            await clock.tick(game)
            said.append(game.sentence)
        figures = game.trace.arithmetic[1]
        assert said[0] == "step 2/4: reads 8"
        assert said[1] == f"step 2/4: h moves {figures.moved:.2f}: {help_texts.STEP['rnn']}"
        best, rival = f"{figures.best_logit:.2f} for 9", f"{figures.rival_logit:.2f} for {figures.rival}"
        assert said[2] == f"step 2/4: logits z = W h + b: {best}, the largest; then {rival}"
        assert said[3].startswith("step 2/4: after 8 it expects 9, ")
        assert said[4] == "step 3/4: reads 9"
        assert all(len(sentence) <= 76 for sentence in said)
        await game.press("p")
        assert game.sentence.startswith("step 3/4: after 9 it expects")


async def test_it_stops_by_itself_in_real_time(game: Playing) -> None:
    slow = game.app.playground.slow_motion
    await game.press("p", "plus", "plus")
    await game.pilot.pause(1.5)
    assert game.step == 4 and not slow.is_playing


# What is said of a part


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
async def test_what_is_done_to_the_state_is_said_with_how_far_it_moved(cell: str) -> None:
    async with playing(recipe_of({"cell": cell})) as game:
        trace = game.trace

        def of_state(step: int, **does: Any) -> str:
            return texts.of_part("state", under(trace, **does), step, game.session.recipe)

        assert " from 0: " in of_state(0)
        assert " from 0: " in of_state(2, cut_steps=(2,)) and " from 0" not in of_state(1, cut_steps=(2,))
        assert ", 2 units held: " in of_state(1, clamps=((0, 0.0), (3, 1.0)))
        assert of_state(1).endswith(help_texts.STEP[game.session.recipe.model.cell])


def under(trace: Trace, **does: Any) -> Trace:
    """The trace as one of a network to which this is done."""
    return replace(trace, moment=replace(trace.moment, interventions=Interventions(**does)))


async def test_a_trace_without_figures_tells_the_answer_alone(game: Playing) -> None:
    assert texts.of_part("state", replace(game.trace, arithmetic=[]), 1, game.session.recipe) == ""
