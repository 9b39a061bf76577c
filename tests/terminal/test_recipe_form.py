"""The recipe's form under a person's fingers: going from field to field, lists, help and faults."""

from pathlib import Path

import pytest
from textual.widgets import Select

from playground_kit import NARROW, WHOLE, Playing, playing
from unroll.protocol.requests import ReadFile
from unroll.recipe import FIELDS, PRESETS, PURPOSES, Recipe, recipe_of
from unroll.terminal import file_sight, help_texts
from unroll.terminal.widgets.recipe_form import RecipeForm


def focused(game: Playing) -> str:
    """The field that has the focus."""
    rows = [row for row in game.pane(RecipeForm).query("FieldRow").results() if row.has_focus_within]
    return rows[0].id.removeprefix("field-") if rows and rows[0].id else ""


def said(game: Playing) -> str:
    """What can be read in the form, its lines put together."""
    region = game.pane(RecipeForm).region
    rows = game.lines[region.y : region.bottom]
    return " ".join(" ".join(row[region.x + 1 : region.right - 1].strip("▁▂▃▄▅▆▇┃ ") for row in rows).split())


async def test_the_arrows_go_from_field_to_field_and_enter_opens_a_list(game: Playing) -> None:
    await game.press("4")
    shown = [name for name in ("preset", *FIELDS, "pace") if game.row(name).display]
    for name in shown:
        assert focused(game) == name
        assert "↑/↓ field" in game.lines[-1]
        assert ("enter open" in game.lines[-1]) == isinstance(game.row(name).control, Select)
        await game.press("down")
    assert game.app.focused is game.pane(RecipeForm).query_one("#train")
    for name in reversed(shown):
        await game.press("up")
        assert focused(game) == name
    assert not any(choice.expanded for choice in game.pane(RecipeForm).query(Select))
    await game.press("enter")
    assert game.lines[-1].startswith("esc dismiss menu")
    assert "prompt" not in game.lines[-1]
    await game.press("down", "enter")
    assert focused(game) == "preset"
    assert game.pane(RecipeForm).recipe == PRESETS["the blog's"]


async def test_space_trains_from_a_field_too(game: Playing) -> None:
    for field, does, then in (
        ("preset", "train", "‖ Pause"),
        ("cell", "pause", "▶ Go on"),
        ("hidden_size", "go on", "‖ Pause"),
    ):
        game.row(field).control.focus()
        await game.settle()
        assert f"space {does}" in game.lines[-1]
        await game.press("space")
        assert game.state == then
        assert game.pane(RecipeForm).recipe == Recipe()


async def test_a_path_may_have_a_space_in_it(game: Playing) -> None:
    await game.choose("task", "file")
    game.row("path").control.focus()
    await game.settle()
    assert "train" not in game.lines[-1]
    await game.press("a", "space", "b")
    assert game.row("path").text == "a b"


async def test_another_task_fills_in_what_learns_it_and_shows_the_fields_that_it_uses(game: Playing) -> None:
    await game.press("4")
    for task, shown, hidden in (
        ("reber", {"length", "sequences", "held_out"}, {"vocab_size", "path", "asked", "steps_back", "eigenvalues"}),
        ("echo", {"vocab_size", "steps_back"}, {"asked"}),
        ("parity", {"asked"}, {"vocab_size", "steps_back"}),
    ):
        await game.choose("task", task)
        assert game.session.recipe == PRESETS[task]
        assert {name for name in shown | hidden if game.row(name).display} == shown
        assert not game.pane(RecipeForm).fault
        assert len(game.session.moment.sequence) == game.session.moment.step + 1 <= PRESETS[task].task.length
    await game.choose("task", "recall")
    assert game.session.recipe == Recipe().replace(task="recall")
    await game.choose("cell", "linear")
    assert game.row("eigenvalues").display


ALL_FIELDS = (("task", "count"), ("task", "echo"), ("task", "parity"), ("cell", "linear"), ("task", "file"))
"""Choices with which the form shows each field at some time."""


async def test_the_help_of_every_field_can_be_read_whole_beside_the_field(game: Playing) -> None:
    for size in (WHOLE, NARROW):
        await game.resize(*size)
        await game.press("4")
        read: set[str] = set()
        for field, word in (
            ("task", "count"),
            ("task", "echo"),
            ("task", "parity"),
            ("cell", "linear"),
            ("task", "file"),
        ):
            await game.choose(field, word)
            shown = [name for name in ("preset", *FIELDS, "pace") if game.row(name).display]
            for name in [name for name in shown if name not in read or name == shown[-1]]:
                game.row(name).control.focus()
                await game.settle()
                told = PURPOSES["default"] if name == "preset" else help_texts.help_of(name)
                assert (game.pane(RecipeForm).fault or told) in said(game)
                assert game.row(name).text in said(game)
                assert "▶ Train" in said(game)
            read |= set(shown)
        await game.choose("task", "count")
        await game.press("escape")


