"""Back-propagation through time, written out: the loss and every weight's gradient, without autograd.

Forward, the model's own loop, with q_t = W_hh h_{t-1} + b_hh and all else as in `cells.py`; N = L * B positions:

    l_t = W h_t + b,   J = 1/N sum over t, b of (logsumexp(l_t) - l_t[y_t])

Backward (Werbos 1990), where d* stands for the derivative of J by *:

    head  dl_t = (softmax(l_t) - onehot(y_t)) / N,   dW = sum dl_t h_t^T,   db = sum dl_t,   dh_t = W^T dl_t + (1)

    RNN   dp_t = dq_t = dh_t * (1 - h_t^2)

    LSTM  u = tanh(c_t),   dc_t = dh_t * o * (1 - u^2) + dc_{t+1} * f_{t+1},   dp_t = dq_t, in its blocks:
          i: dc_t * g * i(1-i)    f: dc_t * c_{t-1} * f(1-f)    g: dc_t * i * (1-g^2)    o: dh_t * u * o(1-o)

    GRU   dq_t in its blocks; dp_t is the same but for block n, where it lacks the factor r:
          r: dh_t * (1-z) * (1-n^2) * q_n * r(1-r)    z: dh_t * (h_{t-1}-n) * z(1-z)    n: dh_t * (1-z) * (1-n^2) * r

    all   (1) what the step after adds to dh_t: W_hh^T dq_{t+1}, and for the GRU dh_{t+1} * z_{t+1}
          dW_ih[:, v] = sum of dp_t where x_t = v,   db_ih = sum dp_t,   dW_hh = sum dq_t h_{t-1}^T,   db_hh = sum dq_t

All that does not depend on what comes back is computed for all steps at once; each cell's loop keeps two to five
products a step. Shapes: L steps, B sequences, V numbers, D hidden units; S networks at once, in front of all others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from unroll.network.cells import Cell, GRUCell, LSTMCell, RNNCell, first_rows
from unroll.network.model import SequenceModel


class Score(NamedTuple):
    """How a batch was answered: one number each, or `(S,)`.

    Attributes:
        loss: Cross-entropy in nats, the mean over all positions.
        accuracy: The part of the sequences whose last step has no logit above the right one's.
    """

    loss: Tensor
    accuracy: Tensor


@torch.no_grad()
def backpropagate(model: SequenceModel, x: Tensor, y: Tensor) -> Score:
    """Write the gradient of the mean loss into every parameter's `grad`, over what was there.

    Args:
        model: The network, or S of them.
        x: Integers `(L, B)`, or `(S, L, B)` for S networks.
        y: The right answers, of the same shape.
    """
    tape = record(model, x)
    score, dl_LBV = cross_entropy(model.head(tape.h), y)
    dl_NV = dl_LBV.flatten(-3, -2)
    torch.matmul(dl_NV.mT, tape.h.flatten(-3, -2), out=grad_of(model.head.weight))
    torch.sum(dl_NV, -2, out=grad_of(model.head.bias))
    dh_LBD = (dl_NV @ model.head.weight).view_as(tape.h)
    dp, dq = BACK[type(model.rnn)](model.rnn, tape, dh_LBD)
    _write_cell(model.rnn, x, tape.h_before, dp, dq)
    return score


def cross_entropy(logits: Tensor, y: Tensor) -> tuple[Score, Tensor]:
    """The score of `logits` `(L, B, V)` against `y` `(L, B)`, and the loss's derivative by the logits.

    One pass of exponentials serves both: logsumexp(l) = max(l) - log(max(softmax(l))), and max(softmax) >= 1/V.
    """
    index = y.unsqueeze(-1)
    top, right = logits.amax(-1), logits.gather(-1, index).squeeze(-1)
    p = logits.softmax(-1)
    loss = (top - p.amax(-1).log_() - right).mean((-2, -1))
    accuracy = (right >= top).select(-2, -1).float().mean(-1)
    d_logits = p.scatter_(-1, index, -1.0, reduce="add").mul_(1 / (y.shape[-2] * y.shape[-1]))
    return Score(loss, accuracy), d_logits


class Tape(NamedTuple):
    """What the forward loop left behind, all steps in one tensor `(L, B, D)` each; h_{t-1} and c_{t-1} beside h, c."""

    time_dim: int
    h_before: Tensor
    h: Tensor
    c_before: Tensor | None
    c: Tensor | None
    gates: list[Tensor]


def record(model: SequenceModel, x: Tensor) -> Tape:
    """Run the model's loop over `x` from the zero state and keep what it passes."""
    steps = list(model.steps(x))
    h_before, h = _shifted([step.state.h for step in steps], model.time_dim)
    cs = [step.state.c for step in steps if step.state.c is not None]
    c_before, c = _shifted(cs, model.time_dim) if cs else (None, None)
    gates = [torch.stack(gate, model.time_dim) for gate in zip(*(step.gates for step in steps), strict=True)]
    return Tape(model.time_dim, h_before, h, c_before, c, gates)


