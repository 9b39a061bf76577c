"""Flow control: one frame in flight at a time, none queued, and a key's echo before any frame."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import pytest
from textual.widgets import Input
from tty_kit import Board, assert_painted, running, sample, settle

from unroll.tty import flow_control, renderer
from unroll.tty.flow_control import FIRST_BUDGET, FIRST_PATIENCE_S, MIN_BUDGET, QUERY, TARGET_S, FlowControl


class Link:
    """A simulated line: `rate` bytes a second and a round trip of `trip` seconds. Some answers may be lost."""

    def __init__(self, rate: float, trip: float) -> None:
        self.rate, self.trip, self.now = rate, trip, 0.0
        self.line = FlowControl()
        self.sent = 0
        self._busy = 0.0
        self._due: deque[float] = deque()

    def send(self, size: int) -> float:
        """Send a frame of up to `size` bytes; returns the seconds until it is through the line."""
        size = min(size, self.line.room)
        self.sent += size
        self._busy = max(self._busy, self.now) + size / self.rate
        if self.line.sent(size, self.now):
            self._due.append(self._busy + self.trip)
        return self._busy - self.now

    def wait(self) -> None:
        """Wait for all answers that are due, asking alone where the line wants that."""
        if self.line.wants_probe:
            self.line.asked_at(self.now)
            self._due.append(max(self._busy, self.now) + self.trip)
        if self._due:
            self.now = max(self.now, self._due.popleft())
            self.line.answered(self.now)

    def fill(self, seconds: float) -> list[float]:
        """Send for so long whatever there is room for; the seconds that each frame took."""
        took, end = [], self.now + seconds
        while self.now < end:
            while self.line.free and not self.line.wants_probe:
                took.append(self.send(100_000))
            self.wait()
        return took


def test_a_frame_waits_for_the_answer_to_the_last_and_small_ones_are_seldom_asked_about() -> None:
    line = FlowControl()
    assert [line.sent(size, 0.0) for size in (60, 60, 60, 60, 60, 5000)] == [False] * 4 + [True, False]
    assert not line.free
    line.answered(0.1)
    assert line.free


def test_a_few_bytes_of_echo_wait_for_nothing_but_are_bounded() -> None:
    line = FlowControl()
    line.sent(5000, 0.0)
    echoes = 0
    while line.room:
        assert not line.sent(60, 0.0)
        echoes += 1
    assert echoes < 10


@pytest.mark.parametrize("trip", [0.001, 0.05, 0.2, 0.6])
@pytest.mark.parametrize("rate", [5_000, 25_000, 100_000])
def test_frames_fill_the_line_and_wait_in_no_queue(rate: float, trip: float) -> None:
    link = Link(rate, trip)
    link.fill(30)
    before, took = link.sent, link.fill(20)
    assert max(took) < 2.5 * max(TARGET_S, trip / 4)
    assert link.sent - before > 0.55 * 20 * rate


def test_a_fast_line_takes_whole_screens() -> None:
    link = Link(50e6, 0.002)
    for size in (9000, 60, 300, 12_000) * 5:
        link.send(size)
        link.wait()
    assert link.line.budget > FIRST_BUDGET


def test_a_line_thought_slow_by_mistake_recovers() -> None:
    link = Link(10e6, 0.2)
    link.fill(1)
    link.line.budget = MIN_BUDGET
    link.fill(8)
    assert link.line.budget > 16_000


def test_a_lost_answer_costs_a_second() -> None:
    line = FlowControl()
    line.sent(1000, 0.0)
    assert line.silent(FIRST_PATIENCE_S) and line.insist()
    line.answered(1.1)
    assert line.silent(1.5) and not line.insist()
    assert line.free


def test_an_answer_to_nothing_is_ignored() -> None:
    line = FlowControl()
    line.answered(5.0)
    assert line.free and line.budget == FIRST_BUDGET


@pytest.mark.parametrize("lost", [False, True])
def test_the_answers_to_reminders_are_waited_for_but_not_one_that_is_lost(lost: bool) -> None:
    line = FlowControl()
    line.sent(1000, 0.0)
    assert line.insist() and line.insist()
    line.answered(4.0)
    line.answered(4.0)
    assert not line.free
    if lost:
        assert not line.insist()
    else:
        line.answered(4.0)
    assert line.free


def test_patience_grows_with_silence() -> None:
    line = FlowControl()
    line.sent(1000, 0.0)
    assert not line.silent(FIRST_PATIENCE_S / 2) and line.silent(FIRST_PATIENCE_S)
    line.insist()
    assert not line.silent(FIRST_PATIENCE_S) and line.silent(2 * FIRST_PATIENCE_S)


async def fill(app: Any, *texts: str) -> None:
    """Change all of the board, once for each text, and let the event loop run."""
    for text in texts:
        for y in range(10):
            app.query_one(Board).draw(y, [(f"{text} {y} " * 4, "bold white on #102030")])
        for _ in range(3):
            await app.pilot.pause(0.02)


@pytest.fixture
async def silent() -> Any:
    """An app whose terminal has said that it answers, and then holds its answers back."""
    app = sample()
    async with running(app):
        app.terminal_answers = True
        app.terminal.answers = False
        yield app


async def test_one_picture_is_under_way_and_none_is_queued(silent: Any) -> None:
    await fill(silent, "first")
    assert silent.terminal.taken().count(QUERY) == 1
    for text in ("second", "third", "fourth"):
        await fill(silent, text)
        assert silent.terminal.taken() == ""
    silent.terminal.answers = True
    silent.driver.answer()
    await settle(silent.pilot)
    sent = silent.terminal.taken()
    assert "fourth" in sent and "second" not in sent and "third" not in sent
    assert_painted(silent)


async def test_no_row_waits_because_those_above_it_change_all_the_while(silent: Any) -> None:
    for count in range(10, 22):
        silent.flow.budget = MIN_BUDGET
        await fill(silent, f"round {count}")
        silent.driver.answer()
    shown = [int(row.split()[1]) for row in silent.terminal.screen.display[:9]]
    assert min(shown) > 15


async def test_a_key_is_echoed_while_a_picture_is_under_way(silent: Any) -> None:
    await fill(silent, "first", "second")
    silent.terminal.taken()
    await silent.pilot.press("7")
    await silent.pilot.pause(0.05)
    sent = silent.terminal.taken()
    assert "7" in sent and "second" not in sent and len(sent) < 200
    assert silent.query_one(Input).value == "7"


async def test_an_unanswered_question_is_asked_again_alone(silent: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    silent.flow.patience = 0.02
    monkeypatch.setattr(flow_control, "MAX_PATIENCE_S", 0.05)
    await fill(silent, "first", "second")
    sent = silent.terminal.taken()
    assert sent.count(QUERY) > 1 and "second" not in sent


async def test_a_key_revives_a_terminal_that_has_ceased_to_answer(silent: Any) -> None:
    await fill(silent, "first", "second")
    silent.flow.forgive()
    silent.flow.asked_at(time.monotonic() - 100)
    await silent.pilot.press("7")
    await silent.pilot.pause(0.05)
    assert "second" in silent.terminal.taken()


async def test_a_terminal_at_rest_is_asked_from_time_to_time_and_known_to_be_there_or_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(renderer, "IDLE_QUERY_S", 0.05)
    app = sample()
    async with running(app):
        app.driver.answer()
        await app.pilot.pause(0.1)
        app.terminal.taken()
        monkeypatch.setattr(flow_control, "MAX_PATIENCE_S", 0.2)
        await app.pilot.pause(0.3)
        assert set(app.terminal.taken().split(QUERY)) == {""}
        assert not app.is_unheard
        app.terminal.answers = False
        await until(lambda: app.is_unheard)
        await app.pilot.press("7")
        assert not app.is_unheard


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.01)


async def test_a_small_budget_still_paints_everything(silent: Any) -> None:
    silent.terminal.answers = True
    silent.flow.budget = MIN_BUDGET
    await fill(silent, "first")
    await settle(silent.pilot)
    assert_painted(silent)


async def test_a_driver_that_is_still_writing_is_not_given_more(silent: Any) -> None:
    silent.terminal_answers = False
    silent.driver.is_writing = True
    await fill(silent, "first", "second")
    assert silent.terminal.taken() == ""
    silent.driver.is_writing = False
    await settle(silent.pilot)
    assert_painted(silent)


async def test_a_storm_of_resizes_is_a_few_repaints() -> None:
    app = sample()
    async with running(app) as pilot:
        started, frames = asyncio.get_running_loop().time(), app.frames
        for step in range(60):
            width, height = 40 + step % 7, 12 + step % 5
            app.terminal.screen.resize(height, width)
            await pilot.resize_terminal(width, height)
        await settle(pilot)
        took = asyncio.get_running_loop().time() - started
        assert app.frames - frames <= took / renderer.REPAINT_INTERVAL_S + 3
        assert_painted(app)
