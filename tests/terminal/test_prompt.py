"""The prompt: enter goes on from the text it was pressed on, and what a person types there nobody else touches."""

import asyncio

import pytest
from textual.events import AppBlur, AppFocus
from textual.widgets import Input

from playground_kit import NARROW, WHOLE, Playing, playing
from unroll.protocol.requests import Look
from unroll.terminal.widgets import prompt
from unroll.terminal.widgets.state_heatmap import StateHeatmap
from unroll_dev.screenshots import until

CLEAR = ("end", "ctrl+u")


@pytest.fixture
async def game(game: Playing) -> Playing:
    """A network that counts, and the prompt in focus."""
    await game.train()
    await game.press("slash")
    return game


def spelled(text: str) -> list[str]:
    return ["space" if character == " " else character for character in text]


async def begin(game: Playing, text: str = "7 8 9 10") -> None:
    """The prompt in focus with nothing but this in it."""
    await game.press("escape")
    await game.ask(text)


async def let_go(game: Playing) -> None:
    """The engine's answers come, all at once."""
    game.engine.let_go()
    await game.settle()


BURSTS = {
    "enter right after typing": ([*CLEAR, *spelled("1 2 3"), "enter"], (1, 2, 3, 4)),
    "enter, then other numbers": ([*CLEAR, *spelled("1 2 3"), "enter", *CLEAR, *spelled("5 6")], (5, 6)),
    "enter with the caret in the middle": (["home", "enter", "enter"], (7, 8, 9, 10, 11, 12)),
    "enter and escape": (["enter", "escape"], (7, 8, 9, 10, 11)),
    "numbers and escape": ([*CLEAR, *spelled("5 6"), "escape"], (5, 6)),
}


async def test_keys_right_after_one_another_do_what_they_do_one_by_one(game: Playing) -> None:
    for name, (keys, sequence) in BURSTS.items():
        await begin(game)
        await game.burst(*keys)
        await game.settle()
        assert game.prompt == " ".join(map(str, sequence)), name
        assert (game.trace.moment.sequence, game.step) == (sequence, len(sequence)), name


async def test_an_answer_never_touches_what_was_typed_since(game: Playing) -> None:
    for typed in (["space"], ["space", "x"], [*CLEAR]):
        await begin(game, "1 2 3")
        game.engine.hold()
        await game.burst("enter", *typed)
        before = game.prompt
        await let_go(game)
        assert game.prompt == before
        assert game.trace.moment.sequence == (1, 2, 3)
    await begin(game)
    game.engine.hold()
    await game.burst("enter")
    await game.burst(*CLEAR, "5")
    await let_go(game)
    assert (game.prompt, game.trace.moment.sequence) == ("5", (5,)), "an answer to other numbers is dropped"
    await begin(game)
    game.engine.hold()
    await game.burst("enter", "home")
    await let_go(game)
    assert (game.prompt, game.step) == ("7 8 9 10 11", 1), "nor the caret"
    await game.press("ctrl+k", "5")
    assert game.prompt == "5"


async def test_every_enter_counts_one_on_however_late_the_answers(game: Playing) -> None:
    for leave, key in (([], "enter"), (["escape"], "c")):
        await begin(game)
        await game.press(*leave)
        game.engine.hold()
        await game.burst(*[key] * 3)
        await let_go(game)
        assert game.prompt == "7 8 9 10 11 12 13"


async def test_no_pane_speaks_of_a_step_that_it_does_not_show_yet(game: Playing) -> None:
    game.engine.hold()
    await game.burst(*spelled(" 11 12"))
    await until(game.pilot, lambda: game.session.moment.step == 5)
    assert str(game.pane(StateHeatmap).border_subtitle).endswith("step 4/4")
    assert game.sentence.startswith("step 4/4")
    await let_go(game)
    assert str(game.pane(StateHeatmap).border_subtitle).endswith("step 6/6")


async def test_left_with_what_cannot_be_taken_it_goes_back_to_what_is_shown_and_keeps_that_in_the_history(
    game: Playing,
) -> None:
    for typed in ([*CLEAR], [*CLEAR, "x", "5"], ["end", "space", "x"]):
        await game.press("slash", *typed)
        assert "vocabulary" in game.notice or "empty" in game.notice
        await game.press("escape")
        assert (game.prompt, game.notice) == ("7 8 9 10", "")
        assert game.trace.moment.sequence == (7, 8, 9, 10)
    await game.press("slash", "up")
    assert game.prompt == "7 8 9 10 x"
    await game.press("backspace", "1", "1")
    assert game.trace.moment.sequence == (7, 8, 9, 10, 11)


async def test_another_window_in_front_and_news_leave_what_is_being_typed() -> None:
    async with playing() as game:
        await game.press("slash", "space", "x")
        game.app.post_message(AppBlur())
        await game.settle()
        game.app.playground.action_train()
        await game.wait(1)
        assert game.prompt == "7 8 9 10 x"
        game.app.post_message(AppFocus())
        await game.settle()
        assert isinstance(game.app.focused, Input)


async def test_the_last_line_says_what_enter_and_the_arrows_do_and_stays_while_numbers_are_typed(game: Playing) -> None:
    for size in (WHOLE, NARROW):
        await game.resize(*size)
        before = game.lines[-1]
        assert all(said in before for said in ("enter append", "↑/↓ history", "f1 explain"))
        for key in ("space", "1", "x", "backspace", "enter"):
            await game.press(key)
            assert game.lines[-1] == before


async def test_numbers_that_come_all_at_once_are_looked_at_once_and_move_nothing(
    game: Playing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompt, "DEBOUNCE_S", 0.5)  # for a slow machine
    laid_out: list[object] = []
    game.app.screen.screen_layout_refresh_signal.subscribe(game.app.screen, laid_out.append)
    before = len(game.engine.asked)
    await game.burst(*spelled(" 11 12 13 14 15 16 17 18 19 20 21 22"))
    await game.settle()
    assert game.trace.moment.sequence == tuple(range(7, 23))
    looks = [asked for asked in game.engine.asked[before:] if isinstance(asked, Look)]
    assert len(looks) <= 2, "one at the numbers, one at the page that they turn to"
    assert not laid_out


async def test_the_caret_that_follows_the_step_says_nothing() -> None:
    async with playing(size=(79, 24)) as game:
        await game.press("slash")  # the prompt has the focus in a window too small to show it
        game.session.choose_step(1)
        await asyncio.wait_for(game.settle(), 20)
        assert game.session.moment.step == 1


async def test_a_deed_of_the_palette_goes_into_the_prompt_that_it_was_called_from() -> None:
    async with playing() as game:
        await game.press("slash")
        game.app.playground.action_carry_on(2)
        await game.settle()
        assert len(game.session.moment.sequence) == 6
        assert game.prompt == " ".join(map(str, game.session.moment.sequence))


async def test_what_is_typed_after_a_slash_is_a_number_of_its_own() -> None:
    async with playing() as game:
        await game.press("slash", "2", "0")
        assert game.session.moment.sequence == (7, 8, 9, 10, 20)
        await game.press("enter", "3")
        assert game.session.moment.sequence[:5] == (7, 8, 9, 10, 20)
        assert game.session.moment.sequence[6:] == (3,)
