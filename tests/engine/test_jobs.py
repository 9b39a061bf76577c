"""What a lens computes in the background: at what pace, how long, and what stays of it."""

from collections.abc import Iterator
from typing import Any

import pytest

from engine_kit import Clock, answers, converse, progress
from unroll.engine.jobs import LEASE_S, Jobs
from unroll.errors import UserError
from unroll.log import Log
from unroll.moment import Moment
from unroll.network.ensemble import Ensemble
from unroll.network.model import fingerprint
from unroll.protocol.replies import Error
from unroll.protocol.requests import Create, Forget, Lens, Look, Member, Pause, Play
from unroll.recipe import recipe_of

SMALL = recipe_of({"vocab_size": 16, "length": 3, "hidden_size": 4, "epochs": 10})
LONG = SMALL.replace(epochs=5000)
SEEDS = Lens(moment=Moment(0, (7, 8)), lens="seeds")
SLICE_S = 0.02


class Slow:
    """A job whose slices take time on a clock."""

    def __init__(self, clock: Clock, slices: int) -> None:
        self.clock, self.left, self.took = clock, slices, 0.0

    def __iter__(self) -> Iterator[None]:
        return self

    def __next__(self) -> None:
        if not self.left:
            raise StopIteration
        self.left -= 1
        self.clock.now += SLICE_S
        self.took += SLICE_S


@pytest.fixture
def clock() -> Clock:
    return Clock(tick=1e-6)


@pytest.fixture
def jobs(clock: Clock) -> Jobs:
    return Jobs(Log("t.log"), clock)


def work(jobs: Jobs, clock: Clock, seconds: float, is_training: bool, asking: bool = True) -> None:
    end = clock.now + seconds
    while clock.now < end:
        if asking:
            jobs.ask("slow", lambda: pytest.fail("made twice"))
        before = clock.now
        jobs.work(is_training)
        assert clock.now - before < 1.1 * SLICE_S, "never more than one slice at a time"
        clock.now += 0.001


@pytest.mark.parametrize(("is_training", "share"), [(True, 0.1), (False, SLICE_S / (SLICE_S + 0.001))])
def test_a_job_takes_a_tenth_while_a_run_trains_and_else_all_that_is_left(
    jobs: Jobs, clock: Clock, is_training: bool, share: float
) -> None:
    slow = Slow(clock, 10**6)
    jobs.ask("slow", lambda: slow)
    work(jobs, clock, 20.0, is_training)
    assert slow.took == pytest.approx(20.0 * share, rel=0.05)
    assert slow.took <= 20.0 * share * 1.01 + SLICE_S


def test_a_job_rests_when_it_is_asked_for_no_more_and_goes_on_when_it_is_again(jobs: Jobs, clock: Clock) -> None:
    slow = Slow(clock, 10**6)
    jobs.ask("slow", lambda: slow)
    work(jobs, clock, 60.0, is_training=False, asking=False)
    assert slow.took < LEASE_S + SLICE_S and jobs.due == float("inf")
    before = slow.took
    work(jobs, clock, 1.0, is_training=False)
    assert slow.took > before + 0.9


def test_what_is_done_stays_and_what_is_not_gives_way(jobs: Jobs, clock: Clock) -> None:
    first, second = Slow(clock, 2), Slow(clock, 5)
    assert jobs.ask("slow", lambda: first) == (first, False)
    work(jobs, clock, 1.0, is_training=False, asking=False)
    assert jobs.ask("slow", lambda: second) == (first, True)
    other = Slow(clock, 5)
    jobs.ask("other", lambda: other)
    assert jobs.ask("third", lambda: second) == (second, False)
    again = Slow(clock, 5)
    assert jobs.ask("other", lambda: again) == (again, False)


def test_a_job_that_fails_says_so_and_is_not_tried_again(jobs: Jobs, clock: Clock) -> None:
    jobs.ask("bad", lambda: (1 // 0 for _ in [0]))  # type: ignore[arg-type]
    jobs.work(is_training=False)
    assert jobs.due == float("inf")
    with pytest.raises(UserError, match="cannot be computed: integer division"):
        jobs.ask("bad", lambda: pytest.fail("tried again"))


def test_the_lens_of_seeds_grows_as_it_is_asked_for_and_is_then_there_at_once() -> None:
    asked = [(at / 10, SEEDS) for at in range(20)]
    replies = answers(converse(Create(recipe=SMALL), *asked, until=3.0))
    pictures = [replies[number] for number in range(2, 22)]
    assert pictures[0].picture.caption == "Update 0 of 20, 32 seeds." and pictures[0].unfinished
    assert pictures[1].picture.caption.startswith("Update ")
    assert pictures[-1].picture.caption.startswith("Solved by ") and not pictures[-1].unfinished
    assert [one.unfinished for one in pictures] == sorted((one.unfinished for one in pictures), reverse=True)


def test_a_training_goes_on_beside_the_lens_of_seeds() -> None:
    replies = converse(Create(recipe=LONG), Play(), SEEDS, (0.5, SEEDS), (0.9, Pause()), until=1.0)
    assert 0 < progress(replies)[-1].update < LONG.train.epochs * 2
    captions = [answers(replies)[number].picture.caption for number in (3, 4)]
    assert captions[0] == "Update 0 of 10,000, 32 seeds." != captions[1]


def test_a_member_is_trained_at_once_and_is_that_of_its_ensemble() -> None:
    asked: Any = Member(recipe=SMALL, seeds=(5, 3, 9), index=1)
    replies = converse(asked, (1.0, Look(moment=Moment(0, (7, 8)))), until=1.5)
    together = Ensemble(SMALL, [5, 3, 9])
    losses = [update.losses[1] for update in together.updates()]
    found = answers(replies)
    assert (found[1].state, found[1].origin, found[1].recipe.train.seed) == ("training", "member", 3)
    assert [loss for news in progress(replies) for loss in news.losses] == pytest.approx(losses, abs=1e-6)
    assert progress(replies)[-1].state == "finished"
    assert found[2].trace.weights == fingerprint(together.member(1))


def test_a_member_in_training_pauses_and_is_forgotten_as_any_run() -> None:
    asked: Any = Member(recipe=LONG, seeds=(0, 1), index=0)
    replies = converse(asked, (0.1, Pause()), (0.5, Play()), (0.6, Forget(run=1)), until=1.0)
    states = [news.state for news in progress(replies)]
    assert states[-1] == "training" and "paused" in states


def test_a_member_beyond_the_seeds_is_refused() -> None:
    line = b'{"type": "member", "id": 1, "recipe": {}, "seeds": [1, 2], "index": 2}'
    (_, refused) = converse(line)
    assert isinstance(refused, Error) and "beyond the seeds" in refused.sentence
