"""The heatmap line by line: drawn from a trace, a step and a unit, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.color import Color as RichColor
from rich.color import ColorSystem
from textual.color import Color, rgb_to_lab
from textual.content import Content

from pane_kit import a_trace, alone, rows
from unroll.moment import Interventions
from unroll.terminal.palette import LEVELS, contrast, glyphs, level, shades
from unroll.terminal.widgets.heatmap_frame import tabs
from unroll.terminal.widgets.heatmap_layout import DENSITIES, LABEL, Density, HeatmapShape, layout_of
from unroll.terminal.widgets.state_heatmap import StateHeatmap
from unroll.vocabulary import Vocabulary

shapes = st.builds(
    lambda steps, units, step, unit, digits, grows: HeatmapShape(
        steps, units, step % steps, unit % units, digits, grows
    ),
    st.integers(1, 1024),
    st.integers(1, 512),
    st.integers(0, 1024),
    st.integers(0, 512),
    st.integers(3, 5),
    st.booleans(),
)


def background(pane: StateHeatmap, row: int, column: int) -> RichColor | None:
    """The colour behind a cell of the pane."""
    style = next(iter(pane.render_line(row).crop(column, column + 1))).style
    return style.bgcolor if style else None


async def test_units_stand_below_one_another_steps_beside_and_what_is_right_or_wrong_below() -> None:
    async with alone(StateHeatmap(), 24, 6) as (pane, _, _):
        assert rows(pane) == [""] * 6, "without a trace it is blank"
        pane.answers, pane.trace = [(8,), (9,), (10,), (11,)], a_trace()
        assert rows(pane) == [
            "read   7   8   9  10",
            "   0 ---  --  -   -",
            "   1  ·   ·   ·   ·",
            "   2 +++  ++  +   +",
            "next   8   9  10  11",
            "",
        ]
        pane.answers = [(8,), (5,), (), (7, 11)]
        assert rows(pane)[4] == "next   8   9✗ 10  11"
        pane.step, pane.unit = 1, 2
        assert pane.border_subtitle == "unit 2 · +0.500 · step 2/4"
        pane.trace, pane.vocabulary = a_trace((7, 4000)), Vocabulary(4096)
        assert rows(pane)[0] == "read    7 4000", "four digits get wider columns"


async def test_the_sign_stands_in_the_colour_as_in_the_glyph() -> None:
    async with alone(StateHeatmap(), 24, 6) as (pane, _, _):
        pane.trace = a_trace()
        negative, zero, positive = (background(pane, row, 6) for row in (1, 2, 3))
        assert negative and zero and positive
        assert negative.triplet and negative.triplet.blue > negative.triplet.red
        assert positive.triplet and positive.triplet.red > positive.triplet.blue
        assert zero == background(pane, 1, 4)


async def test_steps_are_as_wide_as_all_of_them_fit_and_keep_their_columns_while_the_sequence_grows() -> None:
    async with alone(StateHeatmap(), 25, 6) as (pane, _, _):
        pane.trace = a_trace((7, 8, 9, 10, 11))
        assert rows(pane)[:2] == ["read   7   8   9  10  11", "   0 ---  --  -   -   -"]
        pane.trace = a_trace((7, 8, 9, 10, 11, 12))
        assert rows(pane)[:3] == ["read 7   9   11", "   0 ----- - - -", "   1 · · · · · ·"]
        assert rows(pane)[4] == "next"
        pane.answers = [(8,), (9,), (10,), (3,), (), (13,)]
        assert rows(pane)[4] == "next ✓ ✓ ✓ ✗   ✓"
        pane.density = "wide"
        assert rows(pane)[:2] == ["all  ━━━━━━━━━━╳╳╳╳━━━───", "read   7   8   9  10  11"]
        pane.density = "narrow"
        pane.trace, pane.step = a_trace(tuple(range(10, 40))), 27
        assert rows(pane)[1:3] == ["read   22  26  30  34 37", "   0 " + "-" * 3 + "·" * 17], "whole steps fill it"


async def test_a_longer_sequence_has_a_strip_that_shows_where_the_window_is_and_where_answers_are_wrong() -> None:
    async with alone(StateHeatmap(), 25, 7) as (pane, pilot, said):
        sequence = tuple(range(10, 90))
        pane.answers = [*((n + 1,) for n in sequence[:-1]), (0,)]
        likeliest = [*range(11, 31), 7, *range(32, 91)]
        pane.trace = replace(a_trace(sequence), likeliest=likeliest)
        pane.step = 79
        assert rows(pane)[0] == "all  ─────╳─────────━━━━╳"
        await pilot.click(StateHeatmap, offset=(6, 0))
        assert [m.step for m in said if isinstance(m, StateHeatmap.StepChosen)] == [4]
        assert rows(pane)[0] == "all  ━━━━━╳─────────────╳"
        assert rows(pane)[1].startswith("read 10  14")


@given(shapes, st.integers(12, 200), st.integers(4, 60), st.sampled_from(DENSITIES), st.booleans())
def test_a_window_holds_the_cursor_and_is_full(
    shape: HeatmapShape, width: int, height: int, density: Density, has_halves: bool
) -> None:
    layout = layout_of(shape, width, height, density, has_halves)
    window = layout.window
    assert shape.step in layout.steps
    assert window.first_unit <= shape.unit < window.first_unit + window.units
    assert window.first_unit + window.units <= max(shape.units, window.units)
    assert window.steps * layout.column <= width - LABEL
    assert layout.is_paged == (window.steps < shape.steps)
    empty = window.first_step + window.steps - shape.steps
    assert empty <= (max(0, window.steps // 4 - 1) if shape.grows else 0) or window.steps >= shape.steps
    assert layout.is_paged or not window.first_step


@given(shapes, st.integers(12, 120), st.sampled_from(("wide", "narrow")))
def test_a_number_more_moves_no_column_but_now_and_then(shape: HeatmapShape, width: int, density: Density) -> None:
    def first(steps: int) -> int:
        grown = shape._replace(steps=steps, step=steps - 1, grows=True)
        return layout_of(grown, width, 20, density).window.first_step

    fit = layout_of(shape, width, 20, density).window.steps
    starts = [first(shape.steps + more) for more in range(max(1, fit // 4))]
    assert len(set(starts)) <= 2


async def test_two_units_share_a_row_where_there_are_too_many_but_not_without_colours() -> None:
    async with alone(StateHeatmap(), 24, 6) as (pane, _, _):
        pane.trace = a_trace(units=10)
        assert rows(pane)[:2] == ["read   7   8   9  10   ┃", "   0 ▀▀▀ ▀▀▀ ▀▀▀ ▀▀▀   ┃"]
        above, below = (pane.render_line(1).crop(5, 6)._segments[0].style, pane.render_line(2).crop(5, 6))
        assert above and above.color == shades(pane.background_colors[1])[level(-1)].bgcolor
        assert above.bgcolor == shades(pane.background_colors[1])[0].bgcolor, "unit 1 is at zero"
        assert below.text == "▀"
        assert [pane.turn_density() for _ in DENSITIES] == ["wide", "narrow", "half", "fitting"]
        pane.app.no_color = True
        assert rows(pane)[1] == "   0 ---  --  -   -    ┃"
        assert "half" not in [pane.turn_density() for _ in DENSITIES]


async def test_the_scale_stands_below_with_its_ends_and_the_views_in_the_title() -> None:
    views = ("hidden", "cell state", "input gate", "attribution")
    async with alone(StateHeatmap(), 60, 9) as (pane, pilot, said):
        pane.trace = replace(a_trace(), views=views, scale=5.6)
        assert rows(pane)[5] == "-5.6 --- -- -  ·  +  +++++ 5.6"
        pane.baseline = "before"
        assert "Change from before" in str(pane.border_title)
        pane.trace, pane.baseline = replace(a_trace(), views=views, view="input gate"), ""
        assert rows(pane)[5] == "   0  ·  +  +++++ 1"
        pane.styles.border = ("round", "white")
        await pilot.pause()
        assert Content.from_markup(str(pane.border_title)).plain == "1 State  hidden · cell · input · attribution"
        await pilot.click(StateHeatmap, offset=(3 + len("1 State  hidden · ce"), 0))
        assert [m.view for m in said if isinstance(m, StateHeatmap.ViewChosen)] == ["cell state"]


VIEWS = ["hidden", "cell state", "input gate", "forget gate", "cell gate", "output gate", "attribution"]


@given(st.sampled_from(VIEWS), st.integers(10, 80))
def test_the_tab_of_the_view_is_always_among_those_that_fit(view: str, room: int) -> None:
    shown = tabs(VIEWS, view, room)
    assert view in [of for _, of in shown]
    assert sum(len(text) for text, _ in shown) <= max(room, len("… attribution …"))
    assert room < 64 or len([of for _, of in shown if of]) == len(VIEWS)


async def test_numbers_that_the_network_said_look_different() -> None:
    async with alone(StateHeatmap(), 24, 6) as (pane, _, _):
        pane.trace, pane.said = a_trace(), frozenset({2, 3})
        styles = [next(iter(pane.render_line(0).crop(x, x + 1))).style for x in (7, 11, 15, 19)]
        assert [bool(style and style.underline) for style in styles] == [False, False, True, True]


async def test_a_cell_under_the_mouse_tells_its_value() -> None:
    async with alone(StateHeatmap(), 24, 6) as (pane, pilot, _):
        pane.trace = a_trace()
        await pilot.hover(StateHeatmap, offset=(10, 3))
        assert pane.tooltip == "unit 2 at step 2: +0.500"
        await pilot.hover(StateHeatmap, offset=(10, 0))
        assert pane.tooltip is None


async def test_more_units_than_rows_turn_pages_too() -> None:
    async with alone(StateHeatmap(), 24, 6) as (pane, _, _):
        pane.trace, pane.density = a_trace(units=10), "wide"
        pane.unit = 5
        assert [row[:4].strip() for row in rows(pane)] == ["read", "4", "5", "6", "7", "next"]
        pane.unit = 9
        assert [row[:4].strip() for row in rows(pane)] == ["read", "6", "7", "8", "9", "next"]


async def test_a_cut_is_a_line_before_its_step_and_a_silenced_unit_is_marked() -> None:
    async with alone(StateHeatmap(), 24, 6) as (pane, _, _):
        pane.trace = a_trace(does=Interventions(cut_steps=(2,), clamps=((1, 0.0),)))
        assert rows(pane)[0] == "read   7   8│  9  10"
        assert rows(pane)[2].startswith("∅  1  ·   · │ ·")


async def test_arrows_and_clicks_choose_a_step_and_a_unit_and_stop_at_the_ends() -> None:
    async with alone(StateHeatmap(), 24, 6) as (pane, pilot, said):
        pane.trace = a_trace()
        await pilot.press("right", "right", "left", "down", *["down"] * 5, "end", "home")
        assert [m.step for m in said if isinstance(m, StateHeatmap.StepChosen)] == [1, 2, 1, 3, 0]
        assert [m.unit for m in said if isinstance(m, StateHeatmap.UnitChosen)] == [1, 2, 2, 2, 2, 2]
        said.clear()
        await pilot.click(StateHeatmap, offset=(14, 3))
        assert [m.step for m in said if isinstance(m, StateHeatmap.StepChosen)] == [2]
        assert [m.unit for m in said if isinstance(m, StateHeatmap.UnitChosen)] == [2]


# Its colours and signs


DARK, LIGHT, ANSI = Color.parse("#12151a"), Color.parse("#fbfaf7"), Color.parse("ansi_default")


@given(st.floats(-1e9, 1e9), st.floats(1e-3, 1e6))
def test_a_level_has_the_sign_of_its_value_and_stays_within_the_palette(value: float, scale: float) -> None:
    shade = level(value, scale)
    assert -LEVELS <= shade <= LEVELS
    assert shade * value >= 0


@given(st.integers(-LEVELS, LEVELS), st.integers(3, 5))
def test_the_sign_stands_in_the_glyph_and_the_width_holds(shade: int, width: int) -> None:
    text = glyphs(shade, width)
    assert len(text) == width
    assert set(text) - {" "} == {"·" if shade == 0 else "+" if shade > 0 else "-"}


def test_signs_grow_in_number_with_the_distance_from_zero() -> None:
    counts = [glyphs(shade, 3).count("+") for shade in range(LEVELS + 1)]
    assert counts == sorted(counts)
    assert counts[1] == 1
    assert counts[-1] == 3


def test_levels_of_either_side_are_told_apart_on_every_background() -> None:
    for background in (DARK, LIGHT, ANSI):
        styles = shades(background)
        assert len(styles) == 2 * LEVELS + 1
        assert all(styles[n] != styles[-n] for n in range(1, LEVELS + 1))


def test_each_step_away_from_zero_is_seen_as_further_away() -> None:
    for background in (DARK, LIGHT):
        zero = rgb_to_lab(background)
        for sign in (1, -1):
            colours = [shades(background)[sign * n].bgcolor for n in range(1, LEVELS + 1)]
            labs = [rgb_to_lab(Color.from_rich_color(colour)) for colour in colours]
            distances = [(x.L - zero.L) ** 2 + (x.a - zero.a) ** 2 + (x.b - zero.b) ** 2 for x in labs]
            assert distances == sorted(distances)


def test_no_colour_lies_outside_of_what_a_screen_has() -> None:
    for background in (DARK, LIGHT):
        for style in shades(background):
            for colour in (style.color, style.bgcolor):
                assert colour is not None and colour.triplet is not None
                assert all(0 <= part <= 255 for part in colour.triplet)


@pytest.mark.parametrize("background", [DARK, LIGHT])
@pytest.mark.parametrize("few", [False, True])
def test_a_glyph_stands_out_from_its_cell_in_all_colours_and_in_256(background: Color, few: bool) -> None:
    for style in shades(background, few):
        assert style.color and style.bgcolor
        assert contrast(style.color, style.bgcolor) >= 4.5
        if few:
            assert contrast(*(c.downgrade(ColorSystem.EIGHT_BIT) for c in (style.color, style.bgcolor))) >= 4.5


@pytest.mark.parametrize("background", [DARK, LIGHT])
def test_in_256_colours_a_shade_stays_what_it_is_and_grows_lighter_or_darker(background: Color) -> None:
    for sign in (1, -1):
        shown = [shades(background, few=True)[sign * n].bgcolor for n in range(1, LEVELS + 1)]
        assert all(colour and Color.from_rich_color(colour).rgb == _of_256(colour) for colour in shown)
        lightness = [rgb_to_lab(Color.from_rich_color(colour)).L for colour in shown]
        assert lightness == sorted(lightness, reverse=background is LIGHT)


def _of_256(colour: RichColor) -> tuple[int, int, int]:
    red, green, blue = colour.downgrade(ColorSystem.EIGHT_BIT).get_truecolor()
    return red, green, blue


def test_in_sixteen_colours_every_value_but_zero_has_a_bright_colour_or_a_ground() -> None:
    for shade, style in enumerate(shades(ANSI)):
        assert style.color and style.color.name != "blue", "on black it cannot be read"
        assert shade == 0 or style.color.name != "bright_black"
