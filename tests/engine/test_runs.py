"""Runs: their numbers and the memory they share, where each stops, and that a pace is kept."""

from itertools import pairwise
from math import inf
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine_kit import answers, converse, losses, progress
from unroll.engine import runs as runs_module
from unroll.engine.runs import LiveRuns, RateLimiter, StopAt
from unroll.errors import UserError
from unroll.moment import Moment
from unroll.network.training import Training
from unroll.protocol.replies import Done
from unroll.protocol.requests import Advance, Create, Forget, Look, Pause, Play
from unroll.recipe import recipe_of

SMALL = recipe_of({"vocab_size": 16, "length": 3, "hidden_size": 4, "epochs": 10})
MAKE: Any = Create(recipe=SMALL)
HERE = Moment(0, (7, 8))
ONE = Training(SMALL).snapshots.nbytes


def trained() -> Training:
    training = Training(SMALL)
    for _ in training.updates():
        pass
    return training


def kept(runs: LiveRuns, *numbers: int) -> list[int]:
    return [len(runs.find(number).training.snapshots.epochs) for number in numbers]


def test_a_forgotten_run_is_gone_and_its_number_is_never_used_again() -> None:
    replies = answers(converse(MAKE, MAKE, Forget(run=2), MAKE, Look(moment=Moment(2, (7,))), Look(moment=HERE)))
    assert replies[3] == Done(id=3)
    assert replies[4].run == 3
    assert "no run 2" in replies[5].sentence
    assert replies[6].trace.moment.run == 3


def test_a_run_forgotten_in_training_is_told_of_no_more() -> None:
    replies = converse(MAKE, Play(pace="8/s"), (0.5, Forget(run=1)), until=3.0)
    assert replies[-1] == Done(id=3)


def test_without_runs_there_is_none_to_forget() -> None:
    assert "create one first" in answers(converse(MAKE, Forget(run=1), Forget(run=1)))[3].sentence


def test_all_snapshots_stay_within_the_budget_and_the_run_that_has_most_gives_way() -> None:
    runs = LiveRuns(25 * ONE)
    for _ in range(2):
        runs.add(trained())
    assert kept(runs, 1, 2) == [11, 11]
    runs.add(trained())
    assert kept(runs, 1, 2, 3) == [6, 6, 11]
    runs.add(trained())
    assert kept(runs, 1, 2, 3, 4) == [6, 6, 6, 6]
    assert 10 in runs.find(1).training.snapshots.epochs


def test_a_long_run_leaves_short_ones_whole() -> None:
    runs = LiveRuns(40 * ONE)
    runs.add(trained())
    long = Training(SMALL.replace(epochs=100))
    run = runs.add(long)
    for _ in long.updates():
        runs.share_memory(run)
    assert kept(runs, 1)[0] == 11
    assert 10 < kept(runs, 2)[0] <= 29


def test_when_even_the_newest_snapshots_are_too_much_old_runs_keep_none_but_can_be_seen() -> None:
    runs = LiveRuns(2 * ONE)
    for _ in range(3):
        runs.add(trained())
    assert kept(runs, 1, 2, 3) == [0, 1, 1]
    _, epoch = runs.find(1).training.at(3)
    assert epoch == 10.0


def test_forgetting_gives_room_back() -> None:
    runs = LiveRuns(25 * ONE)
    for _ in range(2):
        runs.add(trained())
    runs.forget(runs.find(1))
    runs.add(trained())
    assert kept(runs, 2, 3) == [11, 11]


def test_a_run_that_grows_takes_room_from_the_others_at_every_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LiveRuns.__init__, "__defaults__", (14 * ONE,))
    asked = MAKE, Advance(updates=20), (3.0, MAKE), Advance(updates=20), (6.0, Look(moment=Moment(1, (7,), epoch=3)))
    replies = answers(converse(*asked, until=9.0))
    assert replies[5].trace.epoch == 2.0


def test_no_more_runs_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs_module, "MAX_RUNS", 1)
    runs = LiveRuns()
    runs.add(Training(SMALL))
    with pytest.raises(UserError, match="forget one first"):
        runs.add(Training(SMALL))


def test_runs_at_rest_are_not_gone_through() -> None:
    asked = [MAKE, MAKE, Play(run=1), (3.0, Play(run=2)), (6.0, Advance(run=1))]
    told = progress(converse(*asked, until=9.0))
    assert [news.run for news in told if news.state == "finished"] == [1, 2]
    runs = LiveRuns()
    run = runs.add(Training(SMALL))
    assert runs.active == {1: run}


