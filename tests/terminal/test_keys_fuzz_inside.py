"""Whatever is pressed, clicked, pasted and resized: the moment stays one that can be, and every pane shows it."""

import asyncio
from collections.abc import Sequence

import msgspec
import pytest
from textual import events
from textual.widgets import Input, OptionList, Select

from keys_kit import Act, acts
from playground_kit import Playing, playing
from unroll import permalink
from unroll.moment import Moment
from unroll.terminal.widgets.loss_curve import LossCurve
from unroll.terminal.widgets.next_number import NextNumber
from unroll.terminal.widgets.prompt import Prompt
from unroll.terminal.widgets.recipe_form import RecipeForm
from unroll.terminal.widgets.run_table import RunTable
from unroll.terminal.widgets.state_heatmap import StateHeatmap
from unroll.vocabulary import Vocabulary

EVERY = 12
"""Acts between two looks at the state."""


async def do(game: Playing, act: Act) -> None:
    """What a person did; it need not have come to anything yet."""
    app, pilot = game.app, game.pilot
    if act.kind == "key":
        await pilot.press(act.word)
    elif act.kind == "paste":
        app.screen.post_message(events.Paste(act.word))
    elif act.kind == "resize":
        await pilot.resize_terminal(int(act.x), int(act.y))
    else:
        where = int(act.x * app.size.width), int(act.y * app.size.height)
        if act.kind == "click":
            await pilot.click(offset=where)
        else:
            kind = events.MouseScrollUp if act.word == "up" else events.MouseScrollDown
            app.post_message(kind(None, *where, 0, 0, 0, False, False, False, *where))


def check_moment(game: Playing) -> None:
    """The moment can be, and lies in its run."""
    session, moment, run = (
        game.session,
        game.session.moment,
        game.session.run,
    )
    assert run is not None
    assert run in session.runs.rows
    assert moment == msgspec.json.decode(msgspec.json.encode(moment), type=Moment)
    units, does = run.recipe.model.hidden_size, moment.interventions
    assert moment.run == run.number
    assert all(0 <= number < run.recipe.task.vocab_size for number in moment.sequence)
    assert 0 <= moment.step < len(moment.sequence)
    assert moment.epoch is None or 0 <= moment.epoch <= run.epochs_done
    assert 0 <= session.unit < units
    assert all(0 <= step < len(moment.sequence) for step in does.cut_steps)
    assert all(0 <= unit < units for unit, _ in does.clamps)
    if not run.origin and (moment.epoch is not None or not run.curve.updates % run.curve.plan.updates_per_epoch):
        link = game.app.playground.recovery.to_link()
        loss = None if link.loss is None else float(f"{link.loss:.4g}")
        whole = link._replace(moment=msgspec.structs.replace(link.moment, run=0), loss=loss)
        assert permalink.read(permalink.write(link)) == whole


def check_panes(game: Playing) -> None:
    """Every pane shows the moment and the trace that answers it."""
    session, moment = game.session, game.session.moment
    trace, run = session.trace, session.run
    assert trace is not None and run is not None
    assert msgspec.structs.replace(trace.moment, step=0) == msgspec.structs.replace(moment, step=0)
    if moment.epoch is None:  # what an engine at work has not told yet, a look may show already
        assert trace.epoch >= run.curve.epoch - 1e-3
        assert run.state == "training" or trace.epoch == pytest.approx(run.curve.epoch, abs=1e-3)
    heatmap, loss, table, following = map(game.pane, (StateHeatmap, LossCurve, RunTable, NextNumber))
    assert (heatmap.trace, heatmap.step, heatmap.unit) == (trace, moment.step, session.unit)
    assert trace.holds(heatmap.window)
    assert list(following.candidates) == trace.candidates[moment.step - trace.window.first_step]
    assert (loss.curve, loss.updates) == (run.curve, run.curve.updates)
    assert (loss.epoch, loss.shown) == (moment.epoch, trace.epoch)
    assert (table.shown, list(table.runs)) == (run.number, session.runs.rows)
    prompt, form = game.pane(Prompt), game.pane(RecipeForm)
    if not prompt.has_focus_within and not prompt.has_class("-invalid"):
        assert Vocabulary.of(run.recipe.task).parse(prompt.text) == moment.sequence
    assert form.fault or form.recipe == session.recipe
    if not session.runs.has_trained:
        assert run.recipe == session.recipe


