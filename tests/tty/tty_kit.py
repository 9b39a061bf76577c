"""A small App on a captured line, an emulated terminal at its other end, and what stock Textual would show there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import StringIO
from typing import Any

import pyte
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._context import visible_screen_stack
from textual.app import App, ComposeResult
from textual.drivers.headless_driver import HeadlessDriver
from textual.geometry import Region
from textual.messages import TerminalSupportsSynchronizedOutput
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, Static

from unroll.tty.flow_control import QUERY
from unroll.tty.renderer import CellDiffApp
from unroll.tty.textual_patches import LayoutUpdate, compositor_of

Run = tuple[str, str]


def seen(cell: Any) -> Any:
    """A cell without what does not show: the colour of a blank's ink."""
    if cell.data != " " or cell.reverse or cell.underscore or cell.strikethrough:
        return cell
    return cell._replace(fg="default", bold=False, italics=False, blink=False)


class Terminal:
    """An emulated terminal that keeps what it was sent."""

    def __init__(self, width: int, height: int) -> None:
        self.screen = pyte.Screen(width, height)
        self.stream = pyte.Stream(self.screen)
        self.received: list[str] = []
        self.answers = True
        self.stream.feed("\x1b[?7l")

    def write(self, data: str) -> None:
        self.received.append(data)
        self.stream.feed(data)

    def taken(self) -> str:
        """What was received since the last call."""
        data = "".join(self.received)
        self.received.clear()
        return data

    @property
    def cells(self) -> list[list[Any]]:
        """Every cell: its character, colours and attributes, as far as they are seen."""
        return [[seen(self.screen.buffer[y][x]) for x in range(self.screen.columns)] for y in range(self.screen.lines)]

    @property
    def cursor(self) -> tuple[int, int]:
        return self.screen.cursor.x, self.screen.cursor.y


class CapturedDriver(HeadlessDriver):
    """A driver that writes to the app's emulated terminal."""

    is_headless = False

    def write(self, data: str) -> None:
        self._app.terminal.write(data)
        if self._app.terminal.answers and QUERY in data:
            self.answer()

    def answer(self) -> None:
        """Say that the terminal has taken everything so far."""
        self._app.post_message(TerminalSupportsSynchronizedOutput())


class Board(Widget):
    """Rows of styled text."""

    DEFAULT_CSS = "Board { width: 1fr; height: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[int, list[Run]] = {}

    def render_line(self, y: int) -> Strip:
        segments = [Segment(text, Style.parse(style)) for text, style in self.rows.get(y, [])]
        return Strip(segments).adjust_cell_length(self.size.width, self.rich_style)

    def draw(self, y: int, runs: list[Run]) -> None:
        """Change a row and repaint that row alone."""
        self.rows[y] = runs
        self.refresh(Region(0, y, self.size.width, 1))


class Note(ModalScreen[None]):
    """A modal over a dimmed screen."""

    DEFAULT_CSS = "Note { align: center middle; } Note Static { width: 24; height: 3; border: solid red; }"

    def compose(self) -> ComposeResult:
        yield Static("a note 漢字")


class BoardParts:
    """What both the sample app and its stock twin are made of."""

    CSS = """
    Screen { layers: below above; }
    Input { dock: bottom; }
    Input > .input--cursor { text-style: reverse; }
    #leaf { layer: above; width: 5; height: 3; background: $accent; display: none; }
    """
    terminal: Terminal

    def compose(self) -> ComposeResult:
        yield Board()
        yield Static("leaf 漢字", id="leaf")
        cell = Input(placeholder="numbers")
        cell.cursor_blink = False
        yield cell


class BoardApp(BoardParts, CellDiffApp[None]):
    """The sample app, painted by cell diff."""


class StockApp(BoardParts, App[None]):
    """The same, painted by Textual."""


class BusyApp(BoardApp):
    """It redraws its board thirty times a second, and says how often it did."""

    ticks = 0

    def on_mount(self) -> None:
        self.set_interval(1 / 30, self.tick)

    def tick(self) -> None:
        self.ticks += 1
        board = self.query_one(Board)
        for y in range(board.size.height):
            shades = [f"on #{(self.ticks * 7 + x * 5 + y * 3) % 256:02x}4060" for x in range(board.size.width // 2)]
            board.rows[y] = [("  ", shade) for shade in shades]
        board.rows[0] = [(f"tick {self.ticks} ", "")]
        board.refresh()


def sample(kind: type[App[None]] = BoardApp, size: tuple[int, int] = (40, 12)) -> Any:
    """A sample app whose line ends in an emulated terminal."""
    app: Any = kind(driver_class=CapturedDriver)
    app.console = Console(color_system="truecolor", no_color=False, file=StringIO(), legacy_windows=False)
    app.terminal = Terminal(*size)
    app.animation_level = "none"
    return app


@asynccontextmanager
async def running(app: Any) -> AsyncIterator[Pilot[None]]:
    """The app at work on its terminal, its first screen painted."""
    size = app.terminal.screen.columns, app.terminal.screen.lines
    async with app.run_test(headless=False, size=size) as pilot:
        app.pilot = pilot
        await settle(pilot)
        app.terminal.taken()
        yield pilot


FRAME_S = 1.5 / 60
"""Textual's timer refreshes a screen behind a modal, for which nobody can wait."""


async def settle(pilot: Pilot[None]) -> None:
    """Wait until everything that must be painted is painted: laid out for the window's size, refreshed and sent."""
    app = pilot.app
    await asyncio.sleep(FRAME_S)
    await pilot.pause()
    for screen in iter(lambda: app.screen, None):
        refreshed = asyncio.Event()
        screen.call_after_refresh(refreshed.set)
        await refreshed.wait()
        await pilot.pause(0.001)
        if app.screen is screen and compositor_of(screen).size == app.size and not getattr(app, "unpainted", False):
            return


async def resize(pilot: Pilot[None], width: int, height: int) -> None:
    """Resize the terminal and tell the app."""
    pilot.app.terminal.screen.resize(height, width)
    await pilot.resize_terminal(width, height)
    await settle(pilot)


def stock(app: App[None]) -> Terminal:
    """An emulated terminal on which stock Textual has painted the compositor's whole screen."""
    terminal = Terminal(*app.size)
    visible_screen_stack.set(app.screen_stack[-2::-1])
    compositor = compositor_of(app.screen)
    update = LayoutUpdate([[strip] for strip in compositor.render_strips()], compositor.size.region)
    terminal.write(update.render_segments(app.console))
    return terminal


def assert_painted(app: Any) -> None:
    """The terminal shows the compositor's screen, cell by cell, and has its cursor where the program wants it."""
    expected = stock(app)
    for y, (row, wanted) in enumerate(zip(app.terminal.cells, expected.cells, strict=True)):
        assert row == wanted, f"row {y}"
    assert app.terminal.cursor == tuple(app.screen.outer_size.clamp_offset(app.cursor_position))
