"""A sweep's results in the playground: a table of two axes, whose cells are opened as runs."""

import re
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from pane_kit import alone, rows
from playground_kit import NARROW, playing
from unroll.recipe import Recipe
from unroll.sweep.grid import Unit
from unroll.sweep.measure import measure
from unroll.sweep.results import FORMAT, Made, Row
from unroll.sweep.summary import seeds_of
from unroll.terminal import texts
from unroll.terminal.opened_sweep import told_apart
from unroll.terminal.widgets.sweep_pane import SweepPane

MADE = Made("0.1.0", "3.11.7", "2.13.0", "AVX2", "x86_64")


def a_row(accuracy: tuple[float, ...], held_out: tuple[float, ...] = (), **changes: int | str) -> Row:
    recipe, seeds = Recipe().replace(**changes), tuple(range(len(accuracy)))
    loss, weights = tuple(1 - one for one in accuracy), ("09af3c71",) * len(seeds)
    return Row(FORMAT, f"{changes}", recipe, seeds, accuracy, loss, weights, 0.5, MADE, held_out)


ROWS = [
    a_row((length / 10, 1.0, 0.5), cell=cell, length=length)
    for cell in ("rnn", "gru")
    for length in ((4, 6) if cell == "gru" else (4, 6, 10))
]


async def shown(rows_: list[Row], *keys: str) -> list[str]:
    """The lines of a pane with these results after some keys, without what aligns them."""
    async with alone(SweepPane(), 80, 24) as (pane, pilot, _):
        pane.seeds = seeds_of(rows_)
        await pilot.press(*keys)
        return [" ".join(line.replace(" %", "%").split()) for line in rows(pane)]


async def test_each_cell_has_the_median_of_its_seeds_and_an_empty_one_nothing() -> None:
    axes, heading, gru, rnn, _, cell, *_ = await shown(ROWS)
    assert (axes, heading) == ("length across, cell down", "4 6 10")
    assert (gru, rnn) == ("gru 50.0% 60.0%", "rnn 50.0% 60.0% 100.0%")
    assert cell == "length 4, cell gru: 3 seeds, 1 with at least 99% right"


async def test_keys_choose_the_cell_the_figure_and_the_axes() -> None:
    found = await shown(ROWS, "right", "down", "m")
    assert found[3] == "rnn 60.0% 50.0% 50.0%", "highest less lowest"
    assert found[5].startswith("length 6, cell rnn:")
    assert found[6] == "median accuracy 60.0%, 50.0% to 100.0%; median loss 0.400, <1e-6 to 0.500"
    assert found[9] == "1 100.0% 0 60.0% 2 50.0%"
    assert (await shown(ROWS, "m", "m"))[2] == "gru 33.3% 33.3%", "solved"
    assert (await shown(ROWS, "A"))[:3] == ["cell across, length down", "gru rnn", "4 50.0% 50.0%"]
    assert (await shown(ROWS, "A", "A")) == await shown(ROWS)


async def test_what_was_held_out_is_a_figure_where_there_is_any_and_a_third_field_is_said_to_be_mixed() -> None:
    kinds = [
        {"length": length, "hidden_size": d, "cell": c} for length in (3, 4) for d in (4, 8) for c in ("rnn", "gru")
    ]
    found = await shown([a_row((0.5,), (0.25,), **kind) for kind in kinds], "m", "m", "m")
    assert found[0] == "hidden-size across, length down; every cell together"
    assert found[2] == "3 25.0% 25.0%"


async def test_enter_says_which_seeds_are_wanted_by_which_figure() -> None:
    async with alone(SweepPane(), 80, 24) as (pane, pilot, said):
        pane.seeds = seeds_of(ROWS)
        await pilot.press("right", "right", "enter", "down", "enter")
        (message,) = [one for one in said if isinstance(one, SweepPane.CellChosen)]
        assert (message.called, message.figure) == ("length 10, cell rnn", "accuracy")
        assert {seed.row.recipe for seed in message.seeds} == {ROWS[2].recipe}


async def test_a_click_chooses_a_cell_and_another_one_opens_it() -> None:
    async with alone(SweepPane(), 80, 24) as (pane, pilot, said):
        pane.seeds = seeds_of(ROWS)
        await pilot.pause()
        x, y = next((line.index("100.0"), y) for y, line in enumerate(rows(pane)) if "100.0" in line)
        for clicked, cell in (((x, y), (2, 1)), ((x - 8, y), (1, 1)), ((x - 8, y - 1), (1, 0)), ((3, y), (1, 0))):
            await pilot.click(SweepPane, offset=clicked)
            assert pane.cell == cell
        assert not [one for one in said if isinstance(one, SweepPane.CellChosen)]
        await pilot.click(SweepPane, offset=(x - 8, y - 1))
        (message,) = [one for one in said if isinstance(one, SweepPane.CellChosen)]
        assert message.called == "length 6, cell gru"


