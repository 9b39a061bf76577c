"""Record the conversations that the snapshots replay; run by hand after the protocol or the network has changed.

    python tests/terminal/record.py

Looks are recorded only in the state in which a snapshot is taken, so that a replay cannot answer with another one.
"""

import asyncio
from pathlib import Path

from msgspec.structs import replace

from unroll.client.client import Engine
from unroll.moment import Moment
from unroll.protocol.requests import Create, Lens, Look, Play
from unroll.protocol.trace import Window

RECORDINGS = Path(__file__).parent / "recordings"
SEQUENCES = ((7, 8, 9, 10), (7, 8, 9, 10, 11))


async def record(name: str, train: bool) -> None:
    """An untrained network, or one trained to the end, looked at on each sequence."""
    engine = await Engine.start(record=RECORDINGS / f"{name}.jsonl")
    try:
        await engine.hello
        run = (await engine.ask(Create())).run
        if train:
            await engine.ask(Play(run=run, pace="8/s"))
            async for progress in engine.events():
                if progress.state == "finished":
                    break
        for sequence in SEQUENCES:
            moment = Moment(run, sequence, len(sequence) - 1)
            await engine.ask(Look(moment=moment, unit=0, score=True, top=7, window=Window(steps=8, units=32)))
            await engine.ask(Lens(moment=moment))
            await engine.ask(Lens(moment=replace(moment, step=0), lens="unit"))
    finally:
        await engine.close()


async def main() -> None:
    RECORDINGS.mkdir(exist_ok=True)
    await record("untrained", train=False)
    await record("trained", train=True)


if __name__ == "__main__":
    asyncio.run(main())
