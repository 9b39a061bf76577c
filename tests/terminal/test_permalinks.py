"""A permalink brings the whole screen back, or says what of it is not here."""

from pathlib import Path

import pytest

from playground_kit import NARROW, Playing, playing
from unroll import permalink
from unroll.moment import Moment, Patch
from unroll.permalink import Link
from unroll.recipe import PRESETS, Recipe, recipe_of
from unroll.terminal import permalink_texts
from unroll.terminal.app import UnrollApp
from unroll.terminal.permalink_texts import OTHER_NETWORK


async def copied(game: Playing) -> Link:
    """What `y` copies, as it is read elsewhere."""
    await game.press("y")
    text = game.app.clipboard
    await game.press("escape")
    return permalink.read(text)


async def test_the_line_of_a_moment_brings_the_whole_screen_back() -> None:
    async with playing() as game:
        await game.train()
        await game.press("left", "x", "2", "left", "left")
        link = await copied(game)
        lines = game.lines
    async with playing(link=link) as again:
        await again.wait(30)
        assert (again.trace.epoch, again.trace.weights) == (23, link.weights)
        assert "epoch 2" in lines[33] and "epoch" not in again.lines[33], "there it is the newest"
        assert [row[33:74] for row in again.lines[2:33]] == [row[33:74] for row in lines[2:33]]
        assert OTHER_NETWORK not in again.notice


async def test_all_that_is_seen_is_in_the_line() -> None:
    async with playing(Recipe().replace(cell="lstm", epochs=5)) as game:
        await game.train()
        await game.press("h", "L", "L", "escape")
        await game.ask("30 31 32")
        await game.press("escape", "left", "down", "down", "z", "j", "j", "v", "D")
        await game.press("T", *"0.8", "enter")
        link = await copied(game)
    assert (link.unit, link.view, link.difference, link.lens, link.sampling.temperature) == (
        2, "cell state", True, "length", 0.8,
    )  # fmt: skip
    assert link.moment.interventions.patches == (Patch(1, (7, 8, 9, 10), "cell"),)
    assert link.loss is not None and link.moment.epoch == 5
    async with playing(link=link) as again:
        await again.wait(30)
        assert await copied(again) == link


async def test_a_network_that_comes_out_otherwise_says_by_how_much_once_it_is_there() -> None:
    async with playing(link=permalink.read("unroll:1 epoch=3 sequence=7,8 weights=00000000 loss=0.9")) as game:
        await game.wait(30)
        assert game.session.own is not None and game.epoch == 3
        assert f"its loss is {game.session.own[0]:.4g} in place of 0.9." in game.notice
    async with playing(link=permalink.read("unroll:1 epoch=3 sequence=7,8 weights=00000000")) as game:
        await game.wait(30)
        assert game.notice == f"This is {OTHER_NETWORK}: it may answer otherwise."
    assert "the same to four digits" in permalink_texts.of_other_network(0.012341, 0.012344)


async def test_an_older_line_without_a_fingerprint_is_opened_and_nothing_is_said_of_it() -> None:
    async with playing(link=permalink.read("unroll:1 epoch=3 sequence=7,8")) as game:
        await game.wait(30)
        assert game.trace.epoch == 3
        assert OTHER_NETWORK not in game.notice


async def test_a_model_that_was_opened_comes_back_from_its_file_and_no_other() -> None:
    async with playing() as game:
        await game.session.open("count-lstm")
        await game.settle()
        link = await copied(game)
        weights = game.trace.weights
    assert (link.model, link.weights) == ("count-lstm", weights)
    async with playing(link=link) as again:
        await again.settle()
        assert again.trace.weights == weights and not again.fault and OTHER_NETWORK not in again.notice
        assert await copied(again) == link
    async with playing(link=link._replace(digest="00000000")) as other:
        await other.settle()
        assert "count-lstm is not the file of the permalink" in other.notice and link.digest in other.notice
        assert other.fault and other.epoch == 0
    async with playing(link=link._replace(model="gone"), size=NARROW) as absent:
        await absent.settle()
        assert "no saved network gone" in absent.notice and absent.fault and absent.epoch == 0
        assert absent.session.recipe == link.recipe


async def test_a_file_of_ones_own_is_trained_on_again_where_it_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = Path("my words.txt")
    data.write_text("to be or not to be\n" * 8)
    recipe = recipe_of({"task": "file", "path": str(data), "length": 3, "epochs": 2, "hidden_size": 4})
    async with playing(recipe, moment=Moment(0, (0, 1))) as game:
        await game.train()
        await game.ask("not to")
        await game.press("escape")
        link, line = await copied(game), game.prompt
    assert link.recipe.task.symbols == ("be", "not", "or", "to")
    assert UnrollApp(None, link).playground.session.vocabulary.line(link.moment.sequence) == line  # type: ignore[arg-type]
    async with playing(link=link) as again:
        await again.wait(30)
        assert again.trace.weights == link.weights and not again.fault and again.prompt == line
        assert OTHER_NETWORK not in again.notice
    data.write_text("to see or not to see\n" * 8)
    async with playing(link=link) as other:
        await other.settle()
        assert "my words.txt is not the file of the permalink" in other.notice
        assert other.fault and other.epoch == 0
    data.unlink()
    async with playing(link=link, size=NARROW) as absent:
        await absent.settle()
        assert "my words.txt cannot be read" in absent.notice and "choose them in path" in absent.notice
        assert absent.fault and absent.session.recipe == Recipe()


async def test_the_names_that_ship_are_found_by_their_name() -> None:
    recipe = PRESETS["names"].replace(epochs=1)
    async with playing(recipe, moment=Moment(0, (0, 1))) as game:
        link = await copied(game)
    assert link.digest and link.recipe.task.path == "names"
    async with playing(link=link) as again:
        assert again.session.run is not None and again.session.run.digest == link.digest and not again.fault
