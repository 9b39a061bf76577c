"""The heatmap line by line: drawn from a trace, a step and a unit, and nothing else."""

from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color as RichColor
from textual.color import Color, rgb_to_lab

from pane_kit import a_trace, alone, rows
from unroll.moment import Interventions
from unroll.terminal.palette import LEVELS, glyphs, level, shades
from unroll.terminal.widgets.state_heatmap import StateHeatmap, _turned


def background(pane: StateHeatmap, row: int, column: int) -> RichColor | None:
    """The colour behind a cell of the pane."""
    style = next(iter(pane.render_line(row).crop(column, column + 1))).style
    return style.bgcolor if style else None


async def test_units_stand_below_one_another_steps_beside_and_what_is_right_or_wrong_below() -> None:
    async with alone(StateHeatmap(), 24, 6) as (pane, _, _):
        assert rows(pane) == [""] * 6, "without a trace it is blank"
        pane.answers, pane.trace = [8, 9, 10, 11], a_trace()
        assert rows(pane) == [
            "read   7   8   9  10",
            "   0 ---  --  -   -",
            "   1  ·   ·   ·   ·",
            "   2 +++  ++  +   +",
            "next   8✓  9✓ 10✓ 11✓",
            "",
        ]
        pane.answers = [8, 5, None, 11]
        assert rows(pane)[4] == "next   8✓  9✗ 10  11✓"
        pane.step, pane.unit = 1, 2
        assert pane.border_subtitle == "unit 2 · +0.500 · step 2/4"
        pane.trace = a_trace((7, 4000))
        assert rows(pane)[0] == "read    7 4000", "four digits get wider columns"


async def test_the_sign_stands_in_the_colour_as_in_the_glyph() -> None:
    async with alone(StateHeatmap(), 24, 6) as (pane, _, _):
        pane.trace = a_trace()
        negative, zero, positive = (background(pane, row, 6) for row in (1, 2, 3))
        assert negative and zero and positive
        assert negative.triplet and negative.triplet.blue > negative.triplet.red
        assert positive.triplet and positive.triplet.red > positive.triplet.blue
        assert zero == background(pane, 1, 4)


async def test_a_sequence_longer_than_the_pane_turns_pages_and_a_step_keeps_its_column() -> None:
    async with alone(StateHeatmap(), 17, 6) as (pane, _, _):
        pane.trace = a_trace(tuple(range(10, 20)))
        pages = []
        for step in range(10):
            pane.step = step
            pages.append(rows(pane)[0].rstrip())
        assert pages[:3] == ["read  10  11  12"] * 3
        assert pages[3:5] == ["read  12  13  14"] * 2
        assert pages[5:7] == ["read  14  15  16"] * 2
        assert pages[9] == "read  18  19", "there is room for one more"


@given(st.integers(0, 1000), st.integers(1, 40))
def test_a_page_holds_its_step_and_half_a_page_of_the_past(step: int, steps: int) -> None:
    first = _turned(step, steps)
    assert first <= step < first + steps
    assert first == 0 or step - first >= steps // 2
    assert _turned(step + 1, steps) in (first, first + (steps + 1) // 2)


async def test_more_units_than_rows_turn_pages_too() -> None:
    async with alone(StateHeatmap(), 24, 6) as (pane, _, _):
        pane.trace = a_trace(units=10)
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
