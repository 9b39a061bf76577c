"""Broken and extreme lines for a real engine process: one answer each, bounded memory, and right at the end."""

import json
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from pty_kit import TIMEOUT_S, long
from unroll.network.training import Training
from unroll.protocol.codec import MAX_REQUEST, decode_reply
from unroll.protocol.replies import Answer, Created, Error, Progress
from unroll.recipe import recipe_of

RECIPE = {"vocab_size": 16, "length": 3, "hidden_size": 4, "epochs": 2}
ROOM = 150 * 2**20
"""Bytes of memory that an engine may take beyond what it takes with one run."""
MOMENT = {"run": 0, "sequence": [7, 8, 9], "step": 1, "interventions": {"cut_steps": [1], "clamps": [[2, 0.5]]}}
VALID: list[dict[str, Any]] = [
    {"type": "create", "recipe": {"task": {"task": "recall", "vocab_size": 16, "length": 3}}},
    {"type": "branch", "run": 0, "epoch": 0, "recipe": {"train": {"epochs": 9}}},
    {"type": "play", "run": 0, "pace": "full", "stop_epoch": 1, "stop_accuracy": 0.5},
    {"type": "pause", "run": 0},
    {"type": "advance", "run": 0, "updates": 3},
    {"type": "look", "moment": MOMENT, "against": MOMENT, "difference": True, "unit": 1, "score": True, "top": 3},
    {
        "type": "continue",
        "moment": MOMENT,
        "count": 3,
        "until_wrong": True,
        "sampling": {"temperature": 1.5, "top_k": 3, "top_p": 0.5},
    },
    {"type": "save", "run": 0, "epoch": 0, "name": "mine"},
    {"type": "open", "name": "mine"},
    {"type": "list"},
    {"type": "forget", "run": 2},
    {"type": "heard"},
    {"type": "ping"},
    {"type": "measure"},
    {"type": "begin"},
    {"type": "resume", "sitting": "20260101-000000-1"},
]
ODD: list[Any] = [
    *(None, True, -1, 0, 1, 2**31, 2**53 + 1, -(2**63), 2**64, 10**400, 0.5, 1e308, -0.0, 5e-324),
    *("", "x", "\0", "\ud800", "../x", "a" * 5000, "NaN", "full", "lstm"),
    *([], {}, [[]], [0] * 2000, {"a": {}}, [1e300], [[0, 1e300]]),
]
RAW = [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"0123", b"'x'", b'"\\ud800"', b"[" * 3000, b"{" * 50, b"\xff", b""]


class Speaker:
    """An engine in a process of its own, and all that it says."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "unroll.engine"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.asked = 0
        self._news: Queue[Progress] = Queue()
        self._answers: Queue[Answer] = Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            reply = decode_reply(line)
            if isinstance(reply, Answer):
                self._answers.put(reply)
            elif isinstance(reply, Progress):
                self._news.put(reply)

    def write(self, data: bytes) -> None:
        assert self.process.stdin
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def ask(self, line: bytes) -> Answer:
        """The answer to a line that has something in it."""
        self.write(line + b"\n")
        return self.next_answer()

    def next_answer(self) -> Answer:
        return self._answers.get(timeout=TIMEOUT_S)

    def say(self, **message: Any) -> Any:
        self.asked += 1
        answer = self.ask(json.dumps({"id": self.asked, **message}).encode())
        assert answer.id == self.asked
        return answer

    def until_finished(self, run: int) -> None:
        """Take in what is told of the runs, until this one has finished."""
        told = None
        while told is None or (told.run, told.state) != (run, "finished"):
            self.say(type="heard")
            told = self._news.get(timeout=TIMEOUT_S)

    @property
    def memory(self) -> int:
        """The most bytes that it has held."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))

    def end(self) -> int:
        assert self.process.stdin
        self.process.stdin.close()
        return self.process.wait(TIMEOUT_S)


@pytest.fixture
def speaker(warm_engines: None) -> Iterator[Speaker]:
    speaker = Speaker()
    yield speaker
    speaker.process.kill()
    speaker.process.wait()


def broken(chance: random.Random) -> bytes:
    """A line: noise, a request mutated in its bytes, or one with odd values, ids and fields."""
    kind = chance.random()
    if kind < 0.15:
        return chance.randbytes(chance.randint(1, 300)).replace(b"\n", b" ")
    number = chance.choice([0, 1, 5, 5, -1, 2**53, 2**70, None, "7", 1.5])
    request = {"id": number, **deepcopy(chance.choice(VALID))}
    if kind < 0.6:
        for _ in range(chance.randint(0, 3)):
            _spoil(request, chance)
        return json.dumps(request).encode()
    line = bytearray(json.dumps(request).encode())
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(line))
        line[place : place + chance.choice([0, 1, 9])] = chance.choice([*RAW, chance.randbytes(2)])
        line = line or bytearray(b"x")
    return bytes(line).replace(b"\n", b" ")


