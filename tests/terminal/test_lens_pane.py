"""The lens pane: any picture drawn at any size, and asked for only while it is in sight."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from textual.pilot import Pilot

from pane_kit import alone, rows
from playground_kit import NARROW, Playing, playing
from unroll.engine import inspect
from unroll.network.ensemble import Ensemble
from unroll.network.model import fingerprint
from unroll.picture import Grid, Lines, NamedLine, Picture, Plane, Ranked, Shape
from unroll.protocol.requests import Lens
from unroll.recipe import Recipe, recipe_of
from unroll.terminal import lens_sight, pictures
from unroll.terminal.widgets.lens_pane import LensPane, ranked
from unroll.terminal.widgets.loss_curve import LossCurve

SMALL = recipe_of({"vocab_size": 16, "length": 3, "hidden_size": 4, "epochs": 5})
SAID: Any = {"caption": "what is seen", "limits": "what cannot be"}
LINES = Lines(
    x_name="step",
    xs=[1, 2, 3],
    labels=["7", "8", "9"],
    lines=[NamedLine("h", [0.5, None, -1.5])],
    marks=[1, 2, 3],
    **SAID,
)
GRID = Grid(
    row_name="replaced",
    rows=["h", "unit 0"],
    column_name="after step",
    columns=["7", "8"],
    values=[[1.0, -1.0], [0.0, None]],
    mark=(None, 1),
    **SAID,
)
PLANE = Plane(x_name="x", y_name="y", shapes=[Shape(name="states", xs=[0, 1], ys=[0, 2])], mark=(0.5, 0.5), **SAID)


async def shown(picture: Picture | None, width: int = 40, height: int = 20, **more: Any) -> list[str]:
    async with alone(LensPane(), width, height) as (pane, pilot, _):
        pane.picture = picture
        for name, value in more.items():
            setattr(pane, name, value)
        await drawn(pilot)
        return rows(pane)


async def drawn(pilot: Pilot[None]) -> None:
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


async def test_lines_have_their_names_an_axis_with_labels_and_a_mark_at_the_moment() -> None:
    found = await shown(LINES, step=2)
    assert found[0].split() == ["━", "h", "step", "→"]
    axis = next(row for row in found if "└" in row)
    assert axis.endswith("▲") and axis.count("▲") == 1
    assert found[found.index(axis) + 1].split() == ["7", "8", "9"]
    assert [row for row in found if row][-2:] == ["what is seen", "what cannot be"]


async def test_names_that_have_no_room_in_a_line_have_two_and_their_colours() -> None:
    names = ["h", "share", "c", "input", "forget", "candidate", "output"]
    found = await shown(replace(LINES, lines=[NamedLine(name, [0.0] * 3) for name in names]), width=43, height=15)
    assert found[:2] == ["━ h ━ share ━ c ━ input ━ forget", "━ candidate ━ output                step →"]
    assert pictures.legend(names * 3, 43) == [pictures.shortened(names * 3, 43)]


async def test_a_column_whose_label_has_no_room_has_none_and_the_moments_has_it_first() -> None:
    columns = ["10", "11", "2", "13", "4"]
    grid = replace(GRID, columns=columns, values=[[0.0] * 5] * 2, mark=(None, 3))
    assert (await shown(grid, width=pictures.ROW_LABEL + 10))[0] == "after step 10   13 4"


async def test_a_grid_has_a_row_and_a_column_for_each_label_and_the_sign_in_each_cell() -> None:
    heading, h, unit, *_ = await shown(GRID)
    assert heading.split() == ["after", "step", "7", "8"]
    assert [row.split() for row in (h, unit)] == [["h", "+++", "---"], ["unit", "0", "·"]]


async def test_a_plane_shows_the_moment_and_its_shapes() -> None:
    text = "\n".join(await shown(PLANE))
    assert "━ states" in text and "◆" in text and text.count("●") == 2


async def test_where_there_is_no_room_the_limits_go_before_the_caption() -> None:
    text = "\n".join(await shown(LINES, height=10))
    assert "what is seen" in text and "what cannot be" not in text


async def test_a_number_is_not_parted_from_its_percent() -> None:
    said = replace(LINES, caption=f"{'x' * 35} 100 % more")
    text = "\n".join(await shown(said))
    assert " %" in text and "\n%" not in text and "100 % more" in text


async def test_an_axis_without_values_has_no_figures() -> None:
    found = await shown(replace(LINES, xs=[], labels=[], marks=[], lines=[NamedLine("h", [])]))
    below = found[next(place for place, row in enumerate(found) if "└" in row) + 1]
    assert not any(map(str.isdigit, below))


async def test_a_refusal_stands_in_place_of_the_picture() -> None:
    assert (await shown(None, refusal="It takes too long: choose a smaller hidden_size."))[0].startswith("It takes")


async def test_the_title_says_which_lens_of_how_many_and_what_comes_next() -> None:
    async with alone(LensPane(), 40, 12) as (pane, pilot, said):
        assert pane.border_title == "3 Lens"
        pane.lenses, pane.lens = ("unit", "map"), "map"
        assert (pane.border_title, pane.border_subtitle) == ("3 Lens: map", "2/2 · L unit")
        await pilot.press("right", "left")
        assert [m.by for m in said if isinstance(m, LensPane.LensChosen)] == [1, -1]


async def test_a_grid_that_is_higher_than_the_pane_is_scrolled() -> None:
    tall = Grid(
        row_name="", rows=[f"r{i}" for i in range(30)], column_name="", columns=["a"], values=[[0.1]] * 30, **SAID
    )
    async with alone(LensPane(), 40, 12) as (pane, pilot, _):
        pane.picture = tall
        await pilot.press(*["down"] * 3)
        await drawn(pilot)
        assert rows(pane)[1].split()[0] == "r3"
        await pilot.press(*["up"] * 9)
        await drawn(pilot)
        assert rows(pane)[1].split()[0] == "r0"


finite = st.floats(-100, 100)


@given(st.lists(st.one_of(st.none(), finite), min_size=1, max_size=30), st.integers(20, 200), st.integers(3, 60))
def test_every_point_of_lines_lies_on_the_plots_axes(ys: list[float | None], width: int, height: int) -> None:
    picture = Lines(x_name="", xs=[float(x) for x in range(len(ys))], lines=[NamedLine("h", ys)], **SAID)
    plot = pictures.plot_of(picture, width, height, COLOURS)
    points = [point for line in plot.lines for point in zip(line.xs, line.ys, strict=True)]
    assert points == [(x, y) for x, y in enumerate(ys) if y is not None]
    assert all(plot.y_start <= y <= plot.y_end and plot.x_start <= x <= plot.x_end for x, y in points)


@given(st.lists(st.tuples(finite, finite), min_size=1, max_size=30), st.integers(20, 200), st.integers(4, 60))
def test_every_point_of_a_plane_lies_on_axes_of_one_scale_where_there_are_rows(
    points: list[tuple[float, float]], width: int, height: int
) -> None:
    xs, ys = ([point[axis] for point in points] for axis in (0, 1))
    plot = pictures.plot_of(
        Plane(x_name="", y_name="", shapes=[Shape(name="", xs=xs, ys=ys)], **SAID), width, height, COLOURS
    )
    assert all(plot.y_start <= y <= plot.y_end and plot.x_start <= x <= plot.x_end for x, y in points)
    if height >= pictures.ROUND_ROWS:
        across = (plot.x_end - plot.x_start) / max(1, width - pictures.LABEL_ROOM)
        assert across == pytest.approx((plot.y_end - plot.y_start) / max(1, height - pictures.AXIS_ROWS) / 2)


@given(st.lists(st.text("abc", min_size=1, max_size=9), max_size=7), st.integers(10, 90))
def test_names_are_cut_no_more_than_they_must_be(words: list[str], width: int) -> None:
    found = pictures.shortened(words, width)
    room = sum(len(word) + 3 for word in found) - 1
    assert room <= width or max(map(len, found)) <= pictures.SHORTEST
    longest = max(map(len, found), default=0)
    assert found == words or sum(min(len(word), longest + 1) + 3 for word in words) - 1 > width


@given(st.integers(0, 40), st.integers(0, 40), st.integers(14, 120), st.integers(1, 40), st.integers(0, 50))
def test_the_cells_of_a_grid_fit_and_hold_the_moments_column(
    rows_: int, columns: int, width: int, height: int, first_row: int
) -> None:
    grid = Grid(
        row_name="",
        rows=["r"] * rows_,
        column_name="",
        columns=["c"] * columns,
        values=[[0.0] * columns] * rows_,
        mark=(None, columns - 1 if columns else None),
        **SAID,
    )
    cells = pictures.fitted(grid, width, height, first_row)
    assert pictures.ROW_LABEL + cells.columns * cells.width <= width and cells.rows <= max(0, height - 1)
    assert cells.first_column + cells.columns == columns and cells.first_row + cells.rows <= rows_


@given(st.lists(st.tuples(finite, finite), min_size=2, max_size=20), st.integers(20, 80), st.integers(6, 30))
def test_a_band_is_shaded_between_its_two_lines(ends: list[tuple[float, float]], width: int, height: int) -> None:
    edges = [NamedLine(f"{edge} %", [pair[edge] for pair in ends]) for edge in (0, 1)]
    xs = [float(x) for x in range(len(ends))]
    picture = Lines(x_name="", xs=xs, lines=[NamedLine("h", [0.0] * len(xs)), *edges], band=(1, 2), **SAID)
    shade, *lines = pictures.plot_of(picture, width, height, COLOURS).lines
    assert (pictures.names(picture), pictures.band_name(picture), len(lines)) == (["h"], "0-1 %", 1)
    for x, y in zip(shade.xs, shade.ys, strict=True):
        before, part = min(int(x), len(ends) - 2), x - min(int(x), len(ends) - 2)
        low, high = sorted(a + part * (b - a) for a, b in zip(ends[before], ends[before + 1], strict=True))
        assert low - 1e-6 <= y <= high + 1e-6


SEVERAL = Lines(
    x_name="update",
    xs=[1, 2],
    lines=[NamedLine("median", [1.0, 0.5])],
    ranked=[Ranked(1, 8, None), Ranked(2, 9, 0.5, 0.25), Ranked(0, 3, 0.25, 1.0)],
    **SAID,
)


async def test_of_several_trainings_one_is_chosen_by_its_rank_and_asked_for() -> None:
    async with alone(LensPane(), 60, 12) as (pane, pilot, said):
        await pilot.press("enter")
        pane.picture = SEVERAL
        found = []
        for key in ("down", "down", "down", "up"):
            await drawn(pilot)
            found.append(next(row.split() for row in rows(pane) if "seed" in row))
            await pilot.press(key)
        await pilot.press("enter")
        assert found[:2] == [
            ["↕", "seed", "8", "worst", "-", "enter", "opens", "it"],
            ["↕", "seed", "9", "median", "0.500", "25", "%", "enter", "opens", "it"],
        ]
        assert found[2][:4] == ["↕", "seed", "3", "best"] and found[3] == found[0], "and from the best to the worst"
        assert [(m.seeds, m.index) for m in said if isinstance(m, LensPane.MemberChosen)] == [((3, 8, 9), 0)]


COLOURS = pictures.PlotColours((1, 1, 1), (2, 2, 2), [(3, 3, 3), (4, 4, 4)])


# On the playground


async def test_a_lens_is_asked_for_only_while_it_is_in_sight_and_shows_what_the_engine_answers() -> None:
    async with playing(size=NARROW) as game:
        assert lens_requests(game) == []
        await game.press("L")
        pane = game.pane(LensPane)
        assert (pane.lens, pane.picture is not None, game.app.playground.focused) == ("unit", True, pane)
        await game.press("L")
        assert (pane.lens, [asked.lens for asked in lens_requests(game)]) == ("numbers", ["", "numbers"])
        await game.press("x")
        assert len(lens_requests(game)) == 3, "an intervention changes what it shows"
        await game.press("1", "left")
        assert len(lens_requests(game)) == 3, "out of sight, nothing is asked for"


async def test_a_lens_chosen_while_another_is_on_its_way_stays_chosen() -> None:
    async with playing(size=NARROW) as game:
        await game.press("L")
        game.engine.hold()
        await game.burst("L", "L")
        game.engine.let_go()
        await game.settle()
        assert (game.app.playground.lens.lens, game.pane(LensPane).lens) == ("length", "length")


async def test_the_worst_of_32_seeds_opens_as_a_run_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lens_sight, "REST_S", 0.05)
    async with playing(SMALL, size=NARROW) as game:
        await game.press("3", "left")
        pane = game.pane(LensPane)
        worst = ranked(pane.picture)[0]
        assert "Solved by" in " ".join(" ".join(game.lines).split()) and worst.right is not None
        await game.press("enter")
        loss = game.pane(LossCurve)
        assert loss.several is pane.picture, "it is of the same recipe, whatever the seed"
        run = game.session.run
        assert run is not None and run.name == f"seed {worst.seed} count rnn" and run.state == "finished"
        assert game.trace.weights == fingerprint(trained(SMALL).member(worst.place))
        asked = len(lens_requests(game))
        await game.press("up")
        assert len(lens_requests(game)) == asked, "what is known is not asked for again"


def trained(recipe: Recipe) -> Ensemble:
    together = Ensemble(recipe, range(32))
    for _ in together.updates():
        pass
    return together


async def test_what_a_lens_cannot_show_is_said_in_its_pane(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspect, "WORK_OF_LENS", 1000)
    async with playing(size=NARROW) as game:
        await game.press("L", "L", "L", "L")
        assert "choose a smaller hidden_size" in " ".join(" ".join(game.lines).split())


def lens_requests(game: Playing) -> list[Lens]:
    return [asked for asked in game.engine.asked if isinstance(asked, Lens)]