@pytest.mark.parametrize("size", [NARROW, WHOLE])
async def test_a_file_is_shown_as_it_is_understood_before_it_is_trained(size: tuple[int, int], tmp_path: Path) -> None:
    (tmp_path / "t").write_text("day,sun\n" + "".join(f"{n},{n * 7 % 5}.5\n" for n in range(90)))
    async with playing(size=size) as game:
        await game.press("4")
        await game.choose("task", "file")
        await game.write("path", str(tmp_path / "t"))
        assert "choose a column, by name or number (day, sun)" in said(game)
        assert game.row("column").has_class("-invalid") and game.fault
        await game.write("column", "sun")
        for fact in (
            "column 2 (sun), one series",
            "1 sequence of 90 numbers",
            "Other columns: day",
            "› 0 2 4 1",
            "▶ Train",
        ):
            assert fact in said(game)
        assert not game.row("column").has_class("-invalid")
        assert game.session.recipe.task.vocab_size == 128
        await game.write("levels", "2")
        assert "Levels 0 to 1, divided at 2.5; levels chooses how many." in said(game)
        await game.write("held_out", "0.25")
        assert "58 sequences, and 20 held out (the end of the series)" in said(game)
        await game.write("epochs", "7")
        assert help_texts.help_of("epochs") in said(game) and "▶ Train" in said(game)


async def test_a_file_is_read_when_its_name_is_typed_and_not_at_every_letter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_sight, "PAUSE_S", 1.0)  # for a slow machine
    (tmp_path / "t").write_text("1 2 3 4 5 6 7 8\n" * 9)
    async with playing(size=NARROW) as game:
        await game.press("4")
        await game.choose("task", "file")
        game.row("path").control.focus()
        await game.settle()
        await game.type(f"{tmp_path}/")
        run, path, asked = game.session.run, f"{tmp_path}/t", len(game.engine.asked)
        for end in range(len(path) - 5, len(path) + 1):
            game.row("path").control.value = path[:end]
            await game.pilot.pause()
        await game.settle()
        assert [request.task.path for request in game.engine.asked[asked:] if isinstance(request, ReadFile)] == [path]
        assert game.session.run is not run and "9 sequences of 8 numbers" in said(game)


async def test_a_run_trained_before_its_file_was_named_in_full_is_not_made_again(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("1 2 3 4 5 6 7 8\n" * 9)
    async with playing() as game:
        await game.choose("task", "file")
        game.row("path").control.value = str(tmp_path / "t")
        await game.pilot.pause()
        await game.session.train()
        run = game.session.run
        await game.settle()
        assert game.session.run is run and run is not None and run.state == "training"


async def test_where_there_is_room_all_that_is_known_of_the_field_stands_under_the_others() -> None:
    async with playing(size=(200, 60)) as game:
        assert all(sentence in said(game) for sentence in help_texts.of_field("preset", Recipe()))
        for name in ("hidden_size", "learning_rate", "pace"):
            game.row(name).control.focus()
            await game.settle()
            assert all(sentence in said(game) for sentence in help_texts.of_field(name, Recipe()))
        await game.press("escape")
        assert all(sentence in said(game) for sentence in help_texts.of_field("pace", Recipe())), "nothing moves"
        assert "9,408 weights" in said(game)


async def test_of_several_faults_the_one_in_focus_is_explained(game: Playing) -> None:
    await game.write("vocab_size", "")
    await game.write("hidden_size", "0")
    assert "hidden_size cannot be 0" in said(game)
    game.row("vocab_size").control.focus()
    await game.settle()
    assert "vocab_size cannot be nothing" in said(game)
    game.row("seed").control.focus()
    await game.settle()
    assert "vocab_size cannot be nothing" in said(game)


async def test_help_says_how_to_go_on_and_what_a_preset_is_for(game: Playing) -> None:
    assert PURPOSES.keys() == PRESETS.keys()
    await game.press("4", "down", "down")
    await game.press("f1")
    assert "The field above or below" in game.text
    await game.press("escape")
    game.row("preset").control.focus()
    await game.press("question_mark")
    assert f"default. {PURPOSES['default']}"[:40] in game.text
    await game.press("escape")
    await game.choose("preset", "blank")
    assert PURPOSES["blank"] in said(game)
    await game.write("hidden_size", "7")
    game.row("preset").control.focus()
    await game.press("question_mark")
    assert "your own. No preset has these values." in game.text


async def test_what_a_person_types_is_not_overwritten_by_what_they_typed_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with playing() as game:
        heard: list[Recipe] = []
        monkeypatch.setattr(game.session, "edit", heard.append)
        await game.write("hidden_size", "4")
        await game.write("hidden_size", "48")
        form = game.pane(RecipeForm)
        for recipe in heard:
            form.load(recipe)
            assert game.row("hidden_size").text == "48"
        form.load(PRESETS["blank"])
        assert form.recipe == PRESETS["blank"]


REFUSED = recipe_of({"hidden_size": 1024, "vocab_size": 4096, "length": 512, "cell": "lstm", "batch_size": "full"})
"""Every field of it is good; together they take too much memory."""


async def test_a_permalink_whose_recipe_is_refused_says_so_beside_the_default_network() -> None:
    async with playing(REFUSED) as game:
        assert "memory" in game.notice
        assert game.fault
        assert game.session.recipe_shown == game.pane(RecipeForm).recipe == Recipe()
        await game.press("space")
        assert game.state == "‖ Pause"


async def test_a_recipe_that_is_refused_is_a_fault_of_the_form_wherever_it_comes_from(game: Playing) -> None:
    game.session.edit(REFUSED)
    await game.settle()
    assert "memory" in game.notice
    assert "memory" in game.pane(RecipeForm).fault
    game.session.edit(Recipe())
    await game.settle()
    assert not game.pane(RecipeForm).fault
