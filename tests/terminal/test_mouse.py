"""The mouse is needed nowhere and works everywhere."""

from __future__ import annotations

from typing import Any

from playground_kit import Playing, playing
from unroll.terminal.widgets.footer import Keys
from unroll.terminal.widgets.loss_curve import LossCurve
from unroll.terminal.widgets.pane_tabs import PaneTabs
from unroll.terminal.widgets.run_table import RunTable
from unroll.terminal.widgets.state_heatmap import StateHeatmap


async def test_a_click_chooses_a_step_and_a_unit_an_epoch_a_run_and_a_key(game: Playing) -> None:

    async def click(pane: Any, x: int, y: int) -> None:
        await game.pilot.click(pane, offset=(x, y))
        await game.settle()

    await click(StateHeatmap, 1 + 5 + 4, 1 + 1 + 3)
    assert (game.step, game.pane(StateHeatmap).unit) == (2, 3)
    await game.train()
    await click(Keys, game.lines[-1].index("count on"), 0)
    assert game.prompt == "7 8 9 10 11"
    await click(LossCurve, 5, 5)
    early = game.epoch
    await click(LossCurve, game.pane(LossCurve).size.width // 2, 5)
    assert 0 <= early < game.epoch < 25
    await click("#train", 3, 0)
    assert game.pane(RunTable).shown == game.pane(RunTable).runs[1].number
    await click(RunTable, 3, 1)
    assert game.app.moment.run == game.pane(RunTable).runs[0].number


async def test_a_click_on_a_tab_goes_to_it() -> None:
    async with playing(size=(80, 24)) as game:
        await game.pilot.click(PaneTabs, offset=(12, 0))
        await game.settle()
        assert game.pane(PaneTabs).active == "Loss"
        assert isinstance(game.app.focused, LossCurve)
