"""What a unit of work costs before it is computed: a rough guess, made exact by units of the same sweep."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

from unroll.recipe import BLOCKS, MIXES, Recipe, plan
from unroll.sweep.results import Row
from unroll.tasks import parts, sequences

UPDATE_S, STEP_S, GATED_STEP_S = 900e-6, 37e-6, 96e-6
"""Calling the operations of one update of one group, and those of one of its steps, there and back."""
NUMBER_NS, VOCAB_NS, UNIT_NS = 360, 7.4, 9.0
"""For one number of one sequence; for each number of the vocabulary, and for each unit of each block."""
HEAD_NS, CELL_NS = 0.014, 0.12
"""For each weight of the head, and each recurrent one of the cell."""


def guess(recipe: Recipe, seeds: int) -> float:
    """Seconds of one core for one unit, measured within a factor of two on one kind of processor.

    Raises:
        RecipeError: the batch is larger than the data, or the recipe's file cannot be used.
    """
    task = recipe.task
    count = sequences(task)
    made = plan(recipe, len(parts(task).train) if count is None or task.held_out else count)
    v, d = task.vocab_size, recipe.model.hidden_size
    units = BLOCKS[recipe.model.cell] * d
    number = NUMBER_NS + v * (VOCAB_NS + HEAD_NS * d) + units * (UNIT_NS + CELL_NS * d * MIXES[recipe.model.cell])
    calls = UPDATE_S + task.length * (STEP_S if units == d else GATED_STEP_S)
    return made.updates * (calls + 1e-9 * number * task.length * made.batch_size * seeds)


def correction(rows: Iterable[Row]) -> float | None:
    """By what a guess is to be multiplied, from what units have cost; None where none is known."""
    found = [row.seconds / guess(row.recipe, len(row.seeds)) for row in rows if not row.data]
    return median(found) if found else None