def test_a_finished_run_keeps_no_room_for_updates() -> None:
    run = LiveRuns().add(Training(SMALL))
    run.play("full", StopAt(), 0.0)
    run.make_update(0.0)
    assert run.training._tape is not None
    while run.state == "training":
        run.make_update(0.0)
    assert (run.state, run.training._tape) == ("finished", None)


# Where a run stops

STOPPED = recipe_of({"vocab_size": 16, "length": 3, "hidden_size": 16, "epochs": 12})
EACH = 2


def test_training_pauses_at_the_epoch_asked_for() -> None:
    replies = converse(Create(recipe=STOPPED), Play(stop_epoch=5), until=5.0)
    last = progress(replies)[-1]
    assert (last.state, last.update, last.sentence) == ("paused", 5 * EACH, "Stopped at epoch 5 as asked.")
    assert len(losses(replies)) == 5 * EACH


@pytest.mark.parametrize("stop", [5, 3, 0, 13])
def test_an_epoch_past_or_never_reached_is_no_stop(stop: int) -> None:
    asked = Create(recipe=STOPPED), Advance(updates=5 * EACH), (4.0, Play(stop_epoch=stop))
    last = progress(converse(*asked, until=9.0))[-1]
    assert (last.state, last.sentence) == ("finished", "")


def test_training_pauses_after_the_first_epoch_that_is_accurate_enough() -> None:
    replies = converse(Create(recipe=STOPPED), Play(stop_accuracy=0.7), until=9.0)
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
        Create(recipe=STOPPED), Advance(updates=1), (4.0, Play(stop_accuracy=0.0)), (6.0, Pause()), until=9.0
    )
    last = progress(replies)[-1]
    assert (last.update, last.state) == (EACH, "paused")


def test_playing_on_without_a_stop_forgets_it() -> None:
    replies = converse(Create(recipe=STOPPED), Play(pace="2/s", stop_epoch=3), (0.5, Play()), until=9.0)
    assert progress(replies)[-1].state == "finished"


def test_an_accuracy_that_cannot_be_is_refused() -> None:
    assert "stop_accuracy cannot be 99" in answers(converse(Create(), Play(stop_accuracy=99)))[2].sentence


def test_what_was_held_out_is_scored_at_the_end(tmp_path: Path) -> None:
    (file := tmp_path / "numbers.txt").write_text("1 2 3 4 5 6 7 8\n" * 8)
    recipe = recipe_of({"task": "file", "path": str(file), "vocab_size": 32, "length": 3, "held_out": 0.25})
    told = progress(converse(Create(recipe=recipe), Play(), until=9.0))
    assert told[-1].state == "finished"
    assert told[-1].held_out is not None
    assert {news.held_out for news in told[:-1]} == {None}
    assert progress(converse(Create(recipe=STOPPED), Play(), until=9.0))[-1].held_out is None


# Its pace


def beats(limiter: RateLimiter, until: float, takes: float = 0.0) -> list[float]:
    """When updates that take so long are begun."""
    begun = []
    now = 0.0
    while (now := max(now, limiter.due)) < until:
        begun.append(now)
        limiter.tick(now)
        now += takes
    return begun


def test_updates_are_evenly_spaced() -> None:
    limiter = RateLimiter()
    limiter.set(16, 0.0)
    begun = beats(limiter, 10.0, takes=0.01)
    assert len(begun) == 160
    assert {round(b - a, 9) for a, b in pairwise(begun)} == {1 / 16}


@given(st.lists(st.floats(0, 0.5), min_size=1, max_size=50))
def test_lateness_is_not_made_up_for(delays: list[float]) -> None:
    limiter = RateLimiter()
    limiter.set(10, 0.0)
    now = 0.0
    for delay in delays:
        now = limiter.due + delay
        limiter.tick(now)
    assert now <= limiter.due <= now + 0.1 + 1e-9


def test_no_pace_is_never_due_and_full_speed_always() -> None:
    limiter = RateLimiter()
    limiter.set(0, 5.0)
    assert limiter.due == inf
    limiter.set(inf, 5.0)
    limiter.tick(5.0)
    assert limiter.due == 5.0


def test_setting_a_pace_again_makes_nothing_come_sooner() -> None:
    limiter = RateLimiter()
    limiter.set(2, 0.0)
    limiter.tick(0.0)
    limiter.set(2, 0.1)
    assert limiter.due == 0.5


def test_a_faster_pace_holds_at_once() -> None:
    limiter = RateLimiter()
    limiter.set(0.1, 0.0)
    limiter.tick(0.0)
    limiter.set(100, 1.0)
    assert limiter.due == 1.0
