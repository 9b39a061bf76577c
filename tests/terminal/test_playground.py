"""Start, train, ask, step: what a person does at the keys and sees on the screen."""

from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from textual.css.stylesheet import Stylesheet

from playground_kit import Playing, playing
from unroll.recipe import Recipe
from unroll.terminal.widgets.bars import Keys, ScreenHeader
from unroll.terminal.widgets.loss_curve import LossCurve
from unroll.terminal.widgets.next_number import NextNumber
from unroll.terminal.widgets.run_table import RunTable
from unroll.terminal.widgets.state_heatmap import StateHeatmap
from unroll.tty.textual_patches import Compositor


async def test_it_opens_untrained_with_content_in_every_pane(game: Playing) -> None:
    assert (game.prompt, game.epoch, game.trace.moment.sequence) == ("7 8 9 10", 0, (7, 8, 9, 10))
    assert game.pane(NextNumber).candidates[0].probability < 0.1
    assert isinstance(game.app.focused, StateHeatmap)
    for shown in ("hidden_size", "1 State", "read", "Loss", "epoch", "0/25", "Next number", "› 7 8 9 10"):
        assert shown in game.text
    assert game.sentence.startswith("step 4/4: after 10 it expects")


async def test_space_trains_and_pauses_as_the_button_and_the_last_line_say(game: Playing) -> None:
    said, epochs = [], []
    for seconds in (1, 5, 1, 10):
        said.append(game.state)
        assert f"space {game.state.split(' ', 1)[1].lower()}  " in game.lines[-1]
        await game.press("space")
        await game.wait(seconds)
        epochs.append(game.epoch)
    assert said == ["▶ Train", "‖ Pause", "▶ Go on", "‖ Pause"]
    assert 7 <= epochs[0] == epochs[1] <= 9
    assert 15 <= epochs[2] == epochs[3] <= 17
    await game.train()
    assert game.state == "▶ Train again"


async def test_the_heatmap_and_the_bars_follow_the_training_until_it_expects_eleven(game: Playing) -> None:
    await game.press("space")
    seen = []
    for _ in range(6):
        await game.wait(0.5)
        seen.append((game.epoch, game.trace.values))
    epochs = [epoch for epoch, _ in seen]
    assert epochs == sorted(set(epochs))
    assert all(one != other for (_, one), (_, other) in pairwise(seen))
    await game.wait(1)
    assert game.sentence.startswith("step 4/4: after 10 it expects 11, ")


async def test_counting_on_appends_eleven_then_twelve_and_loses_no_key(game: Playing) -> None:
    await game.train()
    await game.press("c")
    assert game.prompt == "7 8 9 10 11"
    await game.press("slash", "enter")
    assert game.prompt == "7 8 9 10 11 12"
    assert game.trace.moment.sequence == (7, 8, 9, 10, 11, 12)
    assert (game.step, game.expected) == (6, 13)
    await game.press("escape", *"cccccc")
    assert game.prompt == "7 8 9 10 11 12 13 14 15 16 17 18"


async def test_the_cursor_the_bars_and_the_sentence_step_together(game: Playing) -> None:
    await game.train()
    for key, step in (("left", 3), ("left", 2), ("right", 3), ("home", 1), ("end", 4)):
        await game.press(key)
        number = game.trace.moment.sequence[step - 1]
        assert (game.step, game.expected) == (step, number + 1)
        assert game.sentence.startswith(f"step {step}/4: after {number} it expects {number + 1}, ")
        assert game.pane(NextNumber).border_subtitle == f"after {number}"


async def test_one_update_and_one_epoch_at_a_time_and_the_cursor_goes_back_to_whole_epochs(game: Playing) -> None:
    for key, epoch in (("n", 0.5), ("n", 1), ("e", 2), ("n", 2.5), ("e", 3), ("n", 3.5)):
        await game.press(key)
        assert game.epoch == epoch
    await game.press("2", "left")
    assert game.epoch == 3


async def test_another_recipe_shows_another_network_and_the_same_one_trains_from_the_same_weights(
    game: Playing,
) -> None:
    await game.write("hidden_size", "8")
    assert (game.trace.units, game.epoch) == (8, 0)
    untrained = game.trace.values
    await game.train()
    values = game.trace.values
    await game.train()
    assert game.trace.values == values != untrained


async def test_recall_says_the_first_number() -> None:
    async with playing(Recipe().replace(task="recall", epochs=60)) as game:
        await game.train()
        assert game.expected == 7
        assert game.sentence.endswith("✓")


async def test_what_an_engine_costs_is_told_and_that_it_died_and_what_was_seen_stays(game: Playing) -> None:
    await game.train()
    await game.press("i")
    for told in ("The engine:", "1 run, 50 updates made.", " MB of memory"):
        assert told in game.text
    await game.press("escape")
    game.engine.die()
    await game.pilot.pause()
    await game.settle()
    assert "killed by signal 9" in game.notice
    assert "the last line of its log" in game.text
    await game.press("left", "c", "space")
    assert (game.step, game.expected, game.prompt) == (3, 10, "7 8 9 10")


# The mouse is needed nowhere and works everywhere


async def test_a_click_chooses_a_step_and_a_unit_an_epoch_a_run_and_a_key(game: Playing) -> None:

    async def click(pane: Any, x: int, y: int) -> None:
        await game.pilot.click(pane, offset=(x, y))
        await game.settle()

    await click(StateHeatmap, 1 + 5 + 4, 1 + 1 + 3)
    assert (game.step, game.pane(StateHeatmap).unit) == (2, 3)
    await game.train()
    await click(Keys, game.lines[-1].index("append"), 0)
    assert game.prompt == "7 8 9 10 11"
    await click(LossCurve, 5, 5)
    early = game.epoch
    await click(LossCurve, game.pane(LossCurve).size.width // 2, 5)
    assert 0 <= early < game.epoch < 25
    await click("#train", 3, 0)
    assert game.pane(RunTable).shown == game.pane(RunTable).runs[1].number
    await click(RunTable, 3, 1)
    assert game.session.moment.run == game.pane(RunTable).runs[0].number


async def test_a_click_on_a_tab_goes_to_it() -> None:
    async with playing(size=(80, 24)) as game:
        await game.pilot.click(ScreenHeader, offset=(game.lines[0].index("Loss"), 0))
        await game.settle()
        assert game.pane(ScreenHeader).active == "Loss"
        assert isinstance(game.app.focused, LossCurve)


async def test_a_start_lays_out_and_styles_no_more_than_it_must(monkeypatch: pytest.MonkeyPatch) -> None:
    done: Counter[str] = Counter()

    def counted(kind: Any, name: str) -> None:
        work = getattr(kind, name)

        def count(*args: Any, **options: Any) -> Any:
            done[name] += 1
            return work(*args, **options)

        monkeypatch.setattr(kind, name, count)

    counted(Compositor, "reflow")
    counted(Stylesheet, "apply")
    async with playing() as game:
        assert game.trace
    assert done["reflow"] <= 5, "for the first paint, when the recipe is there, and when a line has become longer"
    assert done["apply"] <= 360, "each of 120 widgets once, with what it paints in"
