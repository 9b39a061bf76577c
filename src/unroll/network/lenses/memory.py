"""The lens `memory`: what of the first number can still be read out of the state, k steps later.

A linear probe is fitted by ridge regression (Hoerl & Kennard 1970) from the state to the first number as a one-hot, on
one part of the sequences, and scored on the rest, for each k on its own. The sequences are drawn number by number, as
consecutive numbers would give the first away; of a large vocabulary the first is one of some that lie evenly in it, so
that each is seen often enough.
"""

from __future__ import annotations

import torch
from torch import Tensor

from unroll import figures
from unroll.errors import UserError
from unroll.network.inspection import rounded
from unroll.network.lenses import Subject, random_sequences
from unroll.picture import Lines, NamedLine

ORDER = 3
STEPS_BACK = range(12, 17)
"""How far back is asked: twice the task's length, within this."""
SEQUENCES, FEWEST = 4000, 1500
"""Fewer would say less than is there; a network so large that these take too long is not probed."""
CHOICES = 128
"""First numbers at most."""
HELD_OUT = 3
"""One of this many sequences is scored and not fitted."""
RIDGE = 1e-3
"""Added to the covariance's diagonal, as a part of its mean."""


@torch.no_grad()
def look(subject: Subject) -> Lines:
    """The share of held-out sequences whose first number the probe reads, by the steps since, from h and from c."""
    model, v = subject.model, subject.task.vocab_size
    back = max(STEPS_BACK.start, min(2 * subject.task.length, STEPS_BACK.stop - 1))
    x = random_sequences(v, back + 1, _count(subject, back + 1)).to(model.head.weight.device)
    choices = min(v, CHOICES)
    chosen = x[0] % choices
    x[0] = chosen * v // choices
    does = subject.moment.interventions.within(steps=back + 1)
    found: dict[str, list[float]] = {}
    for step in model.steps(x, does=does):
        for name, values in {"h": step.state.h, "c": step.state.c}.items():
            if values is not None:
                found.setdefault(name, []).append(probe(values, chosen, choices))
    said = "; ".join(
        f"from {name} in {figures.share(shares[0], 0)} at once, {figures.share(shares[1], 0)} a step later, "
        f"{figures.share(shares[back], 0)} after {back}"
        for name, shares in found.items()
    )
    lines = [NamedLine(name, rounded(torch.tensor(shares), 4).tolist()) for name, shares in found.items()]
    among = f"{choices}{f' (of {v})' if v > choices else ''} {subject.vocabulary.word}s"
    return Lines(
        x_name="steps since it was read",
        xs=list(range(back + 1)),
        lines=[*lines, NamedLine("chance", [round(1 / choices, 4)] * (back + 1))],
        percent=True,
        caption=f"Which of {among} came first is read {said}.",
        limits=f"A linear probe on {x.shape[1]:,} random sequences: what it can read the network need not use.",
    )


def _count(subject: Subject, steps: int) -> int:
    d = subject.model.hidden_size
    each = steps * (subject.model.rnn.work + d * d + d * CHOICES // HELD_OUT)
    if subject.work // each < FEWEST:
        raise UserError(f"The memory of {d:,} units takes too long to read here: choose a smaller hidden_size.")
    return min(SEQUENCES, subject.work // each)


def probe(values_BD: Tensor, chosen_B: Tensor, choices: int) -> float:
    """The share of held-out rows whose choice a ridge regression on the others gives."""
    values = torch.cat([values_BD, torch.ones_like(values_BD[:, :1])], -1).double()
    away = torch.arange(len(values), device=values.device) % HELD_OUT == 0
    fitted, chosen = values[~away], chosen_B[~away]
    covariance = fitted.mT @ fitted
    covariance.diagonal().add_(RIDGE * covariance.diagonal().mean())
    sums = fitted.new_zeros(choices, fitted.shape[-1]).index_add(0, chosen, fitted)
    weights = torch.linalg.solve(covariance, sums.mT)
    return float(((values[away] @ weights).argmax(-1) == chosen_B[away]).double().mean())
