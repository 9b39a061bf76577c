"""A second network beside the first: one sequence, one step, two heatmaps, each judged by its own task."""

import pytest

from pane_kit import rows
from playground_kit import NARROW, WHOLE, Playing, playing
from unroll.protocol.requests import Lens, Look
from unroll.recipe import Recipe
from unroll.terminal import texts
from unroll.terminal.widgets.lens_pane import LensPane
from unroll.terminal.widgets.run_table import RunTable
from unroll.terminal.widgets.state_heatmap import StateHeatmap

SMALL = Recipe().replace(vocab_size=16, length=3, hidden_size=5, epochs=2)


async def two_runs(game: Playing) -> StateHeatmap:
    """A trained rnn that is marked, and an lstm of other size that is shown; gives the second heatmap."""
    await game.train()
    await game.press("5", "=")
    await game.choose("cell", "lstm")
    await game.write("hidden_size", "3")
    await game.choose("task", "recall")
    await game.press("escape", "space")
    assert [len(game.session.runs.rows), game.session.compared is not game.session.run] == [2, True]
    return game.app.playground.query(StateHeatmap).last()


async def test_the_marked_run_stands_beside_the_one_that_is_shown() -> None:
    async with playing(SMALL, size=WHOLE) as game:
        second = await two_runs(game)
        assert second.display and game.pane(StateHeatmap).display
        assert (second.border_title or "").startswith("7 run 1")
        assert second.trace is not None and second.trace.units == 5 and game.trace.units == 3
        await game.press("1", "left")
        assert second.step == game.session.moment.step == 2
        assert [set(second.answers[2]), set(game.pane(StateHeatmap).answers[2])] == [{10}, {7}]


async def test_an_intervention_is_done_to_both_as_far_as_they_have_it() -> None:
    async with playing(SMALL, size=WHOLE) as game:
        second = await two_runs(game)
        await game.press("X")
        assert second.trace is not None and second.trace.moment.interventions.cut_all
        await game.press("7")
        assert game.app.playground.focused is second
        await game.press("right", "up")
        assert game.session.moment.step == second.step


async def test_where_both_have_no_room_7_and_1_bring_one_to_the_front() -> None:
    async with playing(SMALL, size=NARROW) as game:
        second = await two_runs(game)
        await game.press("1")
        assert not second.display
        await game.press("7")
        assert second.display and not game.pane(StateHeatmap).display
        await game.press("x", "D")
        assert game.notice == texts.of_difference("before"), "it cannot be seen from here"
        await game.press("D")
        assert game.notice == texts.VALUES_AGAIN
        await game.press("1")
        assert game.pane(StateHeatmap).display and not second.display


async def test_the_marked_run_is_seen_through_the_same_lens() -> None:
    async with playing(SMALL, size=(170, 56)) as game:
        await two_runs(game)
        await game.press("L")
        first, second = game.app.playground.query(LensPane)
        assert first.display and second.display
        assert [first.border_title, second.border_title] == ["3 Lens: numbers", "7 run 1: numbers"]
        asked = [one for one in game.engine.asked if isinstance(one, Lens)][-2:]
        assert {one.moment.run for one in asked} == {run.number for run in game.session.runs.rows}
        assert first.picture is not None and second.picture is not None
        assert first.picture.caption != second.picture.caption
        await game.press("1", "left")
        assert first.step == second.step == game.session.moment.step


@pytest.mark.parametrize("size", [NARROW, WHOLE])
async def test_where_two_lenses_have_no_room_the_one_of_the_run_in_front_is_shown(size: tuple[int, int]) -> None:
    async with playing(SMALL, size=size) as game:
        await two_runs(game)
        for key, displayed, title in (("1", [True, False], "3 Lens: unit"), ("7", [False, True], "7 run 1: unit")):
            await game.press(key, "3")
            lenses = game.app.playground.query(LensPane)
            assert [lens.display for lens in lenses] == displayed and f"─ {title} ─" in game.text
            assert game.app.playground.focused is lenses[displayed.index(True)]


@pytest.mark.parametrize("pane", ["", "3"])
async def test_from_the_marked_run_7_goes_back_to_this_one(pane: str) -> None:
    async with playing(SMALL, size=NARROW) as game:
        await two_runs(game)
        await game.press("1")
        own = game.app.playground.focused
        await game.press("7", *pane)
        assert game.app.playground.focused is not own
        await game.press("7")
        assert game.app.playground.focused is own


async def test_without_a_mark_there_is_nothing_beside_and_it_is_said() -> None:
    async with playing(SMALL, size=WHOLE) as game:
        asked = len(game.engine.asked)
        await game.press("7")
        assert "No other run is marked" in game.notice
        assert not [one for one in game.engine.asked[asked:] if isinstance(one, Look)]


async def test_unmarking_gives_the_room_back() -> None:
    async with playing(SMALL, size=WHOLE) as game:
        second = await two_runs(game)
        game.session.compare(game.session.runs.rows[0])
        await game.settle()
        assert not second.display and game.pane(StateHeatmap).size.height > 30


async def test_a_sequence_that_the_marked_run_cannot_read_is_said_in_its_place() -> None:
    async with playing(SMALL, size=WHOLE) as game:
        await game.train()
        await game.press("5", "=")
        await game.write("vocab_size", "32")
        await game.press("escape", "space")
        await game.ask("7 8 20")
        await game.press("escape", "7")
        assert "knows numbers to 15 only" in game.notice
        assert game.pane(RunTable).marked
        second = game.app.playground.query(StateHeatmap).last()
        assert " ".join(rows(second)).split() == game.notice.split(), "and nothing of before is left there"
        await game.ask("7 8")
        assert rows(second)[0].split() == ["read", "7", "8"]
