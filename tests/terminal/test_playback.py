"""A recording plays by itself; whoever presses a key goes on alone, on what the recording can answer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from unroll.client.recording import Recorder, Replay
from unroll.moment import Interventions, Moment
from unroll.protocol.codec import encode
from unroll.protocol.replies import Begun
from unroll.protocol.requests import Begin, Continue, Look, Request
from unroll.terminal import recovery, texts
from unroll.terminal.app import UnrollApp
from unroll.terminal.session import Session
from unroll_dev.screenshots import at_rest, trained, until

TRAINED = Path(__file__).parent / "recordings" / "trained.jsonl"


def of_a_playground(path: Path, *more: Request) -> Path:  # type: ignore[type-arg]
    """The recording as a playground would have made it: it begins a session; with some requests more at the end."""
    hello, *lines = TRAINED.read_bytes().splitlines()
    recorder = Recorder(path)
    recorder.add("client", encode(Begin(id=50)))
    recorder.add("engine", encode(Begun(id=50, session="x")))
    for request in more:
        recorder.add("client", encode(request))
    recorder.close()
    begin, begun, *others = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([hello, begin, begun, *lines, *others, b""]))
    return path


@asynccontextmanager
async def played(recording: Path) -> AsyncIterator[tuple[Pilot[None], Session]]:
    async def start() -> Replay:
        return Replay(recording, plays=True)

    program = UnrollApp(start)
    async with program.run_test(size=(80, 24)) as pilot:
        yield pilot, program.session


async def test_a_recording_trains_and_types_by_itself_on_any_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery, "MAX_PAUSE_S", 0.01)
    async with played(of_a_playground(tmp_path / "talk.jsonl")) as (pilot, session):
        await until(pilot, lambda: session.moment.sequence == (7, 8, 9, 10, 11))
        await until(pilot, lambda: [run.state for run in session.runs.rows] == ["finished"] and at_rest(pilot))
        assert trained(pilot) == 25
        assert pilot.app.playground.notice == texts.PLAYED_BACK  # type: ignore[attr-defined]


async def test_the_first_key_stops_it_and_what_the_recording_lacks_is_said(tmp_path: Path) -> None:
    async with played(of_a_playground(tmp_path / "talk.jsonl")) as (pilot, session):
        await until(pilot, lambda: session.run is not None and session.trace is not None)
        await pilot.press("c")
        await until(pilot, lambda: at_rest(pilot))
        assert pilot.app.playground.notice == "The recording holds no such continue."  # type: ignore[attr-defined]
        assert session.moment.sequence == (7, 8, 9, 10)


async def test_leaving_while_it_plays_asks_nothing_and_promises_nothing(tmp_path: Path) -> None:
    async with played(of_a_playground(tmp_path / "talk.jsonl")) as (pilot, session):
        await until(pilot, lambda: session.is_worth_keeping_on)
        await pilot.press("q")
        await until(pilot, lambda: pilot.app.return_code == 0)


async def test_all_that_is_looked_at_is_looked_at_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "MAX_PAUSE_S", 0.0)
    moment = Moment(1, (7, 8, 9, 10), 2, 0, Interventions((1,)))
    more = Continue(id=98, moment=moment), Look(id=99, moment=moment, view="attribution", unit=3)
    async with played(of_a_playground(tmp_path / "talk.jsonl", *more)) as (pilot, session):
        await until(pilot, lambda: session.moment == moment)
        assert (session.unit, session.view, session.pace) == (3, "attribution", "8/s")


async def test_what_a_program_has_recorded_is_answered_from_and_not_played() -> None:
    assert Replay(TRAINED, plays=True).script == []
