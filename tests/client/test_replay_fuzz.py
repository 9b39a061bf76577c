"""A recording that anyone may have changed: refused as one, or played back with answers and refusals, nothing else."""

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest

from spoiled_kit import GOOD, spoiled
from unroll.client.diagnosis import EngineError
from unroll.client.recording import Replay, read
from unroll.errors import FileError
from unroll.protocol.codec import decode_request
from unroll.protocol.requests import Request


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
