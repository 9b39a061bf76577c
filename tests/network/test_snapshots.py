"""Which epochs are kept."""

from __future__ import annotations

from itertools import pairwise

import torch
from hypothesis import given
from hypothesis import strategies as st

from unroll.network.adam import Snapshot
from unroll.network.snapshots import Snapshots

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
