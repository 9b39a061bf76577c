"""Choosing the next number, and continuing from it with the state carried over.

    p_k = softmax(logits / temperature)_k
    top-k: keep the k likeliest numbers
    top-p: of those, keep the fewest likeliest whose probabilities add up to p          (Holtzman et al. 2019)
    then draw from what is kept, scaled to add up to 1

Shapes: V numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from unroll.moment import ARGMAX, UNTOUCHED, Interventions, Sampling
from unroll.network.model import SequenceModel


def distribution(logits_V: Tensor, sampling: Sampling) -> Tensor:
    """The probability `(V,)` of choosing each number; among equally likely numbers the smaller ranks first."""
    logits_V = logits_V.nan_to_num()
    order = logits_V.argsort(descending=True, stable=True)
    if sampling.temperature == 0:
        return torch.zeros_like(logits_V).index_fill_(0, order[:1], 1.0)
    ranked = ((logits_V - logits_V.max()).double()[order] / sampling.temperature).softmax(0)
    ranked = ranked[: sampling.top_k or None]
    likelier = (ranked.cumsum(0) - ranked) / ranked.sum()
    ranked = ranked * (likelier < sampling.top_p)
    return torch.zeros_like(logits_V).index_copy_(0, order[: len(ranked)], (ranked / ranked.sum()).to(logits_V.dtype))


def choose(logits_V: Tensor, sampling: Sampling, generator: torch.Generator) -> int:
    """One number, drawn from `distribution`."""
    if sampling.temperature == 0:
        return int(logits_V.argmax())
    return int(torch.multinomial(distribution(logits_V.cpu(), sampling), 1, generator=generator))


@torch.no_grad()
def generate(
    model: SequenceModel,
    sequence: Sequence[int],
    sampling: Sampling = ARGMAX,
    interventions: Interventions = UNTOUCHED,
) -> Iterator[int]:
    """The numbers that the network says after `sequence`, without end, each fed back with the state kept.

    Raises:
        ValueError: the sequence is empty.
        IndexError: a number of it is outside the vocabulary.
    """
    generator = torch.Generator().manual_seed(sampling.seed)
    device = model.head.weight.device
    numbers, state, seen = list(sequence), None, 0
    while True:
        x = torch.tensor(numbers, device=device)
        *_, last = model.steps(x, state, interventions, seen)
        state, seen = last.state, seen + len(numbers)
        numbers = [choose(model.head(state.h), sampling, generator)]
        yield numbers[0]
