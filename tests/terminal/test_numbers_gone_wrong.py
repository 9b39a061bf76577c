"""A recipe at its edges, and a loss that is no number any more: named, kept, explained, and a way on."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
import torch

from playground_kit import playing
from unroll.network import training
from unroll.recipe import Recipe
from unroll.terminal.widgets.run_table import RunTable


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
