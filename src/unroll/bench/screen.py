"""`unroll bench screen`: what the screen costs, over real pseudo-terminals.

The program runs at 120x40 beside the smallest Textual program (`smallest`), in turns where time is compared; lines of
25 and 5 KB/s are readers that read no faster. Times are medians and 95th percentiles of what a terminal sees: from the
key to the chunk of bytes that shows it.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from statistics import median, quantiles

import msgspec
from msgspec import Struct

from unroll.bench.pty import Terminal

Command = list[str]
SMALLEST: Command = [sys.executable, "-m", "unroll.bench.smallest"]
STARTS = 5
TYPED = " 21 22 23 24 25 26 27 28 29 30"
IDLE = 10.0
SPAN = 10.0
SLOW, SLOWER = 25_000.0, 5_000.0


class Figure(Struct, frozen=True):
    """Something measured, in `unit`; `goal` is the most it should be."""

    name: str
    unit: str
    ours: float
    goal: float


def main(json: bool, command: Command | None = None) -> None:
    """Measure, tell how far it is on standard error, and print the report."""
    report = []
    for figure in measure(command or playground(epochs=25), playground(epochs=100_000)):
        report.append(figure)
        print(f"{figure.name} ...", file=sys.stderr)
    print(msgspec.json.encode(report).decode() if json else table(report))


def playground(epochs: int) -> Command:
    """The playground, its recipe set to so many epochs."""
    return [sys.executable, "-m", "unroll", "play", f"unroll:1 epochs={epochs} sequence=7,8,9,10 step=4"]


def table(report: list[Figure]) -> str:
    """The report, a line a figure."""
    lines = [f"{'':48}{'ours':>10}{'goal':>10}"]
    for figure in report:
        verdict = "" if figure.ours <= figure.goal else "  over"
        lines.append(f"{figure.name + ', ' + figure.unit:48}{figure.ours:10,.4g}{figure.goal:10,.4g}{verdict}")
    return "\n".join(lines)


def measure(command: Command, long: Command) -> Iterator[Figure]:
    """Every figure in turn; `long` is the same program with a training that outlasts them."""
    yield from _starts(command)
    yield from _at_rest(command)
    yield from _in_training(long)
    yield from _on_slow_lines(long)


def _starts(command: Command) -> Iterator[Figure]:
    """From the start to the frame, beside the smallest program; and to the first answer, beside importing torch."""
    ours, theirs, answers, imports = [], [], [], []
    for _ in range(STARTS):
        theirs.append(_until(SMALLEST, "Ready"))
        ours.append(_until(command, "Recipe"))
        imports.append(_seconds(lambda: subprocess.run([sys.executable, "-c", "import torch"], check=True)))
        answers.append(_until(command, "it expects"))
    yield Figure("first paint", "times the smallest program's", median(ours) / median(theirs), 1.4)
    yield Figure("first paint", "ms", median(ours) * 1000, 1400 * median(theirs))
    yield Figure("first answer", "times importing torch", median(answers) / median(imports), 1.25)


def _at_rest(command: Command) -> Iterator[Figure]:
    """What a whole screen, a step, a key and nothing at all cost."""
    with _ready(command) as terminal:
        yield Figure("a whole screen", "bytes", _cost(terminal, "\x0c"), 20_000)
        yield Figure("idle for 10 s", "bytes", terminal.pump(IDLE), 0)
        busy = terminal.cpu_seconds()
        terminal.pump(IDLE)
        yield Figure("idle", "% of a processor", (terminal.cpu_seconds() - busy) / IDLE * 100, 0.5)
        terminal.send("\x1b")
        terminal.quiet()
        steps = [_cost(terminal, key) for key in ("\x1b[D", "\x1b[D", "\x1b[C", "\x1b[C") * 3]
        yield Figure("a step", "bytes", max(steps), 1500)
        terminal.send("/")
        terminal.quiet()
        yield Figure("a key in the prompt", "bytes", median(_cost(terminal, key) for key in " 1 2 3"), 60)


def _in_training(command: Command) -> Iterator[Figure]:
    """What training sends at eight epochs a second and at full speed, and how fast a key is echoed."""
    with _ready(SMALLEST, "Ready") as terminal:
        smallest = _p95(_echoes(terminal))
    with _ready(command) as terminal:
        terminal.send("\x1b ")
        terminal.pump(1.0)
        yield Figure("training at 8 epochs a second", "KB/s", terminal.pump(SPAN) / SPAN / 1000, 8)
        terminal.send("++++")
        terminal.pump(1.0)
        yield Figure("training at full speed", "KB/s", terminal.pump(SPAN) / SPAN / 1000, 8)
        before = terminal.received
        time.sleep(SPAN)
        terminal.pump(1.0)
        yield Figure("the second after 10 s unread", "KB", (terminal.received - before) / 1000, 20)
        yield Figure("key to echo, p95", "times the smallest program's", _p95(_typed(terminal)) / smallest, 2)


def _on_slow_lines(command: Command) -> Iterator[Figure]:
    """How fast a key is echoed, training at full speed, where the line is slow."""
    for rate, goals in ((SLOW, (45, 100)), (SLOWER, (200, 500))):
        with _ready(command, rate=rate) as terminal:
            terminal.send("\x1b ++++")
            terminal.pump(3.0)
            echoes = _typed(terminal)
            name = f"key to echo at {rate / 1000:.0f} KB/s"
            yield Figure(f"{name}, p50", "ms", median(echoes) * 1000, goals[0])
            yield Figure(f"{name}, p95", "ms", _p95(echoes) * 1000, goals[1])


@contextmanager
def _ready(command: Command, shown: str = "it expects", rate: float | None = None) -> Iterator[Terminal]:
    """A program that has come to rest."""
    with Terminal(command, rate=rate) as terminal:
        terminal.until(partial(_shows, terminal, shown), timeout=30)
        terminal.quiet(0.5)
        yield terminal


def _until(command: Command, shown: str) -> float:
    """Seconds from a start until something is shown."""
    with Terminal(command) as terminal:
        return terminal.until(partial(_shows, terminal, shown), timeout=30) - terminal.started


def _seconds(act: Callable[[], object]) -> float:
    started = time.monotonic()
    act()
    return time.monotonic() - started


def _cost(terminal: Terminal, key: str) -> int:
    """Bytes that a key brings about."""
    before = terminal.received
    terminal.send(key)
    terminal.quiet(0.3)
    return terminal.received - before


def _typed(terminal: Terminal) -> list[float]:
    """The echoes of keys typed into the prompt."""
    terminal.send("/")
    terminal.pump(0.5)
    return _echoes(terminal)


def _echoes(terminal: Terminal) -> list[float]:
    """Seconds from each digit of a sequence, typed at uneven times, to its being shown after those before it."""
    seconds = []
    for end, key in enumerate(TYPED, 1):
        pressed = terminal.send(key)
        if key != " ":
            seconds.append(terminal.until(partial(_shows, terminal, TYPED[:end])) - pressed)
        terminal.pump(0.1 + 0.013 * (end % 7))
    return seconds


def _shows(terminal: Terminal, text: str) -> bool:
    return text in terminal.text


def _p95(values: list[float]) -> float:
    return quantiles(values, n=20)[-1]
