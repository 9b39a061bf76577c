"""One unit of work, computed: its recipe and seeds in as JSON, its figures out as JSON, wherever this runs."""

from __future__ import annotations

import platform
from time import perf_counter

import msgspec
import torch

from unroll.errors import NO_MEMORY, FileError, UserError, is_memory
from unroll.network.ensemble import Ensemble
from unroll.network.model import fingerprint
from unroll.sweep.grid import Unit, data_digest
from unroll.sweep.results import FORMAT, VERSION, Fault, Made, Row
from unroll.text import printable, shown_path


def measure(text: str) -> str:
    """The row of a unit, or the `Fault` that kept it from being computed: nothing is raised across processes."""
    try:
        return msgspec.json.encode(_measured(msgspec.json.decode(text, type=Unit))).decode()
    except UserError as error:
        return _fault(str(error))
    except Exception as error:
        return _fault(NO_MEMORY if is_memory(error) else f"{type(error).__name__}: {error}".partition("\n")[0])


def _fault(sentence: str) -> str:
    return msgspec.json.encode(Fault(printable(sentence, 400))).decode()


def _measured(unit: Unit) -> Row:
    started = perf_counter()
    torch.set_num_threads(1)  # other numbers of threads round sums differently
    path = unit.recipe.task.path
    if path and data_digest(path) != unit.data:
        raise FileError(f"{shown_path(path)} has changed since the sweep began, or is another one there: start again.")
    ensemble = Ensemble(unit.recipe, unit.seeds)
    losses: list[float] = []
    for update in ensemble.updates():
        losses = update.losses
    return Row(
        format=FORMAT,
        digest=unit.digest,
        recipe=unit.recipe,
        seeds=unit.seeds,
        accuracy=tuple(ensemble.accuracies()),
        loss=tuple(losses),
        weights=tuple(fingerprint(ensemble.member(place)) for place in range(len(unit.seeds))),
        seconds=round(perf_counter() - started, 4),
        made=_made(),
        held_out=tuple(ensemble.held_out_accuracies()),
        data=unit.data,
    )


def _made() -> Made:
    cpu = torch.backends.cpu.get_cpu_capability()
    return Made(VERSION, platform.python_version(), str(torch.__version__), cpu, platform.machine())
