"""Tooltips: what is under the mouse is said when it rests there, and costs nothing before."""

from collections.abc import Iterator

import pytest
from textual.widgets._tooltip import Tooltip

from playground_kit import NARROW, Playing, playing
from unroll.recipe import Recipe, plan
from unroll.terminal import help_texts, texts
from unroll.terminal.app import UnrollApp
from unroll.terminal.runs import Curve, Run
from unroll.terminal.widgets.bars import Keys, ScreenHeader
from unroll.terminal.widgets.run_table import RunTable
from unroll.terminal.widgets.state_heatmap import StateHeatmap


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A mouse rests soon."""
    monkeypatch.setattr(UnrollApp, "TOOLTIP_DELAY", 0.01)
    yield


async def told(game: Playing, pane: type | str, x: int, y: int) -> str:
    """What is said while the mouse rests at a place; on the screen, whole, in the tooltip's box."""
    await game.pilot.hover(pane, offset=(x, y))
    await game.pilot.pause(0.1)
    tooltip = game.app.screen.query_one(Tooltip)
    return str(tooltip.content) if tooltip.display else ""


async def test_keys_tabs_fields_runs_and_cells_say_what_they_are() -> None:
    async with playing(size=NARROW, tooltips=True) as game:
        assert await told(game, Keys, game.lines[-1].index("append"), 0) == texts_of(game, "c")
        assert await told(game, ScreenHeader, game.lines[0].index("Loss"), 0) == "Go to the loss."
        assert (await told(game, StateHeatmap, 8, 4)).startswith("unit ")
        await game.press("4")
        assert await told(game, "#field-epochs", 3, 0) == help_texts.help_of("epochs")
        assert (await told(game, RunTable, 5, 1)).startswith("Run 1, count rnn: task count, rnn of 32 units, seed 0; ")
        assert "Run 1, count rnn: task count" in game.text


def texts_of(game: Playing, key: str) -> str:
    return game.app.screen.active_bindings[key].binding.tooltip


async def test_nothing_is_said_where_nothing_is() -> None:
    async with playing(tooltips=True) as game:
        assert await told(game, RunTable, 5, 4) == ""
        assert await told(game, RunTable, 5, 1) != ""
        assert await told(game, "#sentence", 0, 0) == ""


def test_a_run_is_told_with_where_it_came_from() -> None:
    run = Run(3, "mine", Curve(Recipe(), plan(Recipe(), 122)), ordinal=2, origin="was branched from a run at epoch 4")
    assert texts.of_run(run).startswith("Run 2, mine: task count, ")
    assert texts.of_run(run).endswith("ready at epoch 0 of 25. It was branched from a run at epoch 4.")
