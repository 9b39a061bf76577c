"""A step as a map of the state: its derivative, and where it leads while one number is held.

The state s is h, and behind it c where the cell has one, in one row of S values (D, or 2 D). Derivatives are taken by
autograd through the cell's own step, with what an intervention does to it, and are local: they hold near that state.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from unroll.moment import UNTOUCHED, Interventions
from unroll.network.cells import State
from unroll.network.model import SequenceModel, erased


class Held(NamedTuple):
    """Where states come to while one number is read again and again.

    Attributes:
        states: The last states, `(B, S)`.
        speeds: How far each moved in its last step, as the root of the mean square over its values, `(B,)`.
    """

    states: Tensor
    speeds: Tensor


@torch.no_grad()
def visited(model: SequenceModel, sequence: Sequence[int], does: Interventions = UNTOUCHED) -> Tensor:
    """The state after every step of a sequence, `(T, S)`."""
    x = torch.tensor(sequence, device=model.head.weight.device)
    return torch.stack([joined(step.state) for step in model.steps(x, does=does)])


def joined(state: State) -> Tensor:
    """A state as one row: h, then c where there is one."""
    return state.h if state.c is None else torch.cat([state.h, state.c], -1)


def after(model: SequenceModel, number: int, s_BS: Tensor, does: Interventions = UNTOUCHED, step: int = 0) -> Tensor:
    """The states one step on, `(B, S)`, when each reads `number` at `step`."""
    d = model.hidden_size
    state = State(s_BS[:, :d], s_BS[:, d:] if model.rnn.has_c else None)
    p_BG = model.rnn.project(torch.full((1, len(s_BS)), number, device=s_BS.device))[0]
    found = model.rnn.step(p_BG, erased(state, does.cut_cell) if does.cuts(step) else state).state
    return joined(model.changed(found, does, step)).contiguous()  # a state put in is one row for all


def jacobian(model: SequenceModel, number: int, s_S: Tensor, does: Interventions = UNTOUCHED, step: int = 0) -> Tensor:
    """The derivative of the state after a step by the state `s_S` before it, `(S, S)`: row i is that of value i."""
    with torch.enable_grad():
        before = s_S.detach().expand(len(s_S), -1).clone().requires_grad_()
        return _derivative(after(model, number, before, does, step).diagonal().sum(), before)


def pulled_back(
    model: SequenceModel, number: int, s_S: Tensor, by_after_S: Tensor, does: Interventions = UNTOUCHED, step: int = 0
) -> Tensor:
    """The derivative of anything by the state before a step, from that by the state after it (Werbos 1990)."""
    with torch.enable_grad():
        before = s_S.detach()[None].requires_grad_()
        return _derivative(after(model, number, before, does, step), before, by_after_S[None])[0]


def _derivative(of: Tensor, by: Tensor, times: Tensor | None = None) -> Tensor:
    """What autograd gives; zeros where what was erased takes no part."""
    (found,) = torch.autograd.grad(of, by, times, allow_unused=True, materialize_grads=True)
    return found


@torch.no_grad()
def held(model: SequenceModel, number: int, s_BS: Tensor, steps: int, does: Interventions = UNTOUCHED) -> Held:
    """Let states `(B, S)` read one number for so many steps; erasing at single steps has no part in it."""
    does = does.within(steps=0)
    before = s_BS
    for _ in range(steps):
        before, s_BS = s_BS, after(model, number, s_BS, does)
    return Held(s_BS, (s_BS - before).square().mean(-1).sqrt())
