"""What goes over the line: the terminal shows the compositor's screen, for few bytes."""

from collections.abc import Callable

import pytest
from rich.segment import Segment
from textual import events
from textual.geometry import Size
from textual.widgets import Input
from tty_kit import (
    Board,
    BoardApp,
    Note,
    StockApp,
    assert_painted,
    resize,
    running,
    sample,
    settle,
)

from unroll.tty import renderer
from unroll.tty.framebuffer import Canvas
from unroll.tty.renderer import internals_are_known

HOSTILE = "\x1b]52;c;aGk=\x07 \x9b31m \u202eabc\u2066 \x1b[2J\x00\x7f"


def test_the_internals_of_this_textual_are_known() -> None:
    assert internals_are_known()


@pytest.mark.parametrize(
    "name", ["_canvas", "_pictured", "_paint", "_paints", "_absorb", "repaint", "thrifty", "frames"]
)
def test_no_name_of_ours_is_textuals(name: str) -> None:
    assert not hasattr(sample(StockApp), name)
    assert hasattr(sample(), name)


async def test_the_first_screen_is_painted() -> None:
    app = sample()
    async with running(app):
        assert_painted(app)


async def test_nothing_is_sent_when_nothing_changed() -> None:
    app = sample()
    async with running(app) as pilot:
        app.screen.refresh(layout=True)
        app.query_one(Board).refresh()
        await settle(pilot)
        assert app.terminal.taken() == ""


async def test_one_changed_cell_costs_under_60_bytes() -> None:
    app = sample()
    async with running(app) as pilot:
        board = app.query_one(Board)
        board.draw(3, [("step 1 of 4", "white on #102030")])
        await settle(pilot)
        app.terminal.taken()
        board.draw(3, [("step 2 of 4", "white on #102030")])
        await settle(pilot)
        assert len(app.terminal.taken()) < 60
        assert_painted(app)


async def test_cells_that_did_not_change_are_not_sent() -> None:
    app = sample()
    async with running(app) as pilot:
        board = app.query_one(Board)
        board.draw(3, [("left middle right", "")])
        await settle(pilot)
        app.terminal.taken()
        board.draw(3, [("Left middle righT", "")])
        await settle(pilot)
        sent = app.terminal.taken()
        assert "L" in sent and "T" in sent and "middle" not in sent
        assert_painted(app)


async def test_a_short_gap_is_written_rather_than_jumped_over() -> None:
    app = sample()
    async with running(app) as pilot:
        board = app.query_one(Board)
        board.draw(3, [("a..b", "")])
        await settle(pilot)
        app.terminal.taken()
        board.draw(3, [("c..d", "")])
        await settle(pilot)
        assert "c..d" in app.terminal.taken()


async def test_bytes_and_frames_are_counted() -> None:
    app = sample()
    async with running(app) as pilot:
        bytes_before, frames_before = app.bytes_written, app.frames
        app.query_one(Board).draw(3, [("漢字", "")])
        await settle(pilot)
        assert app.bytes_written - bytes_before == len(app.terminal.taken().encode())
        assert app.frames == frames_before + 1


async def test_a_frame_of_several_runs_is_one_synchronized_update() -> None:
    app = sample()
    async with running(app) as pilot:
        app._sync_available = True
        with app.batch_update():
            app.query_one(Board).draw(1, [("above", "")])
            app.query_one(Board).draw(8, [("below", "")])
        await settle(pilot)
        sent = app.terminal.taken()
        assert sent.startswith("\x1b[?2026h") and sent.endswith("\x1b[?2026l")
        assert sent.count("\x1b[?2026h") == 1
        assert_painted(app)


async def test_the_same_moves_cost_a_tenth_of_stock() -> None:
    assert await _cost_of_counting(BoardApp) * 10 < await _cost_of_counting(StockApp)


async def _cost_of_counting(kind: type) -> int:
    app = sample(kind, (100, 30))
    async with running(app) as pilot:
        for step in range(5):
            for y in range(10):
                app.query_one(Board).draw(y, [(f"row {y} step {step} " + "of many " * 8, "white on #102030")])
            await settle(pilot)
            if not step:
                app.terminal.taken()
        return len(app.terminal.taken())


async def test_the_cursor_follows_the_input() -> None:
    app = sample()
    async with running(app) as pilot:
        await pilot.press(*"7 8", "left")
        await settle(pilot)
        assert app.query_one(Input).value == "7 8"
        assert_painted(app)
        app.cursor_position = app.cursor_position.__class__(500, 500)
        app.query_one(Board).draw(0, [("x", "")])
        await settle(pilot)
        assert_painted(app)


@pytest.mark.parametrize("x", [2, 3])
async def test_a_wide_glyph_half_covered_is_blank_in_its_other_half(x: int) -> None:
    app = sample()
    async with running(app) as pilot:
        app.query_one(Board).draw(2, [("漢字" * 8, "bold red")])
        await settle(pilot)
        leaf = app.query_one("#leaf")
        leaf.styles.offset = (x, 2)
        for leaf.display in (True, False):
            await settle(pilot)
            assert_painted(app)


