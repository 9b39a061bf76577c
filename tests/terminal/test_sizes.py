"""Every size: the whole screen, the tabs, and one sentence where there is room for no more."""

import re

from playground_kit import NARROW, WHOLE, Playing, playing
from unroll.terminal.widgets.loss_curve import LossCurve
from unroll.terminal.widgets.run_table import RunTable

PANES = ("StateHeatmap", "LossCurve", "RecipeForm", "RunTable", "NextNumber")
TABS = {"1": "StateHeatmap", "2": "LossCurve", "3": "RecipeForm"}


def shown(game: Playing) -> set[str]:
    """The panes that stand on the screen."""
    return {name for name in PANES if game.app.playground.query(name).first().region.area}


def inside(game: Playing) -> bool:
    """Whether every pane and the prompt stand on the screen whole."""
    screen = game.app.screen.region
    return all(screen.contains_region(game.app.screen.query(name).first().region) for name in (*shown(game), "Prompt"))


async def test_at_120_by_40_and_more_all_panes_stand_on_one_screen_and_the_first_sentence_fits(game: Playing) -> None:
    for size in (WHOLE, (200, 60)):
        await game.resize(*size)
        assert shown(game) == set(PANES)
        assert inside(game)
        assert "1 State" not in game.text
        assert "? explains" in game.notice and game.notice in game.text


async def test_below_that_each_tab_stands_whole_above_the_prompt() -> None:
    async with playing(size=NARROW) as game:
        assert "? explains" in game.notice and game.notice in game.text
        for size in (NARROW, (119, 40)):
            await game.resize(*size)
            for key, pane in TABS.items():
                await game.press(key)
                assert shown(game) & set(TABS.values()) == {pane}
                assert inside(game)
                assert "› 7 8 9 10" in game.text
            await game.press("escape")


async def test_too_small_a_terminal_is_told_what_is_needed_and_a_larger_one_shows_more() -> None:
    async with playing(size=NARROW) as game:
        few = len(game.trace.values[0])
        for width, height in ((79, 24), (80, 23), (60, 20)):
            await game.resize(width, height)
            assert not shown(game)
            assert {"80", "24", str(width), str(height)} <= set(re.findall(r"\d+", game.text))
        await game.press("ctrl+p")
        await game.resize(*WHOLE)
        assert "Hidden state" in game.text, "what is behind a question"
        await game.press("escape")
        assert few < len(game.trace.values[0]) == 32


async def test_resizing_while_training_loses_nothing(game: Playing) -> None:
    await game.press("space")
    for size in (NARROW, (60, 20), (1, 1), (200, 60), NARROW, WHOLE):
        await game.resize(*size)
        await game.wait(0.4)
    await game.wait(10)
    assert (game.epoch, game.expected) == (25, 11)
    assert shown(game) == set(PANES)
    assert inside(game)


async def test_at_80_by_24_training_is_watched_on_the_loss_tab() -> None:
    async with playing(size=NARROW) as game:
        await game.press("2")
        await game.train()
        assert "epoch 25/25" in game.text
        assert game.expected == 11


async def test_what_had_the_focus_has_it_again_after_too_small_a_window(game: Playing) -> None:
    for way in ("1", "3", "slash", LossCurve, RunTable):
        await (game.press(way) if isinstance(way, str) else game.pilot.click(way))
        focused = game.app.focused
        for size in (NARROW, (30, 8), NARROW, WHOLE):
            await game.resize(*size)
            if size != (30, 8):
                assert game.app.focused is focused
                assert focused is not None and focused.region


async def test_what_is_half_typed_outlives_too_small_a_window(game: Playing) -> None:
    await game.press("slash", "space", "x")
    game.app.playground.action_train()
    await game.resize(30, 8)
    await game.wait(1)
    await game.resize(*NARROW)
    assert game.prompt == "7 8 9 10 x"
    await game.press("backspace", "9")
    assert game.trace.moment.sequence == (7, 8, 9, 10, 9)
