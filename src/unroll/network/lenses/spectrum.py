"""The lens `spectrum`: what one step does to small differences of the state, as eigenvalues beside the unit circle.

The Jacobian is that of the step shown, at the state before it. A difference along an eigenvector is multiplied by its
eigenvalue: inside the circle it shrinks, outside it grows, on it it is carried on (Pascanu, Mikolov & Bengio 2013). For
Elman's cell that at h = 0 without an input is `W_hh`.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from unroll.errors import UserError
from unroll.network.dynamics import jacobian, visited
from unroll.network.inspection import rounded
from unroll.network.lenses import Subject
from unroll.picture import Plane, Shape

ORDER = 6
BY_STEP = True
MAX_STATE = 256
"""Values of the state at most: eigenvalues of more take too long."""
CIRCLE = [2 * math.pi * i / 96 for i in range(97)]


@torch.no_grad()
def look(subject: Subject) -> Plane:
    """The eigenvalues of the step's Jacobian, with those of `W_hh` behind them where that is one too."""
    model, moment = subject.model, subject.moment
    states = visited(model, moment.sequence[: moment.step + 1], moment.interventions)
    if states.shape[-1] > MAX_STATE:
        raise UserError(f"The eigenvalues of {states.shape[-1]:,} values take too long: choose a smaller hidden_size.")
    before = states[-2] if moment.step else torch.zeros_like(states[-1])
    at_step = jacobian(model, moment.sequence[moment.step], before, moment.interventions, moment.step)
    values = torch.linalg.eigvals(at_step.double())
    at_zero = [model.rnn.weight_hh_l0.double()] if model.rnn.blocks == 1 else []
    outside = int((values.abs() > 1).sum())
    state = "(h, c)" if model.rnn.has_c else "h"
    return Plane(
        x_name="real part",
        y_name="imaginary part",
        shapes=[
            Shape(name="unit circle", kind="path", xs=[math.cos(a) for a in CIRCLE], ys=[math.sin(a) for a in CIRCLE]),
            *(_shape("W_hh (h = 0)", torch.linalg.eigvals(w_hh)) for w_hh in at_zero),
            _shape("this step", values),
        ],
        caption=f"Jacobian of step {moment.step + 1} by the {state} before it: the largest eigenvalue is "
        f"{float(values.abs().max()):.2f} long; {outside} of {len(values)} are outside the circle.",
        limits="Eigenvalues are local: they say what this one step does to very small differences.",
    )


def _shape(name: str, values: Tensor) -> Shape:
    return Shape(name=name, xs=rounded(values.real, 4).tolist(), ys=rounded(values.imag, 4).tolist())
