"""Training pauses where it was asked to, and says so."""

from __future__ import annotations

import pytest

from engine_kit import answers, converse, losses, progress
from unroll.protocol.requests import Advance, Create, Pause, Play
from unroll.recipe import recipe_of

SMALL = recipe_of({"vocab_size": 16, "length": 3, "hidden_size": 16, "epochs": 12})
EACH = 2


def test_training_pauses_at_the_epoch_asked_for() -> None:
    replies = converse(Create(recipe=SMALL), Play(stop_epoch=5), until=5.0)
    last = progress(replies)[-1]
    assert (last.state, last.update, last.sentence) == ("paused", 5 * EACH, "Stopped at epoch 5 as asked.")
    assert len(losses(replies)) == 5 * EACH


@pytest.mark.parametrize("stop", [5, 3, 0, 13])
def test_an_epoch_past_or_never_reached_is_no_stop(stop: int) -> None:
    asked = Create(recipe=SMALL), Advance(updates=5 * EACH), (4.0, Play(stop_epoch=stop))
    last = progress(converse(*asked, until=9.0))[-1]
    assert (last.state, last.sentence) == ("finished", "")


def test_training_pauses_after_the_first_epoch_that_is_accurate_enough() -> None:
    replies = converse(Create(recipe=SMALL), Play(stop_accuracy=0.7), until=9.0)
    told = progress(replies)
    accuracies = [accuracy for news in told for accuracy in news.accuracies]
    means = [sum(accuracies[i : i + EACH]) / EACH for i in range(0, len(accuracies), EACH)]
    assert told[-1].state == "paused"
    assert means[-1] >= 0.7 > max(means[:-1])
    assert told[-1].sentence == (
        f"Stopped at epoch {len(means)} as asked: its mean accuracy is {means[-1] * 100:.1f} %."
    )


def test_an_epoch_begun_before_counts_as_a_whole_one() -> None:
    replies = converse(
        Create(recipe=SMALL), Advance(updates=1), (4.0, Play(stop_accuracy=0.0)), (6.0, Pause()), until=9.0
    )
    last = progress(replies)[-1]
    assert (last.update, last.state) == (EACH, "paused")


def test_playing_on_without_a_stop_forgets_it() -> None:
    replies = converse(Create(recipe=SMALL), Play(pace="2/s", stop_epoch=3), (0.5, Play()), until=9.0)
    assert progress(replies)[-1].state == "finished"


def test_an_accuracy_that_cannot_be_is_refused() -> None:
    assert "stop_accuracy cannot be 99" in answers(converse(Create(), Play(stop_accuracy=99)))[2].sentence


def test_what_was_held_out_is_scored_at_the_end() -> None:
    recipe = recipe_of({"vocab_size": 32, "length": 3, "held_out": 0.25})
    told = progress(converse(Create(recipe=recipe), Play(), until=9.0))
    assert told[-1].state == "finished"
    assert told[-1].held_out is not None
    assert {news.held_out for news in told[:-1]} == {None}
    assert progress(converse(Create(recipe=SMALL), Play(), until=9.0))[-1].held_out is None
