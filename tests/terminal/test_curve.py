"""Curves as data, and the axes they are drawn on."""

from math import inf, isfinite, log

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from textual.color import Color
from textual.pilot import Pilot

from pane_kit import alone, rows
from playground_kit import Playing
from unroll.network.training import Training
from unroll.picture import Lines, NamedLine, Ranked
from unroll.recipe import PRESETS, Recipe, plan
from unroll.terminal.palette import DARK, LIGHT
from unroll.terminal.plot import Line, Plot, draw, even_ticks, powers_of_ten, round_ticks
from unroll.terminal.runs import METRICS, SHORT, Curve, NetworkScore, ceiling, reach
from unroll.terminal.widgets.loss_curve import OVERLAID, TALL, LossCurve, Shown

losses = st.lists(st.floats(0, 1e6), max_size=50)


def curve_of(values: list[float]) -> Curve:
    curve = Curve(Recipe(), plan(Recipe(), 122))
    curve.extend(values, [0.5] * len(values))
    return curve


@given(losses, st.integers(1, 60), st.sampled_from(METRICS))
def test_a_thinned_curve_is_finite_and_never_lower_than_asked(values: list[float], columns: int, metric) -> None:  # type: ignore[no-untyped-def]
    xs, ys = curve_of(values).points(metric, columns, 25, 1e-4)
    assert len(xs) == len(ys)
    assert all(isfinite(y) for y in ys)
    assert metric == "learning rate" or all(y >= 1e-4 for y in ys)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50), st.integers(1, 60))
def test_thinning_keeps_the_smallest_and_the_largest_loss(values: list[float], columns: int) -> None:
    _, ys = curve_of([*values]).points("loss", columns, 25)
    assert min(ys) == min(values)
    assert max(ys) == max(values)


@given(losses, st.integers(1, 60))
def test_a_thinned_curve_has_two_points_a_column_at_most_in_order(values: list[float], columns: int) -> None:
    for end in (25, 10):
        xs, _ = curve_of(values).points("loss", columns, end)
        assert xs == sorted(xs) and all(0 < x <= end for x in xs)
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
    assert powers_of_ten(1e-2, 6, 3) == [0.01, 0.1, 1.0]
    assert powers_of_ten(1e-4, 10, 3) == [1e-3, 0.1, 10.0], "where all have no room"
    assert powers_of_ten(1e-4, 10, 1) == [10.0]


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
        pane.run = Shown(1, "count rnn", Curve(recipe, plan(recipe, 122)))
        pane.run.curve.extend([5.0] * 40, [1.0] * 40)
        for epoch, shown in ((None, None), (12, 10.0)):
            pane.epoch, pane.shown, pane.updates = epoch, shown, 40
            await pilot.pause()
            figures = str(pane.border_subtitle)
            assert len(figures) <= 45 - 4
            assert "5.000" in figures and "100 %" in figures and f"/{epochs:,}" in figures


@given(st.floats(0, 1e5), st.integers(1, 100_000))
def test_an_axis_follows_a_long_training_in_large_steps_and_a_short_one_never_moves(epoch: float, planned: int) -> None:
    trained = min(epoch, planned)
    assert trained <= reach(trained, planned) <= planned
    if planned <= SHORT:
        assert reach(trained, planned) == planned
    elif reach(trained, planned) < planned:
        assert reach(trained, planned) <= max(SHORT, 2.5 * trained)


def test_a_training_of_twenty_thousand_epochs_moves_its_axis_seven_times() -> None:
    ends = [reach(epoch, 20_000) for epoch in range(20_001)]
    assert sorted(set(ends)) == [200, 500, 1000, 2000, 5000, 10_000, 20_000]


async def drawn(pane: LossCurve, pilot: Pilot[None]) -> list[str]:
    await pilot.pause()
    await pane.workers.wait_for_complete()
    return rows(pane)


def a_run(ordinal: int, losses: list[float], **fields: object) -> Shown:
    recipe = Recipe().replace(**fields)
    curve = Curve(recipe, plan(recipe, 122))
    curve.extend(losses, [0.5] * len(losses))
    return Shown(ordinal, f"run {ordinal}", curve)


async def test_the_line_of_one_who_guesses_is_named_and_small_losses_are_legible_on_the_axis() -> None:
    async with alone(LossCurve(), 60, 10) as (pane, pilot, _):
        pane.run = a_run(1, [0.00012, 0.00017], vocab_size=512)
        assert any(row.endswith("┈ chance: ln 512 = 6.24") for row in await drawn(pane, pilot))
        pane.epoch = 24
        assert any(row.endswith("┈ chance: ln 512 = 6.24") for row in await drawn(pane, pilot)), "it stands still"
        pane.log_scale = True
        assert any(row.lstrip().startswith("1e-4") for row in await drawn(pane, pilot))
        pane.metric = "accuracy"
        assert not any("chance" in row for row in await drawn(pane, pilot))


async def test_where_there_is_room_the_accuracy_stands_under_the_loss_on_the_same_columns() -> None:
    async with alone(LossCurve(), 60, TALL) as (pane, pilot, _):
        pane.run = a_run(1, [3.0, 2.0])
        shown = await drawn(pane, pilot)
        assert len({row.index("└") for row in shown if "└" in row}) == 1
        assert sum("└" in row for row in shown) == 2 and any("100%" in row for row in shown)
        pane.metric = "learning rate"
        assert sum("└" in row for row in await drawn(pane, pilot)) == 1


