"""What the rows of a trace may hold: a value for every step and unit, under a name.

    hidden, cell state     the state after the step; the cell state where the cell has one
    input gate, ...        how far each gate was open, by the names that torch.nn's documentation gives them
    attribution            each unit's share of the expected number's lead over the runner-up, in logits

Shapes: T steps, D units.
"""

from __future__ import annotations

import torch
from torch import Tensor

from unroll.network.inspection import Activations
from unroll.network.model import SequenceModel

HIDDEN, CELL_STATE, ATTRIBUTION = "hidden", "cell state", "attribution"
GATES = {
    "i": "input gate",
    "f": "forget gate",
    "g": "cell gate",
    "o": "output gate",
    "r": "reset gate",
    "z": "update gate",
    "n": "new gate",
}
LARGEST = 1e6
"""A value beyond this is shown as this: no figure on the screen has room for more, and infinity cannot be sent."""


def view_names(seen: Activations) -> tuple[str, ...]:
    """The views that there are of what was seen, in order."""
    cell = () if seen.cell is None else (CELL_STATE,)
    return (HIDDEN, *cell, *(GATES[letter] for letter in seen.gates), ATTRIBUTION)


def table(view: str, model: SequenceModel, seen: Activations) -> Tensor:
    """A view's values `(T, D)`."""
    if view == ATTRIBUTION:
        return _shares(model, seen)
    if view == CELL_STATE and seen.cell is not None:
        return seen.cell
    gates = {GATES[letter]: gate for letter, gate in seen.gates.items()}
    return gates.get(view, seen.hidden)


def _shares(model: SequenceModel, seen: Activations) -> Tensor:
    """At each step `(W[k] - W[j]) * h`, k the likeliest number and j the next."""
    expected, runner_up = seen.logits.topk(2).indices.unbind(-1)
    weight = model.head.weight.detach()
    return (weight[expected] - weight[runner_up]) * seen.hidden


def scale_of(values: Tensor) -> float:
    """The value that gets the strongest colour: 1 for what lies in -1..1, else the largest there is."""
    return max(1.0, decimal(values.abs().max(), 3))


def decimals(values: Tensor, places: int) -> list[list[float]]:
    """A table of numbers, finite and rounded so that they are short as text."""
    rows: list[list[float]] = _rounded(values, places).tolist()
    return rows


def decimal(value: Tensor, places: int) -> float:
    """The same of one number."""
    return float(_rounded(value, places))


def _rounded(values: Tensor, places: int) -> Tensor:
    wide = values.to("cpu", torch.float64).nan_to_num(0, LARGEST, -LARGEST).clamp(-LARGEST, LARGEST)
    return wide.round(decimals=places) + 0.0  # no -0.0
