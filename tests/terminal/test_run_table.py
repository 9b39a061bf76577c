"""The runs: what is drawn and read goes with what is on the screen, however many there are."""

from typing import Any

import pytest

from pane_kit import alone, rows
from unroll.recipe import Recipe, plan
from unroll.terminal.runs import Curve, Run
from unroll.terminal.widgets.run_table import RunTable


class Counted(list[Run]):
    """Runs that count how many of them were read."""

    read = 0

    def __getitem__(self, place: Any) -> Any:
        found = super().__getitem__(place)
        self.read += len(found) if isinstance(found, list) else 1
        return found

    def __iter__(self) -> Any:
        self.read += len(self)
        return super().__iter__()


def a_run(number: int) -> Run:
    return Run(number, "count rnn", Curve(Recipe(), plan(Recipe(), 122)), ordinal=number)


async def test_among_a_thousand_runs_a_change_reads_no_more_than_the_screen_shows() -> None:
    async with alone(RunTable(), 40, 10) as (table, pilot, _):
        runs = Counted(a_run(number) for number in range(1, 1001))
        table.runs, table.shown = runs, 995
        await pilot.pause()
        assert rows(table)[4].startswith("○  995 count rnn")
        runs.read = 0
        runs[994].curve.extend([1.5], [0.25])
        table.runs = runs
        assert "1.500" in rows(table)[4]
        assert runs.read < 50


async def test_only_the_row_that_changed_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async with alone(RunTable(), 40, 10) as (table, pilot, _):
        runs = [a_run(number) for number in range(1, 6)]
        table.runs, table.shown = runs, 2
        await pilot.pause()
        drawn: list[int] = []
        draw = RunTable.render_line
        monkeypatch.setattr(RunTable, "render_line", lambda pane, y: drawn.append(y) or draw(pane, y))
        runs[1].curve.extend([1.5], [0.25])
        table.runs = runs
        await pilot.pause(0.1)
        assert set(drawn) == {1}


async def test_the_newest_figures_stand_there_after_every_update() -> None:
    async with alone(RunTable(), 40, 10) as (table, pilot, _):
        runs = [a_run(1)]
        for loss, shown in ((2.0, "2.000"), (1.0, "1.500"), (0.5, "0.500")):  # the mean of an epoch of two updates
            runs[0].curve.extend([loss], [0.5])
            table.runs = runs
            await pilot.pause()
            assert shown in rows(table)[0]


@pytest.mark.parametrize(
    ("width", "said"),
    [(40, "seed 0 · finished · held out 100 %"), (33, "seed 0 · held out 100 %"), (20, "held out 100 %")],
)
async def test_the_border_says_as_much_of_the_run_as_it_has_room_for(width: int, said: str) -> None:
    run = a_run(1)
    run.state, run.held_out = "finished", 1.0
    async with alone(RunTable(), width, 10) as (table, pilot, _):
        table.styles.border = ("round", "white")
        table.runs, table.shown = [run], 1
        await pilot.pause()
        assert table.border_subtitle == said


def test_the_accuracy_of_a_finished_run_is_the_networks_own_and_its_loss_the_epochs() -> None:
    run = a_run(1)
    run.curve.extend([1.5], [0.25])
    assert run.figures == (1.5, 0.25)
    run.state, run.accuracy = "finished", 1.0
    assert run.figures == (1.5, 1.0)