async def test_each_run_has_its_name_in_its_colour_and_numbers_where_names_have_no_room() -> None:
    async with alone(LossCurve(), 60, 10) as (pane, pilot, _):
        pane.run, pane.others = a_run(3, [3.0]), (a_run(1, [3.0]), a_run(2, [3.0]))
        await drawn(pane, pilot)
        title = pane._border_title
        assert title is not None and title.plain == "2 Loss  3 run 3  1 run 1  2 run 2"
        assert [str(span.style) for span in title.spans] == ["bold $accent", *OVERLAID[:2]]
        await pilot.resize_terminal(30, 10)
        await drawn(pane, pilot)
        assert pane._border_title is not None and pane._border_title.plain == "2 Loss  3  1  2"


async def test_several_trainings_stand_behind_the_loss_and_are_named() -> None:
    async with alone(LossCurve(), 60, 12) as (pane, pilot, _):
        pane.run = a_run(1, [2.0] * 40)
        await drawn(pane, pilot)
        before = rows(pane)
        each = pane.run.curve.plan.updates_per_epoch
        quarters = [NamedLine(f"{share} %", [loss, loss]) for share, loss in ((25, 3.0), (75, 40.0))]
        pane.several = Lines(
            x_name="update",
            xs=[each, 10.0 * each],
            lines=[NamedLine("median", [4.0, 4.0]), *quarters],
            band=(1, 2),
            ranked=[Ranked(0, 0, 4.0)],
            caption="",
            limits="",
        )
        await drawn(pane, pilot)
        title = pane._border_title
        assert title is not None and title.plain == "2 Loss  ━ median ░ 25-75 % of 1 seed"
        shaded, median, own = pane._plots(pane.run.curve)[0].lines
        assert (median.xs, median.ys, own.ys[-1]) == ([1.0, 10.0], [4.0, 4.0], 2.0)
        assert all(1 <= x <= 10 for x in shaded.xs) and all(3 <= y <= 6 for y in shaded.ys), "within the axes"
        pane.metric = "accuracy"
        await drawn(pane, pilot)
        assert len(pane._plots(pane.run.curve)[0].lines) == 1 and title != pane._border_title
        pane.metric, pane.several = "loss", None
        await drawn(pane, pilot)
        assert rows(pane) == before


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_the_colours_of_runs_are_seen_on_every_theme(theme) -> None:  # type: ignore[no-untyped-def]
    """3:1, what WCAG 2.1 asks of graphics."""
    background = Color.parse(theme.background)

    def luminance(colour: Color) -> float:
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour.normalized]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))

    for name in OVERLAID:
        low, high = sorted((luminance(Color.parse(name)), luminance(background)))
        assert (high + 0.05) / (low + 0.05) >= 3, name


async def test_an_epochs_own_loss_and_accuracy_are_those_of_the_network_that_is_shown(game: Playing) -> None:
    await game.train()
    loss = game.pane(LossCurve)
    training = Training(Recipe())
    assert "at 25/25" in str(loss.border_subtitle)
    await game.press("2", "home", *["right"] * 3)
    for _, _made in zip(range(6), training.updates(), strict=False):
        pass
    assert loss.own == pytest.approx((training.fit().loss, training.accuracy(), training.fit().steps_right), abs=1e-5)
    assert str(loss.border_subtitle).startswith(f"at  3/25 · loss {training.fit().loss:.3f} · ")
    assert str(loss.border_subtitle).endswith("lr 0.092")


@pytest.mark.parametrize(
    ("width", "told"),
    [
        (120, "at epoch 30/30 · loss 0.612 · perplexity 1.84 ·  62 % of symbols,  11 % of sequences right · lr 6.7e-4"),
        (80, "at epoch 30/30 · loss 0.612 · perplexity 1.84 ·  62 % of symbols right"),
        (45, "at 30/30 · loss 0.612 ·  62 % of symbols"),
        (40, "at 30/30 · 0.612 ·  62 % of symbols"),
    ],
)
async def test_of_symbols_the_loss_tells_how_each_is_answered_as_far_as_there_is_room(width: int, told: str) -> None:
    recipe = PRESETS["names"]
    recipe = replace(recipe, task=replace(recipe.task, symbols=tuple("abcdefghijklmnopqrstuvwxyz.")))
    curve = Curve(recipe, plan(recipe, 536))
    curve.extend([0.5] * curve.plan.updates, [0.5] * curve.plan.updates)
    async with alone(LossCurve(), width, 12) as (pane, _, _):
        pane.run, pane.updates, pane.own = Shown(1, "names", curve), curve.updates, NetworkScore(0.612, 0.11, 0.62)
        assert pane.border_subtitle == told


async def test_while_a_network_trains_its_newest_figures_are_said_to_be_those_in_the_epoch(game: Playing) -> None:
    await game.choose("pace", "2/s")
    await game.press("space")
    await game.wait(1)
    assert str(game.pane(LossCurve).border_subtitle).startswith("in ")
    assert not game.engine.asked[-1].score  # type: ignore[attr-defined]


@given(st.floats(-1e4, 1e4), st.floats(1e-3, 1e4), st.integers(1, 9))
def test_round_ticks_lie_in_the_range_and_are_round(start: float, size: float, most: int) -> None:
    ticks = round_ticks(start, start + size, most)
    assert len(ticks) <= most + 1 and all(start - 1e-6 <= tick <= start + size + 1e-6 for tick in ticks)
    assert all(len(f"{tick:.10g}".replace(".", "").strip("-0").split("e")[0]) <= 8 for tick in ticks)


def test_a_range_from_minus_three_to_four_is_marked_at_whole_numbers() -> None:
    assert round_ticks(-3.2, 4.1, 4) == [-2.0, 0.0, 2.0, 4.0]
