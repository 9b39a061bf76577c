"""What the lesson rests on, over many seeds: how well a recipe is learned, and how much of it is memory.

Tasks: each by the recipe that it starts from, with one cell or another, scored on sequences held out where there are
any, and on those trained where there are none.

Recall: how well a cell can say the first number of a sequence as sequences grow longer. The published figures are from
`rnn/MeasuringRNNAccuracy.ipynb` in christianb93/MLLM, one seed each.

Memory: the same networks with the hidden state erased before every step, so that an answer depends on the last number
alone. A perfect counter loses nothing. A network that recalls does not guess then: it answers as at a first step, for
the most part with its last number, and that is never the first. What recall needs is not memory alone: in sequences of
consecutive numbers the first is the last less L - 1, so that a table from last to first would be right in all of them,
and networks take a part of this short cut.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import process_time

from unroll.figures import Spread
from unroll.moment import UNTOUCHED, Interventions
from unroll.network.ensemble import Ensemble
from unroll.network.model import SequenceModel
from unroll.network.sequences import Sequences, sequences
from unroll.network.training import accuracy_of, are_right
from unroll.recipe import CellName, Recipe, recipe_of
from unroll.tasks import TASKS, parts

MAX_REACH = 256
"""The largest sequence whose answers are checked, where a task has one of every size."""
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
    """The reference recipe for counting; for recall the same numbers, with the published study's training; for recall
    of any numbers what that task starts from."""
    if task != "recall":
        return recipe_of({**TASKS[task].start, "task": task, "cell": cell})
    return recall_recipe(cell, 6).replace(vocab_size=128)


Measured = dict[str, Spread]
"""Figures by their names."""
Measure = Callable[[Ensemble, float], Measured]
"""Takes what was trained, and how many seconds of a processor each member took."""


def study(measure: Measure, recipe: Recipe, seeds: Sequence[int], device: str = "cpu") -> Measured:
    """What is measured of some seeds of a recipe, after they were trained together."""
    ensemble, started = Ensemble(recipe, seeds, device), process_time()
    for _ in ensemble.updates():
        pass
    return measure(ensemble, (process_time() - started) / len(seeds))


def recalled(ensemble: Ensemble, seconds: float) -> Measured:
    """Each member's accuracy on all training sequences."""
    return {"accuracy": Spread(tuple(ensemble.accuracies()))}


def learned(ensemble: Ensemble, seconds: float) -> Measured:
    """Each member's accuracy on what was held out, or else on what was trained; and what it took."""
    config = ensemble.recipe.task
    found, models = parts(config), [ensemble.member(i).cpu() for i in range(len(ensemble.seeds))]
    data = sequences(found.held_out or found.train)
    measured = {
        "accuracy": Spread(tuple(accuracy_of(model, data) for model in models)),
        "seconds": Spread((seconds,) * len(models)),
    }
    if growing := list(TASKS[config.task].growing(MAX_REACH)):
        data = sequences(growing)
        measured["reach"] = Spread(tuple(float(reach(model, data)) for model in models))
    return measured


def reach(model: SequenceModel, growing: Sequences) -> int:
    """How many sequences are right before the first that is not."""
    is_right = are_right(model, growing)
    return int(is_right.cumprod(0).sum())


def memory(ensemble: Ensemble, seconds: float) -> Measured:
    """Each member's accuracy on all training sequences, by the words of `CUTS`.

    Only a cell with a cell state has a row for erasing that too.
    """
    data = sequences(parts(ensemble.recipe.task).train)
    models = [ensemble.member(i).cpu() for i in range(len(ensemble.seeds))]
    cuts = {word: cut for word, cut in CUTS.items() if models[0].rnn.has_c or not cut.cut_cell}
    return {word: Spread(tuple(accuracy_of(model, data, cut) for model in models)) for word, cut in cuts.items()}
