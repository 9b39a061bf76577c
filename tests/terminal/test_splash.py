"""The splash never lies: every cell of its frame is as the first live screen has it."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pyte
import pytest
from rich.color import ColorSystem
from textual.geometry import Region

from playground_kit import NARROW, WHOLE
from unroll.terminal import layout
from unroll.terminal.app import UnrollApp
from unroll.terminal.splash import ANSI, LOOKS, Colours, frame, look_of
from unroll.terminal.widgets.panes import Panes
from unroll.tty.environment import clean
from unroll.tty.framebuffer import Framebuffer
from unroll.tty.textual_patches import compositor_of
from unroll_dev.screenshots import until

SIZES = [
    NARROW, (81, 25), (119, 27), (80, 28), (100, 30), (119, 45), (90, 50), (120, 24), (200, 27), (120, 30), (120, 39),
    WHOLE, (160, 52), (200, 61),
]  # fmt: skip
SYSTEMS = {24: ColorSystem.TRUECOLOR, 8: ColorSystem.EIGHT_BIT, 4: ColorSystem.STANDARD}
XTERM = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}


def screen_of(size: tuple[int, int], sent: str) -> pyte.Screen:
    """What a terminal shows that was full of letters before it was sent a text."""
    screen = pyte.Screen(*size)
    pyte.Stream(screen).feed("\x1b#8" + sent)
    return screen


def live(app: UnrollApp, bits: int) -> pyte.Screen:
    """What the app shows on a terminal with colours of so many bits."""
    canvas = Framebuffer()
    canvas.resize(app.size)
    canvas.absorb(compositor_of(app.screen).render_full_update(), SYSTEMS[bits])
    return screen_of((app.size.width, app.size.height), canvas.paint(range(app.size.height), (0, 0))[0])


def written(screen: pyte.Screen) -> list[tuple[int, int]]:
    """The cells that are not blank."""
    return [(x, y) for y, line in enumerate(screen.display) for x, glyph in enumerate(line) if glyph != " "]


def edge(region: Region) -> list[tuple[int, int]]:
    """The cells of a pane's border, titles and all."""
    inside = region.shrink((1, 1, 1, 1))
    return [(x, y) for y in region.line_range for x in region.column_range if not inside.contains(x, y)]


@pytest.mark.parametrize("theme", ["dark", "light", "ansi"])
async def test_every_cell_of_the_frame_is_as_the_first_live_screen_has_it(theme: str) -> None:
    async def never() -> Any:
        await asyncio.sleep(100)

    looks = [(bits, look) for (name, bits), look in {**LOOKS, ("ansi", 4): ANSI}.items() if name == theme]
    app = UnrollApp(never, None, theme)
    async with app.run_test(size=WHOLE) as pilot:
        await until(pilot, lambda: app.focused is not None and bool(app.screen.query("#advice")))
        for size in SIZES if theme == "dark" else (WHOLE, NARROW):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            panes = [pane.region for pane in app.screen.query_one(Panes).panes.values() if pane.region.area]
            assert len(panes) == len(layout.arrange(*size).places)
            for bits, look in looks:
                shown, real = screen_of(size, frame(size, look)), live(app, bits)
                assert shown.buffer[5][60].bg == real.buffer[5][60].bg
                for x, y in [*written(shown), *(cell for pane in panes for cell in edge(pane))]:
                    assert shown.buffer[y][x] == real.buffer[y][x], (size, bits, x, y)


@pytest.mark.parametrize("size", [(79, 24), (80, 23), (10, 3), (1, 1)], ids=str)
def test_where_the_live_screen_is_a_sentence_it_shows_nothing(size: tuple[int, int]) -> None:
    assert not written(screen_of(size, frame(size, ANSI)))


@pytest.mark.parametrize(
    ("theme", "environment", "look"),
    [
        (None, XTERM, LOOKS["dark", 24]),
        ("light", {"TERM": "xterm", "COLORTERM": "24bit"}, LOOKS["light", 24]),
        (None, {"TERM": "tmux-256color"}, LOOKS["dark", 8]),
        (None, {"TERM": "screen"}, ANSI),
        (None, {"TERM": "linux"}, ANSI),
        ("ansi", XTERM, ANSI),
        ("dark", {"TERM": "vt100"}, Colours()),
        (None, {**XTERM, "NO_COLOR": "1"}, Colours()),
        (None, {**XTERM, "NO_COLOR": ""}, LOOKS["dark", 24]),
        (None, {**XTERM, "TERM": "screen.xterm-256color"}, LOOKS["dark", 8]),
        (None, {**XTERM, "TERM": "screen-256color", "TMUX": "/tmp/tmux"}, LOOKS["dark", 24]),
        (None, {**XTERM, "TERM": "screen-256color", "TMUX": "/tmp/tmux", "STY": "1.tty"}, LOOKS["dark", 8]),
        (None, {**XTERM, "TERM": "vt220"}, ANSI),
        (None, {"TERM": "xterm", "TEXTUAL_COLOR_SYSTEM": "256"}, LOOKS["dark", 8]),
        (None, {**XTERM, "TEXTUAL_COLOR_SYSTEM": "standard"}, ANSI),
    ],
)
def test_it_has_no_colour_that_the_terminal_has_not(
    theme: str | None, environment: Mapping[str, str], look: Colours
) -> None:
    variables = dict(environment)
    clean(variables)
    assert look_of(theme, variables) == look
    assert bool(variables.get("NO_COLOR")) is ("NO_COLOR" in variables)  # Textual asks whether it is there


def test_without_colours_it_sends_none() -> None:
    rows = screen_of(WHOLE, frame(WHOLE, Colours())).buffer.values()
    assert {colour for row in rows for cell in row.values() for colour in (cell.fg, cell.bg)} == {"default"}
