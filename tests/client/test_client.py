"""The client against engines that are only scripts: banners, floods, silence, sudden death."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from engine_kit import alive, python
from unroll.client import client
from unroll.client.client import Engine
from unroll.client.diagnosis import MAX_LOGGED_LINES, EngineDied, EngineError
from unroll.client.recording import read
from unroll.moment import Moment
from unroll.protocol.codec import MAX_REQUEST, VERSION
from unroll.protocol.replies import Done, Hello
from unroll.protocol.requests import Look, Pause, Play

HELLO = f"""
import json, os, sys, time
def say(**message): print(json.dumps(message), flush=True)
def hear(): return json.loads(sys.stdin.readline() or sys.exit(0))
def hello(protocol={VERSION}): say(type="hello", protocol=protocol)
def news(update): say(type="progress", run=1, state="training", update=update, losses=[0.5], accuracies=[1])
"""
POLITE = """
hello()
while True:
    say(type="done", id=hear()["id"])
"""


async def start(code: str, record: Path | None = None) -> Engine:
    return await Engine.start(python(HELLO + code), record)


async def test_hello_answers_and_a_clean_end() -> None:
    engine = await start(POLITE)
    assert await engine.hello == await engine.hello == Hello(protocol=VERSION)
    assert await engine.ask(Play()) == Done(id=1)
    assert await engine.ask(Pause()) == Done(id=2)
    await engine.close()
    await engine.close()
    assert not alive(engine.pid)
    assert [event async for event in engine.events()] == []
    with pytest.raises(EngineDied, match="closed"):
        await engine.ask(Play())


async def test_answers_find_their_requests_in_any_order() -> None:
    engine = await start(
        "hello(); a, b = hear(), hear(); say(type='done', id=b['id']); say(type='done', id=a['id']); hear()"
    )
    answers = await asyncio.gather(engine.ask(Play()), engine.ask(Pause()))
    assert answers == [Done(id=1), Done(id=2)]
    await engine.close()


async def test_a_refusal_is_an_exception_with_its_sentence() -> None:
    engine = await start("hello(); say(type='error', id=hear()['id'], sentence='There is no run yet.'); hear()")
    with pytest.raises(EngineError, match=r"^There is no run yet\.$"):
        await engine.ask(Play())
    await engine.close()


async def test_progress_comes_in_order_and_ends_with_death() -> None:
    engine = await start("hello(); news(1); news(2); news(3); sys.exit(3)")
    expected = [1, 2, 3]
    with pytest.raises(EngineDied, match=r"ended \(exit status 3\)"):
        async for event in engine.events():
            assert event.update == expected.pop(0)
    assert expected == []
    await engine.close()


async def test_a_banner_is_passed_over_and_kept_for_reading(state_dir: Path) -> None:
    engine = await start("print('Welcome to box\\n\\x1b[31m{not json}'); print('{\"type\": \"new\"}');" + POLITE)
    await engine.hello
    assert await engine.ask(Play()) == Done(id=1)
    await engine.close()
    assert engine.last_lines == ("Welcome to box", "␛[31m{not json}", '{"type": "new"}')
    assert "Welcome to box" in (state_dir / "client.log").read_text()


async def test_another_version_is_refused_in_words() -> None:
    engine = await start("hello(protocol=99); hear()")
    with pytest.raises(EngineError, match=f"protocol 99, this program {VERSION}: install"):
        await engine.hello
    with pytest.raises(EngineError, match="protocol 99"):
        await engine.ask(Play())
    await engine.close()
    assert not alive(engine.pid)


async def test_a_command_that_is_not_there() -> None:
    with pytest.raises(EngineDied, match=r"cannot be started: no-such-command: no such file"):
        await Engine.start(["no-such-command", "engine"])


async def test_a_kill_fails_every_pending_request_at_once() -> None:
    engine = await start("print('working', file=sys.stderr, flush=True); hello(); time.sleep(60)")
    await engine.hello
    pending = [asyncio.ensure_future(engine.ask(Play())) for _ in range(5)]
    await asyncio.sleep(0)
    os.kill(engine.pid, signal.SIGKILL)
    async with asyncio.timeout(5):
        failures = await asyncio.gather(*pending, return_exceptions=True)
    assert {str(failure) for failure in failures} == {"The engine was killed by signal 9."}
    assert {failure.last_lines for failure in failures if isinstance(failure, EngineDied)} == {("working",)}
    await engine.close()


async def test_a_flood_on_standard_error_stops_nothing(state_dir: Path) -> None:
    flood = "hello(); sys.stderr.write('x' * 2**20 + '\\n'); sys.stderr.write('warning\\n' * 200_000);"
    engine = await start(flood + POLITE)
    assert await engine.ask(Play()) == Done(id=1)
    await engine.close()
    assert set(engine.last_lines) == {"warning"}
    assert len((state_dir / "client.log").read_text().splitlines()) <= MAX_LOGGED_LINES


async def test_an_error_of_a_megabyte_is_not_shown() -> None:
    engine = await start("hello(); say(type='error', id=hear()['id'], sentence='x' * 2**20); hear()")
    with pytest.raises(EngineError, match=r"cannot be read \(Expected `str` of length <= 4000"):
        await engine.ask(Play())
    await engine.close()


async def test_a_request_too_long_for_the_engine_is_not_sent() -> None:
    engine = await start(POLITE)
    with pytest.raises(EngineError, match="at most"):
        await engine.ask(Look(moment=Moment(1, (100,) * (MAX_REQUEST // 4))))
    assert await engine.ask(Play()) == Done(id=2)
    await engine.close()


async def test_an_engine_that_will_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "END_TIMEOUT_S", 0.1)
    engine = await start("import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); hello(); time.sleep(60)")
    await engine.hello
    pending = asyncio.ensure_future(engine.ask(Play()))
    await asyncio.sleep(0)
    await engine.close()
    assert not alive(engine.pid)
    with pytest.raises(EngineDied, match="closed"):
        await pending


async def test_an_answer_that_nobody_waits_for_any_more_is_dropped() -> None:
    engine = await start(
        "hello(); a, b = hear(), hear(); say(type='done', id=a['id']); say(type='done', id=b['id']); hear()"
    )
    waiting = asyncio.ensure_future(engine.ask(Play()))
    await asyncio.sleep(0)
    waiting.cancel()
    assert await engine.ask(Pause()) == Done(id=2)
    await engine.close()


async def test_both_sides_are_recorded(tmp_path: Path) -> None:
    engine = await start("print('banner');" + POLITE, tmp_path / "talk.jsonl")
    await engine.ask(Play())
    await engine.close()
    entries = read(tmp_path / "talk.jsonl")
    assert [entry.speaker for entry in entries].count("engine") == 2
    assert b'"play"' in b"".join(bytes(entry.message) for entry in entries)
    assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)
