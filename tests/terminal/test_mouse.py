"""The mouse is needed nowhere and works everywhere."""

from __future__ import annotations

from playground_kit import playing
from unroll.terminal.widgets.footer import Keys
from unroll.terminal.widgets.loss_curve import LossCurve
from unroll.terminal.widgets.pane_tabs import PaneTabs
from unroll.terminal.widgets.run_table import RunTable
from unroll.terminal.widgets.state_heatmap import StateHeatmap


async def test_a_click_on_a_cell_chooses_its_step_and_its_unit() -> None:
    async with playing() as game:
        await game.pilot.click(StateHeatmap, offset=(1 + 5 + 4, 1 + 1 + 3))
        await game.settle()
        assert game.step == 2
        assert game.pane(StateHeatmap).unit == 3


async def test_a_click_on_the_curve_shows_the_epoch_under_it() -> None:
    async with playing() as game:
        await game.train()
        await game.pilot.click(LossCurve, offset=(5, 5))
        await game.settle()
        early = game.epoch
        await game.pilot.click(LossCurve, offset=(game.pane(LossCurve).size.width // 2, 5))
        await game.settle()
        assert 0 <= early < game.epoch < 25


async def test_a_click_on_a_run_shows_it() -> None:
    async with playing() as game:
        await game.train()
        await game.press("space")
        await game.pilot.click(RunTable, offset=(3, 1))
        await game.settle()
        assert game.app.moment.run == game.pane(RunTable).runs[0].number


async def test_a_click_on_a_tab_goes_to_it() -> None:
    async with playing(size=(80, 24)) as game:
        await game.pilot.click(PaneTabs, offset=(12, 0))
        await game.settle()
        assert game.pane(PaneTabs).active == "Loss"
        assert isinstance(game.app.focused, LossCurve)


async def test_a_click_on_a_key_does_what_the_key_does() -> None:
    async with playing() as game:
        await game.train()
        await game.pilot.click(Keys, offset=(game.lines[-1].index("count on"), 0))
        await game.settle()
        assert game.prompt == "7 8 9 10 11"


async def test_a_click_on_the_button_trains() -> None:
    async with playing() as game:
        await game.pilot.click("#train")
        await game.settle()
        assert game.state == "‖ Pause"
