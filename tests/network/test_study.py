"""What the lesson rests on: the recipes of the published study, and figures over seeds."""

import pytest

from unroll.commands.study import study_all, task_recipe
from unroll.figures import SOLVED, Spread
from unroll.network.model import SequenceModel
from unroll.network.sequences import sequences
from unroll.network.study import (
    LENGTHS,
    PUBLISHED,
    learned,
    memory,
    memory_recipe,
    reach,
    recall_recipe,
    recalled,
    study,
)
from unroll.network.training import Training, are_right
from unroll.recipe import PRESETS, recipe_of
from unroll.tasks import TASKS
from unroll.tasks.config import TaskName


def test_the_recipes_are_those_of_the_published_study() -> None:
    assert recall_recipe("rnn", 14) == PRESETS["recall, rnn"]
    assert recall_recipe("lstm", 14) == PRESETS["recall, lstm"]
    assert all(tuple(figures) == LENGTHS for figures in PUBLISHED.values())


def test_a_spread_is_a_median_between_the_lowest_and_the_highest() -> None:
    spread = Spread((0.5, 1.0, 0.25, 0.75))
    assert (spread.low, spread.middle, spread.high) == (0.25, 0.625, 1.0)


def test_every_seed_does_as_it_would_alone() -> None:
    recipe = recall_recipe("rnn", 4).replace(vocab_size=24, epochs=8)
    alone = []
    for seed in (0, 1, 2):
        training = Training(recipe.replace(seed=seed))
        list(training.updates())
        alone.append(training.accuracy())
    assert study(recalled, recipe, range(3))["accuracy"].values == pytest.approx(alone)


@pytest.mark.parametrize("cores", [1, 2])
def test_seeds_shared_among_cores_keep_their_order(monkeypatch: pytest.MonkeyPatch, cores: int) -> None:
    monkeypatch.setattr("unroll.machine.cores", lambda: cores)
    recipe = recall_recipe("rnn", 4).replace(vocab_size=24, epochs=8)
    (found,) = study_all(recalled, [recipe], 3, "cpu")
    assert found["accuracy"].values == pytest.approx(study(recalled, recipe, range(3))["accuracy"].values)


def test_how_far_a_network_is_right_ends_at_the_first_that_is_wrong() -> None:
    growing = list(TASKS["anbn"].growing(5))
    assert [len([t for t in item.targets if t is not None]) for item in growing] == [2, 4, 6, 8, 10]
    model = SequenceModel.of(recipe_of({**TASKS["anbn"].start, "task": "anbn", "hidden_size": 4}))
    right = are_right(model, sequences(growing)).tolist()
    assert reach(model, sequences(growing)) == [*right, False].index(False)


LESSONS = {
    ("recall-any", "gru"): (10, 10),
    ("long-lag", "gru"): (10, 10),
    ("long-lag", "lstm"): (0, 1),
    ("long-lag", "lstm-open"): (6, 10),
    ("long-lag-2a", "gru"): (10, 10),
    ("reber", "lstm"): (10, 10),
    ("anbn", "lstm"): (10, 10),
    ("parity", "gru"): (10, 10),
    ("parity", "linear"): (0, 0),
    ("parity", "linear-signed"): (10, 10),
    ("echo", "rnn"): (10, 10),
    ("echo", "lstm"): (0, 2),
    ("modular", "rnn"): (0, 1),
    ("modular", "gru"): (10, 10),
}
"""How many of ten seeds solve a task with a cell, at least and at most."""


@pytest.mark.long
@pytest.mark.parametrize(("task", "kind"), LESSONS)
def test_of_ten_seeds_as_many_solve_a_task_as_is_said(task: TaskName, kind: str) -> None:
    least, most = LESSONS[task, kind]
    found = study(learned, task_recipe(task, kind), range(10))["accuracy"].values
    assert least <= sum(accuracy >= SOLVED for accuracy in found) <= most


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_with_the_loop_cut_counting_stays_and_recall_falls_to_chance(cell: str) -> None:
    counted, recalled = (study(memory, memory_recipe(cell, task), range(2)) for task in ("count", "recall"))
    assert counted["h cut"].low >= 0.96
    assert recalled["whole"].low >= 0.99
    assert recalled["h cut"].high <= 0.025
    assert ("h and c cut" in recalled) == (cell == "lstm")
