"""The lens `gradient`: how much the loss at the last step depends on the state after each earlier one.

L_T = -ln p(right) at the last step T, where right is what the task asks, or else what the network expects. Its
derivative by the state is taken back through every step (Werbos 1990): that it shrinks or grows by a factor a step is
the vanishing and exploding gradient (Hochreiter 1991; Bengio, Simard & Frasconi 1994).
"""

from __future__ import annotations

from collections.abc import Collection

import torch
from torch import Tensor

from unroll.network import inspection
from unroll.network.dynamics import pulled_back
from unroll.network.lenses import Subject
from unroll.picture import Lines, NamedLine
from unroll.tasks import answers

ORDER = 5
LEAST = 1e-12
"""A derivative this much smaller than the last step's is shown as none."""


@torch.no_grad()
def look(subject: Subject) -> Lines:
    """The length of the derivative by h, and by c, after every step, each as a multiple of that at the last step."""
    sequence = subject.moment.sequence
    right = answers(subject.task, sequence)[-1]
    target, lengths = _lengths(subject, right)
    whose = "what it expects" if not right else "the right answer" if len(right) == 1 else "the likeliest right answer"
    lines = {f"by {name}": (row / row[-1]).tolist() for name, row in lengths.items() if row[-1] > 0}
    said = "; ".join(_factor(name, row) for name, row in lines.items())
    return Lines(
        x_name="step",
        xs=list(range(1, len(sequence) + 1)),
        labels=subject.vocabulary.names(sequence),
        lines=[NamedLine(name, [round(y, 12) if y >= LEAST else None for y in row]) for name, row in lines.items()]
        or [NamedLine("by h", [None] * len(sequence))],
        marks=list(range(1, len(sequence) + 1)),
        log=True,
        caption=f"Loss for {subject.vocabulary.said(target)}, {whose}: {said or 'it depends on no state'}.",
        limits="A derivative says what a very small change would do, near this sequence.",
    )


def _lengths(subject: Subject, right: Collection[int]) -> tuple[int, dict[str, Tensor]]:
    """The number whose loss it is, and the derivatives' lengths `(T,)` by h and, of an LSTM, by c."""
    model, sequence, does = subject.model, subject.moment.sequence, subject.moment.interventions
    seen = inspection.trace(model, sequence, does)
    states = torch.cat([seen.hidden] if seen.cell is None else [seen.hidden, seen.cell], -1)
    target = max(right or range(subject.task.vocab_size), key=seen.logits[-1].tolist().__getitem__)
    chances = seen.logits[-1].double().softmax(-1)
    chances[target] -= 1
    by = torch.zeros_like(states)
    by[-1, : model.hidden_size] = (chances @ model.head.weight.double()).to(by.dtype)
    for t in range(len(sequence) - 1, 0, -1):
        by[t - 1] = pulled_back(model, sequence[t], states[t - 1], by[t], does, t)
    by_h = by[:, : model.hidden_size]
    if seen.cell is None:
        return target, {"h": by_h.norm(dim=-1)}
    through_h = by_h * seen.gates["o"] * (1 - seen.cell.tanh().square())
    through_h[:, [unit for unit, _ in does.clamps]] = 0  # what is held or put in does not depend on c
    for patch in does.patches:
        through_h[patch.step, patch.unit if patch.part == "unit" else slice(None)] = 0
    by_c = by[:, model.hidden_size :] + through_h
    return target, {"h": by_h.norm(dim=-1), "c": by_c.norm(dim=-1)}


def _factor(name: str, row: list[float]) -> str:
    """By how much a derivative changes from the first step to the last."""
    if len(row) < 2:
        return f"{name} at one step only"
    if row[0] < LEAST:
        return f"{name} not at all at step 1"
    a_step = row[0] ** (1 / (len(row) - 1))
    first = f"{row[0]:.2g}".replace("e-0", "e-")
    return f"{name} {first} of step {len(row)}'s at step 1, times {a_step:.2g} a step back"
