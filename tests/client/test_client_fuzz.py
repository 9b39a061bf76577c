"""Engines that send rubbish: an answer fits its request or is a refusal, memory is bounded, and nothing hangs."""

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from test_client import HELLO, POLITE, start

from engine_kit import python
from unroll.client.client import Engine
from unroll.client.diagnosis import EngineError
from unroll.client.pending import answer_of
from unroll.machine import resident
from unroll.moment import Moment
from unroll.protocol.replies import Done, Progress
from unroll.protocol.requests import Continue, ListModels, Look, Play, Request, Save

T = TypeVar("T")
SEED = 20261124
FEW, MANY = 400, 10_000
REQUESTS: list[Request[Any]] = [Play(), Save(name="x"), ListModels(), Continue(moment=Moment(1, (7,)))]
RUBBISH = """
import random
chance = random.Random(int(sys.argv[1]))
out = sys.stdout.buffer
ANSWERS = {
    "play": {"type": "done"}, "heard": {"type": "done"}, "ping": {"type": "done"},
    "save": {"type": "saved", "path": "/a"},
    "list": {"type": "models", "names": ["a"], "folder": "/"},
    "continue": {"type": "continued", "numbers": [8]},
}
WHOLE = [json.dumps(one).encode() for one in (
    *({**answer, "id": 1} for answer in ANSWERS.values()),
    {"type": "hello", "protocol": 1},
    {"type": "error", "id": 3, "sentence": "no"},
    {"type": "progress", "run": 1, "state": "training", "update": 2, "losses": [0.5, 0.4], "accuracies": [1, 1]},
    {"type": "looked", "id": 2, "trace": {"moment": {"run": 1, "sequence": [7]}, "epoch": 1, "units": 1, "window": {},
     "values": [[0.1]], "candidates": [[[8, 0.9]]]}},
)]
IDS = ["-1", "0", "1", "1e3", str(10**30), str(2**63), "null", '"1"', "[]", "1.0", "NaN", "true"]

def flipped(number):
    line = bytearray(chance.choice(WHOLE))
    for _ in range(chance.randint(1, 4)):
        line[chance.randrange(len(line))] = chance.randrange(256)
    return bytes(line)
def spliced(number):
    a, b = chance.sample(WHOLE, 2)
    return a[:chance.randrange(len(a))] + b[chance.randrange(len(b)):]
def numbered(number):
    return b'{"type": "done", "id": ' + chance.choice(IDS).encode() + b"}"
def wrong(number):
    return json.dumps({**json.loads(chance.choice(WHOLE[:-4])), "id": number - chance.randrange(-2, 3)}).encode()
def nested(number):
    return chance.choice([b"[", b'{"a":', b'{"type": "looked", "id": 1, "trace": [']) * chance.choice([9, 100_000])
def valued(number):
    value = chance.choice(["NaN", "Infinity", "-Infinity", "1e999", "[]", '"x"', "{}", "-1", "1e308"])
    fields = '"run": 1, "state": "training", "update": 1, "losses": [%s], "accuracies": [1]' % value
    return ('{"type": "progress", %s}' % fields).encode()
def junk(number):
    return chance.randbytes(chance.choice([0, 1, 80, 5000]))
def unknown(number):
    return b'{"type": "%s", "id": %d}' % (chance.choice([b"exec", b"", b"Done", b"hello", b"progress"]), number)
KINDS = [flipped, spliced, numbered, wrong, nested, valued, junk, unknown]

hello()
while True:
    a = hear()
    for _ in range(chance.randrange(21)):
        out.write(chance.choice(KINDS)(a["id"]) + chance.choice([b"\\n", b"\\r\\n", b"\\n\\n"]))
    out.write(b"\\n" + json.dumps({**ANSWERS[a["type"]], "id": a["id"]}).encode() + b"\\n")
    out.flush()
"""


async def growth(work: Awaitable[T]) -> tuple[T, int]:
    """What comes of some work, and by how many bytes memory grew at most meanwhile."""
    before = most = resident() or pytest.skip("the system does not tell how much memory a process has")
    task = asyncio.ensure_future(work)
    while not task.done():
        await asyncio.wait((task,), timeout=0.02)
        most = max(most, resident())
    return task.result(), most - before


async def bombard(asks: int) -> tuple[int, int]:
    """Ask so often amid rubbish; how many requests were answered, and how many refused."""
    engine = await Engine.start([*python(HELLO + RUBBISH), str(SEED)])
    progress: list[Progress] = []

    async def take() -> None:
        async for event in engine.events():
            progress[:] = [event]

    taking = asyncio.ensure_future(take())
    await engine.hello
    answered = refused = 0
    for number in range(asks):
        request = REQUESTS[number % len(REQUESTS)]
        try:
            async with asyncio.timeout(20):
                answer = await engine.ask(request)
        except EngineError:
            refused += 1
        else:
            assert isinstance(answer, answer_of(type(request)))
            answered += 1
    await engine.close()
    await taking
    assert all(isinstance(event, Progress) for event in progress)
    return answered, refused


