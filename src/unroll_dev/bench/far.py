"""How long the whole answer to a key takes on a far line while a network trains: cursor, bars, sentence and titles.

The line has a rate and a delay each way and, as behind sshd, a buffer that takes all that is written to it at once. It
stalls for a second fifty seconds apart, 2 % of the time. The goal is two round trips and 0.3 s.
"""

from __future__ import annotations

import os
import random
import re
import select
import time
from collections import deque
from collections.abc import Iterator
from functools import partial
from statistics import median
from typing import Any

from unroll_dev.bench.figures import Figure, p95
from unroll_dev.bench.programs import ANSWERED, FULL_SPEED, LONGEST, START_WITHIN, playground, started
from unroll_dev.bench.pty import Chunk, Terminal

DELAYS = (0.3, 0.1, 0.0)
"""Seconds each way, the longest first: a shorter round trip is noticed at once."""
RATES = (25_000.0, 5_000.0)
KEYS = 60
"""So many that one stall, which holds up a key or two, does not decide the p95."""
STALL_S, STALL_EVERY_S = 1.0, 50.0
ANSWER_WITHIN_S = 12.0
SETTLING_S = 4.0
"""For what was on its way at another rate."""
_PIECE_S = 0.02
_NUMBERS = (7, 8, 9, 10)


class FarTerminal(Terminal):
    """A terminal at the far end of a line: `rate` in bytes a second, `delay` in seconds each way; both may change."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        self._coming: deque[Chunk] = deque()
        self._busy = 0.0
        self._random = random.Random(0)
        self._stall = time.monotonic() + STALL_EVERY_S
        super().__init__(*arguments, **more)
        self.rate, self.delay = RATES[0], DELAYS[0]

    def send(self, keys: str | bytes) -> float:
        """Type; returns when. The keys arrive later."""
        now = time.monotonic()
        self._due.append((self._through(now) + self.delay, keys.encode() if isinstance(keys, str) else keys))
        return now

    def _through(self, now: float) -> float:
        """When the line lets something through that comes at its beginning now."""
        while now >= self._stall + STALL_S:
            self._stall += STALL_EVERY_S * self._random.uniform(0.5, 1.5)
        return self._stall + STALL_S if now >= self._stall else now

    def _read(self, left: float) -> None:
        now = time.monotonic()
        while self._coming and self._coming[0].when <= now:
            self._arrive(self._coming.popleft())
        self._answer(now)
        due = [when - now for when, _ in [*self._due[:1], *(self._coming and [self._coming[0]])]]
        if select.select([self.line], [], [], max(0.0, min([left, *due])))[0]:
            self._take()

    def _take(self) -> None:
        """Put what the program writes on the line, in pieces."""
        try:
            data = os.read(self.line, 65536)
        except OSError:
            data = b""
        self.ended = not data
        size = max(1, int((self.rate or 1e9) * _PIECE_S))
        for start in range(0, len(data), size):
            piece = data[start : start + size]
            self._busy = self._through(max(self._busy, time.monotonic())) + len(piece) / (self.rate or 1e9)
            self._coming.append(Chunk(self._busy + self.delay, piece))

    def _arrive(self, chunk: Chunk) -> None:
        self.chunks.append(chunk)
        self.received += len(chunk.data)
        self._hear(chunk.data, self._through(chunk.when))


def figures() -> Iterator[Figure]:
    """The answers at each rate, delay and pace."""
    with started(playground(epochs=LONGEST), kind=FarTerminal) as terminal:
        assert isinstance(terminal, FarTerminal)
        terminal.until_shown(ANSWERED, START_WITHIN)
        for pace, keys in (("8/s", " "), ("full speed", FULL_SPEED)):
            terminal.send(keys)
            terminal.pump(SETTLING_S)
            for delay in DELAYS:
                for rate in RATES:
                    terminal.rate, terminal.delay = rate, delay
                    terminal.pump(SETTLING_S)
                    yield from _of(terminal, f"whole answer, {rate / 1000:.0f} KB/s, {delay * 1000:.0f} ms, {pace}")
            terminal.rate, terminal.delay = RATES[0], DELAYS[0]


def _of(terminal: FarTerminal, name: str) -> Iterator[Figure]:
    seconds = answers(terminal, KEYS)
    yield Figure(f"{name}, p50", "ms", median(seconds) * 1000)
    yield Figure(f"{name}, p95", "ms", p95(seconds) * 1000, 4000 * terminal.delay + 300)


def answers(terminal: FarTerminal, count: int) -> list[float]:
    """Seconds from each of so many steps to and fro to the whole answer; `ANSWER_WITHIN_S` where none came."""
    seconds = []
    for key in range(count):
        step = (3, 2, 3, 4)[key % 4]
        pressed = terminal.send("\x1b[C" if key % 4 > 1 else "\x1b[D")
        try:
            seconds.append(terminal.until(partial(_is_whole, terminal, step), ANSWER_WITHIN_S) - pressed)
        except TimeoutError:
            seconds.append(ANSWER_WITHIN_S)
        terminal.pump(0.3 + 0.037 * (key % 11))
    return seconds


def _is_whole(terminal: Terminal, step: int) -> bool:
    """Whether the heatmap's and the bars' titles, the first bar and the sentence are all of this step."""
    text, number = terminal.text, _NUMBERS[step - 1]
    parts = (f" step {step}/4 ─╯", f" after {number} ─╯", f" step {step}/4: after {number} it ")
    return all(part in text for part in parts) and re.search(rf"[✓✗] +{number + 1} ", text) is not None
