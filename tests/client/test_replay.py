"""A recording answers as the engine did."""

from pathlib import Path

import pytest

from unroll.client.diagnosis import EngineDied, EngineError
from unroll.client.recording import Recorder, Replay
from unroll.moment import Moment
from unroll.protocol.codec import VERSION, encode
from unroll.protocol.replies import Continued, Done, Error, Hello, Looked, Message, Progress
from unroll.protocol.requests import Continue, Create, Look, Pause, Play, Request
from unroll.protocol.trace import Candidate, Trace, Window

ONE = Window(steps=1, units=1)


def looked(number: int, moment: Moment, epoch: float) -> Looked:
    candidate = Candidate(9, 1.0)
    return Looked(
        id=number,
        trace=Trace(moment=moment, epoch=epoch, units=1, window=ONE, values=[[epoch]], candidates=[[candidate]]),
    )


def news(update: int) -> Progress:
    return Progress(run=1, state="training", update=update, losses=[0.1], accuracies=[1.0])


NOW = Moment(1, (7, 8))
THEN = Moment(1, (7, 8), epoch=3)
SHORT = Moment(1, (3,))
TALK: list[Message] = [
    Hello(protocol=VERSION),
    Play(id=1, run=1),
    Done(id=1),
    news(1),
    Look(id=2, moment=NOW),
    news(2),
    looked(2, NOW, 1.0),
    Continue(id=7, moment=NOW),
    news(3),
    Continued(id=7, numbers=[9]),
    Look(id=3, moment=NOW),
    looked(3, NOW, 2.0),
    Look(id=4, moment=THEN),
    looked(4, THEN, 3.0),
    Pause(id=5, run=9),
    Error(id=5, sentence="There is no run 9."),
    Look(id=8, moment=SHORT),
    Looked(
        id=8,
        trace=Trace(moment=SHORT, epoch=0, units=1, window=Window(steps=1, units=1), values=[[0.5]], candidates=[[]]),
    ),
    Pause(id=6, run=1),
]


@pytest.fixture
def replay(tmp_path: Path) -> Replay:
    recorder = Recorder(tmp_path / "talk.jsonl")
    for message in TALK:
        recorder.add("client" if isinstance(message, Request) else "engine", encode(message))
    recorder.close()
    return Replay(tmp_path / "talk.jsonl")


async def epoch_at(replay: Replay, moment: Moment, units: int = 64) -> float:
    return (await replay.ask(Look(moment=moment, window=Window(units=units)))).trace.epoch


async def test_a_request_that_moves_a_run_brings_the_progress_that_followed_it(replay: Replay) -> None:
    assert (await replay.hello).protocol == VERSION
    await replay.ask(Play(run=1))
    await replay.close()
    assert [event async for event in replay.events()] == [news(1), news(2), news(3)]


async def test_asked_again_the_answers_come_in_order_and_the_last_one_stays(replay: Replay) -> None:
    assert [await epoch_at(replay, NOW) for _ in range(3)] == [1.0, 2.0, 2.0]


async def test_no_look_shows_a_network_younger_than_the_progress_that_came(replay: Replay) -> None:
    await replay.ask(Play(run=1))
    assert await epoch_at(replay, NOW) == 2.0


async def test_a_look_that_never_was_gets_the_nearest(replay: Replay) -> None:
    assert await epoch_at(replay, Moment(1, (7, 8), epoch=99)) == 3.0
    assert await epoch_at(replay, Moment(1, (7, 8), step=1)) == 3.0
    assert await epoch_at(replay, Moment(1, (7, 8), epoch=1), units=2) == 1.0


async def test_what_the_recording_lacks_is_refused(replay: Replay) -> None:
    with pytest.raises(EngineError, match="no look at this sequence"):
        await epoch_at(replay, Moment(1, (9,)))
    with pytest.raises(EngineError, match="no such create"):
        await replay.ask(Create())


async def test_what_cannot_be_is_refused(replay: Replay) -> None:
    with pytest.raises(EngineError, match="a step without candidates"):
        await replay.ask(Look(moment=SHORT))


async def test_recorded_refusals_and_deaths_come_again(replay: Replay) -> None:
    with pytest.raises(EngineError, match="no run 9"):
        await replay.ask(Pause(run=9))
    with pytest.raises(EngineDied, match="ends here"):
        await replay.ask(Pause(run=1))
    await replay.close()
    with pytest.raises(EngineDied, match="closed"):
        await replay.ask(Play(run=1))


async def test_an_answer_that_cannot_be_read_is_refused_and_the_rest_plays(tmp_path: Path) -> None:
    recorder = Recorder(path := tmp_path / "talk.jsonl")
    for message in TALK:
        line = encode(message)
        if isinstance(message, Continued):
            line = line.replace(b"[9]", b"[-9]")
        if message == news(2):
            line = line.replace(b'"update":2', b'"update":1e300')
        recorder.add("client" if isinstance(message, Request) else "engine", line)
    recorder.close()
    replay = Replay(path)
    await replay.ask(Play(run=1))
    assert await epoch_at(replay, THEN) == 3.0
    with pytest.raises(EngineError, match="cannot be read"):
        await replay.ask(Continue(moment=NOW))
    await replay.close()
    assert [event async for event in replay.events()] == [news(1), news(3)]
