"""Both cursors, and what is done to the network while it is looked at."""

import re

import pytest
from textual.widget import Widget
from textual.widgets import Input, OptionList

from playground_kit import Playing, playing
from unroll.recipe import PRESETS, Recipe, recipe_of
from unroll.terminal import texts, views
from unroll.terminal.sparing import Pane
from unroll.terminal.widgets import prompt
from unroll.terminal.widgets.lens_pane import LensPane
from unroll.terminal.widgets.loss_curve import LossCurve
from unroll.terminal.widgets.next_number import NextNumber
from unroll.terminal.widgets.prompt import Numbers, pasted
from unroll.terminal.widgets.run_table import RunTable
from unroll.terminal.widgets.state_heatmap import StateHeatmap

SMALL_RECALL = recipe_of({"task": "recall", "vocab_size": 32, "length": 5, "epochs": 60, "batch_size": "full"})


async def test_the_training_cursor_shows_the_network_as_it_was_and_a_branch_goes_on_from_there(game: Playing) -> None:
    untrained = game.trace.values
    await game.train()
    trained = game.trace.values
    await game.press("2", "home")
    assert (game.epoch, game.trace.values) == (0, untrained)
    assert " 1  epoch 0" in game.text
    await game.press("end")
    assert game.trace.values == trained and " 1  epoch 0" not in game.text
    await game.press(*["left"] * 20)
    assert game.epoch == 5, "a burst of arrows adds up"
    assert "at  5/25" in str(game.pane(LossCurve).border_subtitle)
    await game.write("learning_rate", "0.01")
    await game.press("escape", "b")
    first, branch = (run.curve.series.losses.total for run in game.pane(RunTable).runs)
    assert branch[:10] == first[:10] and branch[10:] != first[10:]
    assert game.pane(RunTable).runs[1].curve.updates == 50
    await game.press("2", "left", "y")
    assert game.fault and game.pane(RunTable).runs[-1].origin in game.notice, "a branch has no permalink"


async def test_a_step_asks_nothing_and_draws_no_pane_twice(game: Playing, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Widget] = []
    draw, asked = Widget.render_lines, len(game.engine.asked)
    monkeypatch.setattr(Widget, "render_lines", lambda widget, crop: drawn.append(widget) or draw(widget, crop))
    await game.press("left")
    panes = [widget for widget in drawn if isinstance(widget, Pane | Numbers)]
    assert {*map(type, panes)} == {StateHeatmap, NextNumber, LensPane, Numbers}
    assert len(panes) == len(set(panes))
    assert len(game.engine.asked) == asked


async def test_a_unit_tells_its_value_and_its_share(game: Playing) -> None:
    await game.train()
    await game.press("down", "down")
    assert game.hint.startswith("unit 2: h ")
    assert "11's lead of" in game.hint
    await game.press("X")
    assert not game.hint.startswith("unit"), "another moment"


async def test_a_view_that_is_chosen_while_a_look_is_under_way_is_the_one_that_is_shown(game: Playing) -> None:
    game.engine.hold()
    game.session.type((1, 2, 3))
    await game.pilot.press("v")
    game.engine.let_go()
    await game.settle()
    assert game.session.view == game.trace.view == "attribution"


async def test_every_view_of_an_lstm_has_its_name_in_the_title() -> None:
    async with playing(recipe_of({"cell": "lstm"})) as game:
        titles, told = [], []
        for _ in game.trace.views:
            titles.append(str(game.pane(StateHeatmap).border_title))
            told.append(game.notice)
            await game.press("v")
        assert len(set(titles)) == len(set(told)) == len(titles) == 7
        assert titles[0] == "1 State  [reverse]hidden[/reverse] · cell · input …"
        assert "[reverse]forget[/reverse]" in titles[3] and told[3].startswith("Forget gate: how much")
        assert game.notice == views.told("hidden")


