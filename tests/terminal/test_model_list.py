"""Saved models on the screen: saved, opened by name or by path, played on, and deleted when that is sure."""

from pathlib import Path

import pytest
from textual.widgets import OptionList

from playground_kit import NARROW, Playing, playing
from unroll.paths import own_models
from unroll.recipe import Recipe, recipe_of
from unroll.terminal.dialogs import Ask, Pick
from unroll.terminal.widgets.run_table import RunTable


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory of the test's own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def saved(game: Playing, name: str) -> Path:
    await game.press("s")
    await game.type(name)
    await game.press("enter")
    return own_models() / f"{name}.safetensors"


async def highlighted(game: Playing, name: str) -> None:
    """Open the list of models, at this one."""
    await game.press("o")
    models = game.app.screen.query_one(OptionList)
    models.highlighted = [str(option.prompt).split()[0] for option in models.options].index(name)
    await game.settle()


async def test_a_model_is_deleted_when_a_person_is_sure(game: Playing) -> None:
    await game.train()
    file = await saved(game, "mine")
    await highlighted(game, "mine")
    await game.press("delete", "enter")
    assert file.exists(), "enter keeps it"
    await highlighted(game, "mine")
    await game.press("delete", "down", "enter")
    assert not file.exists()
    assert game.notice == "Deleted the model mine."


async def test_no_model_that_comes_with_the_program_is_deleted(game: Playing) -> None:
    await highlighted(game, "count-rnn")
    await game.press("delete", "down", "enter")
    assert game.fault and "only networks of your own" in game.notice
    await game.press("o", "escape", "o", "delete", "escape")
    assert not isinstance(game.app.screen, Pick)


async def test_a_model_is_opened_by_the_path_of_its_file(game: Playing, tmp_path: Path) -> None:
    await game.train()
    file = await saved(game, "mine")
    (tmp_path / "elsewhere").mkdir()
    file = file.rename(tmp_path / "elsewhere" / "theirs.safetensors")
    await game.press("o", "o")
    assert isinstance(game.app.screen, Ask)
    await game.type(str(file))
    await game.press("enter")
    opened = game.pane(RunTable).runs[-1]
    assert (opened.name, opened.state) == ("theirs", "finished")
    assert str(file) in opened.origin
    await game.press("o", "o")
    await game.type(str(tmp_path / "none.safetensors"))
    await game.press("enter")
    assert game.fault and "none.safetensors" in game.notice


@pytest.mark.parametrize("how", ["space", "b"])
async def test_a_model_saved_in_the_middle_of_an_epoch_goes_on_as_it_would_have(how: str) -> None:
    async with playing(recipe_of({"vocab_size": 32, "epochs": 6}), size=NARROW) as game:
        await game.choose("pace", "full")
        await game.press("e", "e", "n")
        await saved(game, "half")
        await game.press("space")
        whole = [*game.pane(RunTable).runs[0].curve.series.losses.low]
        await highlighted(game, "half")
        await game.press("enter")
        assert (game.pane(RunTable).runs[-1].state, game.epoch) == ("paused", 2.5)
        await game.press(how)
        losses = [*game.pane(RunTable).runs[-1].curve.series.losses.low]
        assert len(losses) == len(whole) and (losses == whole or how == "b")
        assert losses[:4] == whole[:4]


async def test_a_data_file_that_changed_since_is_said(tmp_path: Path) -> None:
    numbers = tmp_path / "numbers.txt"
    numbers.write_text("1 2 3 4 5 6 7 8\n" * 4)
    recipe = Recipe().replace(task="file", path=str(numbers), length=3, vocab_size=16, epochs=2)
    async with playing(recipe) as game:
        await game.train()
        await saved(game, "mine")
        numbers.write_text("1 2 3 4 5 6 7 9\n" * 4)
        await highlighted(game, "mine")
        await game.press("enter")
        assert "numbers.txt has changed since" in game.notice
