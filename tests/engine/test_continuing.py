"""Going on: the network's own answers, fed back with the state kept."""

from __future__ import annotations

from itertools import islice
from typing import Any

import pytest

from engine_kit import answers, converse
from unroll.moment import MAX_STEPS, Interventions, Moment, Sampling
from unroll.network.sampling import generate
from unroll.network.training import Training
from unroll.protocol.replies import Continued
from unroll.protocol.requests import Advance, Continue, Create
from unroll.recipe import Recipe, recipe_of

COUNTS = recipe_of({"vocab_size": 32, "length": 4, "hidden_size": 32, "epochs": 25})
RECALLS = COUNTS.replace(task="recall")
PROMPT = (7, 8, 9, 10)
HERE = Moment(0, PROMPT)


def said(recipe: Recipe, request: Continue) -> Any:
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
        (Continue(moment=Moment(0, (7,) * MAX_STEPS)), ["1,024 numbers", "shorter"]),
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