async def test_rubbish_between_the_answers_is_passed_over(state_dir: Path) -> None:
    asks = FEW // 10
    (answered, refused), grown = await growth(bombard(asks))
    assert answered + refused == asks
    assert min(answered, refused) > asks / 10
    assert grown < 50e6
    assert "an answer that nobody waits for" in (state_dir / "client.log").read_text()


@pytest.mark.long
async def test_ten_thousand_broken_lines(state_dir: Path) -> None:
    asks = MANY // 10
    (answered, refused), grown = await growth(bombard(asks))
    assert min(answered, refused) > asks / 10
    assert grown < 100e6
    assert sum(log.stat().st_size for log in state_dir.glob("client.log*")) < 2e6


WRONG = {
    "another kind": (
        "{'type': 'looked', 'trace': {'moment': {'run': 1, 'sequence': [7]}, 'epoch': 1, 'units': 1, "
        "'window': {'steps': 0, 'units': 0}, 'values': [], 'candidates': []}}",
        "answered save with looked",
    ),
    "bounds that it breaks": (
        "{'type': 'looked', 'trace': {'moment': {'run': 1, 'sequence': [7]}, 'epoch': 1, 'units': 1, "
        "'window': {}, 'values': [], 'candidates': []}}",
        "rows of another length than their window",
    ),
    "an unknown kind": ("{'type': 'executed'}", "an answer that cannot be read"),
    "a field of another kind": ("{'type': 'saved', 'path': 7}", "an answer that cannot be read"),
    "a missing field": ("{'type': 'saved'}", "an answer that cannot be read"),
}


@pytest.mark.parametrize(("answer", "sentence"), WRONG.values(), ids=WRONG)
async def test_an_answer_that_does_not_fit_its_request_is_a_refusal(answer: str, sentence: str) -> None:
    engine = await start(f"hello(); say(**{{**{answer}, 'id': hear()['id']}});" + "hear()")
    with pytest.raises(EngineError, match=sentence):
        await engine.ask(Save(name="x"))
    await engine.close()


async def test_an_answer_that_comes_twice_counts_once() -> None:
    says = "hello(); hear(); hear(); [say(type='done', id=i) for i in (-1, 2, 3, 2, 10**18, 1, 1)];"
    engine = await start(says + POLITE.replace("hello()", ""))
    answers = await asyncio.gather(engine.ask(Play()), engine.ask(Play()))
    assert answers == [Done(id=1), Done(id=2)]
    assert await engine.ask(Play()) == Done(id=3)
    await engine.close()


LONG_LINE = """
hello()
a = hear()
out = sys.stdout.buffer
out.write(b'{"type": "looked", "id": %d, "trace": "' % a["id"])
for _ in range(int(sys.argv[1])):
    out.write(b"x" * 2**20)
out.write(b'"}\\n')
while True:
    say(type="done", id=hear()["id"])
"""


async def test_a_line_of_400_megabytes_is_not_held() -> None:
    engine = await Engine.start([*python(HELLO + LONG_LINE), "400"])
    await engine.hello

    async def refused() -> None:
        with pytest.raises(EngineError, match=r"cannot be read \(more than 16,777,216 bytes"):
            await engine.ask(Look(moment=Moment(1, (7,))))

    _, grown = await growth(refused())
    assert grown < 100e6
    assert (await engine.ask(Play())).id == 2
    await engine.close()


FLOOD = """
hello()
line = json.dumps(dict(type="progress", run=1, state="training", update=1, losses=[0.5] * 9, accuracies=[1] * 9))
for _ in range(int(sys.argv[1])):
    print(line)
sys.stdout.flush()
time.sleep(60)
"""


async def take(engine: Engine, count: int) -> int:
    """Take `count` progresses, or as many as come."""
    taken = 0
    async for _ in engine.events():
        taken += 1
        if taken == count:
            break
    return taken


async def grows_no_more() -> None:
    """Wait until this process has grown by less than a megabyte in half a second."""
    before = 0
    while resident() - before > 2**20:
        before = resident()
        await asyncio.sleep(0.5)


@pytest.mark.parametrize("reading", [pytest.param(True, marks=pytest.mark.long), False])
async def test_a_flood_of_progress_waits_at_its_source(reading: bool) -> None:
    count = 200_000
    engine = await Engine.start([*python(HELLO + FLOOD), str(count)])
    await engine.hello
    _, grown = await growth(grows_no_more())
    assert grown < 60e6
    if reading:
        taken, grown = await growth(take(engine, count))
        assert taken == count
        assert grown < 60e6
    await engine.close()
