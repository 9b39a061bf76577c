"""`python -m unroll_dev bench train`: what an update costs here, and elsewhere.

Everything runs in one process on one thread, and the clock is the time it spent on a processor: on an idle machine
that is the time that passes, on a busy one the time that others take is left out. Those that are compared take turns;
of every one the median is taken, and ratios are of medians.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from statistics import median

import torch
from msgspec import Struct

from unroll.network.ensemble import Ensemble
from unroll.network.inspection import trace
from unroll.network.training import Training
from unroll.recipe import Recipe
from unroll_dev.bench.floor import floor
from unroll_dev.bench.growth import Row, growth
from unroll_dev.bench.rivals import blog, torch_nn

ROUNDS = 15
SEEDS = 64
LOOKS = 200
CELLS = {"RNN": Recipe(), "LSTM": Recipe().replace(cell="lstm"), "GRU": Recipe().replace(cell="gru")}


class Ratio(Struct, frozen=True):
    """One of ours against another: medians in milliseconds, and what is hoped for."""

    ours: str
    other: str
    ours_ms: float
    other_ms: float
    ratio: float
    goal: float


class Report(Struct, frozen=True):
    """All that was measured; `look_ms` is a trace of six steps, goal 1."""

    torch: str
    ratios: list[Ratio]
    look_ms: float
    growth: list[Row]


def measure() -> Report:
    """Measure everything, telling how far it is on standard error."""
    with one_thread():
        ratios = _training() + _seeds()
        look_ms = _look()
    _tell("growth")
    return Report(str(torch.__version__), ratios, look_ms, list(growth()))


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch on one thread, and as before afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def in_turns(contestants: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The median of each contestant's milliseconds over `rounds`, after one round that does not count."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds + 1):
        for name, run in contestants.items():
            started = time.process_time()
            run()
            times[name].append((time.process_time() - started) * 1e3)
    return {name: median(each[1:]) for name, each in times.items()}


def _training() -> list[Ratio]:
    """A whole training by the reference recipe, 50 updates, of each cell and its rivals."""
    _tell("training")
    contestants: dict[str, Callable[[], object]] = {}
    for name, recipe in CELLS.items():
        contestants[name] = partial(_one_by_one, recipe, 1)
        contestants[f"torch.nn.{name}"] = partial(_exhaust, torch_nn, recipe)
    contestants["the blog's loop"] = partial(_exhaust, blog, Recipe())
    contestants["NumPy by hand"] = partial(_exhaust, floor, Recipe())
    took = in_turns(contestants, ROUNDS)
    return [
        _ratio(took, "RNN", "the blog's loop", 0.10),
        _ratio(took, "RNN", "NumPy by hand", 1.6),
        _ratio(took, "RNN", "torch.nn.RNN", 0.75),
        _ratio(took, "LSTM", "torch.nn.LSTM", 0.8),
        _ratio(took, "GRU", "torch.nn.GRU", 0.8),
    ]


def _seeds() -> list[Ratio]:
    """Many seeds at once against one after another."""
    _tell(f"{SEEDS} seeds")
    ratios = []
    for name, recipe in CELLS.items():
        one_each, at_once = f"{SEEDS} {name}s, one by one", f"{SEEDS} {name}s at once"
        took = in_turns({one_each: partial(_one_by_one, recipe, SEEDS), at_once: partial(_at_once, recipe)}, 3)
        ratios.append(_ratio(took, at_once, one_each, 0.3))
    return ratios


def _exhaust(rival: Callable[[Recipe], Iterator[float]], recipe: Recipe) -> None:
    deque(rival(recipe), maxlen=0)


def _one_by_one(recipe: Recipe, seeds: int) -> None:
    for seed in range(seeds):
        deque(Training(recipe.replace(seed=seed)).updates(), maxlen=0)


def _at_once(recipe: Recipe) -> None:
    deque(Ensemble(recipe, range(SEEDS)).updates(), maxlen=0)


def _look() -> float:
    _tell("a look")
    model = Training(Recipe()).model
    return in_turns({"look": lambda: trace(model, (7, 8, 9, 10, 11, 12)).probabilities}, LOOKS)["look"]


def _ratio(took: Mapping[str, float], ours: str, other: str, goal: float) -> Ratio:
    return Ratio(ours, other, took[ours], took[other], took[ours] / took[other], goal)


def _tell(what: str) -> None:
    print(f"measuring {what} ...", file=sys.stderr, flush=True)


def text(report: Report) -> str:
    """The report as a person reads it."""
    lines = [f"torch {report.torch}, one thread, medians of runs in turns, processor time", ""]
    lines += [f"{'ours':<18}{'ms':>9}   {'other':<24}{'ms':>9}{'ratio':>8}{'goal':>7}"]
    lines += [
        f"{r.ours:<18}{r.ours_ms:>9.1f}   {r.other:<24}{r.other_ms:>9.1f}{r.ratio:>8.2f}{r.goal:>7.2f}"
        for r in report.ratios
    ]
    lines += ["", f"a look at 6 steps: {report.look_ms:.2f} ms (goal 1)", ""]
    lines += ["one update of the RNN, 61 sequences", f"{'D':>6}{'L':>6}{'V':>6}{'ms':>10}{'MB':>10}"]
    lines += [
        f"{row.hidden_size:>6}{row.length:>6}{row.vocab_size:>6}{row.milliseconds:>10.2f}{row.megabytes:>10.1f}"
        for row in report.growth
    ]
    return "\n".join(lines)
