"""A lesson in the playground: where one is, what becomes of the screen, and the way back to a scene from anywhere."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from textual.widgets import Input, OptionList

from playground_kit import NARROW, WHOLE, Playing, playing
from unroll import permalink
from unroll.recipe import recipe_of
from unroll.terminal import texts
from unroll.terminal.tour import IDLE_S
from unroll.terminal.widgets.lens_pane import LensPane
from unroll.terminal.widgets.loss_curve import LossCurve
from unroll.terminal.widgets.run_table import RunTable
from unroll.terminal.widgets.state_heatmap import StateHeatmap
from unroll.terminal.widgets.tour_card import PLAYING, Card, TourCard, _lines
from unroll.tour import lesson
from unroll.tour.lesson import Lesson
from unroll_dev.screenshots import until

SHORT = lesson.parse(
    """
title = "Short"
[[scene]]
moment = "unroll:1 sequence=7,8,9,10"
pane = "next"
text = "It knows nothing."
try = "space trains it."
until = "accuracy 99 %"
[[scene]]
moment = "unroll:1 epoch=25 sequence=7,8,9,10 step=3 cut=2 hold=3:0,5:1 view=attribution lens=length"
pane = "lens"
text = "A lens."
[[scene]]
moment = "unroll:1 cell=lstm hidden_size=8 epochs=4 epoch=2 sequence=1,2 put=2:cell:5,6 difference=yes view=cell-state"
text = "An lstm."
""",
    "short",
)
ROWS = slice(2, 24)


@pytest.fixture
async def tour() -> AsyncIterator[Playing]:
    async with playing(lesson=SHORT) as game:
        yield game


def card(game: Playing) -> Card:
    shown = game.pane(TourCard).card
    assert shown is not None
    return shown


async def test_it_begins_at_its_first_scene_and_goes_on_and_back(tour: Playing) -> None:
    assert card(tour) == Card("1 of 3", "Short", False, "It knows nothing.", "Try:", "space trains it.")
    assert tour.epoch == 0 and "1 of 3  Short" in tour.text and not tour.app.playground.query_one("#hint").display
    await tour.press("full_stop")
    assert (card(tour).place, card(tour).is_away, tour.epoch, tour.session.view) == ("2 of 3", False, 25, "attribution")
    assert isinstance(tour.app.focused, LensPane)
    assert tour.app.playground.lens.picture is not None and tour.app.playground.lens.lens == "length"
    await tour.press("full_stop")
    assert (card(tour).place, tour.epoch, tour.session.difference) == ("3 of 3", 2, True)
    first, second = tour.pane(RunTable).runs
    assert tour.notice == texts.of_end("")
    await tour.press("u", "full_stop")
    assert tour.notice == texts.of_end("") and card(tour).place == "3 of 3"
    await tour.press("comma", "comma", "comma")
    assert (tour.notice, tour.epoch, card(tour).is_away) == (texts.FIRST_SCENE, 0, False)
    assert tour.pane(RunTable).runs == [first, second], "no run is made twice"


DEEDS = {
    "steps": ["1", "left", "down"],
    "what is done": ["u", "X", "z", "V", "D"],
    "another lens, maximised": ["3", "L", "f"],
    "another run, of another cell, that trains": ["4", "tab", "full"],
    "a branch": ["b", "space"],
    "a marked run": ["5", "equals_sign", "up", "enter"],
    "slow motion": ["1", "home", "p"],
    "an earlier epoch": ["2", "home", "right"],
    "the run is deleted": ["5", "delete"],
    "appended": ["c", "C"],
    "training anew": ["space", "n", "n"],
    "pace and stop": ["minus", "minus", "minus", "E", "3", "enter", "space"],
    "sampling": ["T", "1", "enter", "c"],
    "kept and put in": ["h", "left", "j", "j"],
}


@pytest.mark.parametrize("deed", DEEDS)
async def test_a_scene_is_restored_exactly_whatever_was_done(tour: Playing, deed: str) -> None:
    await tour.press("full_stop")
    lines, moment = tour.lines, tour.session.moment
    if deed == "another run, of another cell, that trains":
        await tour.choose("cell", "gru")
        await tour.press("1", "space")
    else:
        await tour.press(*DEEDS[deed])
    assert card(tour).is_away == ("2 of 3  Short" in tour.text and "g returns to the scene" in tour.text)
    assert card(tour).is_away or deed == "slow motion"
    tour.app.playground.action_tour()  # in a field, g would be typed
    await tour.settle()
    assert (card(tour).place, card(tour).is_away) == ("2 of 3", False)
    run = tour.session.run
    assert run is not None and moment.interventions == tour.session.moment.interventions
    assert tour.epoch == 25
    heatmap = [row[33:73] for row in tour.lines[ROWS]]
    assert heatmap == [row[33:73] for row in lines[ROWS]]


async def test_a_scene_resets_the_loss_pane_and_the_lens_and_shows_no_other_lessons_curve(tour: Playing) -> None:
    loss = tour.pane(LossCurve)
    await tour.choose("cell", "gru")
    await tour.press("1", "space", "full_stop", "2", "m", "l")
    assert (loss.metric, loss.log_scale, loss.others, tour.app.playground.lens.lens) == ("accuracy", True, (), "length")
    await tour.press("full_stop")
    assert (loss.metric, loss.log_scale, tour.app.playground.lens.lens) == ("loss", False, lesson.LENSES[0])
    assert [other.name for other in loss.others] == ["count rnn"], "that of the scene before"
    await tour.press("comma")
    assert loss.others == () and tour.app.playground.lens.lens == "length"
    await tour.press("comma")
    assert tour.app.playground.lens.lens == lesson.LENSES[0]


async def test_a_half_typed_sequence_does_not_come_back_after_the_scene(tour: Playing) -> None:
    await tour.press("full_stop", "slash")
    field = tour.app.focused
    assert isinstance(field, Input)
    field.value = "1 2 3 "
    tour.app.playground.action_scene(-1)
    await tour.settle()
    assert (tour.prompt, card(tour).is_away) == ("7 8 9 10", False)


async def test_a_dialog_that_is_open_makes_way(tour: Playing) -> None:
    await tour.press("question_mark")
    tour.app.playground.action_scene(1)
    await tour.settle()
    assert tour.app.screen is tour.app.playground and card(tour).place == "2 of 3"


async def test_what_a_scene_waits_for_is_told_when_it_is_there(tour: Playing) -> None:
    await tour.train()
    assert not card(tour).is_away, "the scene asked for it"
    assert (card(tour).label, card(tour).below) == ("✓", texts.of_brought_about("accuracy 99 %"))
    await tour.press("full_stop")
    assert len(tour.pane(RunTable).runs) == 1


async def test_while_a_network_of_a_scene_trains_the_card_says_how_far_it_is(tour: Playing) -> None:
    tour.engine.hold()
    await tour.pilot.press("full_stop")
    await asyncio.sleep(0)
    assert (card(tour).label, card(tour).is_away) == ("Training:", False)
    assert " 0/25" in card(tour).below
    tour.engine.let_go()
    await tour.settle()
    assert card(tour).label == ""


async def test_a_view_that_is_chosen_while_an_older_look_is_under_way_stays_chosen(tour: Playing) -> None:
    await tour.press("full_stop")
    tour.engine.hold()
    tour.session.look()
    await asyncio.sleep(0.05)
    tour.session.view = "hidden"
    tour.session.look()
    tour.engine.let_go()
    await tour.settle()
    assert tour.session.view == "hidden"


async def test_an_engines_death_in_a_scene_costs_the_usual_key(tour: Playing) -> None:
    await tour.press("full_stop")
    lines = tour.lines
    tour.engine.die()
    await tour.settle()
    await tour.press("full_stop")
    assert "ctrl+r" in tour.notice and card(tour).place == "3 of 3"
    engine = type(tour.engine)()
    tour.app._start = lambda: asyncio.sleep(0, engine)  # type: ignore[assignment, return-value]
    tour.engine = engine
    try:
        await tour.press("ctrl+r")
        await until(tour.pilot, lambda: tour.epoch == 2)
        await tour.settle()
        assert (card(tour).place, card(tour).is_away, tour.epoch) == ("3 of 3", False, 2)
        await tour.press("comma")
        assert (card(tour).is_away, tour.epoch) == (False, 25)
        assert [row[33:73] for row in tour.lines[ROWS]] == [row[33:73] for row in lines[ROWS]]
    finally:
        await engine.close()


async def test_escape_leaves_a_field_first_and_then_the_lesson(tour: Playing) -> None:
    await tour.press("full_stop", "escape")
    assert isinstance(tour.app.focused, StateHeatmap) and tour.pane(TourCard).card
    assert "esc leave" in tour.lines[-1]
    await tour.press("escape")
    assert tour.pane(TourCard).card is None and tour.notice == texts.TOUR_LEFT
    assert tour.app.playground.query_one("#hint").display and tour.epoch == 25
    await tour.press("full_stop")
    assert tour.notice == texts.NO_TOUR


async def test_a_key_chooses_a_lesson_and_its_last_scene_leads_on(game: Playing) -> None:
    await game.press("g")
    assert game.app.screen.query_one(OptionList).option_count == len(lesson.shipped())
    await game.press("enter")
    first = lesson.read(lesson.shipped()["counting"])
    assert (card(game).title, card(game).place) == (first.title, f"1 of {len(first.scenes)}")
    game.app.playground.tour.place = len(first.scenes) - 2
    await game.press("full_stop")
    assert game.notice == texts.of_end("What it never saw") and ". goes on to What it never saw" in game.text
    await game.press("full_stop")
    assert card(game).title == lesson.read(lesson.shipped()["longer"]).title


async def test_it_plays_by_itself_and_again_from_new_networks_until_a_key_takes_over() -> None:
    async with playing(lesson=SHORT, seconds=3600) as game:
        tour, seen = game.app.playground.tour, []
        for _ in range(16):
            tour.tick()
            await game.wait(4)
            seen.append((tour.place, game.session.run.curve.updates))  # type: ignore[union-attr]
            if seen[-1] == (0, 0) and len(seen) > 1:
                break
        assert {(0, 50), (1, 50), (2, seen[-2][1])} <= {*seen}
        assert [run.curve.updates for run in game.pane(RunTable).runs][-1] == 0
        for _ in range(7):
            tour.tick()
            await game.wait(4)
        assert len(game.pane(RunTable).runs) == 2, "the networks of the round before are gone"
        await game.press("left")
        assert tour._timer is not None and tour._timer._interval == 60


async def test_the_keys_of_a_lesson_take_over_too_and_it_plays_on_a_minute_after_the_last() -> None:
    async with playing(size=NARROW, lesson=SHORT, seconds=3600) as game:
        tour = game.app.playground.tour
        assert "1 of 3  Short" in game.text and PLAYING in game.text and ", back" not in game.text
        for key in ("full_stop", "comma", "g"):
            await game.press(key)
            assert tour._timer is not None and tour._timer._interval == IDLE_S
            assert PLAYING not in game.text and ", back" in game.text
        tour.tick()
        await game.settle()
        assert PLAYING in game.text and tour._timer._interval != IDLE_S


async def test_it_begins_to_play_when_the_engine_is_there() -> None:
    async with playing(lesson=SHORT._replace(scenes=SHORT.scenes[1:]), seconds=0.3) as game:
        await until(game.pilot, lambda: game.app.playground.tour.place == 1)


async def test_by_hand_nothing_goes_on_by_itself(tour: Playing) -> None:
    await tour.press("left")
    assert tour.app.playground.tour._timer is None


async def test_this_moment_is_recorded_as_a_scene(game: Playing, tmp_path: Path) -> None:
    await game.train()
    await game.press("left", "X", "M", *"One", "full_stop", "enter")
    path = tmp_path / "unroll-lesson.toml"
    assert game.notice == texts.of_recorded(str(path), 1) and not game.fault
    await game.press("u", "3", "M", *"Two", "enter")
    first, second = lesson.read(path).scenes
    assert (first.text, first.pane, second.text, second.pane) == ("One.", "state", "Two", "lens")
    assert first.link.moment.interventions.cut_all and first.link.moment.step == 2
    assert first.link.weights and second.link.lens == game.app.playground.lens.lens
    await game.press("M", *"A. B. C.".replace(" ", ""), "space", *"x", "escape")
    assert len(lesson.read(path).scenes) == 2


async def test_what_is_recorded_in_training_is_the_epoch_that_was_seen(game: Playing, tmp_path: Path) -> None:
    await game.press("n", "n", "n")
    run = game.session.run
    assert run is not None
    run.state = "training"  # between two epochs
    await game.press("M")
    assert "epoch 1," in str(game.app.screen.query_one(".dialog").border_title)
    await game.press(*"One", "enter")
    (scene,) = lesson.read(tmp_path / "unroll-lesson.toml").scenes
    assert (scene.link.moment.epoch, scene.link.weights) == (1, "")


async def test_what_has_no_permalink_is_no_scene(game: Playing, tmp_path: Path) -> None:
    await game.train()
    await game.press("2", "left", "left", "b", "M")
    assert game.fault and not (tmp_path / "unroll-lesson.toml").exists()


async def test_a_scene_that_is_refused_says_why() -> None:
    gone = SHORT.scenes[0].link._replace(model="nowhere")
    async with playing(lesson=Lesson("x", "x", "", (SHORT.scenes[0], SHORT.scenes[1]._replace(link=gone)))) as game:
        await game.press("full_stop")
        assert game.fault and "nowhere" in game.notice and card(game).is_away


# The card


@pytest.mark.parametrize("size", [NARROW, WHOLE])
async def test_every_scene_that_ships_has_room_on_the_card(size: tuple[int, int]) -> None:
    for path in lesson.shipped().values():
        read = lesson.read(path)
        for place, scene in enumerate(read.scenes, 1):
            shown = Card(f"{place} of {len(read.scenes)}", read.title, True, scene.text, "Try:", scene.suggestion)
            lines = ["".join(text for _, text in line) for line in _lines(shown, size[0])]
            assert len(lines) == 4 and all(len(line) <= size[0] - 4 for line in lines)
            assert scene.text == " ".join(f"{lines[1]} {lines[2]}".split())
            assert read.title in lines[0] and scene.suggestion in lines[3] and "…" not in "".join(lines)


async def test_a_click_on_the_cards_keys_does_what_they_do(tour: Playing) -> None:
    width = tour.app.size.width
    await tour.pilot.click(TourCard, offset=(width - 4, 0))
    await tour.settle()
    assert card(tour).place == "2 of 3"
    await tour.press("u")
    assert "g return" in tour.text
    await tour.pilot.click(TourCard, offset=(width - 4, 0))
    await tour.settle()
    assert not card(tour).is_away


async def test_a_lesson_needs_no_page_for_a_step_that_changes_little(tour: Playing) -> None:
    asked = len(tour.engine.asked)
    await tour.press("left", "right")
    assert len(tour.engine.asked) == asked and not card(tour).is_away
    assert permalink.write(SHORT.scenes[0].link).startswith("unroll:1")
    assert recipe_of({}) == SHORT.scenes[0].link.recipe