def _shifted(states: list[Tensor], time_dim: int) -> tuple[Tensor, Tensor]:
    """The state before every step and the state after it: two views of one tensor."""
    both = torch.stack([torch.zeros_like(states[0]), *states], time_dim)
    return both.narrow(time_dim, 0, len(states)), both.narrow(time_dim, 1, len(states))


def rnn_back(cell: Cell, tape: Tape, dh_LBD: Tensor) -> tuple[Tensor, Tensor]:
    """dp and dq of Elman's cell; `dh_LBD` comes in as the head's part and goes out whole."""
    dq = 1 - tape.h * tape.h
    dhs, dqs = dh_LBD.unbind(tape.time_dim), dq.unbind(tape.time_dim)
    for t in reversed(range(len(dqs))):
        dqs[t].mul_(dhs[t])
        if t:
            add_product(dhs[t - 1], dqs[t], cell.weight_hh_l0)
    return dq, dq


def lstm_back(cell: Cell, tape: Tape, dh_LBD: Tensor) -> tuple[Tensor, Tensor]:
    """dp and dq of the LSTM; `dh_LBD` comes in as the head's part and goes out whole."""
    assert tape.c is not None and tape.c_before is not None
    i, f, g, o = tape.gates
    u = tape.c.tanh()
    dc_by_dh = (o * (1 - u * u)).unbind(tape.time_dim)
    dq = torch.cat([g * i * (1 - i), tape.c_before * f * (1 - f), i * (1 - g * g), u * o * (1 - o)], -1)
    dhs, dqs, fs = dh_LBD.unbind(tape.time_dim), dq.unbind(tape.time_dim), f.unbind(tape.time_dim)
    dc = torch.zeros_like(dhs[0])
    for t in reversed(range(len(dqs))):
        dc.addcmul_(dhs[t], dc_by_dh[t])
        blocks = dqs[t].view(*dc.shape[:-1], 4, -1)
        blocks[..., :3, :].mul_(dc.unsqueeze(-2))
        blocks[..., 3, :].mul_(dhs[t])
        dc.mul_(fs[t])
        if t:
            add_product(dhs[t - 1], dqs[t], cell.weight_hh_l0)
    return dq, dq


def gru_back(cell: Cell, tape: Tape, dh_LBD: Tensor) -> tuple[Tensor, Tensor]:
    """dp and dq of the GRU; `dh_LBD` comes in as the head's part and goes out whole."""
    r, z, n = tape.gates
    q_n = cell.recur(tape.h_before.flatten(-3, -2)).chunk(3, -1)[2].view_as(n)
    dn = (1 - z) * (1 - n * n)
    dq = torch.cat([dn * q_n * r * (1 - r), (tape.h_before - n) * z * (1 - z), dn * r], -1)
    dhs, dqs, zs = dh_LBD.unbind(tape.time_dim), dq.unbind(tape.time_dim), z.unbind(tape.time_dim)
    for t in reversed(range(len(dqs))):
        dqs[t].view(*dhs[t].shape[:-1], 3, -1).mul_(dhs[t].unsqueeze(-2))
        if t:
            add_product(dhs[t - 1].addcmul_(dhs[t], zs[t]), dqs[t], cell.weight_hh_l0)
    dp = dq.clone()
    dp.chunk(3, -1)[2].copy_(dn * dh_LBD)
    return dp, dq


BACK: dict[type[Cell], Callable[[Cell, Tape, Tensor], tuple[Tensor, Tensor]]] = {
    RNNCell: rnn_back,
    LSTMCell: lstm_back,
    GRUCell: gru_back,
}


def add_product(out: Tensor, a: Tensor, b: Tensor) -> None:
    """out += a b, for one network or for S."""
    _ = out.addmm_(a, b) if out.dim() == 2 else out.baddbmm_(a, b)


def _write_cell(cell: Cell, x: Tensor, h_before: Tensor, dp: Tensor, dq: Tensor) -> None:
    """The gradients of a cell's weights from those of p and q; N = L * B."""
    dp_NG, dq_NG = dp.flatten(-3, -2), dq.flatten(-3, -2)
    torch.matmul(dq_NG.mT, h_before.flatten(-3, -2), out=grad_of(cell.weight_hh_l0))
    torch.sum(dq_NG, -2, out=grad_of(cell.bias_hh_l0))
    torch.sum(dp_NG, -2, out=grad_of(cell.bias_ih_l0))
    rows = grad_of(cell.weight_ih_l0).mT
    flat, index = (rows, x) if rows.dim() == 2 else (rows.flatten(0, 1), x + first_rows(rows, x))
    flat.zero_().index_add_(0, index.flatten(), dp_NG.flatten(0, -2))


def grad_of(parameter: Tensor) -> Tensor:
    """Where a parameter's gradient goes: into its `grad`, made at the first need with the parameter's memory order."""
    if parameter.grad is None:
        parameter.grad = torch.zeros_like(parameter)
    return parameter.grad
