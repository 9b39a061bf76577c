"""A branch goes on from an epoch of another run: history, optimizer and all."""

from __future__ import annotations

from typing import Any

import pytest

from engine_kit import answers, converse, losses, progress
from unroll.moment import Moment
from unroll.network.training import Training
from unroll.protocol.replies import Created, Error
from unroll.protocol.requests import Advance, Branch, Create, Look, Play
from unroll.recipe import Recipe, recipe_of

SMALL = recipe_of({"vocab_size": 16, "length": 3, "hidden_size": 4, "epochs": 10})
EACH = 2
TRAINED = Create(recipe=SMALL), Advance(updates=12)


def run_whole(recipe: Recipe) -> list[Any]:
    return [round(update.loss, 6) for update in Training(recipe).updates()]


def branched(request: Branch, *more: Any) -> list[Any]:
    return converse(*TRAINED, (5.0, request), *more, until=9.0)


def test_an_unchanged_branch_repeats_the_rest_of_the_run_to_the_bit() -> None:
    replies = branched(Branch(epoch=4, recipe=SMALL), Play(run=2))
    created = answers(replies)[3]
    assert isinstance(created, Created)
    assert (created.run, created.state, [*created.history.losses]) == (2, "paused", run_whole(SMALL)[: 4 * EACH])
    assert len(created.history.accuracies) == 4 * EACH
    told = [news for news in progress(replies) if news.run == 2]
    assert [*created.history.losses, *losses(told)] == run_whole(SMALL)
    assert (told[0].state, told[0].update, told[-1].state) == ("paused", 4 * EACH, "finished")


def test_a_branch_may_learn_at_another_rate_and_longer() -> None:
    changed = SMALL.replace(learning_rate=0.01, epochs=14, seed=3)
    replies = branched(Branch(run=1, epoch=4, recipe=changed), Play(run=2))
    created = answers(replies)[3]
    assert (created.recipe, created.plan.updates) == (changed, 14 * EACH)
    told = [*created.history.losses, *losses([news for news in progress(replies) if news.run == 2])]
    assert len(told) == 14 * EACH
    assert told[: 4 * EACH] == run_whole(SMALL)[: 4 * EACH]
    assert told[4 * EACH] != run_whole(SMALL)[4 * EACH]


def test_the_epochs_before_a_branch_can_still_be_seen() -> None:
    looks = [Look(moment=Moment(run, (7, 8), epoch=1)) for run in (1, 2)]
    replies = answers(branched(Branch(epoch=4, recipe=SMALL), *looks))
    assert replies[4].trace.values == replies[5].trace.values
    assert replies[5].trace.epoch == 1.0


def test_a_branch_of_a_branch_has_the_whole_history() -> None:
    replies = answers(branched(Branch(epoch=4, recipe=SMALL), Advance(updates=4), (6.0, Branch(epoch=5, recipe=SMALL))))
    assert [*replies[5].history.losses] == run_whole(SMALL)[: 5 * EACH]


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (Branch(epoch=7, recipe=SMALL), ["Epoch 7", "epochs 0 to 6"]),
        (Branch(epoch=-1, recipe=SMALL), ["epoch cannot be -1"]),
        (Branch(run=9, epoch=1, recipe=SMALL), ["no run 9"]),
        (Branch(epoch=4, recipe=SMALL.replace(epochs=4)), ["epochs cannot be 4", "choose more"]),
        (Branch(epoch=4, recipe=SMALL.replace(batch_size="full")), ["batch_size", "learning_rate, epochs or seed"]),
        (Branch(epoch=4, recipe=SMALL.replace(hidden_size=5)), ["keeps its task and its network"]),
    ],
)
def test_what_no_branch_can_do_is_refused(request_: Branch, words: list[str]) -> None:
    error = answers(branched(request_))[3]
    assert isinstance(error, Error)
    assert [word for word in words if word not in error.sentence] == []