async def test_cutting_the_loop_shows_before_and_after_and_does_not_harm_counting(game: Playing) -> None:
    await game.train()
    before = list(game.pane(NextNumber).candidates)
    await game.press("X")
    assert game.pane(NextNumber).candidates[0].before == before[0].probability
    for said in ("memory erased at every step", "here: 11 → 11, still right", "▄ untouched"):
        assert said in game.text
    assert re.search(r"training sequences: 100 % → \S+ % right", game.text)
    now, whole = game.trace.score or (0, 0)
    assert now >= 0.9 <= whole
    await game.press("u")
    assert list(game.pane(NextNumber).candidates) == before
    assert not game.pane(NextNumber).versus


async def test_recall_is_lost_without_the_loop() -> None:
    async with playing(SMALL_RECALL) as game:
        await game.train()
        await game.press("X")
        now, before = game.trace.score or (1, 0)
        assert before >= 0.9
        assert now <= 0.1


async def test_a_cut_stands_before_the_step_that_was_chosen_and_a_unit_is_switched_off_at_every_step(
    game: Playing,
) -> None:
    await game.press("left", "x")
    assert game.session.moment.interventions.cut_steps == (2,)
    await game.press("x")
    assert game.session.moment.interventions.cut_steps == ()
    await game.press("left", "x", "D")
    assert not any(game.trace.values[0]), "nothing changed before the cut"
    assert any(game.trace.values[1])
    await game.press("D", "down", "z")
    assert all(row[1] == 0 for row in game.trace.values)
    assert "∅  1" in game.text


async def test_continuing_by_ten_and_then_until_wrong(game: Playing) -> None:
    await game.train()
    await game.press("C")
    assert game.prompt == " ".join(map(str, range(7, 21)))
    assert game.trace.holds(game.pane(StateHeatmap).window), "no column stays empty"
    assert game.sentence.startswith("step 14/14")
    await game.press("W")
    assert game.session.moment.sequence[-2:] == (126, 127) or game.sentence.endswith("128")


async def test_numbers_that_the_network_said_are_known_as_long_as_what_is_before_them_stays(game: Playing) -> None:
    heatmap, field = game.pane(StateHeatmap), game.pane(Numbers)
    await game.press("c", "c", "left")
    assert heatmap.said == game.session.said == {4, 5}
    marks = field.render_line(0)
    said, shown = (field.get_component_rich_style(look) for look in (prompt.SAID, prompt.STEP))
    words = {segment.text.strip(): segment.style for segment in marks if segment.text.strip()}
    first, *_, fifth, sixth = game.prompt.split()
    assert words[sixth].underline and words[sixth].color == said.color
    assert words[fifth].underline and words[fifth].color == shown.color and words[fifth].bold
    assert not any(style.underline for text, style in words.items() if text.startswith(first))
    await game.ask(f"{game.prompt} 1")
    assert game.session.said == {4, 5}
    await game.press("escape")
    await game.ask(f"7 8 9 10 {fifth} 3")
    assert game.session.said == {4}
    await game.press("escape", "R")
    assert game.session.said == frozenset()


async def test_the_heatmaps_density_is_chosen_by_a_key_and_said(game: Playing) -> None:
    game.app.theme = "unroll-dark"
    for density in ("wide", "narrow", "half", "fitting"):
        await game.press("w")
        assert game.pane(StateHeatmap).density == density
        assert game.notice == texts.DENSITIES[density]


async def test_the_caret_and_the_step_are_one_place_and_escape_comes_back(game: Playing) -> None:
    await game.press("left", "left", "slash")
    field = game.app.focused
    assert isinstance(field, Input)
    assert (field.value[: field.cursor_position].split()[-1], game.step) == ("10", 4)
    await game.press("home")
    assert game.step == 1
    await game.press("end", "1", "1")
    assert (game.prompt, game.epoch) == ("7 8 9 10 11", 0)
    await game.press("escape")
    assert isinstance(game.app.focused, StateHeatmap)


