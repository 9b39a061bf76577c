"""The next number line by line: bars drawn from candidates and the right answer, and the sentence beside them."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from pane_kit import a_trace, alone, rows
from unroll.protocol.replies import Candidate
from unroll.recipe import TaskConfig
from unroll.terminal.texts import of_step
from unroll.terminal.widgets.next_number import NextNumber, bar_of

GUESSES = [Candidate(11, 0.75), Candidate(100, 0.25), Candidate(0, 0.0)]


async def test_the_likeliest_stand_first_with_bars_and_percentages() -> None:
    async with alone(NextNumber(), 30, 5) as (pane, _, _):
        pane.candidates, pane.answer, pane.after = GUESSES, 11, 10
        assert rows(pane) == [
            "✓  11 ████████████      75.0 %",
            "  100 ████              25.0 %",
            "    0                   <0.1 %",
            "",
            "",
        ]
        assert pane.border_subtitle == "after 10"


async def test_a_wrong_first_is_marked_and_so_is_the_right_one_below_it() -> None:
    async with alone(NextNumber(), 30, 3) as (pane, _, _):
        pane.candidates, pane.answer = GUESSES, 100
        assert [row[0] for row in rows(pane)] == ["✗", "✓", " "]


async def test_where_nothing_is_right_nothing_is_marked() -> None:
    async with alone(NextNumber(), 30, 3) as (pane, _, _):
        pane.candidates, pane.answer = GUESSES, None
        assert [row[0] for row in rows(pane)] == [" ", " ", " "]


async def test_under_an_intervention_what_it_said_before_stands_below() -> None:
    async with alone(NextNumber(), 30, 7) as (pane, _, _):
        pane.candidates, pane.before, pane.answer, pane.answer_before = GUESSES[1:], GUESSES[:1], 11, 11
        shown = rows(pane)
        assert [row[:5] for row in shown] == ["✗ 100", "    0", "", "── be", "✓  11", "", ""]
        pane.answer_before = None
        assert rows(pane)[4][0] == " ", "a run of another task is judged by its own"


@given(st.floats(-1, 2, allow_nan=False), st.integers(0, 60))
def test_a_bar_is_as_wide_as_its_place_whatever_its_share(share: float, width: int) -> None:
    assert cell_len(bar_of(share, width)) == width


def test_a_bar_is_true_to_the_eighth_of_a_cell() -> None:
    assert bar_of(0.5, 9) == "████▌    "
    assert bar_of(1, 3) == "███"
    assert bar_of(1 / 24, 3) == "▏  "


def test_the_sentence_says_the_step_the_number_and_whether_it_is_right() -> None:
    trace = a_trace()
    assert of_step(trace, 2, TaskConfig()) == "step 3/4: after 9 it expects 10, 90.0 %  ✓"
    assert of_step(trace, 2, TaskConfig(task="recall")).endswith("✗ should be 7")


def test_past_the_vocabulary_nothing_is_right() -> None:
    assert of_step(a_trace((5, 6, 7)), 2, TaskConfig(vocab_size=8)) == "step 3/3: after 7 it expects 8, 90.0 %"
