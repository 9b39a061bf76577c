"""The lens `drivers`: the training sequences that drive one unit highest and lowest, with its value at every step.

Where else does a unit do what it does here? After LSTMVis (Strobelt et al. 2018), which looks for other places in a
text where chosen units are high.
"""

from __future__ import annotations

import torch
from torch import Tensor

from unroll.network.inspection import rounded, unit_values
from unroll.network.lenses import Subject, many
from unroll.picture import Grid

ORDER = 8
EACH = 6
"""Sequences shown from either end."""


@torch.no_grad()
def look(subject: Subject) -> Grid:
    """h of the unit over the sequences with its highest values, then over those with its lowest."""
    data, unit = subject.sequences, subject.unit
    hidden = unit_values(subject.model, data.x, unit, subject.moment.interventions)
    most = min(EACH, max(1, data.total // 2))
    highest = hidden.amax(0).topk(most).indices
    lowest = hidden.amin(0).topk(most, largest=False).indices.flip(0)
    chosen = torch.cat([highest, lowest])
    top, bottom = int(highest[0]), int(lowest[-1])
    step = int(hidden[:, top].argmax())
    return Grid(
        row_name="sequence",
        rows=[f"highest {i + 1}" for i in range(most)] + [f"lowest {most - i}" for i in range(most)],
        column_name="step",
        columns=[str(t + 1) for t in range(len(hidden))],
        values=rounded(hidden[:, chosen].mT, 3).tolist(),
        texts=[subject.vocabulary.names(row) for row in data.x[:, chosen].mT.tolist()],
        mark=(0, step),
        caption=f"h of unit {unit} is highest {_place(subject, hidden[:, top], data.x[:, top], +1)} "
        f"and lowest {_place(subject, hidden[:, bottom], data.x[:, bottom], -1)}.",
        limits=f"The two ends of {many(subject)}: most lie between them.",
    )


def _place(subject: Subject, hidden: Tensor, x: Tensor, sign: int) -> str:
    """Where in its sequence the highest value stands, or the lowest, and after which number."""
    step = int((sign * hidden).argmax())
    return f"at step {step + 1} after {subject.vocabulary.said(int(x[step]))} ({float(hidden[step]):+z.2f})"
