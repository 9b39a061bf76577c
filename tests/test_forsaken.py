"""An engine in the background to which nobody comes back: it ends long after its training, and nothing is lost."""

from pathlib import Path
from typing import Any

import pytest

from background_kit import living_on, nobody_left_behind  # noqa: F401
from engine_kit import python, serve
from pty_kit import wait_for
from unroll.client.client import Engine
from unroll.engine import server
from unroll.engine.autosave import cut_off_sessions
from unroll.engine.connection import Event
from unroll.engine.listener import names
from unroll.protocol.requests import Begin, Create, Detach, End, Pause, Play
from unroll.recipe import recipe_of

HASTY = """
from unroll.engine import server
server.FORSAKEN_AFTER_S = 1.0
from unroll.engine.__main__ import serve
serve()
"""
SHORT = recipe_of({"vocab_size": 16, "length": 3, "hidden_size": 4, "epochs": 50})
TRAINED: list[Any] = [Create(recipe=SHORT), Play(run=1), Create(recipe=SHORT), Play(run=2), Detach()]
LEFT = (10.0, Event.END)


@pytest.mark.parametrize("begin", [[Begin()], []], ids=["saved from the start", "saved since it was left"])
def test_days_after_its_training_it_ends_and_the_next_session_is_offered_all(begin: list[Any]) -> None:
    line = serve(*begin, *TRAINED, LEFT)
    assert 3 * 86400 <= line.clock.now < 4 * 86400
    (session,) = cut_off_sessions()[0]
    assert (session.runs, session.recipe, session.update) == (2, SHORT, 100)


def test_while_it_trains_or_somebody_is_there_it_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "FORSAKEN_AFTER_S", 10.0)
    slow = Create(recipe=SHORT.replace(epochs=1000)), Play(pace="2/s"), Detach()
    left = serve(*slow, (0.0, Event.END), (100.0, Event.VISITOR), (101.0, Pause()), (200.0, Event.END))
    assert left.clock.now > 209  # ten seconds from the last turn in which somebody was there


def test_what_cannot_be_saved_stays_with_it(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "FORSAKEN_AFTER_S", 10.0)
    (state_dir / "sessions").write_text("no folder")
    assert serve(*TRAINED, LEFT, (500.0, Event.VISITOR), (500.0, End()), (500.0, Event.END)).clock.now >= 500


@pytest.mark.usefixtures("nobody_left_behind")
async def test_a_real_one_ends_and_is_found_no_more(state_dir: Path) -> None:
    engine = await Engine.start(python(HASTY))
    await engine.ask(Create(recipe=SHORT))
    await engine.ask(Play())
    await engine.ask(Detach())
    await engine.leave()
    wait_for(lambda: not living_on(state_dir))
    assert names() == []
    assert [session.update for session in cut_off_sessions()[0]] == [100]
    assert "no client has come" in (state_dir / "engine.log").read_text()
