"""A recipe at its edges, and a loss that is no number any more: named, kept, explained, and a way on."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
import torch

from playground_kit import Playing, playing
from unroll.network import training
from unroll.recipe import Recipe
from unroll.terminal.widgets.recipe_form import RecipeForm
from unroll.terminal.widgets.run_table import RunTable

REFUSED = {
    ("learning_rate", "1e6"): "learning_rate cannot be 1000000: choose a number above 0 and up to 100.",
    ("epochs", "0"): "epochs cannot be 0: choose a whole number from 1 to 100,000.",
    ("batch_size", "4000"): "batch_size cannot be 4000 with 122 sequences: choose at most 122, half or full.",
}


def advice(game: Playing) -> str:
    return str(game.pane(RecipeForm).query_one("#advice").content)  # type: ignore[attr-defined]


async def test_what_no_recipe_can_be_is_named_in_the_form_and_trains_nothing() -> None:
    async with playing() as game:
        for (field, text), sentence in REFUSED.items():
            await game.write(field, text)
            assert advice(game) == sentence
            await game.press("escape", "space")
            assert game.notice == sentence
            assert game.epoch == 0
            await game.write(field, str(Recipe().values()[field]))


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
