"""Whether a moment can be looked at: each refusal is a sentence with the way out in it."""

from __future__ import annotations

from unroll.engine.run import Run
from unroll.errors import UserError
from unroll.moment import MAX_CLAMP, MAX_STEPS, Interventions, Moment


def check_moment(run: Run, moment: Moment) -> None:
    """Raises `UserError` when the run has nothing to show of the moment."""
    _check_sequence(moment, run.training.recipe.task.vocab_size)
    if moment.epoch is not None:
        check_epoch(run, moment.epoch)
    _check_clamps(moment.interventions, run.training.recipe.model.hidden_size)


def check_epoch(run: Run, epoch: int) -> None:
    """Raises `UserError` when the run has not come so far."""
    last = int(run.training.epoch)
    if not 0 <= epoch <= last:
        raise UserError(f"Epoch {epoch!s:.20} cannot be seen: this run has epochs 0 to {last}.")


def check_unit(unit: int, units: int, what_for: str) -> None:
    """Raises `UserError` when the network has no such unit."""
    if not 0 <= unit < units:
        raise UserError(f"There is no unit {unit!s:.20} to {what_for}: choose one from 0 to {units - 1}.")


def _check_sequence(moment: Moment, vocab_size: int) -> None:
    rule = f"whole numbers from 0 to {vocab_size - 1}"
    if not moment.sequence:
        raise UserError(f"The sequence is empty: give {rule}.")
    if len(moment.sequence) > MAX_STEPS:
        raise UserError(f"The sequence has {len(moment.sequence):,} numbers: give at most {MAX_STEPS:,}.")
    for number in moment.sequence:
        if not 0 <= number < vocab_size:
            raise UserError(f"{number!s:.20} is not in the vocabulary: give {rule}.")
    if not 0 <= moment.step < len(moment.sequence):
        last = len(moment.sequence) - 1
        raise UserError(f"Step {moment.step!s:.20} is not in the sequence: choose one from 0 to {last}.")


def _check_clamps(interventions: Interventions, units: int) -> None:
    for unit, value in interventions.clamps:
        check_unit(unit, units, "clamp")
        if not -MAX_CLAMP <= value <= MAX_CLAMP:
            raise UserError(f"Unit {unit} cannot be held at {value:g}: choose from -{MAX_CLAMP:,g} to {MAX_CLAMP:,g}.")
