"""The themes, and the diverging colours of a heatmap: blue below zero, orange above, the background at zero.

Steps between colours are even in CIELAB, so that equal differences look equal; blue and orange stay apart for
colour-blind eyes. The sign stands in the glyph as well, because in 16 colours a dark blue turns cyan.
"""

from functools import lru_cache, partial
from typing import Any

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color, Lab, lab_to_rgb, rgb_to_lab
from textual.theme import BUILTIN_THEMES, Theme

LEVELS = 7
"""Shades on each side of zero. More would cost bytes for differences that no eye sees."""

NEGATIVE = Color.parse("#3b8eea")
POSITIVE = Color.parse("#ec881e")
HALF = "▀"
INKS = Color.parse("#ffffff"), Color.parse("#000000")
"""Glyphs are drawn in one of two colours, whichever stands out more: a third would cost bytes at every change."""


OF_256 = {
    (True, NEGATIVE): (17, 18, 24, 25, 26, 32, 75),
    (True, POSITIVE): (52, 88, 94, 130, 166, 172, 208),
    (False, NEGATIVE): (189, 153, 117, 111, 75, 69, 33),
    (False, POSITIVE): (230, 223, 222, 216, 215, 209, 208),
}
"""The shades where there are 256 colours, on dark grounds and on light: the nearest to the others would be greens."""


def level(value: float, scale: float = 1.0) -> int:
    """Which shade a value of -scale..scale gets: -LEVELS..LEVELS, 0 only close to zero."""
    return round(max(-1.0, min(1.0, value / scale)) * LEVELS)


def glyphs(shade: int, width: int) -> str:
    """The sign in characters, one to three of them for how far from zero: legible with colour off."""
    count = min(width, -(-abs(shade) * 3 // LEVELS))
    return (("+" if shade > 0 else "-") * count if shade else "·").center(width)


@lru_cache(maxsize=8)
def shades(background: Color, few: bool = False) -> list[Style]:
    """A style for every level, so that `shades(b)[level]` holds for negative levels too (Python's own indexing).

    `few`: the terminal has 256 colours.
    """
    shade = _ansi_shade if background.ansi is not None else partial(_shade, background, few)
    upward = [shade(POSITIVE, n) for n in range(LEVELS + 1)]
    downward = [shade(NEGATIVE, n) for n in range(LEVELS, 0, -1)]
    return upward + downward


@lru_cache(maxsize=4096)
def cell(background: Color, few: bool, width: int, shade: int, lower: int | None = None) -> Segment:
    """The cell of one level, with its sign; or of two, one above the other."""
    styles = shades(background, few)
    if lower is None:
        return Segment(glyphs(shade, width), styles[shade])
    return Segment(HALF * width, Style(color=styles[shade].bgcolor, bgcolor=styles[lower].bgcolor))


def _shade(background: Color, few: bool, extreme: Color, n: int) -> Style:
    colour = _between(background, extreme, n / LEVELS).rich_color
    if few and n:
        number = OF_256[background.brightness < 0.5, extreme][n - 1]
        colour = RichColor.from_triplet(RichColor.from_ansi(number).get_truecolor())
    return Style(bgcolor=colour, color=max((ink.rich_color for ink in INKS), key=partial(contrast, colour)))


def contrast(one: RichColor, other: RichColor) -> float:
    """The contrast ratio of WCAG 2: of its relative luminances, each with 0.05 added."""
    darker, lighter = sorted(_luminance(colour.get_truecolor().normalized) for colour in (one, other))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(parts: tuple[float, float, float]) -> float:
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _ansi_shade(extreme: Color, n: int) -> Style:
    """Of the terminal's own sixteen colours, three strengths of one; the count of signs says the rest."""
    weak, strong, ink = (
        ("bright_blue", "blue", "bright_white") if extreme is NEGATIVE else ("yellow", "yellow", "black")
    )
    if n > 4:
        return Style(color=ink, bgcolor=strong)
    return Style(color=weak if n else "bright_black", bold=n > 2)


def _between(start: Color, end: Color, share: float) -> Color:
    a, b = rgb_to_lab(start), rgb_to_lab(end)
    mixed = Lab(*(x + (y - x) * share for x, y in zip((a.L, a.a, a.b), (b.L, b.a, b.b), strict=True)))
    return lab_to_rgb(mixed).clamped  # what lies outside of sRGB would come out as another colour


# The themes: one accent, calm surfaces, thin borders


def _theme(name: str, dark: bool, colours: str, **more: Any) -> Theme:
    named: dict[str, Any] = dict(zip(COLOURS, colours.split(), strict=True))
    more["variables"] = {"on-accent": named["background"], **more.get("variables", {})}
    return Theme(f"unroll-{name}", primary=named["accent"], surface=named["background"], dark=dark, **named, **more)


COLOURS = ("accent", "secondary", "success", "warning", "error", "foreground", "background", "panel")
DARK = _theme("dark", True, "#f0a030 #3b8eea #7fb069 #e0b040 #e5646e #d8dce2 #12151a #1b2027")
LIGHT = _theme("light", False, "#a85a00 #1f5fae #3d7a26 #8a6500 #b3323d #22262c #fbfaf7 #efede7")
ANSI = _theme(
    "ansi",
    True,
    "ansi_yellow ansi_blue ansi_green ansi_yellow ansi_red ansi_default ansi_default ansi_default",
    ansi=True,
    boost="ansi_default",
    variables={**BUILTIN_THEMES["ansi-dark"].variables, "on-accent": "ansi_black"},
)
"""The terminal's own sixteen colours."""
THEMES = (DARK, LIGHT, ANSI)
