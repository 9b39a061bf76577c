"""Our Adam against the algorithm as it is written and against `torch.optim.Adam`; which of its snapshots are kept."""

from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from unroll.network.adam import Adam, Snapshot, put
from unroll.network.model import SequenceModel
from unroll.network.training import Snapshots
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


# Which epochs are kept


BYTES = 120


def snapshot(epoch: int) -> Snapshot:
    return Snapshot(torch.full((10,), float(epoch)), torch.zeros(10), torch.zeros(10), epoch)


def filled(epochs: int, budget: int) -> Snapshots:
    snapshots = Snapshots(budget)
    for epoch in range(epochs + 1):
        snapshots.add(epoch, snapshot(epoch))
    return snapshots


def test_all_epochs_are_kept_while_they_fit():
    assert filled(7, 8 * BYTES).epochs == list(range(8))


def test_thinning_keeps_every_second_and_the_newest():
    assert filled(8, 8 * BYTES).epochs == [0, 2, 4, 6, 8]
    assert filled(9, 8 * BYTES).epochs == [0, 2, 4, 6, 8, 9]


@given(st.integers(0, 300), st.integers(3, 40))
def test_what_is_kept_is_even_from_0_to_the_newest_and_within_the_budget(epochs, places):
    kept = filled(epochs, places * BYTES).epochs
    assert kept[0] == 0
    assert kept[-1] == epochs
    assert len(kept) <= places
    assert len(kept) > min(epochs, places // 2 - 1)
    gaps = {later - earlier for earlier, later in pairwise(kept[:-1])}
    assert len(gaps) <= 1


def test_a_network_larger_than_the_budget_keeps_its_newest_epoch():
    assert filled(5, BYTES - 1).epochs == [5]


def test_the_nearest_epoch_is_given_with_its_own_snapshot():
    snapshots = filled(9, 8 * BYTES)
    assert [snapshots.nearest(epoch)[0] for epoch in (0, 1, 3, 7, 50)] == [0, 0, 2, 6, 9]
    found, its = snapshots.nearest(5)
    assert (found, its.steps) == (4, 4)


def test_a_branchs_past_ends_at_its_epoch_and_goes_on_apart():
    whole = filled(9, 100 * BYTES)
    past = whole.until(4)
    past.add(5, snapshot(50))
    assert past.epochs == [0, 1, 2, 3, 4, 5]
    assert whole.nearest(5)[1].steps == 5


def test_thinning_goes_on_to_the_newest_alone_and_then_to_none():
    snapshots = filled(7, 8 * BYTES)
    seen = []
    while snapshots.nbytes:
        seen.append((snapshots.nbytes // BYTES, snapshots.epochs))
        snapshots.thin()
    assert seen == [(8, list(range(8))), (5, [0, 2, 4, 6, 7]), (3, [0, 4, 7]), (1, [7])]
    assert snapshots.epochs == []
