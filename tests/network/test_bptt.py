"""The backward pass by hand against numbers and against autograd."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.testing import assert_close

from unroll.network.bptt import Masks, backpropagate, score_of
from unroll.network.model import SequenceModel, initialise

CELLS = ["rnn", "lstm", "gru", "mingru", "linear", "linear -1..1"]


def drawn(
    cell: str, L: int, B: int, D: int, members: int | None = None, init="normal"
) -> tuple[SequenceModel, Tensor, Tensor]:
    name, _, eigenvalues = cell.partition(" ")
    model = SequenceModel(name, 7, D, members, eigenvalues or "0..1")
    initialise(model, init, range(members or 1))
    shape = (L, B) if members is None else (members, L, B)
    x, y = torch.randint(0, 7, (2, *shape), generator=torch.Generator().manual_seed(L * B * D))
    return model.double(), x, y


def assert_gradients_are_autograds(
    model: SequenceModel, x: Tensor, y: Tensor, atol: float, masks: Masks | None = None
) -> None:
    score = backpropagate(model, x, y, masks=masks)
    by_hand = [parameter.grad.clone() for parameter in model.parameters()]
    model.zero_grad()
    logits, _ = model(x)
    asked = y if masks is None else y.where(masks.asked, -100)
    one_by_one = zip(logits, asked, strict=True) if model.members else [(logits, asked)]
    losses = torch.stack([cross_entropy(some.flatten(0, -2), right.flatten()) for some, right in one_by_one])
    losses.sum().backward()
    assert_close(score.loss.flatten(), losses.detach(), atol=atol, rtol=0)
    for found, parameter in zip(by_hand, model.parameters(), strict=True):
        assert_close(found, parameter.grad, atol=atol, rtol=0)


class ByHand(torch.autograd.Function):
    """The loss as a function of a network's weights, its derivative the one written out."""

    @staticmethod
    def forward(ctx, model, x, y, *weights):
        for parameter, value in zip(model.parameters(), weights, strict=True):
            parameter.data.copy_(value)
        loss = backpropagate(model, x, y).loss.clone()
        ctx.save_for_backward(*(parameter.grad.clone() for parameter in model.parameters()))
        return torch.tensor(loss.item(), dtype=torch.float64)

    @staticmethod
    def backward(ctx, by_loss):
        return None, None, None, *(gradient * by_loss for gradient in ctx.saved_tensors)


@pytest.mark.parametrize("L", [1, 4])
@pytest.mark.parametrize("cell", CELLS)
def test_gradcheck_confirms_the_backward_pass(cell, L):
    model, x, y = drawn(cell, L, B=3, D=3)
    weights = [parameter.detach().clone().requires_grad_() for parameter in model.parameters()]
    assert torch.autograd.gradcheck(lambda *w: ByHand.apply(model, x, y, *w), weights)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(CELLS), st.integers(1, 8), st.integers(1, 6), st.integers(1, 8), st.sampled_from([None, 1, 3]))
def test_gradients_equal_autograds_for_one_network_and_for_many(cell, L, B, D, members):
    assert_gradients_are_autograds(*drawn(cell, L, B, D, members), atol=1e-12)


def masked(y: Tensor, seed: int) -> Masks:
    """Some positions asked, at least one of each sequence, and counted; answers that hold the target and others."""
    drawn = torch.Generator().manual_seed(seed)
    asked, counts, more = (torch.rand(y.shape, generator=drawn) < part for part in (0.5, 0.5, 0.3))
    asked.select(-2, -1).fill_(True)
    return Masks(asked, counts & asked, (1 << y) | (more * torch.randint(0, 2**7, y.shape, generator=drawn)))


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(CELLS), st.integers(1, 8), st.integers(1, 6), st.sampled_from([None, 1, 3]), st.integers(0, 99))
def test_where_not_every_step_is_asked_gradients_equal_autograds_over_those_that_are(cell, L, B, members, seed):
    model, x, y = drawn(cell, L, B, 5, members)
    assert_gradients_are_autograds(model, x, y, 1e-12, masked(y, seed))


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(CELLS), st.integers(1, 6), st.integers(1, 6), st.sampled_from([None, 3]), st.integers(0, 99))
def test_a_sequence_is_right_if_every_answer_that_counts_is_one_of_the_right_ones(cell, L, B, members, seed):
    model, x, y = drawn(cell, L, B, 5, members)
    masks = masked(y, seed)
    said = model(x)[0].argmax(-1).reshape(-1, L, B)
    asked, sets = masks.counts.reshape(said.shape), masks.answers.reshape(said.shape)
    for found, member in zip(
        backpropagate(model, x, y, masks=masks).accuracy.flatten(), range(members or 1), strict=True
    ):
        right = [
            all(int(sets[member, t, b]) >> int(said[member, t, b]) & 1 for t in range(L) if asked[member, t, b])
            for b in range(B)
        ]
        assert found.item() == pytest.approx(sum(right) / B)


@pytest.mark.parametrize("cell", CELLS)
def test_with_every_step_asked_and_the_last_counted_nothing_changes(cell):
    model, x, y = drawn(cell, 5, 9, 6)
    plain, gradients = backpropagate(model, x, y), [parameter.grad.clone() for parameter in model.parameters()]
    counts = torch.zeros_like(y, dtype=torch.bool)
    counts[-1] = True
    assert_close(backpropagate(model, x, y, masks=Masks(torch.ones_like(counts), counts)), plain)
    for before, parameter in zip(gradients, model.parameters(), strict=True):
        assert_close(parameter.grad, before)


@pytest.mark.parametrize("cell", CELLS)
def test_gradients_in_single_precision_equal_autograds(cell):
    model, x, y = drawn(cell, 6, 9, 16, init="uniform")
    assert_gradients_are_autograds(model.float(), x, y, atol=1e-6)


def test_the_loss_is_right_where_a_probability_is_too_small_for_a_float():
    model, x, y = drawn("rnn", 3, 4, 5)
    with torch.no_grad():
        model.float().head.bias[y[0, 0]] -= 1000
    expected = cross_entropy(model(x)[0].flatten(0, 1), y.flatten()).item()
    assert expected > 50
    assert backpropagate(model, x, y).loss.item() == pytest.approx(expected, rel=1e-6)


def test_weights_that_are_no_numbers_give_a_loss_that_is_none():
    model, x, y = drawn("gru", 3, 4, 5)
    with torch.no_grad():
        model.head.bias[0] = math.nan
    assert math.isnan(backpropagate(model, x, y).loss.item())


@pytest.mark.parametrize("cell", CELLS)
def test_the_accuracy_is_the_part_right_at_the_last_step(cell):
    model, x, y = drawn(cell, 3, 40, 5)
    expected = (model(x)[0][-1].argmax(-1) == y[-1]).double().mean().item()
    assert 0 < expected < 1
    assert backpropagate(model, x, y).accuracy.item() == expected


def test_a_tie_is_right_only_for_the_number_that_the_network_says() -> None:
    logits = torch.zeros(4, 3)
    y = torch.tensor([0, 1, 2, 2])
    said = int(logits[0].argmax())
    assert score_of(logits, logits.softmax(-1), y[:, None], 4).accuracy == (y == said).float().mean()
