"""`python -m unroll_dev bench soak`: hours of training in minutes, and what they leave behind.

An hour at eight epochs a second is 57,600 updates. The real program makes them at full speed in a pseudo-terminal, an
hour's worth to a run, one run after another until the time is over; in less than ten minutes a run is an hour's worth
in proportion. Both processes' memory and the bytes read are sampled all the while.

*Memory.* The slope of the straight line that fits the second half of the samples best. Every run stays, with its
network and its thinned curve, so the slope is not 0; but no update may leave as much behind as the loss and the
accuracy that it told.

*Drift.* For every run, the updates that the engine says it made are compared with the losses that it sent (the talk is
recorded), and in the end with the points that the curve holds, which the loss pane counts: a batch is all of the data,
so that an update is an epoch and no point is hidden by rounding.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import linear_regression
from tempfile import TemporaryDirectory
from typing import NamedTuple

import msgspec

from unroll.client.recording import Entry
from unroll.protocol.codec import decode_reply
from unroll.protocol.replies import Progress
from unroll_dev.bench.figures import Figure, Report, Unmeasured, collect
from unroll_dev.bench.memory import both
from unroll_dev.bench.programs import FULL_SPEED, START_WITHIN, at_rest, playground
from unroll_dev.bench.pty import Terminal
from unroll_dev.bench.stall import shown_epoch
from unroll_dev.bench.training import FINISHED

HOUR = 57_600
"""Updates in an hour at eight epochs a second."""
WHOLE = 10.0
"""Minutes from which a run is an hour's worth."""
LEAVE = "\x03"
"""The key that quits at once, without asking."""
TOLD_OF_ONE = 16
"""Bytes that the loss and the accuracy of an update take."""
EVERY = 0.5
"""Seconds between two samples."""


class Sample(NamedTuple):
    """Seconds since the start, bytes of memory of both processes, and bytes read so far."""

    at: float
    terminal: int
    engine: int
    received: int


class Told(NamedTuple):
    """What the engine said of one run: updates made, and how many losses it sent."""

    updates: int
    losses: int


def measure(minutes: float) -> Report:
    """Train at full speed for `minutes`, and yield the figures."""
    return collect([("soak", figures(minutes))])


def figures(minutes: float) -> Iterator[Figure]:
    """Memory, traffic and drift; raises `Unmeasured` where the system tells nothing of memory."""
    updates = max(1, round(HOUR * min(1.0, minutes / WHOLE)))
    with TemporaryDirectory() as folder:
        record = Path(folder, "talk.jsonl")
        command = [*playground(epochs=updates, batch_size="full"), "--record", str(record)]
        with at_rest(command) as terminal:
            samples, shown = train(terminal, 60 * minutes)
            terminal.send(LEAVE)
            terminal.until(lambda: terminal.ended, START_WITHIN)
        runs = told(record)
        yield from flatness(samples, sum(run.updates for run in runs.values()))
        yield from drift(runs, shown, updates)


def train(terminal: Terminal, seconds: float) -> tuple[list[Sample], list[int]]:
    """Train one run after another: samples, and the epoch that each run showed at its end."""
    samples, shown = [], []
    terminal.send(FULL_SPEED + " ")
    started = time.monotonic()
    while (at := time.monotonic() - started) < seconds:
        samples.append(Sample(at, *both(terminal), terminal.received))
        terminal.pump(EVERY)
        if FINISHED in terminal.text:
            terminal.quiet(EVERY)
            shown.append(shown_epoch(terminal))
            terminal.send(" ")
            terminal.until(lambda: FINISHED not in terminal.text)
    return samples, shown


def flatness(samples: list[Sample], updates: int) -> Iterator[Figure]:
    """The slope of both memories over the second half, by time and by update, and the bytes a second of both halves."""
    if len(samples) < 4:
        raise Unmeasured("it was over before there was something to compare: give it more minutes")
    middle = len(samples) // 2
    first, last = samples[:middle], samples[middle:]
    minutes, each = [sample.at / 60 for sample in last], updates / (last[-1].at / 60)
    for name in ("terminal", "engine"):
        slope, _ = linear_regression(minutes, [getattr(sample, name) for sample in last])
        yield Figure(f"memory of the {name} in the end", "MB", getattr(last[-1], name) / 2**20)
        yield Figure(f"memory of the {name}, slope", "KB a minute", slope / 2**10)
        yield Figure(f"memory of the {name}, slope", "bytes an update", slope / each, TOLD_OF_ONE)
    early, late = rate(first), rate(last)
    yield Figure("traffic, second half beside first", "KB/s", late / 1000, 1.2 * early / 1000, early / 1000)


def rate(samples: list[Sample]) -> float:
    """Bytes read a second."""
    first, last = samples[0], samples[-1]
    return (last.received - first.received) / (last.at - first.at)


def told(record: Path) -> dict[int, Told]:
    """What the engine said of every run in a recorded talk."""
    updates, losses = Counter[int](), Counter[int]()
    decoder = msgspec.json.Decoder(Entry)
    with record.open("rb") as lines:
        for entry in map(decoder.decode, lines):
            reply = decode_reply(entry.message) if entry.speaker == "engine" else None
            if isinstance(reply, Progress):
                updates[reply.run] = reply.update
                losses[reply.run] += len(reply.losses)
    return {run: Told(updates[run], losses[run]) for run in updates}


def drift(runs: dict[int, Told], shown: list[int], updates: int) -> Iterator[Figure]:
    """Where the engine, what it sent, what the screen shows and what was asked for differ."""
    made = [run.updates for run in runs.values()]
    yield Figure("updates made", "updates", sum(made), updates, least=True)
    yield Figure("runs made to the end", "runs", len(shown), 1, least=True)
    unsent = sum(abs(run.updates - run.losses) for run in runs.values())
    yield Figure("drift, the engine's updates and losses sent", "updates", unsent, 0)
    unseen = sum(abs(a - b) for a, b in zip(made, shown, strict=False))
    yield Figure("drift, the engine's updates and points shown", "updates", unseen, 0)
    yield Figure("drift, points shown and the recipe's updates", "updates", sum(abs(n - updates) for n in shown), 0)