async def test_deleted_runs_come_back_one_after_another(game: Playing) -> None:
    await game.train()
    await game.press("space")
    await game.press("space")
    runs = [run.number for run in game.pane(RunTable).runs]
    await game.press("5", "delete", "delete")
    assert len(game.pane(RunTable).runs) == len(runs) - 2
    await game.press("U", "U")
    assert [run.number for run in game.pane(RunTable).runs] == runs
    await game.press("u")
    assert [run.number for run in game.pane(RunTable).runs] == runs


async def test_a_saved_model_opens_with_its_curve_and_its_answers(game: Playing) -> None:
    await game.train()
    values = game.trace.values
    await game.press("s", "enter")
    assert game.notice.startswith("Saved in ")
    saved = game.notice.split("/")[-1].removesuffix(".safetensors.")
    await game.press("o")
    models = game.app.screen.query_one(OptionList)
    names = [str(option.prompt).split()[0] for option in models.options]
    models.highlighted = names.index(saved)
    await game.press("enter")
    opened = game.pane(RunTable).runs[-1]
    assert opened.origin
    assert opened.curve.series.losses.total == game.pane(RunTable).runs[0].curve.series.losses.total
    assert game.trace.values == values


async def test_training_stops_where_it_was_told_to(game: Playing) -> None:
    await game.press("E", *"7", "enter")
    await game.choose("pace", "full")
    await game.press("space")
    assert game.epoch == 7
    assert "Stopped" in game.notice


async def test_a_preset_fills_in_every_field_and_the_button_offers_to_train_it(game: Playing) -> None:
    await game.press("n")
    assert game.state == "▶ Go on"
    for name, recipe in PRESETS.items():
        await game.choose("preset", name)
        assert game.session.recipe == recipe
        assert game.state == ("▶ Go on" if recipe == Recipe() else "▶ Train")


async def test_changed_fields_are_marked_until_they_are_trained_and_a_fault_trains_nothing(game: Playing) -> None:
    await game.train()
    await game.write("hidden_size", "0")
    await game.press("escape", "space")
    assert len(game.pane(RunTable).runs) == 1
    assert game.notice.startswith("hidden_size cannot be 0")
    assert game.app.focused is game.row("hidden_size").control
    await game.write("hidden_size", "16")
    assert game.row("hidden_size").has_class("-changed")
    await game.press("escape", "space")
    assert not game.row("hidden_size").has_class("-changed")
    assert game.trace.units == 16


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("3 4 5\n6 7\n", "3 4 5 6 7"),
        ("[1, 2, 3]", "1 2 3"),
        ("14|15->16", "14 15 16"),
        ("1, 2, 3.", "1 2 3"),
        ("one 2\nthree", "one 2 three"),
        ("1.5 2", "1.5 2"),
        ("3 -4", "3 -4"),
    ],
)
def test_numbers_are_pasted_with_anything_between_and_what_is_none_is_left_to_be_refused(
    text: str, numbers: str
) -> None:
    assert pasted(text) == numbers


async def test_the_last_page_of_a_long_sequence_holds_the_cursor_and_what_is_typed_next_moves_nothing() -> None:
    async with playing(size=(80, 24)) as game:
        await game.ask(" ".join(map(str, range(36))))
        window = game.pane(StateHeatmap).window
        assert window.first_step <= 35 < window.first_step + window.steps - 1
        await game.ask(" ".join(map(str, range(37))))
        assert game.pane(StateHeatmap).window == window
        await game.press("escape", "home")
        assert game.pane(StateHeatmap).window.first_step == 0


async def test_the_keys_that_explain_and_quit_always_fit_and_a_pane_explains_itself_in_three_paragraphs() -> None:
    async with playing(size=(80, 24)) as game:
        for pane in "1234":
            await game.press(pane)
            assert "? explain" in game.lines[-1] or "f1 explain" in game.lines[-1]
            assert "q quit" in game.lines[-1]
            await game.press("question_mark")
            assert pane == "3" or len(game.app.screen.query(".sentence")) == 3
            await game.press("escape")


async def test_news_that_comes_while_the_panes_go_is_passed_over(game: Playing) -> None:
    await game.pane(RunTable).remove()
    await game.press("n")
    assert game.session.run.curve.updates == 1
