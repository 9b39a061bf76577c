"""A run's past: one loss an update, however long it is and wherever it comes from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unroll.engine.past import Past
from unroll.network.checkpoint import History
from unroll.recipe import Plan

PLAN = Plan(sequences=4, batch_size=2, updates_per_epoch=2, updates=100, weights=9)


def past_of(updates: int, limit: int) -> Past:
    past = Past(limit)
    for update in range(updates):
        past.add(float(update), update / 1000)
    return past


def told(past: Past, limit: int = 1000) -> list[float | None]:
    """The loss of every update, as a run's are told."""
    stride, losses, accuracies = past.told(limit)
    assert len(losses) == len(accuracies) <= limit
    return [losses[update // stride] for update in range(past.updates)]


def test_every_update_is_kept_while_there_is_room() -> None:
    assert told(past_of(8, 8)) == [0, 1, 2, 3, 4, 5, 6, 7]
    assert past_of(3, 8).told(8) == (1, [0, 1, 2], [0, 0.001, 0.002])


@given(st.integers(0, 200), st.integers(1, 30), st.integers(0, 200))
def test_a_long_past_tells_one_loss_an_update_and_keeps_few(updates: int, limit: int, until: int) -> None:
    past = past_of(updates, limit)
    stride, losses, _ = past.told(1000)
    assert len(losses) <= limit
    assert told(past) == [float(update - update % stride) for update in range(updates)]
    assert told(past.until(min(until, updates))) == told(past)[:until]


@given(st.integers(0, 200), st.integers(1, 30), st.integers(1, 30))
def test_a_past_is_thinned_further_where_a_line_has_less_room(updates: int, limit: int, room: int) -> None:
    past = past_of(updates, limit)
    stride, losses, _ = past.told(room)
    assert len(losses) <= room
    assert losses == [float(update) for update in range(0, updates, stride)]


@given(st.integers(0, 100), st.integers(1, 30))
def test_what_is_saved_comes_back(updates: int, limit: int) -> None:
    past = past_of(updates, limit)
    history = past.history(0.5, None).thinned()
    assert told(Past.of(history, PLAN)) == told(past)


@pytest.mark.parametrize(
    "history",
    [
        History(),
        History(updates=101, losses=(1.0,) * 101, accuracies=(1.0,) * 101),
        History(updates=10**18, stride=10**18, losses=(1.0,), accuracies=(1.0,)),
        History(updates=-4, losses=(), accuracies=()),
        History(updates=4, losses=(1.0,) * 3, accuracies=(1.0,) * 4),
        History(updates=4, losses=(1.0,) * 4, accuracies=(1.0,) * 3),
    ],
)
def test_a_history_that_does_not_fit_is_none(history: History) -> None:
    past = Past.of(history, PLAN)
    assert (past.updates, told(past)) == (0, [])


def test_the_mean_is_over_the_last_updates() -> None:
    assert past_of(10, 100).mean_accuracy(4) == pytest.approx(0.0075)
    assert past_of(10, 4).mean_accuracy(1) == pytest.approx(0.009)
