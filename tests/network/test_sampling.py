"""Choosing the next number: what can be chosen, how often, and going on with the state kept."""

from itertools import islice

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from unroll.moment import ARGMAX, Interventions, Sampling
from unroll.network.inspection import trace
from unroll.network.model import SequenceModel
from unroll.network.sampling import choose, distribution, generate
from unroll.recipe import Recipe

logits = st.lists(st.floats(-30, 30, width=32), min_size=1, max_size=12).map(torch.tensor)
temperatures = st.floats(0.01, 100)


def network(cell: str = "rnn") -> SequenceModel:
    return SequenceModel.of(Recipe().replace(cell=cell, vocab_size=12, hidden_size=7, init="normal"))


@given(logits, temperatures, st.integers(0, 15), st.floats(0.01, 1))
def test_the_chances_add_up_to_one(values: torch.Tensor, temperature: float, k: int, p: float) -> None:
    chances = distribution(values, Sampling(temperature, k, p))
    assert_close(chances.sum(), torch.tensor(1.0))
    assert (chances >= 0).all()


@given(logits, temperatures)
def test_without_limits_it_is_the_softmax_at_that_temperature(values: torch.Tensor, temperature: float) -> None:
    expected = (values.double() / temperature).softmax(0).float()
    assert_close(distribution(values, Sampling(temperature)), expected, atol=1e-6, rtol=1e-4)


@given(logits, st.integers(1, 15))
def test_top_k_leaves_the_k_likeliest(values: torch.Tensor, k: int) -> None:
    chances = distribution(values, Sampling(100.0, top_k=k))
    assert int((chances > 0).sum()) == min(k, len(values))
    assert values[chances > 0].min() >= values[chances == 0].max() if k < len(values) else True


@given(logits, st.floats(0.05, 0.99))
def test_top_p_leaves_the_fewest_that_add_up_to_p(values: torch.Tensor, p: float) -> None:
    kept = distribution(values, Sampling(1.0, top_p=p)) > 0
    before = values.double().softmax(0)[kept]
    assert before.sum() >= p - 1e-6
    assert before.sum() - before.min() < p + 1e-6


@given(logits)
def test_temperature_zero_takes_the_likeliest(values: torch.Tensor) -> None:
    assert distribution(values, ARGMAX).argmax() == values.argmax()
    assert choose(values, ARGMAX, torch.Generator()) == values.argmax()


@pytest.mark.parametrize("values", [[1e38, -1e38, 0.0], [float("inf"), 0.0, 1.0], [float("nan"), 0.0, 1.0]])
@pytest.mark.parametrize("temperature", [0.0, 1e-30, 1.0, 1000.0])
def test_whatever_the_logits_are_a_number_is_chosen(values: list[float], temperature: float) -> None:
    chosen = choose(torch.tensor(values), Sampling(temperature), torch.Generator().manual_seed(0))
    assert chosen in range(3)


def test_numbers_are_drawn_as_often_as_their_chances_say() -> None:
    values, generator = torch.tensor([0.0, 1.0, 2.0]), torch.Generator().manual_seed(0)
    sampling = Sampling(1.5, top_k=2)
    drawn = torch.tensor([choose(values, sampling, generator) for _ in range(1500)])
    assert_close(drawn.bincount(minlength=3) / 1500, distribution(values, sampling), atol=0.03, rtol=0)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_going_on_with_the_state_kept_equals_reading_all_again(cell: str) -> None:
    model, sequence = network(cell), [7, 8, 9]
    for said in islice(generate(model, sequence), 12):
        assert said == trace(model, sequence).logits[-1].argmax()
        sequence = [*sequence, said]


def test_a_cut_loop_stays_cut_while_going_on() -> None:
    model, sequence = network(), [7, 8, 9]
    does = Interventions(cut_steps=(1, 4, 5))
    for said in islice(generate(model, sequence, interventions=does), 6):
        assert said == trace(model, sequence, does).logits[-1].argmax()
        sequence = [*sequence, said]


def test_a_seed_fixes_what_is_drawn() -> None:
    def drawn(seed: int) -> list[int]:
        return list(islice(generate(network(), [1], Sampling(2.0, seed=seed)), 20))

    assert drawn(1) == drawn(1) != drawn(2)
