"""Going on: with more numbers from the state that was kept, and with a branch from an epoch of another run."""

from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from engine_kit import answers, converse, losses, progress
from unroll.moment import MAX_STEPS, Interventions, Moment, Sampling
from unroll.network.sampling import generate
from unroll.network.training import Training
from unroll.protocol.replies import Continued, Created, Error
from unroll.protocol.requests import Advance, Branch, Continue, Create, Draw, Look, Play, Request
from unroll.recipe import Recipe, recipe_of

COUNTS = recipe_of({"vocab_size": 32, "length": 4, "hidden_size": 32, "epochs": 25})
RECALLS = COUNTS.replace(task="recall")
PROMPT = (7, 8, 9, 10)
HERE = Moment(0, PROMPT)


def said(recipe: Recipe, request: Request[Any]) -> Any:
    """What is answered once the recipe's network is trained."""
    return answers(converse(Create(recipe=recipe), Advance(updates=999), (5.0, request), until=9.0))[3]


def trained(recipe: Recipe) -> Training:
    training = Training(recipe)
    for _ in training.updates():
        pass
    return training


def test_one_more_number_is_the_next() -> None:
    assert said(COUNTS, Continue(moment=HERE)) == Continued(id=3, numbers=[11])


def test_many_are_what_sampling_generates_under_the_interventions() -> None:
    does, how = Interventions(cut_steps=(5, 6), clamps=((3, 0.0),)), Sampling(2.0, 5, 1.0, 4)
    request = Continue(moment=Moment(0, PROMPT, 0, None, does), count=9, sampling=how)
    expected = islice(generate(trained(COUNTS).model, PROMPT, how, does), 9)
    assert said(COUNTS, request).numbers == list(expected)


def test_a_sequence_drawn_is_one_that_is_trained_on(tmp_path: Path) -> None:
    (tmp_path / "numbers").write_text("1 2 3 4\n9 8 7 6\n")
    recipe = recipe_of({"task": "file", "path": str(tmp_path / "numbers"), "vocab_size": 10, "length": 3})
    drawn = {tuple(said(recipe, Draw()).sequence) for _ in range(9)}
    assert drawn and drawn <= {(1, 2, 3), (9, 8, 7)}


def test_until_wrong_ends_with_the_first_wrong_number() -> None:
    cut = Interventions(cut_all=True)
    moment = Moment(0, PROMPT, 0, None, cut)
    continued = said(RECALLS, Continue(moment=moment, count=50, until_wrong=True))
    assert [number == 7 for number in continued.numbers] == [True] * (len(continued.numbers) - 1) + [False]


def test_until_wrong_goes_no_further_than_the_vocabulary() -> None:
    continued = said(COUNTS, Continue(moment=HERE, count=500, until_wrong=True))
    assert continued.numbers == list(range(11, 32))


def test_until_wrong_ends_with_the_count() -> None:
    assert said(COUNTS, Continue(moment=HERE, count=3, until_wrong=True)).numbers == [11, 12, 13]


def test_a_sequence_grows_no_longer_than_it_may() -> None:
    almost = Moment(0, (7,) * (MAX_STEPS - 2))
    assert len(said(COUNTS, Continue(moment=almost, count=10**6)).numbers) == 2


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (Continue(moment=Moment(0, (7,) * MAX_STEPS)), ["1,024 steps", "shorter"]),
        (Continue(moment=HERE, count=0), ["count cannot be 0"]),
        (Continue(moment=HERE, sampling=Sampling(-1)), ["temperature cannot be -1"]),
        (Continue(moment=HERE, sampling=Sampling(top_p=0)), ["top_p cannot be 0"]),
        (Continue(moment=HERE, sampling=Sampling(seed=2**63)), ["seed cannot be"]),
        (Continue(moment=HERE, sampling=Sampling(seed=-1)), ["seed cannot be -1"]),
        (Continue(moment=Moment(0, (99,))), ["99 is not in the vocabulary"]),
        (Continue(moment=Moment(0, (30, 31)), until_wrong=True), ["no right answer after 31"]),
    ],
)
def test_what_cannot_go_on_is_refused_in_words(request_: Continue, words: list[str]) -> None:
    error = answers(converse(Create(recipe=COUNTS), request_))[2]
    assert [word for word in words if word not in error.sentence] == []


def test_an_earlier_epoch_goes_on_as_it_did_then() -> None:
    request = Continue(moment=Moment(0, PROMPT, epoch=0), count=6)
    assert said(COUNTS, request).numbers == list(islice(generate(Training(COUNTS).model, PROMPT), 6))


# A branch goes on from an epoch of another run: history, optimizer and all


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
