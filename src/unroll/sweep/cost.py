"""What a unit of work costs before it is computed: a rough guess, made exact by units of the same sweep."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

from unroll.recipe import BLOCKS, MIXES, Recipe, plan
from unroll.sweep.results import Row
from unroll.tasks import parts, sequences

STEP_S = 230e-6
"""Calling the operations of one step of one group, there and back; half as much again for cells with gates."""
VOCAB_NS, HEAD_NS, CELL_NS = 7.0, 0.1, 0.25
"""For one number of one sequence: for each number of the vocabulary, each weight of the head, each of the cell."""


def guess(recipe: Recipe, seeds: int) -> float:
    """Seconds of one core for one unit, within a factor of two or three on processors of these years.

    Raises:
        RecipeError: the batch is larger than the data, or the recipe's file cannot be used.
    """
    task = recipe.task
    count = sequences(task)
    made = plan(recipe, len(parts(task).train) if count is None or task.held_out else count)
    v, d, blocks = task.vocab_size, recipe.model.hidden_size, BLOCKS[recipe.model.cell]
    number = 1e-9 * (VOCAB_NS * v + HEAD_NS * v * d + CELL_NS * blocks * d * (8 + d * MIXES[recipe.model.cell]))
    step = STEP_S * (1 if blocks == 1 else 1.5)
    return made.updates * task.length * (step + seeds * made.batch_size * number)


def correction(rows: Iterable[Row]) -> float | None:
    """By what a guess is to be multiplied, from what units have cost; None where none is known."""
    found = [row.seconds / guess(row.recipe, len(row.seeds)) for row in rows if not row.data]
    return median(found) if found else None
