"""The cells written by hand against `torch.nn`'s, and the model around them."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.testing import assert_close

from unroll.network.cells import State
from unroll.network.model import SequenceModel, initialise
from unroll.recipe import BLOCKS, Recipe, weights

ORACLES = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
TOLERANCE = {"rnn": 1e-6, "lstm": 1e-5, "gru": 1e-5}

cells = st.sampled_from(sorted(ORACLES))
any_cell = st.sampled_from([*BLOCKS])
inits = st.sampled_from(["uniform", "normal", "normal-bias"])
seeds = st.integers(0, 2**31 - 1)
few = settings(max_examples=25, deadline=None)


def made(cell, V, D, init="uniform", seed=0) -> SequenceModel:
    model = SequenceModel(cell, V, D)
    initialise(model, init, [seed])
    return model


def oracle_of(model: SequenceModel, cell: str) -> nn.Module:
    oracle = ORACLES[cell](model.vocab_size, model.hidden_size)
    oracle.load_state_dict(model.rnn.state_dict())
    return oracle


def drawn(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def numbers(seed: int, V: int, *shape: int) -> Tensor:
    return torch.randint(0, V, shape, generator=torch.Generator().manual_seed(seed))


@few
@given(cells, seeds, st.integers(1, 9), st.integers(1, 12), st.integers(1, 9), st.integers(1, 5))
def test_hidden_states_equal_those_of_torch_nn_with_the_same_weights(cell, seed, L, V, D, B):
    model, x = made(cell, V, D, "uniform", seed), drawn(seed, L, B, V)
    expected, _ = oracle_of(model, cell)(x)
    found = torch.stack([step.state.h for step in model.steps(x)])
    assert_close(found, expected, atol=TOLERANCE[cell], rtol=0)


@few
@given(cells, inits, seeds, st.integers(1, 9), st.integers(1, 9), st.integers(1, 5))
def test_states_in_double_precision_equal_torch_nns_from_any_state_and_weights(cell, init, seed, L, D, B):
    """Large weights amplify single precision's rounding from step to step; double precision shows the formula."""
    model, x = made(cell, 6, D, init, seed).double(), drawn(seed, L, B, 6).double()
    h, c = drawn(seed + 1, 2, B, D).double()
    oracle = oracle_of(model, cell).double()
    oracle.load_state_dict(model.rnn.state_dict())
    _, last = oracle(x, (h[None], c[None]) if cell == "lstm" else h[None])
    _, state = model(x, State(h, c if cell == "lstm" else None))
    assert_close(state.h, (last[0] if cell == "lstm" else last)[0], atol=1e-9, rtol=0)
    if cell == "lstm":
        assert_close(state.c, last[1][0], atol=1e-9, rtol=0)


@pytest.mark.parametrize("cell", sorted(ORACLES))
def test_weights_loaded_from_torch_nn_and_back_are_the_same_to_the_bit(cell):
    oracle = ORACLES[cell](11, 5)
    model = SequenceModel(cell, 11, 5)
    model.rnn.load_state_dict(oracle.state_dict())
    assert all(torch.equal(value, model.rnn.state_dict()[name]) for name, value in oracle.state_dict().items())


@few
@given(any_cell, seeds, st.integers(2, 12), st.integers(1, 4), st.data())
def test_state_carried_over_equals_one_long_run(cell, seed, L, B, data):
    k = data.draw(st.integers(1, L - 1))
    model, x = made(cell, 9, 6, "uniform", seed), numbers(seed, 9, L, B)
    whole, _ = model(x)
    first, state = model(x[:k])
    rest, _ = model(x[k:], state)
    assert_close(torch.cat([first, rest]), whole, atol=1e-6, rtol=1e-6)


@few
@given(any_cell, inits, seeds, st.integers(1, 9), st.integers(1, 4))
def test_one_hot_input_answers_as_integer_input_does(cell, init, seed, L, B):
    model, x = made(cell, 9, 6, init, seed).double(), numbers(seed, 9, L, B)
    assert_close(model(nn.functional.one_hot(x, 9).double())[0], model(x)[0], atol=1e-12, rtol=0)


@few
@given(any_cell, seeds, st.integers(1, 9), st.integers(1, 4), st.booleans())
def test_a_sequence_alone_answers_as_it_does_in_a_batch(cell, seed, L, B, one_hot):
    model, x = made(cell, 9, 6, "uniform", seed), numbers(seed, 9, L, B)
    x = nn.functional.one_hot(x, 9).float() if one_hot else x
    together, states = model(x)
    alone, state = model(x[:, 0])
    assert_close(alone, together[:, 0], atol=1e-5, rtol=0)
    assert_close(state.h, states.h[0], atol=1e-5, rtol=0)


