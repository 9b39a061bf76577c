"""Whatever is typed wrong is answered by one sentence that names the rule, and the last good state stays."""

from itertools import count
from typing import Any

import pytest
import torch
from textual.events import Paste
from textual.widgets import Static

from playground_kit import Playing, playing
from unroll.network import training
from unroll.recipe import Recipe
from unroll.terminal.widgets.recipe_form import RecipeForm
from unroll.terminal.widgets.run_table import RunTable

PROMPTS = {
    "7 8 nine": "nine is not in the vocabulary: type whole numbers from 0 to 127.",
    "7 8 128": "128 is not in the vocabulary: type whole numbers from 0 to 127.",
    "7 8 -1": "-1 is not in the vocabulary: type whole numbers from 0 to 127.",
    "7 8 1.5": "1.5 is not in the vocabulary: type whole numbers from 0 to 127.",
    "7 8 ٣": "٣ is not in the vocabulary: type whole numbers from 0 to 127.",
    "9" * 400: "99999999999999999999 is not in the vocabulary: type whole numbers from 0 to 127.",
    "": "The sequence is empty: type whole numbers from 0 to 127.",
    " , ;": "The sequence is empty: type whole numbers from 0 to 127.",
    "7 " * 10_000: "The sequence has 10,000 numbers: type at most 1,024.",
}
FIELDS = {
    ("learning_rate", "1e6"): "learning_rate cannot be 1000000: choose a number above 0 and up to 100.",
    ("epochs", "0"): "epochs cannot be 0: choose a whole number from 1 to 100,000.",
    ("hidden_size", "0"): "hidden_size cannot be 0: choose a whole number from 1 to 1,024.",
    ("hidden_size", "1000000000"): "hidden_size cannot be 1000000000: choose a whole number from 1 to 1,024.",
    ("hidden_size", "many"): "hidden_size cannot be many: choose a whole number from 1 to 1,024.",
    ("hidden_size", ""): "hidden_size cannot be nothing: choose a whole number from 1 to 1,024.",
    ("hidden_size", "9" * 5000): "choose a whole number from 1 to 1,024.",
    ("batch_size", "123"): "batch_size cannot be 123 with 122 sequences: choose at most 122, half or full.",
    ("length", "128"): "length cannot be 128 with vocab_size 128: choose at most 127",
    ("learning_rate", "nan"): "learning_rate cannot be nan: choose a number above 0 and up to 100.",
    ("learning_rate", "0"): "choose a number above 0 and up to 100.",
    ("seed", "-1"): "seed cannot be -1: choose a whole number from 0 to 2,147,483,647.",
}


async def test_a_wrong_sequence_is_refused_in_a_sentence_and_the_last_good_one_stays(game: Playing) -> None:
    shown = game.trace
    await game.press("slash")
    for text, refusal in PROMPTS.items():
        await game.type(text)
        assert (game.trace, game.notice) == (shown, refusal)
        assert "expects" not in game.sentence, "the old answer is not the answer to this"
    await game.press("enter")
    assert (game.trace, game.notice) == (shown, refusal)
    await game.type("7 8")
    assert (game.trace.moment.sequence, game.notice) == (
        (7, 8),
        "" if game.session.runs.has_trained else game.notice,
    )


async def test_the_longest_sequence_is_looked_at_and_cannot_be_counted_on(game: Playing) -> None:
    await game.ask("7 " * 1024)
    assert game.step == 1024
    await game.press("enter")
    assert "1,024" in game.notice
    assert len(game.trace.moment.sequence) == 1024


def advice(game: Playing) -> str:
    """What stands under the recipe."""
    return str(game.pane(RecipeForm).query_one("#advice", Static).content)


async def test_a_wrong_field_is_refused_beside_it_and_the_last_good_recipe_stays(game: Playing) -> None:
    for (field, text), refusal in FIELDS.items():
        await game.write(field, text)
        assert refusal in advice(game)
        assert game.row(field).has_class("-invalid")
        assert game.pane(RecipeForm).recipe == Recipe()
        assert game.trace.units == 32
        await game.type(str(Recipe().values()[field]))
        assert not game.row(field).has_class("-invalid")


async def test_training_goes_on_behind_a_wrong_field_and_can_be_paused(game: Playing) -> None:
    await game.press("space")
    await game.write("hidden_size", "0")
    await game.press("escape")
    await game.wait(1)
    assert 7 <= game.epoch <= 9
    await game.press("space")
    assert game.state == "▶ Go on"
    assert "hidden_size cannot be 0" in advice(game)


async def test_what_is_pasted_stands_apart_from_the_numbers_around_it(game: Playing) -> None:
    await game.press("slash")
    game.app.post_message(Paste(" 11 12"))
    await game.settle()
    assert game.prompt == "7 8 9 10 11 12"
    await game.press("home")
    game.app.post_message(Paste("5,6"))
    await game.settle()
    assert game.prompt == "5 6 7 8 9 10 11 12"


# A recipe at its edges, and a loss that is no number any more


@pytest.mark.parametrize("edge", [{"hidden_size": 1, "batch_size": 1, "epochs": 1}, {"vocab_size": 16, "length": 15}])
async def test_an_edge_that_can_be_trains_and_is_looked_at(edge: dict[str, Any]) -> None:
    async with playing(Recipe().replace(**edge), size=(80, 24)) as game:
        await game.train()
        assert game.pane(RunTable).runs[-1].state == "finished"
        assert "it expects" in game.sentence


async def test_a_loss_that_is_no_number_keeps_what_was_and_lets_one_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    sound, calls = training.backpropagate, count(1)

    def failing(*given: Any) -> Any:
        loss, accuracy = sound(*given)
        return torch.full_like(loss, torch.nan) if next(calls) == 8 else loss, accuracy

    monkeypatch.setattr(training, "backpropagate", failing)
    async with playing() as game:
        await game.choose("pace", "full")
        await game.press("space")
        run = game.pane(RunTable).runs[-1]
        assert game.notice.startswith("The loss was no longer a number at update 8: the learning rate 0.1 is")
        assert (run.state, run.curve.updates, game.epoch) == ("diverged", 7, 3.5)
        await game.press("2", "left")
        assert game.epoch == 3
        await game.press("b")
        assert game.epoch == 25
        assert [run.state for run in game.pane(RunTable).runs] == ["diverged", "finished"]
