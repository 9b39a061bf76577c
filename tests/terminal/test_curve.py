"""Curves as data, and the axes they are drawn on."""

from math import inf, isfinite, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pane_kit import alone
from unroll.recipe import Recipe, plan
from unroll.terminal.plot import Line, Plot, draw, even_ticks, powers_of_ten
from unroll.terminal.runs import METRICS, Curve, ceiling
from unroll.terminal.widgets.loss_curve import LossCurve

losses = st.lists(st.floats(0, 1e6), max_size=50)


def curve_of(values: list[float]) -> Curve:
    curve = Curve(Recipe(), plan(Recipe(), 122))
    curve.extend(values, [0.5] * len(values))
    return curve


@given(losses, st.integers(1, 60), st.sampled_from(METRICS))
def test_a_thinned_curve_is_finite_and_never_lower_than_asked(values: list[float], columns: int, metric) -> None:  # type: ignore[no-untyped-def]
    xs, ys = curve_of(values).points(metric, columns, 1e-4)
    assert len(xs) == len(ys)
    assert all(isfinite(y) for y in ys)
    assert metric == "learning rate" or all(y >= 1e-4 for y in ys)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50), st.integers(1, 60))
def test_thinning_keeps_the_smallest_and_the_largest_loss(values: list[float], columns: int) -> None:
    _, ys = curve_of([*values]).points("loss", columns)
    assert min(ys) == min(values)
    assert max(ys) == max(values)


@given(losses, st.integers(1, 60))
def test_a_thinned_curve_has_two_points_a_column_at_most_in_order(values: list[float], columns: int) -> None:
    xs, _ = curve_of(values).points("loss", columns)
    assert xs == sorted(xs)
    assert len(xs) <= 2 * columns


def test_the_figures_of_an_epoch_are_the_means_over_its_updates() -> None:
    curve = curve_of([4.0, 2.0, 1.0])
    assert curve.at(1) == (3.0, 0.5)
    assert curve.at(2) == curve.last() == (1.0, 0.5)
    assert curve.at(0) == (None, None)


def test_a_loss_axis_reaches_the_loss_of_one_who_knows_nothing() -> None:
    assert ceiling(curve_of([]).top("loss")) >= log(128)


@given(st.floats(1e-9, 1e9))
def test_an_axis_holds_its_value_and_is_at_most_twice_as_high(value: float) -> None:
    assert value * (1 - 1e-6) <= ceiling(value) <= 2 * value


def test_an_axis_moves_seldom() -> None:
    assert len({ceiling(1 + i / 1000) for i in range(9000)}) == 8


@given(st.integers(1, 100_000), st.integers(1, 5))
def test_ticks_start_at_zero_and_end_at_the_end(end: int, most: int) -> None:
    ticks = even_ticks(end, most)
    assert ticks[0] == 0
    assert ticks[-1] == end
    assert len(ticks) <= most + 1


def test_a_log_axis_is_marked_at_powers_of_ten() -> None:
    assert powers_of_ten(1e-2, 6) == [0.01, 0.1, 1.0]


def test_a_plot_has_the_size_that_was_asked_for_and_paints_no_background() -> None:
    line = Line([0.5, 1.0, 1.5], [4.8, 3.0, 1.0], (240, 160, 48))
    for start in (0.0, 1e-4):
        rows = draw(Plot(40, 10, 25, start, 6, (90, 90, 90), [line], is_log=start > 0, cursor=1.0))
        assert [row.cell_len for row in rows] == [40] * 10
        assert all(getattr(span.style, "bgcolor", None) is None for row in rows for span in row.spans)


def test_the_training_cursor_is_drawn_where_its_epoch_is() -> None:
    def column(epoch: float) -> int:
        rows = draw(Plot(60, 10, 25, 0, 6, (90, 90, 90), [], cursor=epoch))
        return rows[0].plain.index("┊")

    assert column(5) < column(12) < column(25)
    assert inf > column(25) - column(12) > column(12) - column(5)


@pytest.mark.parametrize("width", [40, 45, 46, 70])
@pytest.mark.parametrize("end", [1, 7, 25, 97, 1000, 5000, 20_000, 100_000])
def test_the_axis_ends_with_its_last_epoch(end: int, width: int) -> None:
    for top in (5.0, 0.0002):
        plot = Plot(width, 8, end, 0.0, top, (90, 90, 90), [Line([0.0, end], [top, 0.0], (240, 160, 48))])
        assert draw(plot)[-1].plain.rstrip().endswith(f" {end:,}")


@pytest.mark.parametrize("epochs", [25, 5000, 20_000, 100_000])
async def test_the_figures_under_the_curve_are_whole_however_many_epochs(epochs: int) -> None:
    recipe = Recipe().replace(epochs=epochs)
    async with alone(LossCurve(), 45, 12) as (pane, pilot, _):
        pane.curve = Curve(recipe, plan(recipe, 122))
        pane.curve.extend([5.0] * 40, [1.0] * 40)
        for epoch, shown in ((None, None), (12, 10.0)):
            pane.epoch, pane.shown, pane.updates = epoch, shown, 40
            await pilot.pause()
            figures = str(pane.border_subtitle)
            assert len(figures) <= 45 - 4
            assert "5.000" in figures and "100 %" in figures and f"/{epochs:,}" in figures
