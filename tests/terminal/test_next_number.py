"""The next number line by line: bars drawn from candidates and the right answer, the banner, and the sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.cells import cell_len

from pane_kit import a_trace, alone, rows
from playground_kit import Playing
from unroll.moment import Interventions
from unroll.protocol.trace import Candidate, Trace
from unroll.tasks.config import TaskConfig
from unroll.terminal import banner
from unroll.terminal.texts import of_step
from unroll.terminal.widgets.next_number import SHOWN, NextNumber, bar_of, paired_bar
from unroll.text import fitting
from unroll.vocabulary import Vocabulary

GUESSES = [Candidate(11, 0.7), Candidate(100, 0.25), Candidate(0, 0.0)]
PAIRS = [Candidate(11, 0.7, 0.3), Candidate(100, 0.25, 0.7), Candidate(0, 0.0, 0.0)]


async def test_the_likeliest_stand_first_with_bars_and_percentages_and_all_others_in_one_row() -> None:
    async with alone(NextNumber(), 30, 9) as (pane, _, _):
        pane.candidates, pane.vocabulary, pane.answers, pane.after = GUESSES, Vocabulary(128), (11,), 10
        assert rows(pane)[3:] == [
            "█ probability",
            "✓  11 ███████████▎      70.0 %",
            "  100 ████              25.0 %",
            "    0                   <0.1 %",
            "  125 others             5.0 %",
            "",
        ]
        assert (pane.border_title, pane.border_subtitle) == ("6 Next number", "after 10")


async def test_a_wrong_first_is_marked_and_so_is_the_right_one_below_it() -> None:
    async with alone(NextNumber(), 30, 12) as (pane, _, _):
        pane.candidates, pane.answers = GUESSES, (100,)
        assert [row[0] for row in rows(pane)[4:7]] == ["✗", "✓", " "]
        pane.answers = ()
        assert [row[0] for row in rows(pane)[4:7]] == [" ", " ", " "]


async def test_now_and_before_are_paired_in_one_row_and_legible_without_colours() -> None:
    async with alone(NextNumber(), 36, 9) as (pane, _, _):
        pane.candidates, pane.vocabulary, pane.answers, pane.versus = PAIRS, Vocabulary(128), (11,), "run 2, lstm"
        assert rows(pane)[3:8] == [
            "▀ now  ▄ run 2, lstm",
            "✓  11 ████▀▀▀▀▀▀      70.0 %  30.0 %",
            "  100 ████▄▄▄▄▄▄      25.0 %  70.0 %",
            "    0                 <0.1 %  <0.1 %",
            "  125 others           5.0 %  <0.1 %",
        ]


async def test_what_was_likeliest_before_and_what_is_right_have_rows_however_unlikely_they_are() -> None:
    async with alone(NextNumber(), 36, 12) as (pane, _, _):
        likely = [Candidate(number, 0.15 - number / 100, 0.01) for number in range(SHOWN)]
        pane.vocabulary, pane.versus, pane.answers = Vocabulary(128), "untouched", (9,)
        for lost in ([Candidate(8, 0.001, 0.6), Candidate(9, 0.0, 0.1)], [Candidate(9, 0.001, 0.6)]):
            pane.candidates = [*likely, *lost]
            numbers = [row.split()[1 if row[0] in "✓✗" else 0] for row in rows(pane)[4 : 4 + SHOWN]]
            kept = likely[: SHOWN - len(lost)]
            assert numbers == [str(one.number) for one in (*kept, *lost)]


@pytest.mark.parametrize("versus", ["", "untouched"])
async def test_the_bars_begin_at_one_place_whatever_the_values(versus: str) -> None:
    async with alone(NextNumber(), 32, 12) as (pane, _, _):
        pane.vocabulary, pane.versus = Vocabulary(128), versus
        for number in (1, 10, 100):
            pane.candidates = [Candidate(number, 0.9, 0.9 if versus else None)]
            assert rows(pane)[4].index("█") == 6


async def test_no_more_than_six_are_shown_and_what_cannot_be_drawn_is_said_to_be_nothing() -> None:
    async with alone(NextNumber(), 32, 20) as (pane, _, _):
        pane.candidates, pane.vocabulary = [Candidate(number, 1 / 7) for number in range(7)], Vocabulary(9)
        assert rows(pane)[10].split() == ["3", "others", "14.3", "%"]
        pane.candidates, pane.is_sampled = [Candidate(number, 0.2) for number in range(5)], True
        assert rows(pane)[9].split() == ["4", "others", "0.0", "%"]
        pane.candidates = [Candidate(number, 1 / 9) for number in range(9)][:SHOWN]
        pane.vocabulary = Vocabulary(SHOWN)
        assert "other" not in "".join(rows(pane)), "there are none"


async def test_a_candidate_is_chosen_by_keys_and_by_a_click() -> None:
    async with alone(NextNumber(), 32, 12) as (pane, pilot, said):
        pane.candidates, pane.vocabulary = GUESSES, Vocabulary(128)
        await pilot.press("up", "down", "enter", "down", "down", "enter")
        await pilot.click(pane, offset=(9, 4))
        await pilot.click(pane, offset=(9, 7))
        numbers = [one.number for one in said if isinstance(one, NextNumber.NumberChosen)]
        assert numbers == [100, 0, 11], "the row of the others is no candidate"


async def test_what_is_chosen_counts_as_typed_and_takes_the_place_of_what_stood_there(game: Playing) -> None:
    await game.press("6", "down", "enter")
    assert game.session.moment.sequence[:4] == (7, 8, 9, 10) and len(game.session.moment.sequence) == 5
    assert game.prompt.startswith("7 8 9 10 ") and not game.notice
    await game.press("1", *["left"] * 3, "6", "enter")
    assert len(game.session.moment.sequence) == 3
    assert game.notice.endswith("3 numbers behind it are gone.")


@given(st.floats(-1, 2, allow_nan=False), st.floats(-1, 2, allow_nan=False), st.integers(0, 60))
def test_a_bar_is_as_wide_as_its_place_whatever_its_share(share: float, before: float, width: int) -> None:
    assert cell_len(bar_of(share, width)) == cell_len(paired_bar(share, before, width)) == width


def test_a_bar_is_true_to_the_eighth_of_a_cell() -> None:
    assert bar_of(0.5, 9) == "████▌    "
    assert bar_of(1, 3) == "███"
    assert bar_of(1 / 24, 3) == "▏  "


# The banner


def touched(does: Interventions, views: tuple[str, ...] = ("hidden",), *sequence: int) -> Trace:
    trace = a_trace(sequence or (7, 8, 9, 10), does=does)
    rows_ = [[Candidate(n + 1, 0.9, 0.1), Candidate(0, 0.1, 0.8)] for n in trace.moment.sequence]
    return replace(trace, candidates=rows_, views=views, score=(0.004, 0.999))


@pytest.mark.parametrize(
    ("does", "views", "said"),
    [
        (Interventions(), (), "nothing is done to the network"),
        (Interventions(cut_all=True), (), "memory erased at every step"),
        (Interventions(cut_steps=(0,)), (), "nothing to erase before step 1"),
        (Interventions(cut_steps=(2,)), (), "memory erased before step 3"),
        (Interventions(cut_steps=(1, 2)), (), "memory erased before steps 2, 3"),
        (Interventions(cut_steps=(1, 2, 3, 4, 5)), (), "memory erased before 5 steps"),
        (Interventions(cut_all=True), ("cell state",), "h erased at every step, c kept"),
        (Interventions(cut_all=True, cut_cell=True), ("cell state",), "memory erased at every step"),
        (Interventions(clamps=((3, 0.0), (7, 0.0))), (), "units 3, 7 switched off"),
        (Interventions(clamps=((3, 0.5),)), (), "unit 3 held at 0.5"),
        (Interventions(clamps=((3, 0.5), (4, 0.0))), (), "1 unit switched off, 1 held"),
        (Interventions(cut_all=True, clamps=((3, 0.0),)), (), "memory erased; 1 unit off"),
    ],
)
def test_what_is_done_is_said_in_words_that_fit_the_narrow_pane(
    does: Interventions, views: tuple[str, ...], said: str
) -> None:
    lines = [fitting(wordings, 32) for wordings in banner.lines(touched(does, ("hidden", *views)), 3, TaskConfig())]
    assert lines[0] == said


@given(
    st.builds(
        Interventions,
        cut_steps=st.lists(st.integers(0, 4095), unique=True).map(lambda steps: tuple(sorted(steps))),
        cut_all=st.booleans(),
        cut_cell=st.booleans(),
        clamps=st.dictionaries(st.integers(0, 511), st.sampled_from([0.0, 0.5, -99.25])).map(
            lambda d: tuple(d.items())
        ),
    ),
    st.sampled_from([("hidden",), ("hidden", "cell state")]),
    st.sampled_from([None, 20_000]),
)
def test_no_word_of_the_banner_is_clipped(does: Interventions, views: tuple[str, ...], drawn: int | None) -> None:
    trace = replace(touched(does, views, 9997, 9998, 9999), drawn=drawn)
    for wordings in banner.lines(trace, 2, TaskConfig()):
        assert "…" not in fitting(wordings, 32)
        assert [*wordings] == sorted(wordings, key=len, reverse=True), "the longest first"


@pytest.mark.parametrize(
    ("task", "said"),
    [("count", "here: 0 → 11, now right"), ("recall", "here: 0 → 11, still wrong"), ("file", "here: 0 → 11, another")],
)
def test_what_comes_of_it_here_and_everywhere_is_said_with_the_verdict(task: str, said: str) -> None:
    config = TaskConfig(task=task)  # type: ignore[arg-type]
    _, here, everywhere = banner.lines(touched(Interventions(cut_all=True)), 3, config)
    assert (here, everywhere[0]) == ((said,), "training sequences: >99 % → 0.4 % right")


# The sentence


def test_the_sentence_says_the_step_the_number_and_whether_it_is_right() -> None:
    trace = a_trace()
    assert of_step(trace, 2, TaskConfig()) == "step 3/4: after 9 it expects 10, 90.0 %  ✓"
    assert of_step(trace, 2, TaskConfig(task="recall")).endswith("✗ should be 7")


def test_past_the_vocabulary_nothing_is_right() -> None:
    assert of_step(a_trace((5, 6, 7)), 2, TaskConfig(vocab_size=8)) == "step 3/3: after 7 it expects 8, 90.0 %"
