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

Everything that does not depend on the step after is computed for all steps at once; two to five products a step are
left in each cell's loop.

Shapes stand in names as suffixes, as in `h_BD`: L steps, B sequences, V numbers in the vocabulary, D hidden units, G
rows of a cell's weights (D for each gate). Of S networks held together S leads every shape, and no suffix says so.
N = L * B positions.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from unroll.network.cells import Cell, GRUCell, LSTMCell, RNNCell, Step, first_rows
from unroll.network.model import SequenceModel


class Score(NamedTuple):
    """How well a batch was answered: scalars, or `(S,)`.

    Attributes:
        loss: Cross-entropy in nats, the mean over all positions.
        accuracy: The part of the sequences, 0 to 1, whose last step is answered right.
    """

    loss: Tensor
    accuracy: Tensor


@torch.inference_mode()
def backpropagate(model: SequenceModel, x: Tensor, y: Tensor, room: Tensor | None = None) -> Score:
    """Write the gradient of the mean loss into every parameter's `grad`, replacing what was there.

    Args:
        model: The network, or S of them.
        x: Integers `(L, B)`, or `(S, L, B)` for S networks.
        y: The right answers, of the same shape.
        room: What `room_for` gave for this shape; training keeps it, which saves allocating megabytes every update.

    Raises:
        IndexError: a number is outside the vocabulary.
    """
    steps = list(model.steps(x))
    h_before_LBD, h_LBD = around([step.state.h for step in steps], model.time_dim)
    h_ND, weight = h_LBD.flatten(-3, -2), model.head.weight
    logits_NV, p_NV = room_for(model, x) if room is None else room
    torch.softmax(_head(model, h_ND, logits_NV), -1, out=p_NV)
    y_N1 = y.flatten(-2).unsqueeze(-1)
    score = score_of(logits_NV, p_NV, y_N1, y.shape[-1])
    dl_NV = p_NV.scatter_(-1, y_N1, -1.0, reduce="add").mul_(1 / h_ND.shape[-2])
    torch.matmul(dl_NV.mT, h_ND, out=grad_of(weight))
    torch.sum(dl_NV, -2, out=grad_of(model.head.bias))
    dh_LBD = torch.matmul(dl_NV, weight).view_as(h_LBD)
    tape = Tape(steps, h_before_LBD, h_LBD, model.time_dim)
    dp_LBG, dq_LBG = BACK[type(model.rnn)](model.rnn, tape, dh_LBD)
    _write_cell(model.rnn, x, h_before_LBD, dp_LBG, dq_LBG)
    return score


def room_for(model: SequenceModel, x: Tensor) -> Tensor:
    """Buffers `(2, N, V)` for the logits and the probabilities of a batch shaped like `x`."""
    shape = (*x.shape[:-2], x.shape[-2] * x.shape[-1], model.vocab_size)
    return model.head.bias.new_empty(2, *shape)


def _head(model: SequenceModel, h_ND: Tensor, out_NV: Tensor) -> Tensor:
    """The model's head, its logits written into an existing buffer."""
    weight, bias = model.head.weight, model.head.bias
    product = torch.addmm if weight.dim() == 2 else torch.baddbmm
    return product(bias.unsqueeze(-2), h_ND, weight.mT, out=out_NV)


def score_of(logits_NV: Tensor, p_NV: Tensor, y_N1: Tensor, batch: int) -> Score:
    """The score of logits and their softmax against the answers `y`; the last `batch` of N are the last step.

    If a right answer's probability is too small for a float, the loss is computed from the logarithms instead.
    """
    right_N1 = p_NV.gather(-1, y_N1)
    loss = right_N1.log().mean((-2, -1)).abs_()  # a negative; -0.0 is no loss
    if not math.isfinite((loss if loss.dim() == 0 else loss.sum()).item()):
        loss = logits_NV.log_softmax(-1).gather(-1, y_N1).mean((-2, -1)).abs_()
    first = y_N1.shape[-2] - batch
    hits = logits_NV.narrow(-2, first, batch).argmax(-1) == y_N1.narrow(-2, first, batch).squeeze(-1)
    return Score(loss, hits.mean(-1, dtype=loss.dtype))


class Tape(NamedTuple):
    """What the forward loop left behind: its steps, and h before and after every step, `(L, B, D)`."""

    steps: list[Step]
    h_before: Tensor
    h: Tensor
    time_dim: int

    def stack(self, part: Callable[[Step], Tensor]) -> Tensor:
        """One part of every step in one tensor, `(L, B, ...)`."""
        return torch.stack([part(step) for step in self.steps], self.time_dim)


def around(states: list[Tensor], time_dim: int) -> tuple[Tensor, Tensor]:
    """The state before every step, zero at first, and the state after it: two views of one tensor."""
    both = torch.stack([torch.zeros_like(states[0]), *states], time_dim)
    return both.narrow(time_dim, 0, len(states)), both.narrow(time_dim, 1, len(states))


def rnn_back(cell: Cell, tape: Tape, dh_LBD: Tensor) -> tuple[Tensor, Tensor]:
    """dp and dq `(L, B, G)` of Elman's cell; `dh_LBD` holds the head's part at first and is completed in place."""
    dq_LBG = slope(tape.h)
    dhs, dqs = dh_LBD.unbind(tape.time_dim), dq_LBG.unbind(tape.time_dim)
    for t in reversed(range(len(dqs))):
        dqs[t].mul_(dhs[t])
        if t:
            add_product(dhs[t - 1], dqs[t], cell.weight_hh_l0)
    return dq_LBG, dq_LBG


