"""The colours and signs of the heatmap."""

from hypothesis import given
from hypothesis import strategies as st
from textual.color import Color, rgb_to_lab

from unroll.terminal.palette import LEVELS, glyphs, level, shades

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