async def play_wild(seed: int, count: int) -> None:
    """So many acts, the state looked at between; begun anew where one of them was to leave."""
    left = list(acts(seed, count))
    while left:
        async with playing() as game:
            while left and not game.left:
                some, left = left[:EVERY], left[EVERY:]
                await do_all(game, some)
                if not game.left:
                    check_moment(game)
                    check_panes(game)


async def do_all(game: Playing, some: Sequence[Act]) -> None:
    """Some acts, and what comes of them in a third of a second."""
    for act in some:
        await do(game, act)
        if game.left:
            return
    game.engine.pass_time(0.3)
    await asyncio.wait_for(game.settle(), 60)


async def test_a_list_to_choose_from_outlives_a_sliver_of_a_window_and_has_no_pages_there(game: Playing) -> None:
    await game.press("o")
    for sliver in ((1, 1), (4, 5), (6, 9)):
        for size in (sliver, (80, 24)):
            await game.resize(*size)
        assert "count-rnn" in game.text
    await game.press("escape")
    await game.resize(120, 3)
    await game.press("ctrl+p", "pagedown", "escape")
    assert game.app.screen is game.app.playground


async def test_a_page_is_turned_in_a_list_that_is_only_just_opened(game: Playing) -> None:
    select = game.row("preset").control
    assert isinstance(select, Select)
    await game.press("4")
    select.expanded = True
    overlay = select.query_one(OptionList)
    overlay.notify_style_update()  # forgets its lines
    overlay.styles.display = "none"
    overlay.action_page_down()
    await game.press("pagedown", "pageup")


async def test_a_smaller_vocabulary_drops_the_cuts_with_the_steps(game: Playing) -> None:
    await game.press("x")
    assert game.session.moment.interventions.cut_steps == (3,)
    await game.write("vocab_size", "9")
    assert (game.session.moment.sequence, game.prompt) == ((7, 8), "7 8")
    check_moment(game)


async def test_in_no_field_the_cursor_blinks_and_in_every_one_ctrl_u_clears_the_line(game: Playing) -> None:
    for keys in (["slash"], ["escape", "T"], ["escape", "4", "tab", "tab"], ["escape", "ctrl+p"]):
        await game.press(*keys)
        assert isinstance(game.app.focused, Input)
        assert not game.app.focused.cursor_blink
        await game.press("1", "2", "home", "right", "ctrl+u")
        assert not game.app.focused.value


async def test_two_clicks_beside_a_palette_close_it_once(game: Playing) -> None:
    await game.press("ctrl+p")
    for kind in (events.MouseDown, events.MouseUp) * 2:
        game.app.post_message(kind(None, 2, 38, 0, 0, 1, False, False, False, 2, 38))
    await game.settle()
    assert game.app.screen is game.app.playground


async def test_a_longer_sequence_is_asked_for_with_the_loop_cut_everywhere(game: Playing) -> None:
    await game.press("X")
    for longer in "cRB":
        await game.ask("7 8 9 10")
        await game.press("escape", longer)
        assert len(game.trace.moment.sequence) > 4
        assert "at every step" in game.banner[0]


async def test_wild_keys_leave_a_moment_that_every_pane_shows() -> None:
    await play_wild(1, 48)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 120))
async def test_twenty_thousand_wild_keys_leave_a_moment_that_every_pane_shows(seed: int) -> None:
    await play_wild(seed, 1000)
