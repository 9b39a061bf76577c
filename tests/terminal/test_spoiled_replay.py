"""The playground on a recording that anyone may have changed: shown, or refused in a sentence; it never ends of it."""

import random
from functools import partial
from pathlib import Path

import pytest
from textual.pilot import Pilot

from spoiled_kit import GOOD, spoiled
from unroll.commands import play
from unroll_dev.looks import LookingApp
from unroll_dev.screenshots import at_rest, until

KEYS = ["space", "left", "up", "l", "c", "i", "v", "n", "right", "D", "minus", "b", "1", "X", "question_mark", "escape"]


async def poke(pilot: Pilot[None]) -> None:
    """Look at everything that a recording is asked for, and step about in it."""
    for key in KEYS:
        await until(pilot, lambda: at_rest(pilot))
        await pilot.press(key)
    await until(pilot, lambda: at_rest(pilot))


async def fuzz(path: Path, seeds: range) -> None:
    rows = GOOD.read_text().splitlines()
    for seed in seeds:
        path.write_text(spoiled(rows, random.Random(seed)))
        async with LookingApp(partial(play._replay, str(path)), "dark").run_test(size=(120, 40)) as pilot:
            await poke(pilot)


async def test_a_spoiled_recording_does_not_end_the_program(tmp_path: Path) -> None:
    await fuzz(tmp_path / "talk.jsonl", range(3))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1, 11))
async def test_two_hundred_spoiled_recordings_do_not_end_the_program(tmp_path: Path, seed: int) -> None:
    await fuzz(tmp_path / "talk.jsonl", range(20 * seed, 20 * seed + 20))
