"""A client that does not read stops nothing: news is merged, answers wait in order, memory is bounded."""

import io
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import pytest

from engine_kit import answers, converse, losses, progress
from unroll.engine import connection as connection_module
from unroll.engine.connection import MAX_WAITING_LINES, Connection, Event, Wire
from unroll.engine.server import Server
from unroll.log import Log
from unroll.network.training import Training
from unroll.protocol.codec import MAX_REQUEST, decode_reply, encode
from unroll.protocol.requests import Create, Pause, Play, Request
from unroll.recipe import recipe_of

RECIPE = recipe_of({"vocab_size": 16, "length": 3, "hidden_size": 4, "epochs": 300})


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
        self.connection = Connection(Wire(os.fdopen(reading, "rb"), self._write))
        self.server = Server(self.connection, Log("t.log"))
        self.thread = threading.Thread(target=self.server.serve, daemon=True)
        self.thread.start()

    def _write(self, line: bytes) -> None:
        assert self.may_read.wait(30)
        self.heard.append(line)

    def ask(self, *requests: Request[Any]) -> None:
        os.write(self.pen, b"".join(encode(request) + b"\n" for request in requests))

    @property
    def unwritten(self) -> int:
        """Bytes that wait to be read."""
        return self.connection._client.unwritten  # type: ignore[union-attr]

    def end(self) -> list[Any]:
        """Let the reader read, end the input, and give all that was said."""
        self.may_read.set()
        os.close(self.pen)
        self.thread.join(30)
        assert self.connection.wait(30)
        return [decode_reply(line) for line in self.heard]


def test_training_goes_on_unread_and_its_news_is_told_at_once_afterwards() -> None:
    pipe = Pipe()
    pipe.ask(Create(id=1, recipe=RECIPE), Play(id=2))
    wait_until(lambda: bool(pipe.server._runs.active) and pipe.server._runs.find(0).state == "finished")
    replies = pipe.end()
    assert losses(replies) == [round(update.loss, 6) for update in Training(RECIPE).updates()]
    assert [news.state for news in progress(replies)] == ["finished"]
    assert sorted(answers(replies)) == [1, 2]


def test_unread_answers_are_bounded_and_come_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "MAX_UNWRITTEN_BYTES", 2000)
    pipe = Pipe()
    asked = [Create(id=1, recipe=RECIPE), Play(id=2, pace="30/s"), *(Pause(id=number) for number in range(3, 150))]
    pipe.ask(*asked)
    wait_until(lambda: pipe.unwritten >= 2000)
    time.sleep(0.1)  # more would be taken now, were it taken
    assert pipe.unwritten < 2000 + 1000
    assert list(answers(pipe.end())) == list(range(1, 150))


def test_a_run_that_does_not_train_is_told_of_once_the_line_is_clear() -> None:
    pipe = Pipe()
    pipe.ask(Create(id=1, recipe=RECIPE), Pause(id=2))
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


def connected(stream: BinaryIO, **given: Any) -> Connection:
    return Connection(Wire(stream, given.pop("write", lambda line: None), **given))


def test_lines_are_written_in_order_and_put_returns_at_once() -> None:
    written: list[bytes] = []
    gate = threading.Event()
    connection = connected(io.BytesIO(), write=lambda line: gate.wait(30) and written.append(line))
    for number in range(9):
        connection.put(b"%d" % number)
    assert not connection.idle
    assert not connection.wait(0)
    gate.set()
    assert connection.wait(30)
    assert b"".join(written) == b"012345678"


def test_what_is_said_after_the_end_of_the_lines_is_written() -> None:
    before, written = set(threading.enumerate()), []
    connection = connected(io.BytesIO(), write=written.append)
    threads = set(threading.enumerate()) - before
    assert connection.take(5) is Event.END
    for thread in threads:
        thread.join(0.1)
    connection.put(b"last words")
    assert connection.wait(5)
    assert written == [b"last words"]


