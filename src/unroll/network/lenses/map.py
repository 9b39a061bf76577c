"""The lens `map`: the states of many sequences in the plane that holds most of their variance, and where states go.

The plane is that of the two largest principal components of the states after every step of the training sequences. This
sequence's states are a path in it. Where states go while the number shown is read again and again is found by doing so
(Sussillo & Barak 2013 look for such places by descent, which finds few here): what still moves is called no resting
place. One is stable where the Jacobian's eigenvalues there are all inside the unit circle. Where a state ends far from
all that the network visits (a cell state grows without bound), it is counted, not drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from unroll import figures
from unroll.network.dynamics import held, jacobian, joined, visited
from unroll.network.inspection import rounded
from unroll.network.lenses import Subject
from unroll.picture import Plane, Shape

ORDER = 7
BY_STEP = True
MAX_STATES, STARTS, STEPS = 1000, 64, 200
SPEED = 1e-4
"""A state that moves less than this in a step, as the root of the mean square over its values, is at rest."""
NEAR = 1e-2
"""Resting states nearer than this to each other, in the same measure, are one place."""
MAX_STATE = 256
"""Values of a state whose stability is computed."""
MARGIN = 0.5
"""How far beyond the states and the path the picture goes at most, as a part of their width and of their height."""


class Places(NamedTuple):
    """Where states come to rest, `(P, S)`, how many are stable, None where that is not computed, and where all are.

    `ends` are all states at their last step, `is_moving` says which of them move on.
    """

    at_rest: Tensor
    stable: int | None
    ends: Tensor
    is_moving: Tensor


@torch.no_grad()
def look(subject: Subject) -> Plane:
    """The plane of the states, this sequence's path, and the places that holding the number shown leads to."""
    model, moment = subject.model, subject.moment
    states = _states(subject)
    mean = states.mean(0)
    _, spread, axes = torch.linalg.svd(states - mean, full_matrices=False)
    path = visited(model, moment.sequence, moment.interventions).double()
    number = moment.sequence[moment.step]
    places = _places(subject, number, torch.cat([states, path[moment.step : moment.step + 1]]))
    drawn, line, at_rest, ends = ((s - mean) @ axes[:2].mT for s in (states, path, places.at_rest, places.ends))
    is_inside = _inside(torch.cat([drawn, line]))
    shapes = {
        "states": drawn,
        "at rest": at_rest[is_inside(at_rest)],
        "moving": ends[places.is_moving & is_inside(ends)],
    }
    share = float(spread[:2].square().sum() / spread.square().sum().clamp(min=1e-12))
    return Plane(
        x_name="first component",
        y_name="second component",
        shapes=[
            *(_shape(name, points) for name, points in shapes.items() if len(points)),
            _shape("this sequence", line, is_path=True),
        ],
        mark=tuple(rounded(line[moment.step], 3).tolist()),
        caption=_caption(subject.vocabulary.said(number), places, int((~is_inside(ends)).sum())),
        limits=f"The plane holds {figures.share(share, 0)} of the variance of {len(states):,} states: "
        "what is near here may be far apart.",
    )


def _inside(points: Tensor) -> Callable[[Tensor], Tensor]:
    """Which of other points in the plane lie among these `(N, 2)`, or not far from them."""
    low, high = points.min(0).values, points.max(0).values
    beyond = MARGIN * (high - low)
    return lambda others: ((others >= low - beyond) & (others <= high + beyond)).all(-1)


def _states(subject: Subject) -> Tensor:
    """States after every step of the training sequences `(N, S)`, evenly chosen where they are many."""
    x = subject.sequences.x
    x = x[:, :: max(1, x.numel() // MAX_STATES)]
    does = subject.moment.interventions.within(steps=len(x))
    return torch.cat([joined(step.state) for step in subject.model.steps(x, does=does)]).double()[-MAX_STATES:]


def _places(subject: Subject, number: int, states: Tensor) -> Places:
    starts = states[torch.linspace(0, len(states) - 1, STARTS).long()]
    found = held(subject.model, number, starts.to(subject.model.head.weight.dtype), STEPS, subject.moment.interventions)
    is_still = found.speeds < SPEED
    places: list[Tensor] = []
    for state in found.states[is_still]:
        if all((state - place).square().mean().sqrt() > NEAR for place in places):
            places.append(state)
    at_rest = torch.stack(places) if places else found.states[:0]
    stable = None
    if at_rest.shape[-1] <= MAX_STATE:
        stable = sum(_is_stable(subject, number, state) for state in at_rest)
    return Places(at_rest.double(), stable, found.states.double(), ~is_still)


def _is_stable(subject: Subject, number: int, state: Tensor) -> bool:
    does = subject.moment.interventions.within(steps=0)
    return bool(torch.linalg.eigvals(jacobian(subject.model, number, state, does)).abs().max() < 1)


def _caption(number: str, places: Places, outside: int) -> str:
    """Where states have come after `STEPS` steps of one number."""
    said, resting = f"Reading {number} for {STEPS} steps", int((~places.is_moving).sum())
    left = f"; {outside} end outside the picture" if outside else ""
    if not resting:
        return f"{said}, {STARTS} states all still move{left}."
    where = figures.count(len(places.at_rest), "place")
    return f"{said}, {resting} of {STARTS} states come to rest, in {where}{_stable(places)}{left}."


def _stable(places: Places) -> str:
    """How many of the places are stable, where that is known."""
    count = len(places.at_rest)
    if places.stable is None:
        return ""
    if count == 1:
        return ", which is stable" if places.stable else ", which is not stable"
    number = {0: "none", count: "all"}.get(places.stable, f"{places.stable}")
    return f", {number} of them stable"


def _shape(name: str, points: Tensor, is_path: bool = False) -> Shape:
    xs, ys = rounded(points, 3).unbind(-1)
    return Shape(name=name, kind="path" if is_path else "points", xs=xs.tolist(), ys=ys.tolist())
