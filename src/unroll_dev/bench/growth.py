"""How an update's time and memory grow with the hidden size, the length and the vocabulary: one process a row."""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

from msgspec import Struct

from unroll.recipe import Recipe, recipe_of

BATCH = 61
UPDATES = 8
ROWS: tuple[tuple[int, int, int], ...] = (
    *((hidden_size, 6, 128) for hidden_size in (32, 128, 512, 1024)),
    *((32, length, 1024) for length in (6, 32, 128, 512)),
    *((32, 6, vocab_size) for vocab_size in (128, 512, 2048, 4096)),
)
"""D, L and V of every row: in each block one of them grows."""


class Row(Struct, frozen=True):
    """An update's median time, and by how much the process grew from an empty one to the run's largest."""

    hidden_size: int
    length: int
    vocab_size: int
    milliseconds: float
    megabytes: float


def growth() -> Iterator[Row]:
    """Every row, measured by a process of its own on one thread, batches of 61 of the default cell."""
    context = multiprocessing.get_context("spawn")
    for hidden_size, length, vocab_size in ROWS:
        sizes = {"hidden_size": hidden_size, "length": length, "vocab_size": vocab_size}
        recipe = recipe_of({**sizes, "batch_size": BATCH})
        ours, its = context.Pipe()
        process = context.Process(target=_measure, args=(its, recipe))
        process.start()
        milliseconds, megabytes = ours.recv()
        process.join()
        yield Row(hidden_size, length, vocab_size, milliseconds, megabytes)


def _measure(answer: Connection, recipe: Recipe) -> None:
    import torch

    from unroll.network.training import Training

    torch.set_num_threads(1)
    before, times = _peak_megabytes(), []
    updates = Training(recipe).updates()
    for _ in range(UPDATES):
        started = time.process_time()
        next(updates)
        times.append(time.process_time() - started)
    answer.send((median(times[1:]) * 1e3, _peak_megabytes() - before))


def _peak_megabytes() -> float:
    """This process's largest size so far; Linux's `ru_maxrss` begins with that of the process that started it."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