def test_a_reader_that_is_gone_is_the_end_of_its_lines_and_a_stuck_server_is_noticed() -> None:
    gone: list[OSError] = []
    stuck = threading.Event()

    def fail(line: bytes) -> None:
        raise BrokenPipeError("gone")

    with piped() as (stream, writing):
        connection = connected(stream, write=fail, on_broken=gone.append, on_stuck=stuck.set, stuck_after_s=0.01)
        connection.put(b"x")
        assert stuck.wait(5)
        assert connection.take(5) is Event.END
        connection.put(b"y")
        assert connection.idle
        assert len(gone) == 1
        os.close(writing)


def test_a_process_that_is_told_to_end_takes_that_before_all_else_and_one_that_is_stuck_does_not() -> None:
    with piped() as (stream, writing):
        connection = connected(stream)
        os.write(writing, b"a line\n")
        assert not connection.terminate(0.01)
        assert connection.take(0) is Event.TERMINATED
        assert connection.terminate(5)
        os.close(writing)


def taken(connection: Connection, number: int) -> list[bytes | Event | None]:
    return [connection.take(5) for _ in range(number)]


@contextmanager
def piped() -> Iterator[tuple[BinaryIO, int]]:
    """A stream, and the descriptor that writes to it."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as stream:
        yield stream, writing


@pytest.mark.parametrize("lines", [1, MAX_WAITING_LINES, 10 * MAX_WAITING_LINES])
def test_an_input_that_ended_is_noticed_when_nobody_takes_its_lines(lines: int) -> None:
    stuck = threading.Event()
    with piped() as (stream, writing):
        os.write(writing, b"line\n" * lines)
        connection = connected(stream, on_stuck=stuck.set, stuck_after_s=0.05)
        assert connection.take(5) == b"line\n"
        assert not stuck.wait(0.2)
        os.close(writing)
        assert stuck.wait(30)


def test_an_input_that_ended_may_be_worked_off_in_peace() -> None:
    stuck = threading.Event()
    with piped() as (stream, writing):
        os.write(writing, b"line\n" * 5 * MAX_WAITING_LINES)
        os.close(writing)
        connection = connected(stream, on_stuck=stuck.set)
        assert taken(connection, 5 * MAX_WAITING_LINES + 1) == [b"line\n"] * 5 * MAX_WAITING_LINES + [Event.END]
    assert not stuck.is_set()


def test_lines_come_whole_and_then_the_end() -> None:
    assert taken(connected(io.BytesIO(b"one\n\ntwo")), 4) == [b"one\n", b"\n", b"two", Event.END]


def test_a_line_too_long_is_cut_off_refused_and_passed_over() -> None:
    stream = io.BytesIO(b"x" * (3 * MAX_REQUEST) + b"\nnext\n" + b"y" * MAX_REQUEST + b"\n")
    long, following, longest = taken(connected(stream), 3)
    assert isinstance(long, bytes)
    assert MAX_REQUEST < len(long) < MAX_REQUEST + 10
    assert "too long" in converse(long)[-1].sentence
    assert (following, longest) == (b"next\n", b"y" * MAX_REQUEST + b"\n")
    assert "not JSON" in converse(longest)[-1].sentence


def test_nothing_within_the_timeout_is_none() -> None:
    with piped() as (stream, writing):
        connection = connected(stream)
        assert connection.take(0) is None
        assert connection.take(0.01) is None
        os.write(writing, b"now\n")
        assert connection.take(5) == b"now\n"
        os.close(writing)
        assert connection.take(5) is Event.END


def test_who_waits_is_woken_when_all_is_written() -> None:
    gate = threading.Event()
    with piped() as (stream, writing):
        connection = connected(stream, write=lambda line: gate.wait(30))
        connection.put(b"x")
        threading.Timer(0.05, gate.set).start()
        assert connection.take(None) is None
        os.close(writing)
