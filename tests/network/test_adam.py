"""Our Adam against the algorithm as it is written, and against `torch.optim.Adam`."""

from __future__ import annotations

import pytest
import torch
from torch.testing import assert_close

from unroll.network.adam import Adam, put
from unroll.network.model import SequenceModel
from unroll.recipe import Recipe

RECIPE = Recipe().replace(vocab_size=9, hidden_size=4, length=3)


def gradients(model: SequenceModel, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        drawn = torch.randn(parameter.shape, generator=generator)
        parameter.grad = drawn if parameter.grad is None else parameter.grad.copy_(drawn)


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_twenty_steps_equal_those_of_torch_optim(cell):
    ours, theirs = (SequenceModel.of(RECIPE.replace(cell=cell)) for _ in range(2))
    adam, optimizer = Adam(ours), torch.optim.Adam(theirs.parameters(), lr=0.1)
    for step in range(20):
        gradients(ours, step)
        gradients(theirs, step)
        optimizer.param_groups[0]["lr"] = 0.1 / (step + 1)
        optimizer.step()
        adam.step(0.1 / (step + 1))
    for mine, its in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert_close(mine, its, atol=1e-5, rtol=1e-5)


def test_a_step_is_the_algorithm_as_written():
    model = SequenceModel.of(RECIPE)
    adam = Adam(model)
    w, m, v = adam.weights.double().clone(), torch.zeros(1), torch.zeros(1)
    for k in (1, 2, 3):
        gradients(model, k)
        g = adam.gradient.double()
        m, v = m + 0.1 * (g - m), 0.999 * v + 0.001 * g * g
        w = w - 0.05 / (1 - 0.9**k) * m / ((v / (1 - 0.999**k)).sqrt() + 1e-8)
        adam.step(0.05)
    assert_close(adam.weights.double(), w, atol=1e-6, rtol=0)


def test_gathering_the_weights_leaves_values_shapes_and_order_in_memory():
    model, same = SequenceModel.of(RECIPE), SequenceModel.of(RECIPE)
    adam = Adam(model)
    for moved, kept in zip(model.parameters(), same.parameters(), strict=True):
        assert torch.equal(moved, kept)
        assert moved.stride() == kept.stride()
    adam.weights.zero_()
    assert all((parameter == 0).all() for parameter in model.parameters())


def test_a_snapshot_stays_when_training_goes_on_and_brings_everything_back():
    model = SequenceModel.of(RECIPE)
    adam = Adam(model)
    gradients(model, 1)
    adam.step(0.1)
    snapshot, twin = adam.snapshot(), SequenceModel.of(RECIPE)
    put(twin, snapshot.weights)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), twin.parameters(), strict=True))
    adam.step(0.1)
    after = adam.weights.clone()
    adam.restore(snapshot)
    assert snapshot.steps == 1
    assert not torch.equal(adam.weights, after)
    adam.step(0.1)
    assert torch.equal(adam.weights, after)
