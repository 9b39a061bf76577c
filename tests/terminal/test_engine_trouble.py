"""What a person sees of an engine that is silent, that is not there, or that tells what cannot be."""

import asyncio
import os
import signal
import sys

import pytest
from textual.pilot import Pilot

from playground_kit import Playing
from unroll.client import liveness
from unroll.client.client import Engine
from unroll.protocol.replies import Progress, State
from unroll.protocol.requests import End
from unroll.terminal.app import UnrollApp
from unroll_dev.screenshots import STATE_TIMEOUT_S, traced, until

SILENT = "The engine has not answered for 7 s: it is busy, stopped or cut off."
FAKE = """
import json, sys, time
print("Welcome to box", flush=True)
{0}
"""


def notice(pilot: Pilot[None]) -> str:
    assert isinstance(pilot.app, UnrollApp)
    return pilot.app.playground.notice


async def test_silence_is_told_with_the_way_on_and_an_engine_that_answers_again_is_not_replaced(game: Playing) -> None:
    await game.press("ctrl+r")
    assert game.app.engine is game.engine
    game.engine.on_silence(SILENT)
    await game.settle()
    assert game.notice == f"ctrl+r restarts the engine. {SILENT}"
    game.engine.on_silence("")
    await game.settle()
    assert SILENT not in game.notice
    await game.press("ctrl+r")
    assert game.app.engine is game.engine
    game.engine.on_silence(SILENT)
    await game.press("plus")
    game.engine.on_silence("")
    assert game.notice.startswith("Pace"), "what was said since stays"


@pytest.mark.usefixtures("warm_engines")
async def test_a_stopped_engine_is_told_ended_and_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in {"WATCH_INTERVAL_S": 0.1, "PING_INTERVAL_S": 0.5, "ANSWER_TIMEOUT_S": 0.5}.items():
        monkeypatch.setattr(liveness, name, seconds)
    app = UnrollApp(Engine.start)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: traced(pilot) is not None)
        stopped = app.engine
        assert isinstance(stopped, Engine)
        os.kill(stopped.pid, signal.SIGSTOP)
        await until(pilot, lambda: "has not answered" in notice(pilot))
        await pilot.press("ctrl+r")
        await until(pilot, lambda: app.engine is not stopped)
        with pytest.raises(ProcessLookupError):
            os.kill(stopped.pid, 0)
        async with asyncio.timeout(STATE_TIMEOUT_S):
            while (
                len(app.playground.session.moment.sequence) == 4
            ):  # before the runs are back there is nothing to go on from
                await pilot.press("c")
                await pilot.pause(0.2)
        await app.close_engine()


WAYS = [
    ('print(json.dumps(dict(type="hello", protocol=99)), flush=True); sys.stdin.read()', "speaks protocol 99"),
    ("sys.exit(127)", "command was not found (exit status 127)"),
    ('print("Permission denied (publickey).", file=sys.stderr); sys.exit(255)', "ssh needs a key"),
    ('print("\\x1b]52;c;eA==\\x07", file=sys.stderr); sys.exit(3)', "ended before it said hello (exit status 3)"),
]
"""What engines do that never say hello, and what is said of it; the last one writes an escape."""


async def test_why_there_is_no_engine_is_said_and_another_try_is_offered() -> None:
    tries: list[Engine] = []

    async def start() -> Engine:
        tries.append(await Engine.start([sys.executable, "-c", FAKE.format(WAYS[len(tries)][0])]))
        return tries[-1]

    app = UnrollApp(start)
    async with app.run_test(size=(120, 40)) as pilot:
        for number, (_, sentence) in enumerate(WAYS, 1):
            await until(pilot, lambda: len(tries) == number and sentence in notice(pilot))  # noqa: B023 - awaited at once
            assert notice(pilot).startswith("ctrl+r restarts the engine. ")
            assert notice(pilot).isprintable()
            await pilot.press("ctrl+r" if number < len(WAYS) else "q")
    for engine in tries:
        await engine.close()
        with pytest.raises(ProcessLookupError):
            os.kill(engine.pid, 0)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_cause_can_be_read_whole(size: tuple[int, int]) -> None:
    code = "import sys; sys.exit('ImportError: ' + ' '.join(f'word{number}' for number in range(30)))"
    app = UnrollApp(lambda: Engine.start([sys.executable, "-c", code]))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "word29" in notice(pilot))
        await pilot.pause()
        line = app.playground.query_one("#notice")
        rows = [strip.text for strip in line.render_lines(line.outer_size.region)]
        assert "word29" in " ".join(rows)


def told(run: int = 1, state: State = "training", update: int = 1, count: int = 1, loss: float = 1.0) -> Progress:
    return Progress(run=run, state=state, update=update, losses=[loss] * count, accuracies=[loss] * count)


ABSURD = {
    "an unknown run": told(run=99),
    "an update before the last": told(update=0),
    "more losses than the plan has": told(count=5_000, update=5_000),
    "an end without a beginning": told(state="finished", count=0),
    "a sentence with an escape": Progress(
        run=1,
        state="diverged",
        update=1,
        losses=[1.0],
        accuracies=[0.0],
        sentence="\x1b]52;c;eA==\x07[@click=app.quit]x[/]",
    ),
}


async def test_what_cannot_be_is_borne(game: Playing) -> None:
    for progress in ABSURD.values():
        game.engine.hear(progress)
        await game.settle()
        await game.press("m")
    for key in ("2", "l", "left", "end", "1", "left"):
        await game.press(key)
    await game.ask("40 41")
    assert game.trace.moment.sequence == (40, 41)
    run = game.session.run
    assert run is not None
    assert run.curve.updates == run.curve.plan.updates


@pytest.mark.parametrize(
    ("keys", "ends"),
    [(["q"], True), (["e", "q"], False), (["e", "ctrl+c"], False), (["e", "s", "enter", "q"], True)],
    ids=str,
)
async def test_leaving_drops_a_session_only_where_no_run_is_unsaved(game: Playing, keys: list[str], ends: bool) -> None:
    await game.press(*keys)
    await game.app.part_from_engine()
    assert any(isinstance(request, End) for request in game.engine.asked) == ends
