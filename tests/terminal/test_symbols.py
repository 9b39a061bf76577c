"""Symbols on the screen: wherever a number would stand, in the cells there are for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from pane_kit import a_trace, alone, rows
from playground_kit import NARROW, playing
from unroll.moment import Moment
from unroll.protocol.trace import Candidate
from unroll.recipe import PRESETS, preset_of
from unroll.terminal.cells import centred, cut, right, widest
from unroll.terminal.widgets.next_number import NextNumber
from unroll.terminal.widgets.prompt import SAID, STEP, Numbers, Prompt
from unroll.terminal.widgets.recipe_form import FieldRow, RecipeForm
from unroll.terminal.widgets.state_heatmap import StateHeatmap
from unroll.vocabulary import Vocabulary

LETTERS = Vocabulary(4, (".", "a", "e", "m"))
WORDS = Vocabulary(4, ("New York", "日本語の言葉", "a", "\u0301"))


@given(st.text(max_size=12).filter(str.isprintable), st.integers(1, 9))
def test_a_text_has_the_cells_that_it_is_given(text: str, width: int) -> None:
    assert cell_len(cut(text, width)) <= width
    assert cell_len(right(text, width)) == cell_len(centred(text, width)) == width


def test_a_vocabulary_is_as_wide_as_its_widest() -> None:
    assert [widest(one) for one in (Vocabulary(128), LETTERS, WORDS)] == [3, 1, 12]


async def test_a_heatmap_has_symbols_in_place_of_numbers() -> None:
    async with alone(StateHeatmap(), 44, 9) as (pane, _, _):
        pane.trace, pane.vocabulary = a_trace((2, 3, 3, 1)), LETTERS
        assert rows(pane)[0].split() == ["read", "e", "m", "m", "a"]
        pane.trace, pane.vocabulary = a_trace((0, 1, 2, 3)), WORDS
        assert rows(pane)[0] == "read New York 日本語…     a        ◌\u0301"


async def test_the_next_symbol_is_named_and_so_is_the_one_before() -> None:
    async with alone(NextNumber(), 30, 9) as (pane, _, _):
        pane.candidates, pane.vocabulary, pane.after = [Candidate(0, 0.75), Candidate(3, 0.25)], LETTERS, 0
        assert [row[:4] for row in rows(pane)[4:6]] == ["  . ", "  m "]
        assert (pane.border_title, pane.border_subtitle) == ("6 Next symbol", 'after "."')


@pytest.mark.parametrize(
    ("text", "whole"), [("N", None), ("a N", None), ("'N", "'New York'"), ("a '日", "a '日"), ("a ", None), ("", None)]
)
def test_a_symbol_that_is_begun_is_completed(text: str, whole: str | None) -> None:
    completed = WORDS.completed(text)
    assert completed == whole if whole != text else completed is None


async def test_the_grammars_symbols_are_typed_read_and_said() -> None:
    async with playing(PRESETS["reber"].replace(epochs=1), NARROW, Moment(0, (0,))) as game:
        await game.press("slash", "T", "S", "X")
        assert game.session.moment.sequence == (0, 1, 2, 3)
        assert game.pane(Prompt).text == "BTSX"
        assert "after X it expects" in game.sentence
        assert rows(game.pane(StateHeatmap))[0].split()[:5] == ["read", "B", "T", "S", "X"]
        await game.press("q")
        assert "q is not in the vocabulary: type symbols of B T S X P V E." in game.notice


@pytest.mark.parametrize("text", ["BTT", "B T T", " B  TT"])
async def test_marks_fall_on_the_symbols_whatever_stands_between(text: str) -> None:
    async with playing(PRESETS["reber"].replace(epochs=1), NARROW, Moment(0, (0,))) as game:
        field = game.pane(Numbers)
        field.marks.show(1, frozenset({2}))
        looks = {field.get_component_rich_style(look): look for look in (SAID, STEP)}
        found = {looks[span.style]: span for span in field.marks(text).spans if isinstance(span.style, Style)}
        assert text[found[STEP].start : found[STEP].end] == text[found[SAID].start : found[SAID].end] == "T"
        assert found[STEP].start < found[SAID].start


async def test_names_are_written_letter_by_letter_up_to_their_end_and_then_a_new_one() -> None:
    async with playing(PRESETS["names"].replace(epochs=4), NARROW, Moment(0, (0,))) as game:
        assert game.session.recipe.task.symbols[:3] == (".", "a", "b")
        assert game.pane(RecipeForm).query_one("#field-preset", FieldRow).text == "your own"
        await game.train()
        assert game.hint.startswith("T, then 1")
        for _ in range(6):
            await game.press("C")
            if game.pane(Prompt).text.endswith(".") and len(game.pane(Prompt).text) > 1:
                break
        name = game.pane(Prompt).text
        assert name.startswith(".") and name.endswith(".") and name.count(".") == 2
        assert '"." ends the sequence' in game.sentence
        await game.press("c")
        assert game.pane(Prompt).text == name[:2], "a new one begins"
        await game.press("R")
        assert game.pane(Prompt).text.startswith(".") and len(game.pane(Prompt).text) > 3


async def test_the_preset_of_a_file_is_still_that_when_its_symbols_are_known() -> None:
    async with playing(PRESETS["names"], NARROW, Moment(0, (0,))) as game:
        assert game.session.recipe.task.symbols and preset_of(game.session.recipe) == "names"
        await game.write("epochs", "31")
        await game.write("epochs", "30")
        assert game.session.run is not None and game.session.recipe == game.session.run.recipe


async def test_a_permalink_of_a_task_keeps_its_own_fields() -> None:
    async with playing(PRESETS["anbn"].replace(epochs=7), NARROW, Moment(0, (0,))) as game:
        assert game.session.recipe.train.epochs == 7