@few
@given(any_cell, seeds, st.integers(1, 6), st.integers(1, 4))
def test_networks_held_together_answer_as_each_does_alone(cell, seed, L, B):
    own = [seed, seed + 1, seed + 2]
    together, x = SequenceModel(cell, 9, 6, len(own)), numbers(seed, 9, len(own), L, B)
    initialise(together, "uniform", own)
    logits, _ = together(x)
    for member, its in enumerate(own):
        assert_close(logits[member], made(cell, 9, 6, "uniform", its)(x[member])[0], atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("cell", "names"), [("rnn", ""), ("lstm", "ifgo"), ("gru", "rzn"), ("mingru", "wv"), ("linear", "ev")]
)
def test_a_step_gives_the_gates_that_make_its_state(cell, names):
    model, x = made(cell, 9, 6, "normal"), numbers(1, 9, 4, 2)
    assert model.rnn.gate_names == tuple(names)
    before = State(torch.zeros(2, 6), torch.zeros(2, 6))
    for step in model.steps(x):
        gates = dict(zip(names, step.gates, strict=True))
        if cell == "lstm":
            assert_close(step.state.c, gates["f"] * before.c + gates["i"] * gates["g"])
            assert_close(step.state.h, gates["o"] * step.state.c.tanh())
        if cell == "gru":
            assert_close(step.state.h, (1 - gates["z"]) * gates["n"] + gates["z"] * before.h)
        if cell == "mingru":
            assert_close(step.state.h, (1 - gates["w"]) * before.h + gates["w"] * gates["v"])
        if cell == "linear":
            assert_close(step.state.h, gates["e"] * before.h + gates["v"])
        before = step.state


@pytest.mark.parametrize("eigenvalues", ["0..1", "-1..1"])
def test_a_linear_cells_state_is_a_sum_of_products_of_eigenvalues_within_their_range(eigenvalues):
    model = SequenceModel("linear", 9, 6, eigenvalues=eigenvalues).double()
    initialise(model, "normal", [3])
    x = numbers(1, 9, 7)
    p_e, p_v = model.rnn.project(x).chunk(2, -1)
    e = p_e.sigmoid() if eigenvalues == "0..1" else (p_e / 2).tanh()
    expected = sum(p_v[t] * e[t + 1 :].prod(0) for t in range(7))
    assert_close([*model.steps(x)][-1].state.h, expected, atol=1e-12, rtol=0)
    assert (e.min() < 0) == (eigenvalues == "-1..1")


def test_cells_that_do_not_mix_units_see_the_past_of_each_unit_alone():
    for cell in ("mingru", "linear"):
        model, x = made(cell, 9, 6, "normal"), numbers(1, 9, 1)
        before, other = torch.zeros(6), torch.zeros(6)
        other[2] = 1
        ends = [next(iter(model.steps(x, State(h)))).state.h for h in (before, other)]
        assert ((ends[0] - ends[1]).abs() > 0).tolist() == [d == 2 for d in range(6)]


def test_forget_bias_opens_an_lstms_forget_gate_and_changes_nothing_else():
    for cell in BLOCKS:
        plain, opened = (SequenceModel.of(Recipe().replace(cell=cell, init=init), [1, 2]) for init in TWO_STARTS)
        for (name, a), b in zip(plain.named_parameters(), opened.parameters(), strict=True):
            more = torch.zeros_like(a)
            if cell == "lstm" and name == "rnn.bias_ih_l0":
                more[:, 32:64] = 5
            assert_close(b.detach(), (a + more).detach(), atol=1e-6, rtol=0)


TWO_STARTS = ("uniform", "forget-bias")


# The loop over time, its interventions, the initialisations and what is refused


X = torch.tensor([[1, 2], [3, 4], [5, 6], [7, 8]])


def model_of(cell: str, **changes) -> SequenceModel:
    return SequenceModel.of(Recipe().replace(cell=cell, vocab_size=12, hidden_size=5, init="normal", **changes))


@pytest.mark.parametrize("cell", sorted(ORACLES))
def test_the_plan_counts_the_weights_that_the_network_has(cell):
    recipe = Recipe().replace(cell=cell, vocab_size=12, hidden_size=5)
    assert sum(p.numel() for p in SequenceModel.of(recipe).parameters()) == weights(recipe)


@pytest.mark.parametrize("cell", sorted(ORACLES))
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
