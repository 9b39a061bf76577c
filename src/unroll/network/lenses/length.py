"""The lens `length`: how often the network is right after prompts of 1 to 4 L numbers, where it was trained on L.

For `count` and `recall` a prompt is any row of consecutive numbers that has a right answer, so that every length has
its own number of prompts: V - 1 of one number, and one less for each number more. For tasks that are drawn at random
prompts are fresh; where nothing is asked after so many numbers, no share is shown. A file's prompts are the beginnings
of its training sequences, which end at L.
"""

from __future__ import annotations

from itertools import islice
from random import Random
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from unroll import figures
from unroll.network.inspection import rounded
from unroll.network.lenses import Subject, many
from unroll.picture import Lines, NamedLine
from unroll.tasks import TASKS

ORDER = 2
TIMES_LENGTH = 4
FRESH = 1000
"""Prompts drawn at random."""
NONE = -1
"""In place of a number: there is none."""


class Prompts(NamedTuple):
    """Prompts of every length up to T at once: a longer one begins with the shorter.

    Attributes:
        x: Numbers, `(T, N)`.
        right: The right answers, `(T, N, K)`, `NONE` where there are fewer than K.
    """

    x: Tensor
    right: Tensor

    @property
    def total(self) -> Tensor:
        """How many have a right answer, by length, `(T,)`."""
        return (self.right != NONE).any(-1).sum(-1)


@torch.no_grad()
def look(subject: Subject) -> Lines:
    """The share of right answers by prompt length."""
    prompts, length = _prompts(subject), subject.task.length
    steps, total = len(prompts.x), prompts.total
    does = subject.moment.interventions.within(steps=steps)
    answers = [subject.model.head(step.state.h).argmax(-1) for step in subject.model.steps(prompts.x, does=does)]
    right = (torch.stack(answers).unsqueeze(-1) == prompts.right).any(-1).sum(-1)
    asked = zip(rounded(right / total.clamp(min=1), 4).tolist(), total.tolist(), strict=True)
    shares = [share if count else None for share, count in asked]
    named = sorted({n for n in (1, length, 2 * length, steps) if n <= steps and shares[n - 1] is not None})
    said = [f"{figures.share(shares[n - 1] or 0.0, 0)} after {n}" for n in named]
    said += ["the longest tried"] if steps in named else []
    trained = TASKS[subject.task.task].length_of(subject.task)
    return Lines(
        x_name=f"{subject.vocabulary.word}s read",
        xs=list(range(1, steps + 1)),
        lines=[NamedLine("right", shares)],
        marks=[n if n <= steps else None for n in range(1, len(subject.moment.sequence) + 1)],
        wall=length,
        percent=True,
        caption=f"Trained on {trained}. Right: {', '.join(said)}.",
        limits=_limits(subject, total.tolist()),
    )


def _prompts(subject: Subject) -> Prompts:
    config, task, device = subject.task, TASKS[subject.task.task], subject.model.head.weight.device
    steps = TIMES_LENGTH * config.length
    most = subject.affordable(steps)
    rows = task.rows(config, steps) or list(islice(task.examples(config, steps, Random(0)), min(FRESH, most)))
    if len(rows) > most:
        rows = Random(0).sample(rows, most)
    found = [(row, list(task.answers(config, row))) for row in rows]
    if not found:
        x, y, masks = subject.sequences
        return Prompts(x, (y if masks is None else y.where(masks.asked, NONE)).unsqueeze(-1))
    widest = max(len(right) for _, answers in found for right in answers)
    rights = [torch.tensor([[*one, *[NONE] * (widest - len(one))] for one in answers]) for _, answers in found]
    x, right = pad_sequence([torch.tensor(row) for row, _ in found]), pad_sequence(rights, padding_value=NONE)
    longest = 1 + int((right != NONE).any(-1).any(-1).nonzero().max())
    return Prompts(x[:longest].to(device), right[:longest].to(device))


def _limits(subject: Subject, total: list[int]) -> str:
    config, task = subject.task, TASKS[subject.task.task]
    if task.count(config) is None:
        return f"From its own {many(subject)}: none is longer."
    if not task.rows(config, 1):
        return f"{figures.count(max(total), 'fresh prompt')}; where nothing is asked, nothing is shown."
    return (
        f"Numbers in a row only: {total[0]:,} prompts of one number, {total[-1]:,} of {len(total)}. "
        f"Those of {config.length} and their beginnings it was trained on."
    )
