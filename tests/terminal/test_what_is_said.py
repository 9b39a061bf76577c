"""What the lines under the prompt say: what is, what can be done about it, and nothing that has passed."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import Input, Static

from pane_kit import a_trace
from playground_kit import NARROW, WHOLE, Playing, playing
from still_engine import StillEngine
from unroll.client.diagnosis import EngineDied
from unroll.moment import Interventions, Moment
from unroll.protocol.replies import Begun, Created, CutOff, Resumed, State
from unroll.protocol.requests import Begin, Create, Detach, Resume
from unroll.protocol.trace import UnitDetail
from unroll.recipe import PRESETS, Recipe, plan, recipe_of
from unroll.tasks.config import TaskConfig
from unroll.terminal import banner, help_texts, texts
from unroll.terminal.app import UnrollApp
from unroll.terminal.bindings import ACTIONS
from unroll.terminal.dialogs import Ask
from unroll.terminal.runs import NetworkScore
from unroll.terminal.splash import STARTING
from unroll.terminal.widgets.loss_curve import LossCurve
from unroll.terminal.widgets.next_number import NextNumber
from unroll.terminal.widgets.run_table import RunTable
from unroll.terminal.widgets.state_heatmap import StateHeatmap
from unroll.vocabulary import Vocabulary
from unroll_dev.screenshots import until

WAY_OUT = "ctrl+r restarts the engine."
FAILED = "The engine ended before it said hello (exit status 1)."


async def kill(game: Playing) -> None:
    game.engine.die()
    await until(game.pilot, lambda: WAY_OUT in game.notice)
    await game.settle()


@asynccontextmanager
async def without_engine(come: asyncio.Event, died: str = FAILED) -> AsyncIterator[Pilot[None]]:
    """The playground, whose engine dies in this way once `come` is set."""

    async def start() -> StillEngine:
        await come.wait()
        raise EngineDied(died)

    async with UnrollApp(start).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        yield pilot


def said(pilot: Pilot[None], line: str) -> str:
    assert isinstance(pilot.app, UnrollApp)
    return str(pilot.app.playground.query_one(line, Static).content)


# Without an engine


async def test_every_key_that_needs_an_engine_says_the_way_out_when_it_is_dead(game: Playing) -> None:
    await game.press("n")
    await kill(game)
    told = game.notice
    for key in ["space", *"necWxXzvDosdibrR"]:
        await game.press(key)
        assert (game.notice, game.app.screen) == (told, game.app.playground), key
    await game.press("plus")
    assert game.notice.startswith("Pace"), "that needs none"
    await game.press("left")
    assert game.notice.startswith(WAY_OUT)


async def test_a_cell_state_that_is_to_be_cut_with_the_loop_waits_for_a_cut(game: Playing) -> None:
    await game.choose("cell", "lstm")
    await game.press("k")
    assert game.hint.startswith("k erases the cell state where")


async def test_a_name_that_could_not_be_saved_is_offered_again(game: Playing) -> None:
    await game.press("s")
    await game.type("mine-own")
    await kill(game)
    await game.press("enter")
    assert game.notice.startswith(WAY_OUT)
    game.session.engine = another = StillEngine()
    await game.press("s")
    await until(game.pilot, lambda: isinstance(game.app.screen, Ask))
    assert game.app.screen.query_one(Input).value == "mine-own"
    await another.close()


async def test_an_engine_that_starts_is_waited_for_and_one_that_never_came_is_not() -> None:
    come = asyncio.Event()
    async with without_engine(come) as pilot:
        for key in ("s", "space", "c", "i", "y"):
            assert said(pilot, "#sentence") == STARTING
            await pilot.press(key)
            await until(
                pilot, lambda: any(word in said(pilot, "#notice") for word in ("one moment", "as soon as the engine"))
            )
            come.set()
            await until(pilot, lambda: WAY_OUT in said(pilot, "#notice"))
            told = said(pilot, "#notice")
            await pilot.press(key)
            await pilot.pause()
            assert said(pilot, "#notice") == told == f"{WAY_OUT} {FAILED}"
            assert said(pilot, "#sentence") == "no engine"
            come.clear()
            await pilot.press("ctrl+r")
            await pilot.pause()


async def test_only_what_was_written_of_the_cause_is_told_with_a_death(game: Playing) -> None:
    game.engine.last_lines = ("an old warning", "note: run 1: task=count", "MemoryError")
    await kill(game)
    assert game.notice == f"{WAY_OUT} The engine was killed by signal 9. MemoryError"


# A note and the next deed


async def test_a_note_stays_while_somebody_looks_around_and_goes_when_something_is_done(game: Playing) -> None:
    game.app.playground.say("A file is damaged.")
    await game.press("5", "1", "slash", "escape", "question_mark", "escape")
    assert game.notice == "A file is damaged."
    for key in ("D", "m", "l", "R", "v", "t"):
        game.app.playground.say("A file is damaged.")
        await game.press("5" if key == "t" else "1", key)
        assert "damaged" not in game.notice, key
    for write in (game.ask("7 8"), game.write("hidden_size", "16")):
        game.app.playground.say("A file is damaged.")
        await write
        assert "damaged" not in game.notice


async def test_what_is_marked_is_said_with_what_comes_of_it(game: Playing) -> None:
    await game.train()
    await game.press("5", "equals_sign")
    assert game.notice == texts.of_mark(game.pane(RunTable).runs[0])
    await game.press("D")
    assert game.notice == texts.COMPARED_WITH_ITSELF
    await game.press("5", "equals_sign")
    assert game.notice == texts.of_mark(None)
    await game.press("D")
    assert game.notice == texts.NOTHING_TO_COMPARE


async def test_a_difference_says_in_the_title_what_it_is_from() -> None:
    async with playing(size=(80, 24)) as game:
        heatmap = game.pane(StateHeatmap)
        await game.press("X", "D")
        assert str(heatmap.border_title).startswith("1 Change from before  ")
        await game.press("u")
        assert str(heatmap.border_title).startswith("1 State  ")
        await game.train()
        await game.press("5", "equals_sign", "1")
        await game.train()
        await game.press("D")
        assert str(heatmap.border_title).startswith("1 Change from run 1  ")
        assert "1 Change from run 1  " in game.text
        await game.press("2", "left", "1")
        assert "epoch 24" in game.text
        await game.press("D")
        assert "1 State" in game.text and "epoch 24" in game.text


# Leaving and coming back


async def test_nothing_is_left_to_itself_that_does_not_train(game: Playing) -> None:
    for keys in ("d", "nd"):
        await game.press(*keys)
        assert game.notice and game.app.is_running
        assert not any(isinstance(request, Detach) for request in game.engine.asked)


def an_earlier_session() -> CutOff:
    return CutOff(session="x", when=0.0, runs=1, recipe=Recipe(), update=10)


@pytest.mark.parametrize(
    ("states", "left_out", "words"),
    [
        (["paused"], 0, ["space"]),
        (["finished"], 0, ["is finished"]),
        (["diverged"], 0, ["diverged"]),
        (["paused", "finished"], 0, ["2 runs"]),
        (["paused"], 1, ["space", texts.LEFT_OUT]),
    ],
)
def test_what_was_restored_is_said_with_the_way_on(states: list[State], left_out: int, words: list[str]) -> None:
    runs = [Created(id=1, run=1, recipe=Recipe(), plan=plan(Recipe(), 122), state=state) for state in states]
    said = texts.of_resumed(Resumed(id=1, runs=runs, left_out=left_out))
    known = ("space", "is finished", "diverged", "2 runs", texts.LEFT_OUT)
    assert [word for word in known if word in said] == words


async def test_a_session_whose_runs_cannot_all_be_shown_is_offered_and_that_is_said(game: Playing) -> None:
    recovery = game.app.playground.recovery
    recovery.offer(Begun(id=0, session="", cut_off=[an_earlier_session()], left_out=1))
    await game.press("5")
    assert "r restores it" in game.notice and texts.LEFT_OUT in game.notice
    assert "r restore  " in game.lines[-1]
    recovery.offer(Begun(id=0, session="", left_out=1))
    assert game.notice == texts.LEFT_OUT


async def test_r_does_what_stands_on_the_screen(game: Playing) -> None:
    game.app.playground.recovery.offer(Begun(id=0, session="", cut_off=[an_earlier_session()]))
    await game.press("5")
    assert "r restores it" in game.notice
    assert "r restore  " in game.lines[-1]
    await game.press("r")
    assert isinstance(game.engine.asked[-1], Resume)
    assert game.fault
    assert "N rename" in game.lines[-1]
    await game.press("N")
    assert isinstance(game.app.screen, Ask)


async def test_an_offer_outlives_a_dead_engine(game: Playing) -> None:
    recovery = game.app.playground.recovery
    recovery.offer(Begun(id=0, session="", cut_off=[an_earlier_session()]))
    await kill(game)
    await game.press("r")
    assert len(recovery.offered) == 1


# The runs


def shown_numbers(game: Playing) -> list[int]:
    return [run.ordinal for run in game.pane(RunTable).runs]


async def test_typing_in_a_field_eats_no_numbers(game: Playing) -> None:
    for text in ("1", "16", "8"):
        await game.write("hidden_size", text)
    assert shown_numbers(game) == [1]
    await game.press("escape")
    await game.train()
    await game.train()
    assert shown_numbers(game) == [1, 2]
    assert "●~1 count rnn" in game.text
    await game.press("5", "delete", "delete")
    assert shown_numbers(game) == [3], "those that were deleted can come back"


async def test_the_number_and_the_mark_stay_when_runs_come_back(game: Playing) -> None:
    await game.train()
    await game.train()
    await game.press("5", "up", "delete", "equals_sign")
    session = game.session
    created = [await game.engine.ask(Create(recipe=Recipe())) for _ in range(2)]
    kept = [replace(one, was=was) for one, was in zip(created, (2, 9), strict=True)]
    game.engine.answer(Begin, Begun(id=0, session="", runs=kept))
    await game.app.playground.recovery.engine_came(game.engine)
    assert shown_numbers(game) == [2, 3]
    assert session.compared is session.runs.rows[0]


def test_the_runs_name_the_key_that_compares() -> None:
    (key,) = [binding.key for binding in ACTIONS if getattr(binding, "action", "") == "difference"]
    assert f"= marks the run that {key} compares with" in help_texts.of_pane("RunTable", Recipe(), None)[2]


def test_a_score_of_a_draw_is_not_called_one_of_all_sequences() -> None:
    scored = replace(a_trace(does=Interventions(cut_all=True)), score=(0.004, 0.999))
    assert banner.lines(scored, 3, TaskConfig())[2][0] == "training sequences: >99 % → 0.4 % right"
    drawn = banner.lines(replace(scored, drawn=20_000), 3, TaskConfig())[2]
    assert drawn[0] == "20,000 training sequences: >99 % → 0.4 % right"
    assert not any("all" in wording for wording in drawn)


def test_lines_that_are_left_out_are_said() -> None:
    told = replace(plan(Recipe(), 122), short_lines=1)
    assert "1 line too short" in texts.of_plan(told)
    assert "too short" not in texts.of_plan(plan(Recipe(), 122))


def test_what_is_held_out_is_said_in_figures_and_of_what_it_is() -> None:
    assert texts.of_plan(plan(Recipe(), 536, 0, 60, "60 of 596 lines")).startswith(
        "536 sequences, and 60 held out (60 of 596 lines), 268 a batch"
    )
    assert "122 sequences, 61 a batch" in texts.of_plan(plan(Recipe(), 122))


def test_the_loss_explains_what_part_of_the_symbols_is_right() -> None:
    told = help_texts.of_pane("LossCurve", PRESETS["reber"], None, own=NetworkScore(0.693147, 0.25, 0.5))[1]
    assert "a loss of 0.693, a perplexity of 2: 50.0 % of all symbols asked for are right, and 25.0 %" in told
    assert "must be right at every step" in told


async def test_a_wrong_prompt_leaves_no_old_answer_standing(game: Playing) -> None:
    right = game.sentence
    await game.ask("7 8 999")
    assert game.sentence == texts.NO_SEQUENCE
    await game.press("escape")
    assert game.sentence == right


async def test_w_says_why_it_stopped_and_space_that_the_same_is_trained_again(game: Playing) -> None:
    await game.train()
    await game.press("W")
    assert game.notice.startswith("Stopped")
    await game.press("space")
    assert "seed" in game.notice


async def test_between_two_epochs_the_loss_is_said_to_be_that_of_the_updates_so_far(game: Playing) -> None:
    for keys, begins in (("", "at "), ("n", "in "), ("e", "at "), ("en", "in ")):
        await game.press(*keys)
        assert str(game.pane(LossCurve).border_subtitle).startswith(begins), keys


async def test_the_help_of_an_lstm_counts_both_of_its_states_and_tells_the_view() -> None:
    lstm = recipe_of({"cell": "lstm"})
    told = {view: " ".join(help_texts.of_pane("StateHeatmap", lstm, None, view)) for view in ("hidden", "forget gate")}
    assert all(f"{2 * lstm.model.hidden_size} values" in text for text in told.values())
    assert "from 0 (none) to 1 (all)" in told["forget gate"] and "+ is" not in told["forget gate"]


def test_the_words_on_the_screen_that_are_the_fields_own_are_explained() -> None:
    runs, state = (help_texts.of_pane(pane, PRESETS["recall-any"], None) for pane in ("RunTable", "StateHeatmap"))
    assert "Held out: the accuracy on sequences kept out" in runs[0]
    assert "Held out" not in help_texts.of_pane("RunTable", Recipe(), None)[0]
    assert "attribution: what each unit adds" in state[-1]
    assert help_texts.help_of("init").startswith("The initialisation")


async def test_of_a_file_a_training_sequence_is_shown_and_none_that_is_longer(tmp_path: Path) -> None:
    path = tmp_path / "numbers.txt"
    path.write_text("1 2 3 4 5 6\n")
    async with playing(recipe_of({"task": "file", "path": str(path), "length": 5, "batch_size": 1})) as game:
        await game.press("R")
        await game.settle()
        assert game.session.moment.sequence == (1, 2, 3, 4, 5)
        await game.press("B")
        assert game.session.moment.sequence == (1, 2, 3, 4, 5)
        assert "No line of this file is longer" in game.notice


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
async def test_what_an_intervention_did_can_be_read_whole_on_a_small_screen(cell: str) -> None:
    async with playing(recipe_of({"cell": cell, "epochs": 3}), size=NARROW) as game:
        await game.train()
        await game.press("X")
        shown = [line[47:79].strip() for line in game.lines]
        for wordings in game.pane(NextNumber).banner:
            assert any(wording in shown for wording in wordings), wordings
        assert re.search(r"training (set|sequences).*\d % → \S+ %", game.text)
        assert game.hint in game.text


async def test_a_notice_is_as_tall_as_it_is_long_whatever_becomes_of_the_window(game: Playing) -> None:
    said = "A sentence of some length. " * 4
    game.app.playground.say(said)
    for size in (NARROW, WHOLE, NARROW):
        await game.resize(*size)
        assert " ".join(said.split()) in " ".join(" ".join(game.lines).split())


async def test_a_unit_that_is_held_is_said_to_be_and_z_lets_it_go_first() -> None:
    held = Interventions(clamps=((3, 0.5), (4, 0.0)))
    async with playing(Recipe(), moment=Moment(0, (7, 8), 1, interventions=held)) as game:
        await game.wait(1)
        assert game.banner[0] == "1 unit switched off, 1 held"
        game.session.choose_unit(3)
        await game.press("z")
        assert "no longer held at 0.5" in game.notice
        assert dict(game.session.moment.interventions.clamps) == {4: 0.0}
        await game.press("z")
        assert dict(game.session.moment.interventions.clamps) == {3: 0.0, 4: 0.0}


async def test_at_the_first_step_there_is_nothing_to_erase_to_compare_and_a_step_to_link_to(game: Playing) -> None:
    await game.press("home", "x")
    assert "empty" in game.banner[0]
    await game.press("D")
    assert not any(any(row) for row in game.trace.values)
    await game.press("y")
    assert " step=1 " in game.text and " cut=1" in game.text


def test_what_could_be_written_is_no_cell_beside_the_cell_state() -> None:
    gates = {"input gate": 0.25, "cell gate": -0.4}
    detail = UnitDetail(unit=1, value=0.5, cell_state=0.2, gates=gates, number=3, rival=4, share=0.1, bias=0, lead=1)
    assert "c +0.200, input 0.25, candidate -0.40;" in texts.of_unit(detail, Vocabulary(128))[0]


async def test_the_bars_are_what_is_drawn_from_while_numbers_are_sampled(game: Playing) -> None:
    await game.train()
    bars = game.pane(NextNumber)
    own, title = bars.candidates, bars.border_title
    await game.press("T", "ctrl+u", *"5", "enter")
    assert bars.candidates[0].number == own[0].number
    assert bars.candidates[0].probability < own[0].probability
    assert bars.border_title != title
    await game.press("T", "ctrl+u", *"5 3", "enter")
    assert len(bars.candidates) == 3
    assert abs(sum(candidate.probability for candidate in bars.candidates) - 1) < 0.001
    await game.press("T", "ctrl+u", *"5 1", "enter")
    assert "100.0 %" in game.text
    await game.press("T", "ctrl+u", *"0", "enter")
    assert (bars.candidates, bars.border_title) == (own, title)


@pytest.mark.parametrize(("sessions", "begins"), [(1, "An earlier session ("), (2, "2 earlier sessions have")])
def test_sessions_that_were_cut_off_are_counted(sessions: int, begins: str) -> None:
    earlier = CutOff(session="x", when=0.0, runs=1, recipe=Recipe(), update=3, finished=False)
    assert texts.of_cut_off(earlier, sessions).startswith(begins)
