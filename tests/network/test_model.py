"""The loop over time, its interventions, the initialisations and what is refused."""

from __future__ import annotations

import pytest
import torch

from unroll.network.cells import State
from unroll.network.model import SequenceModel, initialise
from unroll.recipe import Recipe, weights

CELLS = ["rnn", "lstm", "gru"]
X = torch.tensor([[1, 2], [3, 4], [5, 6], [7, 8]])


def model_of(cell: str, **changes) -> SequenceModel:
    return SequenceModel.of(Recipe().replace(cell=cell, vocab_size=12, hidden_size=5, init="normal", **changes))


@pytest.mark.parametrize("cell", CELLS)
def test_the_plan_counts_the_weights_that_the_network_has(cell):
    recipe = Recipe().replace(cell=cell, vocab_size=12, hidden_size=5)
    assert sum(p.numel() for p in SequenceModel.of(recipe).parameters()) == weights(recipe)


@pytest.mark.parametrize("cell", CELLS)
def test_names_are_those_of_torch_nn(cell):
    names = ["rnn.weight_ih_l0", "rnn.weight_hh_l0", "rnn.bias_ih_l0", "rnn.bias_hh_l0", "head.weight", "head.bias"]
    assert list(model_of(cell).state_dict()) == names


@pytest.mark.parametrize(
    ("init", "normal"),
    [
        ("uniform", []),
        ("normal", ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]),
        ("normal-bias", ["bias_ih", "bias_hh"]),
    ],
)
def test_an_initialisation_makes_normal_what_its_name_says_and_the_rest_uniform(init, normal):
    model = SequenceModel("lstm", 100, 64)
    initialise(model, init, [3])
    for name, parameter in model.named_parameters():
        bound = 64**-0.5
        if any(part in name for part in normal):
            assert parameter.detach().std().item() == pytest.approx(1, abs=0.2)
            assert parameter.detach().abs().max().item() > 2
        else:
            assert parameter.detach().std().item() == pytest.approx(bound / 3**0.5, rel=0.2)
            assert parameter.detach().abs().max().item() <= bound


def test_a_seed_fixes_the_weights_and_leaves_torchs_own_generator_alone():
    before = torch.get_rng_state()
    first, again, other = (SequenceModel.of(Recipe().replace(seed=seed)) for seed in (4, 4, 5))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))
    assert not torch.equal(first.head.weight, other.head.weight)


@pytest.mark.parametrize(
    ("x", "state", "says"),
    [
        (torch.zeros(0, 2, dtype=torch.long), None, "at least one step"),
        (torch.zeros(3, 2, 11), None, "vocabulary of 12"),
        (X, State(torch.zeros(2, 5)), "no cell state"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(x, state, says):
    with pytest.raises(ValueError, match=says):
        model_of("lstm")(x, state)


def test_a_number_outside_the_vocabulary_is_an_error():
    with pytest.raises(IndexError):
        model_of("rnn")(torch.tensor([3, 12]))
