"""The lens `length`: how often the network is right after prompts of 1 to 4 L numbers, where it was trained on L.

For `count` and `recall` a prompt is any row of consecutive numbers that has a right answer, so that every length has
its own number of prompts: V - 1 of one number, and one less for each number more. A file's prompts are the beginnings
of its training sequences, which end at L.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from unroll import figures
from unroll.network.inspection import rounded
from unroll.network.lenses import Subject, many
from unroll.picture import Lines, NamedLine

ORDER = 2
TIMES_LENGTH = 4


class Prompts(NamedTuple):
    """Prompts of every length up to T at once: a longer one begins with the shorter.

    Attributes:
        x, y: Numbers and right answers, `(T, N)`.
        is_asked: Whether there is a right answer, `(T, N)`.
    """

    x: Tensor
    y: Tensor
    is_asked: Tensor


@torch.no_grad()
def look(subject: Subject) -> Lines:
    """The share of right answers by prompt length."""
    prompts, length = _prompts(subject), subject.task.length
    steps, total = len(prompts.x), prompts.is_asked.sum(-1)
    does = subject.moment.interventions.within(steps=steps)
    answers = [subject.model.head(step.state.h).argmax(-1) for step in subject.model.steps(prompts.x, does=does)]
    right = (torch.stack(answers) == prompts.y) & prompts.is_asked
    shares = rounded(right.sum(-1) / total, 4).tolist()
    named = sorted({n for n in (1, length, 2 * length, steps) if n <= steps})
    said = [f"{figures.share(shares[n - 1], 0)} after {n}" for n in named]
    here = len(subject.moment.sequence)
    return Lines(
        x_name="numbers read",
        xs=list(range(1, steps + 1)),
        lines=[NamedLine("right", shares)],
        mark=here if here <= steps else None,
        wall=length,
        percent=True,
        caption=f"Trained on {figures.count(length, 'number')}. Right: {', '.join(said)}.",
        limits=_limits(subject, total.tolist()),
    )


def _prompts(subject: Subject) -> Prompts:
    task, v = subject.task, subject.task.vocab_size
    if task.task == "file":
        x, y = subject.sequences
        return Prompts(x, y, torch.ones_like(x, dtype=torch.bool))
    is_count = task.task == "count"
    steps = min(TIMES_LENGTH * task.length, v - is_count)
    starts = torch.arange(v - is_count)
    if len(starts) > (most := subject.affordable(steps)):
        starts = torch.randperm(len(starts), generator=torch.Generator().manual_seed(0))[:most]
    x = starts + torch.arange(steps)[:, None]
    is_asked = x + is_count < v
    y = x + 1 if is_count else starts.expand_as(x)
    return Prompts(*(part.to(subject.model.head.weight.device) for part in (x.clamp(max=v - 1), y, is_asked)))


def _limits(subject: Subject, total: list[int]) -> str:
    if subject.task.task == "file":
        return f"From its own {many(subject)}: none is longer."
    return (
        f"Numbers in a row only: {total[0]:,} prompts of one number, {total[-1]:,} of {len(total)}. "
        f"Those of {subject.task.length} and their beginnings it was trained on."
    )
