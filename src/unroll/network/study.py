"""What the lesson rests on, over many seeds: how well a recipe is learned, and how much of it is memory.

Recall: how well a cell can say the first number of a sequence as sequences grow longer. The published figures are from
`rnn/MeasuringRNNAccuracy.ipynb` in christianb93/MLLM, one seed each.

Memory: the same networks with the hidden state erased before every step, so that an answer depends on the last number
alone. A perfect counter loses nothing. A network that recalls does not guess then: it answers as at a first step, for
the most part with its last number, and that is never the first. What recall needs is not memory alone: in sequences of
consecutive numbers the first is the last less L - 1, so that a table from last to first would be right in all of them,
and networks take a part of this short cut.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import NamedTuple, TypeVar

from unroll.moment import UNTOUCHED, Interventions
from unroll.network.ensemble import Ensemble
from unroll.network.training import accuracy_of, sequences
from unroll.recipe import CellName, Recipe
from unroll.tasks import parts

T = TypeVar("T")
LENGTHS = (4, 6, 8, 10, 12, 14, 16, 18)
PUBLISHED: dict[str, dict[int, float]] = {
    "rnn": dict(zip(LENGTHS, (1.000, 1.000, 0.994, 0.990, 0.926, 0.831, 0.595, 0.577), strict=True)),
    "lstm": dict.fromkeys(LENGTHS, 1.000),
}
"""Accuracy at the last step by length, as published."""

CUTS = {
    "whole": UNTOUCHED,
    "h cut": Interventions(cut_all=True),
    "h and c cut": Interventions(cut_all=True, cut_cell=True),
}
"""What is done to the state before every step, in the words of the tables."""


class Spread(NamedTuple):
    """One figure for each of several seeds."""

    values: tuple[float, ...]

    @property
    def middle(self) -> float:
        """The median."""
        return median(self.values)

    @property
    def low(self) -> float:
        """The lowest."""
        return min(self.values)

    @property
    def high(self) -> float:
        """The highest."""
        return max(self.values)


def recall_recipe(cell: CellName, length: int) -> Recipe:
    """The recipe of the published study: 512 numbers, 32 units, 100 updates of all the data; Elman's cell starts with
    standard normal biases, the others with PyTorch's own."""
    return Recipe().replace(
        task="recall",
        vocab_size=512,
        length=length,
        cell=cell,
        init="normal-bias" if cell == "rnn" else "uniform",
        epochs=100,
        batch_size="full",
    )


def memory_recipe(cell: CellName, task: str) -> Recipe:
    """The reference recipe for counting; for recall the same numbers, with the published study's training."""
    if task == "count":
        return Recipe().replace(cell=cell)
    return recall_recipe(cell, 6).replace(vocab_size=128)


def study(measure: Callable[[Ensemble], T], recipe: Recipe, seeds: int, device: str = "cpu") -> T:
    """What is measured of all seeds of a recipe, from 0, after they were trained together."""
    ensemble = Ensemble(recipe, range(seeds), device)
    for _ in ensemble.updates():
        pass
    return measure(ensemble)


def recalled(ensemble: Ensemble) -> Spread:
    """Each member's accuracy on all training sequences."""
    return Spread(tuple(ensemble.accuracies()))


def memory(ensemble: Ensemble) -> dict[str, Spread]:
    """Each member's accuracy on all training sequences, by the words of `CUTS`.

    Only a cell with a cell state has a row for erasing that too.
    """
    data = sequences(parts(ensemble.recipe.task).train)
    models = [ensemble.member(i).cpu() for i in range(len(ensemble.seeds))]
    cuts = {word: cut for word, cut in CUTS.items() if models[0].rnn.has_c or not cut.cut_cell}
    return {word: Spread(tuple(accuracy_of(model, data, cut) for model in models)) for word, cut in cuts.items()}
