"""Answers a look: checks that there is something to see, runs the network, and keeps only what was asked for."""

from __future__ import annotations

from msgspec.structs import replace
from torch import Tensor

from unroll.engine.protocol import Look
from unroll.engine.run import Refused, Run
from unroll.engine.trace import Candidate, Trace, Window
from unroll.moment import MAX_STEPS, Interventions, Moment
from unroll.network import inspection

MAX_TOP = 100
MAX_CLAMP = 1000.0
LARGEST = 1e6
"""A value beyond this is shown as this: no figure on the screen has room for more, and infinity cannot be sent."""


def look(run: Run, request: Look) -> Trace:
    """What the network of a run does over the moment's sequence; raises `Refused` when the moment cannot be."""
    moment = replace(request.moment, run=run.number)
    _check(run, moment)
    model, epoch = run.training.at(moment.epoch)
    seen = inspection.trace(model, moment.sequence, moment.interventions)
    window = clip(request.window, *seen.hidden.shape)
    steps = slice(window.first_step, window.first_step + window.steps)
    units = slice(window.first_unit, window.first_unit + window.units)
    return Trace(
        moment=moment,
        epoch=round(epoch, 4),
        units=seen.hidden.shape[1],
        window=window,
        values=decimals(seen.hidden[steps, units], 3),
        candidates=_candidates(seen.probabilities[steps], request.top),
    )


def clip(window: Window, steps: int, units: int) -> Window:
    """The part of a window that there is."""
    first_step, first_unit = _inside(window.first_step, steps), _inside(window.first_unit, units)
    return Window(
        first_step,
        _inside(window.steps, steps - first_step),
        first_unit,
        _inside(window.units, units - first_unit),
    )


def _inside(number: int, high: int) -> int:
    return max(0, min(number, high))


def decimals(values: Tensor, places: int) -> list[list[float]]:
    """A table of numbers, finite and rounded so that they are short as text."""
    wide = values.double().nan_to_num(0, LARGEST, -LARGEST).clamp(-LARGEST, LARGEST)
    rows: list[list[float]] = wide.round(decimals=places).tolist()
    return rows


def _candidates(probabilities: Tensor, top: int) -> list[list[Candidate]]:
    values, numbers = probabilities.topk(_inside(top, min(MAX_TOP, probabilities.shape[-1])))
    rows = zip(numbers.tolist(), decimals(values, 4), strict=True)
    return [list(map(Candidate, row, chances)) for row, chances in rows]


def _check(run: Run, moment: Moment) -> None:
    _check_sequence(moment, run.training.recipe.task.vocab_size)
    last = int(run.training.epoch)
    if moment.epoch is not None and not 0 <= moment.epoch <= last:
        raise Refused(f"Epoch {moment.epoch} cannot be seen: run {run.number} has epochs 0 to {last}.")
    _check_clamps(moment.interventions, run.training.recipe.model.hidden_size)


def _check_sequence(moment: Moment, vocab_size: int) -> None:
    rule = f"whole numbers from 0 to {vocab_size - 1}"
    if not moment.sequence:
        raise Refused(f"The sequence is empty: give {rule}.")
    if len(moment.sequence) > MAX_STEPS:
        raise Refused(f"The sequence has {len(moment.sequence):,} numbers: give at most {MAX_STEPS:,}.")
    for number in moment.sequence:
        if not 0 <= number < vocab_size:
            raise Refused(f"{number!s:.20} is not in the vocabulary: give {rule}.")
    if not 0 <= moment.step < len(moment.sequence):
        raise Refused(f"Step {moment.step} is not in the sequence: choose one from 0 to {len(moment.sequence) - 1}.")


def _check_clamps(interventions: Interventions, units: int) -> None:
    for unit, value in interventions.clamps:
        if not 0 <= unit < units:
            raise Refused(f"There is no unit {unit} to clamp: choose one from 0 to {units - 1}.")
        if not -MAX_CLAMP <= value <= MAX_CLAMP:
            raise Refused(f"Unit {unit} cannot be held at {value:g}: choose from -{MAX_CLAMP:,g} to {MAX_CLAMP:,g}.")