def _spoil(request: dict[str, Any], chance: random.Random) -> None:
    """Something else somewhere in it."""
    place = request
    while (inner := [value for value in place.values() if isinstance(value, dict)]) and chance.random() < 0.6:
        place = chance.choice(inner)
    name = chance.choice([*place, "colour"]) if place else "colour"
    if chance.random() < 0.15:
        place.pop(name, None)
    else:
        place[name] = deepcopy(chance.choice(ODD))


def still_right(speaker: Speaker) -> None:
    """A run trained now is what it would have been, to the bit."""
    created = speaker.say(type="create", recipe=sections())
    assert isinstance(created, Created)
    speaker.say(type="play", run=created.run)
    speaker.until_finished(created.run)
    losses = [round(update.loss, 6) for update in Training(recipe_of(RECIPE)).updates()]
    saved = speaker.say(type="branch", run=created.run, epoch=2, recipe={**sections(), "train": {"epochs": 3}})
    assert [*saved.history.losses] == losses


def sections() -> dict[str, Any]:
    task = {"vocab_size": RECIPE["vocab_size"], "length": RECIPE["length"]}
    return {"task": task, "model": {"hidden_size": RECIPE["hidden_size"]}, "train": {"epochs": RECIPE["epochs"]}}


@pytest.mark.parametrize(("seed", "count"), [(0, 400), *(long(seed, 1000) for seed in range(1, 11))])
def test_broken_lines_are_answered_and_the_engine_is_right_at_the_end(
    speaker: Speaker, seed: int, count: int, state_dir: Path
) -> None:
    chance = random.Random(seed)
    speaker.say(type="create", recipe=sections())
    memory = speaker.memory
    for number in range(count):
        line = broken(chance)
        if line.strip():
            answer = speaker.ask(line)
            if isinstance(answer, Error):
                assert len(answer.sentence) < 700, line
                assert "The engine failed" not in answer.sentence, (line, answer)
        if number % 200 == 199:
            for run in range(speaker.say(type="create", recipe=sections()).run):
                speaker.say(type="forget", run=run + 1)
            speaker.say(type="create", recipe=sections())
    assert speaker.memory - memory < ROOM
    still_right(speaker)
    assert speaker.end() == 0
    assert "Traceback" not in (state_dir / "engine.log").read_text()


def test_ids_in_any_order_a_forgotten_run_a_line_of_64_megabytes_and_half_a_line_at_the_end(
    speaker: Speaker, state_dir: Path
) -> None:
    ids = [9, 3, 3, 2**53, 0, 9, 1]
    speaker.write(b"".join(json.dumps({"type": "ping", "id": number}).encode() + b"\n" for number in ids))
    assert [speaker.next_answer().id for _ in ids] == ids
    for _ in range(2):
        speaker.say(type="create", recipe=sections())
    speaker.say(type="play", run=1, pace="8/s")
    speaker.say(type="forget", run=1)
    for request in VALID:
        if "run" in request or "moment" in request:
            put = {"moment": {**MOMENT, "run": 1}} if "moment" in request else {"run": 1}
            assert "There is no run 1" in speaker.say(**{**request, **put}).sentence
    memory, part = speaker.memory, b'{"type": "play", "id": 1, "pace": "' + b"x" * 2**20
    for _ in range(64):
        speaker.write(part)
    answer = speaker.ask(b"")
    assert isinstance(answer, Error)
    assert f"at most {MAX_REQUEST:,} bytes" in answer.sentence
    assert speaker.memory - memory < 20 * 2**20
    still_right(speaker)
    speaker.write(b'{"type": "play", "id": 2, "pa')
    assert speaker.end() == 0
    assert "Traceback" not in (state_dir / "engine.log").read_text()


EXTREME: list[dict[str, Any]] = [
    {"model": {"hidden_size": 1}},
    {"task": {"vocab_size": 128, "length": 127}},
    {"task": {"vocab_size": 2, "length": 1}, "model": {"hidden_size": 1}},
    {"train": {"learning_rate": 100, "epochs": 2}},
    {"train": {"learning_rate": 5e-324, "epochs": 2}},
    {"train": {"epochs": 1, "batch_size": 1}},
    {"train": {"epochs": 100_000}},
]


LARGEST = {
    "model": {"hidden_size": 1024, "cell": "lstm"},
    "task": {"vocab_size": 4096, "length": 1},
    "train": {"epochs": 1},
}


@pytest.mark.parametrize("recipes", [EXTREME, long([LARGEST])], ids=["extreme", "largest"])
def test_extreme_recipes_are_trained_and_looked_at(speaker: Speaker, recipes: list[dict[str, Any]]) -> None:
    for recipe in recipes:
        assert isinstance(created := speaker.say(type="create", recipe=recipe), Created), created
        look = {"type": "look", "moment": {"run": 0, "sequence": [0, 1]}}
        for request in ({"type": "advance", "updates": 1}, look):
            assert not isinstance(answer := speaker.say(**request), Error), answer
    assert speaker.memory < 2 * 2**30
