"""Nobody who fails to read stops the engine: news is merged, answers wait in order, memory is bounded."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from engine_kit import answers, losses, progress
from unroll.engine import outbox as outbox_module
from unroll.engine.connection import WAITING, Inbox
from unroll.engine.outbox import Outbox
from unroll.engine.server import Server
from unroll.log import Log
from unroll.moment import Moment
from unroll.network.training import Training
from unroll.protocol.codec import encode
from unroll.protocol.replies import decode_reply
from unroll.protocol.requests import Create, Look, Pause, Play, Request
from unroll.recipe import recipe_of

RECIPE = recipe_of({"vocab_size": 16, "length": 3, "hidden_size": 4, "epochs": 300})
LOOK = Look(moment=Moment(0, (7, 8, 9)))


def wait_until(true: Callable[[], bool]) -> None:
    """Wait for something to become true, for half a minute at most."""
    late = time.monotonic() + 30
    while not true():
        assert time.monotonic() < late
        time.sleep(0.002)


class Pipe:
    """A server in a thread, whose reader reads nothing before it is allowed to."""

    def __init__(self) -> None:
        reading, self.pen = os.pipe()
        self.may_read = threading.Event()
        self.heard: list[bytes] = []
        self.outbox = Outbox(self._write, lambda error: None)
        self.server = Server(Inbox(os.fdopen(reading, "rb")), self.outbox, Log("t.log"))
        self.thread = threading.Thread(target=self.server.serve, daemon=True)
        self.thread.start()

    def _write(self, line: bytes) -> None:
        assert self.may_read.wait(30)
        self.heard.append(line)

    def ask(self, *requests: Request[Any]) -> None:
        os.write(self.pen, b"".join(encode(request) + b"\n" for request in requests))

    def end(self) -> list[Any]:
        """Let the reader read, end the input, and give all that was said."""
        self.may_read.set()
        os.close(self.pen)
        self.thread.join(30)
        assert self.outbox.wait(30)
        return [decode_reply(line) for line in self.heard]


def test_training_goes_on_unread_and_its_news_is_told_at_once_afterwards() -> None:
    pipe = Pipe()
    pipe.ask(Create(id=1, recipe=RECIPE), Play(id=2))
    wait_until(lambda: bool(pipe.server._runs.lively) and pipe.server._runs.find(0).state == "finished")
    replies = pipe.end()
    assert losses(replies) == [round(update.loss, 6) for update in Training(RECIPE).updates()]
    assert [news.state for news in progress(replies)] == ["finished"]
    assert sorted(answers(replies)) == [1, 2]


def test_unread_answers_are_bounded_and_come_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "ROOM", 2000)
    pipe = Pipe()
    asked = [Create(id=1, recipe=RECIPE), Play(id=2, pace="30/s"), *(Pause(id=number) for number in range(3, 150))]
    pipe.ask(*asked)
    wait_until(lambda: not pipe.outbox.has_room)
    assert pipe.outbox._bytes < 2000 + len(encode(pipe.server._runs.find(0).training.recipe)) + 1000
    assert list(answers(pipe.end())) == list(range(1, 150))


def test_a_run_that_does_not_train_is_told_of_once_the_line_is_clear() -> None:
    pipe = Pipe()
    pipe.ask(Create(id=1, recipe=RECIPE), Pause(id=2))
    wait_until(lambda: len(pipe.outbox._lines) >= 2)
    pipe.may_read.set()
    wait_until(lambda: any(b'"progress"' in line for line in pipe.heard))
    pipe.end()


def test_the_news_of_several_runs_comes_in_turn() -> None:
    pipe = Pipe()
    pipe.may_read.set()
    pipe.ask(Create(id=1, recipe=RECIPE), Create(id=2, recipe=RECIPE), Play(id=3, run=1), Play(id=4, run=2))
    wait_until(lambda: b"".join(pipe.heard).count(b'"finished"') == 2)
    replies = pipe.end()
    for number in (1, 2):
        assert len(losses([news for news in progress(replies) if news.run == number])) == 600


def test_lines_are_written_in_order_and_put_returns_at_once() -> None:
    written: list[bytes] = []
    gate = threading.Event()

    def write(line: bytes) -> None:
        assert gate.wait(30)
        written.append(line)

    outbox = Outbox(write, lambda error: None)
    for number in range(9):
        outbox.put(b"%d" % number)
    assert not outbox.idle
    assert not outbox.wait(0)
    gate.set()
    assert outbox.wait(30)
    assert b"".join(written) == b"012345678"


def test_a_reader_that_is_gone_is_noticed() -> None:
    gone: list[OSError] = []

    def fail(line: bytes) -> None:
        raise BrokenPipeError("gone")

    outbox = Outbox(fail, gone.append)
    outbox.put(b"x")
    wait_until(lambda: bool(gone))


@pytest.mark.parametrize("lines", [1, WAITING, 10 * WAITING])
def test_an_input_that_ended_is_noticed_when_nobody_takes_its_lines(lines: int) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"line\n" * lines)
    stuck = threading.Event()
    with os.fdopen(reading, "rb") as stream:
        inbox = Inbox(stream, stuck.set, watchdog=0.05)
        assert inbox.take(5) == b"line\n"
        assert not stuck.wait(0.2)
        os.close(writing)
        assert stuck.wait(30)


def test_an_input_that_ended_may_be_worked_off_in_peace() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"line\n" * 5 * WAITING)
    os.close(writing)
    stuck = threading.Event()
    with os.fdopen(reading, "rb") as stream:
        inbox = Inbox(stream, stuck.set, watchdog=5.0)
        assert [inbox.take(5) for _ in range(5 * WAITING)] == [b"line\n"] * 5 * WAITING
        with pytest.raises(EOFError):
            inbox.take(5)
    assert not stuck.is_set()