@pytest.mark.parametrize("size", [(60, 20), (20, 6), (41, 12), (1, 1), (3, 40)])
async def test_after_a_resize(size: tuple[int, int]) -> None:
    app = sample()
    async with running(app) as pilot:
        app.query_one(Board).draw(2, [("漢字 " * 12, "bold red")])
        await resize(pilot, *size)
        assert_painted(app)
        await resize(pilot, 40, 12)
        assert_painted(app)


async def test_a_resize_taken_back_at_once_still_repaints() -> None:
    app = sample()
    async with running(app) as pilot:
        app.terminal.screen.resize(5, 10)
        app.terminal.screen.resize(12, 40)
        app.post_message(events.Resize(Size(10, 5), Size(10, 5)))
        app.post_message(events.Resize(Size(40, 12), Size(40, 12)))
        await settle(pilot)
        assert_painted(app)


async def test_after_a_suspension_the_screen_comes_back() -> None:
    app = sample()
    async with running(app) as pilot:
        app.terminal.screen.reset()
        app.terminal.write("\x1b[?7l$ fg\r\n")
        app._driver.resume_application_mode()
        await settle(pilot)
        assert_painted(app)


@pytest.mark.parametrize(
    "disturbance",
    [
        "\x1b[2J",
        "stray print\r\n" * 20,
        "\x1b[3;5r\x1b[?6h",
        "\x1b[4h",
        "\x1b[7;31m\x1b[5;5Hred",
        "\x1b[?7h",
        "\x1b[5M",
    ],
)
async def test_repaint_heals_a_disturbed_terminal(disturbance: str) -> None:
    app = sample()
    async with running(app) as pilot:
        app.terminal.write(disturbance)
        app.repaint()
        await settle(pilot)
        assert_painted(app)
        app.query_one(Board).draw(4, [("after", "bold")])
        await settle(pilot)
        assert_painted(app)


async def test_modals_come_and_go() -> None:
    app = sample()
    async with running(app) as pilot:
        app.query_one(Board).draw(5, [("漢" * 15, "bold red")])
        app.push_screen(Note())
        await settle(pilot)
        assert_painted(app)
        app.query_one(Board).draw(1, [("behind it", "")])
        await settle(pilot)
        assert_painted(app)
        app.pop_screen()
        await settle(pilot)
        assert_painted(app)


async def test_themes_come_and_go() -> None:
    app = sample()
    async with running(app) as pilot:
        for theme in ("textual-light", "ansi-dark", "nord"):
            app.theme = theme
            await settle(pilot)
            assert_painted(app)


async def test_without_colour_the_screen_is_stocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = sample()
    async with running(app) as pilot:
        app.query_one(Board).draw(5, [("red", "bold red"), ("dim", "dim blue on white")])
        await settle(pilot)
        assert_painted(app)


async def test_what_changes_in_a_batch_is_painted_after_it() -> None:
    app = sample()
    async with running(app) as pilot:
        with app.batch_update():
            app.query_one(Board).draw(2, [("batched", "")])
            await pilot.pause()
            assert app.terminal.taken() == ""
        await settle(pilot)
        assert_painted(app)


async def test_hostile_text_never_reaches_the_terminal() -> None:
    app = sample()
    async with running(app) as pilot:
        app.query_one(Board).draw(2, [(HOSTILE, ""), ("\xad|", "")])
        await settle(pilot)
        _assert_harmless(app.terminal.taken())
        assert "]52;c;aGk= 31m abc [2J" in app.terminal.screen.display[2]
        assert "\ufffd|" in app.terminal.screen.display[2]


def _assert_harmless(sent: str) -> None:
    assert not {"\x07", "\x9b", "\u202e", "\u2066", "\x00", "\x7f"} & set(sent)
    assert "\x1b]52" not in sent and "\x1b[2J" not in sent


def _another_textual(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renderer, "ChopsUpdate", Segment)  # a class of other parameters


def _a_broken_canvas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(Canvas, "absorb")


@pytest.mark.parametrize("break_it", [_another_textual, _a_broken_canvas])
async def test_textual_paints_where_its_internals_are_not_known(
    monkeypatch: pytest.MonkeyPatch, break_it: Callable[[pytest.MonkeyPatch], None]
) -> None:
    break_it(monkeypatch)
    app = sample()
    async with running(app) as pilot:
        app.query_one(Board).draw(2, [(HOSTILE, ""), ("plain", "bold")])
        await pilot.press("7")
        await settle(pilot)
        await resize(pilot, 50, 14)
        assert not app.thrifty
        assert app.frames == 0
        _assert_harmless(app.terminal.taken())
        assert_painted(app)
