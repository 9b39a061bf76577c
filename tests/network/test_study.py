"""What the lesson rests on: the recipes of the published study, and figures over seeds."""

import pytest

from unroll.network.study import LENGTHS, PUBLISHED, Spread, memory, memory_recipe, recall_recipe, recalled, study
from unroll.network.training import Training
from unroll.recipe import PRESETS


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
    assert study(recalled, recipe, 3).values == pytest.approx(alone)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_with_the_loop_cut_counting_stays_and_recall_falls_to_chance(cell: str) -> None:
    counted, recalled = (study(memory, memory_recipe(cell, task), 2) for task in ("count", "recall"))
    assert counted["h cut"].low >= 0.96
    assert recalled["whole"].low >= 0.99
    assert recalled["h cut"].high <= 0.025
    assert ("h and c cut" in recalled) == (cell == "lstm")
