"""The lens `numbers`: what one unit is after each number of the vocabulary, over many sequences of the task.

At every step of every sequence the unit's h is put down under the number just read. The part of h's variance that this
number explains is the correlation ratio (Fisher 1925), the variance of the groups' means, weighted by their sizes, over
that of all values: 1 where the last number decides h alone, less where what was read before it matters too.
"""

from __future__ import annotations

import torch
from torch import Tensor

from unroll import figures
from unroll.network.inspection import rounded, unit_values
from unroll.network.lenses import Subject, many
from unroll.picture import Lines, NamedLine
from unroll.vocabulary import Vocabulary

ORDER = 1
STILL = 1e-6
"""A unit whose h has no more variance than this is the same everywhere."""


@torch.no_grad()
def look(subject: Subject) -> Lines:
    """The mean, lowest and highest h after each number that is read in the sequences."""
    unit, data, vocabulary = subject.unit, subject.sequences, subject.vocabulary
    hidden = unit_values(subject.model, data.x, unit, subject.moment.interventions).double().flatten()
    read = data.x.flatten()
    sizes = torch.bincount(read, minlength=subject.model.vocab_size)
    means = torch.bincount(read, hidden, minlength=subject.model.vocab_size) / sizes
    numbers = sizes.nonzero().flatten()
    lines = {
        "mean": means,
        "lowest": means.scatter_reduce(0, read, hidden, "amin"),
        "highest": means.scatter_reduce(0, read, hidden, "amax"),
    }
    return Lines(
        x_name=f"{vocabulary.word} read",
        xs=numbers.tolist(),
        labels=vocabulary.names(numbers.tolist()) if vocabulary.symbols else [],
        lines=[NamedLine(name, rounded(values[numbers], 3).tolist()) for name, values in lines.items()],
        marks=[number if sizes[number] else None for number in subject.moment.sequence],
        caption=_caption(unit, vocabulary, means, _explained(hidden, means[read])),
        limits=f"From {many(subject)} only: after {vocabulary.word}s in another order the unit may be elsewhere.",
    )


def _explained(hidden: Tensor, means: Tensor) -> float | None:
    """The part of h's variance that its group's mean explains; None where h does not vary."""
    total = hidden.var(correction=0)
    return None if total < STILL else float(1 - (hidden - means).square().mean() / total)


def _caption(unit: int, vocabulary: Vocabulary, means: Tensor, explained: float | None) -> str:
    """`means` are those after each number, NaN after one that is never read."""
    low, high = int(means.nan_to_num(torch.inf).argmin()), int(means.nan_to_num(-torch.inf).argmax())
    if explained is None:
        return f"h of unit {unit} is {float(means[low]):+z.2f} after every {vocabulary.word}."
    return (
        f"Mean h of unit {unit} goes from {float(means[low]):+z.2f} after {vocabulary.said(low)} to "
        f"{float(means[high]):+z.2f} after {vocabulary.said(high)}. "
        f"The {vocabulary.word} just read explains {figures.share(explained, 0)} of its variance."
    )
