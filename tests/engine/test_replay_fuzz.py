"""A recording that anyone may have changed: refused as one, or played back with answers and refusals, nothing else."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path
from typing import Any

import pytest

from unroll.engine.conversation import EngineError
from unroll.engine.recording import read
from unroll.engine.replay import Replay
from unroll.engine.requests import Request, decode_request
from unroll.files import FileError

GOOD = Path(__file__).parents[1] / "terminal" / "recordings" / "trained.jsonl"
ODD: list[Any] = [
    *(None, True, -1, 0, 1, 2**31, 2**53, 10**400, 0.5, 1e308, -0.0, 5e-324),
    *("", "x", "\x1b[2J", "lstm", [], {}, [[]], [0], [[0, 1.0]], [1e308] * 3),
]


def spoiled(rows: list[str], chance: random.Random) -> str:
    """The recording with some values changed or gone, or rows cut off, doubled or gone."""
    rows = list(rows)
    for _ in range(chance.randint(1, 3)):
        place, kind = chance.randrange(len(rows)), chance.random()
        if kind < 0.1:
            rows[place : place + 1] = rows[place : place + 1] * chance.choice([0, 2])
        elif kind < 0.2:
            rows[place] = rows[place][: chance.randrange(len(rows[place]) + 1)]
        elif rows[place].endswith("}"):
            entry = json.loads(rows[place])
            _spoil(entry, chance)
            rows[place] = json.dumps(entry)
        rows = rows or ["{}"]
    return "\n".join(rows) + chance.choice(["\n", ""])


def _spoil(value: Any, chance: random.Random) -> None:
    """Something else somewhere in it."""
    key = chance.choice(list(value) if isinstance(value, dict) else range(len(value)))
    if isinstance(value[key], dict | list) and value[key] and chance.random() < 0.85:
        _spoil(value[key], chance)
    elif chance.random() < 0.15:
        del value[key]
    else:
        value[key] = chance.choice(ODD)


async def play_back(path: Path, requests: list[Request[Any]]) -> int:
    """How many of the requests are answered."""
    replay, answered = Replay(path), 0
    for request in requests:
        try:
            await replay.ask(request)
            answered += 1
        except EngineError:
            pass
    await replay.close()
    async for _ in replay.events():
        pass
    return answered


def fuzz(path: Path, seed: int, count: int) -> None:
    chance, rows, played = random.Random(seed), GOOD.read_text().splitlines(), 0
    requests = [decode_request(entry.message) for entry in read(GOOD) if entry.speaker == "client"]
    for _ in range(count):
        path.write_text(spoiled(rows, chance))
        try:
            answered = asyncio.run(play_back(path, requests))
        except (FileError, ValueError):
            continue
        assert answered <= len(requests)
        played += 1
    assert played


def test_a_spoiled_recording_is_refused_or_played(tmp_path: Path) -> None:
    fuzz(tmp_path / "talk.jsonl", 0, 150)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1, 11))
def test_ten_thousand_spoiled_recordings_are_refused_or_played(tmp_path: Path, seed: int) -> None:
    fuzz(tmp_path / "talk.jsonl", seed, 1000)