@pytest.mark.parametrize("seeds", [1, 80, 81, 400])
async def test_of_more_seeds_than_have_room_it_is_said_how_many_more_there_are(seeds: int) -> None:
    async with alone(SweepPane(), 80, 24) as (pane, pilot, _):
        pane.seeds = seeds_of([a_row(tuple(one / 1000 for one in range(seeds)))])
        await pilot.pause()
        heading = next(y for y, line in enumerate(rows(pane)) if line.startswith("seed and accuracy, the best first"))
        listed = sum(line.count("%") for line in rows(pane)[heading + 1 :])
        more = re.search("; ([0-9]+) more have no room here:", rows(pane)[heading])
        assert listed + (int(more[1]) if more else 0) == seeds
        assert bool(more) is (seeds > 80)


async def test_of_more_cells_than_fit_those_around_the_chosen_one_are_in_sight() -> None:
    many = [a_row((length / 100,), length=length, hidden_size=d) for length in range(3, 60) for d in range(1, 30)]
    for across, down in ((0, 0), (5, 20), (56, 28), (30, 3)):
        async with alone(SweepPane(), 60, 16) as (pane, pilot, _):
            pane.seeds = seeds_of(many)
            pane.cell = (across, down)
            await pilot.pause()
            heading, *lines = rows(pane)[1:]
            assert f"{across + 3}" in heading.split()
            assert f"{down + 1}" in [line.split()[0] for line in lines if line]
            reversed_ = [part for y in range(16) for part in pane.render_line(y) if part.style and part.style.reverse]
            assert [part.text.split()[0] for part in reversed_] == [f"{across + 3}.0"]


# In the playground


def test_a_seed_is_told_from_others_by_all_that_its_run_is_not_named_by_anyway() -> None:
    first, *_, last = seeds = seeds_of(ROWS)
    assert [told_apart(seed, seeds) for seed in (first, last)] == ["length 4", "length 6"]
    assert not told_apart(first, [first])


def a_sweep(path: str) -> None:
    """Results of a real sweep of two cells; the weights of the second are not those that came out."""
    recipe, seeds = Recipe().replace(vocab_size=12, length=3, hidden_size=4, epochs=3), (3, 5, 8)
    rows_ = []
    for cell in ("gru", "rnn"):
        row = msgspec.json.decode(
            measure(msgspec.json.encode(Unit(recipe.replace(cell=cell), seeds)).decode()), type=Row
        )
        rows_.append(row if cell == "gru" else structs.replace(row, weights=("00000000",) * 3))
    Path(path).write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows_))


async def test_a_cell_opens_a_seed_as_a_run_which_says_whether_it_came_out_as_in_the_sweep() -> None:
    a_sweep("tiny.jsonl")
    async with playing(size=NARROW) as game:
        await game.press("8")
        assert game.notice == texts.NO_SWEEP
        await game.press("o", "o")
        await game.type("tiny.jsonl")
        await game.press("enter")
        assert "8 Sweep: tiny.jsonl" in game.text and "cell gru, hidden-size 4: 3 seeds" in game.text
        await game.press("enter", "enter")
        assert game.notice.startswith("Seed ") and game.notice.endswith(", as in the sweep, to the bit.")
        assert "1 State" in game.text and "8 Sweep" not in game.text and game.state == "▶ Train again"
        await game.press("8", "right", "enter", "down", "down", "enter")
        assert "in the sweep accuracy" in game.notice and "with torch" in game.notice
        names = [run.name for run in game.session.runs.rows]
        assert len(set(names)) == 2 and names[0].endswith(" count gru") and names[1].endswith(" count rnn")
        for leaves in ("escape", "f", "1"):
            await game.press("8")
            assert "8 Sweep" in game.text
            await game.press(leaves)
            assert "8 Sweep" not in game.text
        await game.press("C")
        assert len(game.session.moment.sequence) > 4, "the focus is back"


@pytest.mark.parametrize(("text", "said"), [("", "has no result"), ("no\n", "no result of unroll sweep")])
async def test_a_file_that_is_none_is_refused_and_what_was_shown_stays(text: str, said: str) -> None:
    Path("bad.jsonl").write_text(text)
    async with playing(size=NARROW) as game:
        await game.press("o", "o")
        await game.type("bad.jsonl")
        await game.press("enter")
        assert said in game.notice and game.fault
        assert "1 State" in game.text
