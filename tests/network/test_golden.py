"""Identical losses before and after: what the default recipe with seed 7 gave when these were stored, with torch 2.13.

On the machine and the torch that stored them they hold to the last digit shown; elsewhere sums are rounded in another
order, and 50 updates carry that on: 2 % of a loss is allowed, less than another order of the data, another start or
another rate makes.
"""

import pytest

from unroll.network.training import Training
from unroll.recipe import Recipe

EVERY_SEVENTH_LOSS = {
    "rnn": [4.85711, 0.467643, 0.027637, 0.003483, 0.000786, 0.000509, 0.00045, 0.000401],
    "lstm": [4.861311, 1.134667, 0.056863, 0.008298, 0.002537, 0.001317, 0.001018, 0.000905],
    "gru": [4.851994, 0.637156, 0.013812, 0.001285, 0.000493, 0.000202, 0.000174, 0.00016],
}


@pytest.mark.parametrize("cell", sorted(EVERY_SEVENTH_LOSS))
def test_the_losses_are_the_stored_ones(cell):
    losses = [update.loss for update in Training(Recipe().replace(cell=cell, seed=7)).updates()]
    assert losses[::7] == pytest.approx(EVERY_SEVENTH_LOSS[cell], rel=0.02, abs=2e-6)
