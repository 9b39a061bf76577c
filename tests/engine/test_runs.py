"""All runs together: their numbers, their memory, and that those at rest cost nothing."""

from __future__ import annotations

from typing import Any

import pytest

from engine_kit import answers, converse, progress
from unroll.engine import runs as runs_module
from unroll.engine.runs import LiveRuns, StopAt
from unroll.errors import UserError
from unroll.moment import Moment
from unroll.network.training import Training
from unroll.protocol.replies import Done
from unroll.protocol.requests import Advance, Create, Forget, Look, Play
from unroll.recipe import recipe_of

SMALL = recipe_of({"vocab_size": 16, "length": 3, "hidden_size": 4, "epochs": 10})
MAKE: Any = Create(recipe=SMALL)
HERE = Moment(0, (7, 8))
ONE = Training(SMALL).snapshot_bytes


def trained() -> Training:
    training = Training(SMALL)
    for _ in training.updates():
        pass
    return training


def kept(runs: LiveRuns, *numbers: int) -> list[int]:
    return [len(runs.find(number).training.epochs_kept) for number in numbers]


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
    assert 10 in runs.find(1).training.epochs_kept


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
    assert run.training._room is not None
    while run.state == "training":
        run.make_update(0.0)
    assert (run.state, run.training._room) == ("finished", None)