def lstm_back(cell: Cell, tape: Tape, dh_LBD: Tensor) -> tuple[Tensor, Tensor]:
    """dp and dq `(L, B, G)` of the LSTM; `dh_LBD` holds the head's part at first and is completed in place."""
    s_LBG, u, g = (tape.stack(part) for part in (lambda x: x.kept[0], lambda x: x.kept[1], lambda x: x.gates[2]))
    c_before, _ = around([step.state.c for step in tape.steps if step.state.c is not None], tape.time_dim)
    i, f, _, o = s_LBG.chunk(4, -1)
    dq_LBG = torch.addcmul(s_LBG, s_LBG, s_LBG, value=-1)
    dq_i, dq_f, dq_g, dq_o = dq_LBG.chunk(4, -1)
    dq_i.mul_(g)
    dq_f.mul_(c_before)
    torch.mul(i, slope(g), out=dq_g)
    dq_o.mul_(u)
    parts = (dh_LBD, dq_LBG, dq_i, dq_f, dq_g, dq_o, f, o * slope(u))
    dhs, dqs, dq_is, dq_fs, dq_gs, dq_os, fs, dc_by_dh = (part.unbind(tape.time_dim) for part in parts)
    dc = torch.zeros_like(dhs[0])
    for t in reversed(range(len(dqs))):
        dc.addcmul_(dhs[t], dc_by_dh[t])
        dq_is[t].mul_(dc)
        dq_fs[t].mul_(dc)
        dq_gs[t].mul_(dc)
        dq_os[t].mul_(dhs[t])
        if t:
            dc.mul_(fs[t])
            add_product(dhs[t - 1], dqs[t], cell.weight_hh_l0)
    return dq_LBG, dq_LBG


def gru_back(cell: Cell, tape: Tape, dh_LBD: Tensor) -> tuple[Tensor, Tensor]:
    """dp and dq `(L, B, G)` of the GRU; `dh_LBD` holds the head's part at first and is completed in place."""
    rz, q_n, n = (tape.stack(part) for part in (lambda x: x.kept[0], lambda x: x.kept[1], lambda x: x.gates[2]))
    r, z = rz.chunk(2, -1)
    dn = slope(n).mul_(1 - z)
    d_rz = torch.addcmul(rz, rz, rz, value=-1)
    d_r, d_z = d_rz.chunk(2, -1)
    d_r.mul_(dn * q_n)
    d_z.mul_(tape.h_before - n)
    dq_LBG = torch.cat([d_rz, dn * r], -1)
    dhs, dqs, zs = (part.unbind(tape.time_dim) for part in (dh_LBD, dq_LBG, z))
    dh_by_block = dh_LBD.unsqueeze(-2).unbind(tape.time_dim)
    dq_by_block = dq_LBG.view(*dh_LBD.shape[:-1], 3, -1).unbind(tape.time_dim)
    for t in reversed(range(len(dqs))):
        dq_by_block[t].mul_(dh_by_block[t])
        if t:
            add_product(dhs[t - 1].addcmul_(dhs[t], zs[t]), dqs[t], cell.weight_hh_l0)
    dp_LBG = dq_LBG.clone()
    torch.mul(dn, dh_LBD, out=dp_LBG.chunk(3, -1)[2])
    return dp_LBG, dq_LBG


def slope(y: Tensor) -> Tensor:
    """The derivative of tanh from its value y: 1 - y^2."""
    return torch.addcmul(y.new_ones(()), y, y, value=-1)


BACK: dict[type[Cell], Callable[[Cell, Tape, Tensor], tuple[Tensor, Tensor]]] = {
    RNNCell: rnn_back,
    LSTMCell: lstm_back,
    GRUCell: gru_back,
}


def add_product(out: Tensor, a: Tensor, b: Tensor) -> None:
    """out += a b, for one network or for S."""
    _ = out.addmm_(a, b) if out.dim() == 2 else out.baddbmm_(a, b)


def _write_cell(cell: Cell, x: Tensor, h_before_LBD: Tensor, dp_LBG: Tensor, dq_LBG: Tensor) -> None:
    """The gradients of a cell's weights from those of p and q."""
    dp_NG, dq_NG = dp_LBG.flatten(-3, -2), dq_LBG.flatten(-3, -2)
    torch.matmul(dq_NG.mT, h_before_LBD.flatten(-3, -2), out=grad_of(cell.weight_hh_l0))
    torch.sum(dp_NG, -2, out=grad_of(cell.bias_ih_l0))
    if dp_LBG is dq_LBG:
        grad_of(cell.bias_hh_l0).copy_(grad_of(cell.bias_ih_l0))
    else:
        torch.sum(dq_NG, -2, out=grad_of(cell.bias_hh_l0))
    rows = grad_of(cell.weight_ih_l0).mT
    flat, index = (rows, x) if rows.dim() == 2 else (rows.flatten(0, 1), x + first_rows(rows, x))
    flat.zero_().index_add_(0, index.flatten(), dp_NG.flatten(0, -2))


def grad_of(parameter: Tensor) -> Tensor:
    """A parameter's `grad`, made at first use with the parameter's order in memory."""
    if parameter.grad is None:
        with torch.inference_mode(False):
            parameter.grad = torch.zeros_like(parameter)
    return parameter.grad
