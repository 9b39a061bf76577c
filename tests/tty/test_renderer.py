"""What is written: the terminal shows the compositor's screen, for few bytes."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from textual import events
from textual.geometry import Size
from textual.widgets import Input
from tty_kit import Board, BoardApp, StockApp, assert_painted, resize, running, sample, settle

from unroll.tty.framebuffer import Framebuffer
from unroll.tty.renderer import EFFECT_S

HOSTILE = "\x1b]52;c;aGk=\x07 \x9b31m \u202eabc\u2066 \x1b[2J\x00\x7f"


@pytest.fixture
async def app() -> AsyncIterator[Any]:
    """The sample app, its first screen painted."""
    app = sample()
    async with running(app):
        yield app


async def sent_by_drawing(app: Any, y: int, *texts: str, style: str = "") -> str:
    """What the last of some texts costs, drawn one after the other on a row of the board."""
    for text in texts:
        app.terminal.taken()
        app.query_one(Board).draw(y, [(text, style)])
        await settle(app.pilot)
    assert_painted(app)
    return str(app.terminal.taken())


async def test_nothing_is_sent_when_nothing_changed(app: Any) -> None:
    app.screen.refresh(layout=True)
    app.query_one(Board).refresh()
    await settle(app.pilot)
    assert app.terminal.taken() == ""


async def test_one_changed_cell_costs_under_60_bytes(app: Any) -> None:
    assert len(await sent_by_drawing(app, 3, "step 1 of 4", "step 2 of 4", style="white on #102030")) < 60


async def test_cells_that_did_not_change_are_not_sent(app: Any) -> None:
    sent = await sent_by_drawing(app, 3, "left middle right", "Left middle righT")
    assert "L" in sent and "T" in sent and "middle" not in sent


async def test_a_short_gap_is_written_rather_than_jumped_over(app: Any) -> None:
    assert "c..d" in await sent_by_drawing(app, 3, "a..b", "c..d")


async def test_bytes_and_frames_are_counted(app: Any) -> None:
    bytes_before, frames_before = app.bytes_written, app.frames
    sent = await sent_by_drawing(app, 3, "漢字")
    assert (app.bytes_written, app.frames) == (bytes_before + len(sent.encode()), frames_before + 1)


async def test_a_frame_of_several_runs_is_one_synchronized_update(app: Any) -> None:
    app.terminal_answers = True
    with app.batch_update():
        app.query_one(Board).draw(1, [("above", "")])
        app.query_one(Board).draw(8, [("below", "")])
    await settle(app.pilot)
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


async def test_the_cursor_follows_the_input(app: Any) -> None:
    await app.pilot.press(*"7 8", "left")
    await settle(app.pilot)
    assert app.query_one(Input).value == "7 8"
    assert_painted(app)
    app.cursor_position = app.cursor_position.__class__(500, 500)
    await sent_by_drawing(app, 0, "x")


async def test_the_pointers_shape_is_left_alone_where_the_mouse_passes(app: Any) -> None:
    for place in (Input, Board, Input):
        await app.pilot.hover(place)
        await settle(app.pilot)
    assert "\x1b]22" not in app.terminal.taken()


async def test_a_resize_taken_back_at_once_still_repaints(app: Any) -> None:
    for width, height in ((10, 5), (40, 12)):
        app.terminal.screen.resize(height, width)
        app.post_message(events.Resize(Size(width, height), Size(width, height)))
    await settle(app.pilot)
    assert_painted(app)


async def test_without_colour_the_screen_is_stocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = sample()
    async with running(app) as pilot:
        app.query_one(Board).draw(5, [("red", "bold red"), ("dim", "dim blue on white")])
        await settle(pilot)
        assert_painted(app)


async def test_on_a_full_line_what_a_key_changes_goes_out_however_busy_the_machine_is(app: Any) -> None:
    app.driver.answer()
    await app.pilot.pause()
    app.terminal.answers = False
    board = app.query_one(Board)
    board.draw(1, [(f"{x % 10} ", f"on #{x:02x}4060") for x in range(19)])  # a frame whose answer does not come
    await settle(app.pilot)
    await app.pilot.press("7")
    await asyncio.sleep(0.3)  # the processor is somebody else's
    board.draw(3, [("the key's", "")])
    await app.pilot.pause(0.05)
    assert "the key's" in app.terminal.taken()
    end = time.thread_time() + 2 * EFFECT_S
    while time.thread_time() < end:
        pass
    board.draw(4, [("another's", "")])
    await app.pilot.pause(0.05)
    assert "another's" not in app.terminal.taken()


async def test_what_changes_in_a_batch_is_painted_after_it(app: Any) -> None:
    with app.batch_update():
        app.query_one(Board).draw(2, [("batched", "")])
        await app.pilot.pause()
        assert app.terminal.taken() == ""
    await settle(app.pilot)
    assert_painted(app)


async def test_hostile_text_never_reaches_the_terminal(app: Any) -> None:
    app.query_one(Board).draw(2, [(HOSTILE, ""), ("\xad|", "")])
    await settle(app.pilot)
    _assert_harmless(app.terminal.taken())
    assert "]52;c;aGk= 31m abc [2J" in app.terminal.screen.display[2]
    assert "\ufffd|" in app.terminal.screen.display[2]


def _assert_harmless(sent: str) -> None:
    assert not {"\x07", "\x9b", "\u202e", "\u2066", "\x00", "\x7f"} & set(sent)
    assert "\x1b]52" not in sent and "\x1b[2J" not in sent


async def test_textual_paints_where_the_cell_diff_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(Framebuffer, "absorb")
    app = sample()
    async with running(app) as pilot:
        app.query_one(Board).draw(2, [(HOSTILE, ""), ("plain", "bold")])
        await pilot.press("7")
        await settle(pilot)
        await resize(pilot, 50, 14)
        assert not app.cell_diff
        assert app.frames == 0
        _assert_harmless(app.terminal.taken())
        assert_painted(app)
