"""Back-propagation through time, written out: the loss and every weight's gradient, without autograd.

Forward, the model's own loop, with q_t = W_hh h_{t-1} + b_hh and all else as in `cells.py`; N = L * B positions:

    l_t = W h_t + b,   J = 1/N sum over t, b of (logsumexp(l_t) - l_t[y_t])

Where not every step is asked, w_t / sum of all w stands for 1/N, w_t being 1 at a step that is asked and else 0.

Backward (Werbos 1990), where d* stands for the derivative of J by *:

    head  dl_t = (softmax(l_t) - onehot(y_t)) / N,   dW = sum dl_t h_t^T,   db = sum dl_t,   dh_t = W^T dl_t + (1)

    RNN   dp_t = dq_t = dh_t * (1 - h_t^2)

    LSTM  u = tanh(c_t),   dc_t = dh_t * o * (1 - u^2) + dc_{t+1} * f_{t+1},   dp_t = dq_t, in its blocks:
          i: dc_t * g * i(1-i)    f: dc_t * c_{t-1} * f(1-f)    g: dc_t * i * (1-g^2)    o: dh_t * u * o(1-o)

    GRU   dq_t in its blocks; dp_t is the same but for block n, where it lacks the factor r:
          r: dh_t * (1-z) * (1-n^2) * q_n * r(1-r)    z: dh_t * (h_{t-1}-n) * z(1-z)    n: dh_t * (1-z) * (1-n^2) * r

    minGRU  dp_t in its blocks; (1) dh_{t+1} * (1 - w_{t+1})
          w: dh_t * (v - h_{t-1}) * w(1-w)    v: dh_t * w

    linear  dp_t in its blocks; (1) dh_{t+1} * e_{t+1}
          e: dh_t * h_{t-1} * (e - lo)(1 - e) / (1 - lo)    v: dh_t

    all   (1) what the step after adds to dh_t: W_hh^T dq_{t+1}, and for the GRU dh_{t+1} * z_{t+1}
          dW_ih[:, v] = sum of dp_t where x_t = v,   db_ih = sum dp_t,   dW_hh = sum dq_t h_{t-1}^T,   db_hh = sum dq_t,
          the last two where the cell has them

Everything that does not depend on the step after is computed for all steps at once; two to five products a step are
left in each cell's loop. Buffers, and the views of them, are made once for batches of one shape (`Tape`): to make them
takes as long as the arithmetic.

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

from unroll.network.cells import Cell, GRUCell, LinearCell, LSTMCell, MinGRUCell, RNNCell, affine, first_rows
from unroll.network.model import SequenceModel

Back = Callable[[Cell], None]
"""The way back through a cell: completes `dh`, which holds the head's part at first, and writes dq and dp."""


class Score(NamedTuple):
    """How well a batch was answered: scalars, or `(S,)`.

    Attributes:
        loss: Cross-entropy in nats, the mean over all positions that are asked.
        accuracy: The part of the sequences, 0 to 1, that are answered right at every step that counts: the last, where
            nothing else is marked.
    """

    loss: Tensor
    accuracy: Tensor


class Masks(NamedTuple):
    """What a position is, where not each is asked for one answer; shapes as of the targets.

    Attributes:
        asked: Whether the loss is taken here.
        counts: Whether an answer here must be right for its sequence to be.
        answers: The right answers as bits, number k as 2^k; None where the target alone is right.
    """

    asked: Tensor
    counts: Tensor
    answers: Tensor | None = None

    def each(self, change: Callable[[Tensor], Tensor]) -> Masks:
        """The same with every part changed."""
        answers = None if self.answers is None else change(self.answers)
        return Masks(change(self.asked), change(self.counts), answers)

    def are_right(self, said: Tensor, y: Tensor) -> Tensor:
        """Whether each number said is right; of no meaning where nothing is asked."""
        return said == y if self.answers is None else (self.answers >> said & 1).bool()

    def hits(self, said: Tensor, y: Tensor) -> Tensor:
        """Whether each number said is right, or does not count."""
        return self.are_right(said, y).logical_or_(~self.counts)


class Tape:
    """What the forward loop leaves behind, and room for the way back: buffers for batches of one shape.

    Attributes:
        kept, before: What the cell keeps of every step, and the state before it, `(L, B, n D)` by name.
        rooms: The same step by step: where the forward loop writes.
        dh, dp, dq: The derivatives by h, p and q, `(L, B, D)` and `(L, B, G)`; dp may be dq.
        logits, p: `(N, V)` each.
        product: a b, written to `out`, for one network or for S.
    """

    def __init__(self, model: SequenceModel, x: Tensor) -> None:
        """Room for batches shaped like `x`."""
        cell, d, self.time_dim = model.rnn, model.hidden_size, model.time_dim
        *lead, steps, batch = x.shape
        new = model.head.bias.new_zeros
        self.kept = {name: new(*lead, steps, batch, n * d) for name, n in cell.kept.items()}
        self.before = {}
        for name in self.kept.keys() & {"h", "c"}:
            states = new(*lead, steps + 1, batch, d)  # the first stays zero
            self.before[name] = states.narrow(self.time_dim, 0, steps)
            self.kept[name] = states.narrow(self.time_dim, 1, steps)
        by_step = zip(*map(self.unbind, self.kept.values()), strict=True)
        self.rooms = [dict(zip(self.kept, parts, strict=True)) for parts in by_step]
        self.dh, self.dq = new(*lead, steps, batch, d), new(*lead, steps, batch, cell.blocks * d)
        self.dp = self.dq
        self.logits, self.p = new(2, *lead, steps * batch, model.vocab_size)
        self.product = torch.mm if model.members is None else torch.bmm
        self.back = BACK[type(cell)](self)
        parts = self.kept["h"], self.before["h"], self.dh, self.dp, self.dq
        self.flat = [part.flatten(-3, -2) for part in parts]

    def unbind(self, whole_LBG: Tensor) -> tuple[Tensor, ...]:
        """A view of every step."""
        return whole_LBG.unbind(self.time_dim)


@torch.inference_mode()
def backpropagate(
    model: SequenceModel, x: Tensor, y: Tensor, tape: Tape | None = None, masks: Masks | None = None
) -> Score:
    """Write the gradient of the mean loss into every parameter's `grad`, replacing what was there.

    Args:
        model: The network, or S of them.
        x: Integers `(L, B)`, or `(S, L, B)` for S networks.
        y: The right answers, of the same shape.
        tape: One for this shape, which training keeps.
        masks: Which positions are asked and count; None for all, and the last step.

    Raises:
        IndexError: a number is outside the vocabulary.
    """
    tape, head, cell = tape or Tape(model, x), model.head, model.rnn
    for _ in model.steps(x, rooms=tape.rooms):
        pass
    h_ND, h_before_ND, dh_ND, dp_NG, dq_NG = tape.flat
    affine(h_ND, head.weight, head.bias, tape.logits)
    torch.softmax(tape.logits, -1, out=tape.p)
    y_N1 = y.flatten(-2).unsqueeze(-1)
    if masks is None:
        score = score_of(tape.logits, tape.p, y_N1, y.shape[-1])
        weight: float | Tensor = 1 / h_ND.shape[-2]
    else:
        weight_N = weights_of(masks, tape.p.dtype)
        score, weight = masked_score(tape.logits, tape.p, y, masks, weight_N), weight_N.unsqueeze(-1)
    dl_NV = tape.p.scatter_(-1, y_N1, -1.0, reduce="add").mul_(weight)
    tape.product(dl_NV.mT, h_ND, out=grad_of(head.weight))
    torch.sum(dl_NV, -2, out=grad_of(head.bias))
    tape.product(dl_NV, head.weight, out=dh_ND)
    tape.back(cell)
    torch.sum(dp_NG, -2, out=grad_of(cell.bias_ih_l0))
    if cell.mixes:
        tape.product(dq_NG.mT, h_before_ND, out=grad_of(cell.weight_hh_l0))
        torch.sum(dq_NG, -2, out=grad_of(cell.bias_hh_l0))
    rows = grad_of(cell.weight_ih_l0).mT
    flat, index = (rows, x) if rows.dim() == 2 else (rows.flatten(0, 1), x + first_rows(rows, x))
    flat.zero_().index_add_(0, index.flatten(), dp_NG.flatten(0, -2))
    return score


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


def weights_of(masks: Masks, dtype: torch.dtype) -> Tensor:
    """w / sum w, `(N,)`."""
    asked_N = masks.asked.flatten(-2).to(dtype)
    return asked_N / asked_N.sum(-1, keepdim=True)


def masked_score(logits_NV: Tensor, p_NV: Tensor, y: Tensor, masks: Masks, weight_N: Tensor) -> Score:
    """The same where not every step is asked, or several answers are right: the loss follows the target."""
    y_N1 = y.flatten(-2).unsqueeze(-1)
    loss = (p_NV.gather(-1, y_N1).squeeze(-1).log() * weight_N).sum(-1).abs_()
    if not math.isfinite((loss if loss.dim() == 0 else loss.sum()).item()):
        loss = (logits_NV.log_softmax(-1).gather(-1, y_N1).squeeze(-1) * weight_N).sum(-1).abs_()
    hits = masks.hits(logits_NV.argmax(-1).view(y.shape), y)
    return Score(loss, hits.all(-2).mean(-1, dtype=loss.dtype))


def rnn_back(tape: Tape) -> Back:
    """The way back through Elman's cell."""
    h, dq = tape.kept["h"], tape.dq
    dhs, dqs = tape.unbind(tape.dh), tape.unbind(dq)

    def back(cell: Cell) -> None:
        w_hh = cell.weight_hh_l0
        slope(h, dq)
        for t in reversed(range(len(dqs))):
            dqs[t].mul_(dhs[t])
            if t:
                add_product(dhs[t - 1], dqs[t], w_hh)

    return back


def lstm_back(tape: Tape) -> Back:
    """The way back through the LSTM."""
    s, g, u, c_before = tape.kept["s"], tape.kept["g"], tape.kept["u"], tape.before["c"]
    i, f, _, o = s.chunk(4, -1)
    dq_i, dq_f, dq_g, dq_o = tape.dq.chunk(4, -1)
    dc_by_dh, du, dg = torch.empty_like(u), torch.empty_like(u), torch.empty_like(g)
    dq_ifg = tape.dq.view(*tape.dh.shape[:-1], 4, -1).narrow(-2, 0, 3)
    dhs, dqs, dqs_ifg, dqs_o, fs, dcs_by_dh = map(tape.unbind, (tape.dh, tape.dq, dq_ifg, dq_o, f, dc_by_dh))
    dc = torch.empty_like(dhs[0])
    dc_by_block = dc.unsqueeze(-2)

    def back(cell: Cell) -> None:
        w_hh = cell.weight_hh_l0
        torch.addcmul(s, s, s, value=-1, out=tape.dq)
        dq_i.mul_(g)
        dq_f.mul_(c_before)
        torch.mul(i, slope(g, dg), out=dq_g)
        dq_o.mul_(u)
        torch.mul(o, slope(u, du), out=dc_by_dh)
        dc.zero_()
        for t in reversed(range(len(dqs))):
            dc.addcmul_(dhs[t], dcs_by_dh[t])
            dqs_ifg[t].mul_(dc_by_block)
            dqs_o[t].mul_(dhs[t])
            if t:
                dc.mul_(fs[t])
                add_product(dhs[t - 1], dqs[t], w_hh)

    return back


def gru_back(tape: Tape) -> Back:
    """The way back through the GRU."""
    rz, n, h_before = tape.kept["rz"], tape.kept["n"], tape.before["h"]
    q_n = tape.kept["q"].chunk(3, -1)[2]
    r, z = rz.chunk(2, -1)
    tape.dp, dn = torch.empty_like(tape.dq), torch.empty_like(n)
    dq_rz, dq_n = torch.split(tape.dq, [rz.shape[-1], n.shape[-1]], -1)
    dq_r, dq_z = dq_rz.chunk(2, -1)
    dp_n = tape.dp.chunk(3, -1)[2]
    dhs, dqs, zs = map(tape.unbind, (tape.dh, tape.dq, z))
    dhs_by_block = tape.unbind(tape.dh.unsqueeze(-2))
    dqs_by_block = tape.unbind(tape.dq.view(*tape.dh.shape[:-1], 3, -1))

    def back(cell: Cell) -> None:
        w_hh = cell.weight_hh_l0
        slope(n, dn).mul_(1 - z)
        torch.addcmul(rz, rz, rz, value=-1, out=dq_rz)
        dq_r.mul_(dn * q_n)
        dq_z.mul_(h_before - n)
        torch.mul(dn, r, out=dq_n)
        for t in reversed(range(len(dqs))):
            dqs_by_block[t].mul_(dhs_by_block[t])
            if t:
                add_product(dhs[t - 1].addcmul_(dhs[t], zs[t]), dqs[t], w_hh)
        tape.dp.copy_(tape.dq)
        torch.mul(dn, tape.dh, out=dp_n)

    return back


def mingru_back(tape: Tape) -> Back:
    """The way back through the minimal GRU."""
    w, v, h_before, dh = tape.kept["w"], tape.kept["v"], tape.before["h"], tape.dh
    dp_w, dp_v = tape.dp.chunk(2, -1)
    kept = torch.empty_like(w)
    dhs, kepts = map(tape.unbind, (dh, kept))

    def back(cell: Cell) -> None:
        torch.sub(1, w, out=kept)
        for t in reversed(range(1, len(dhs))):
            dhs[t - 1].addcmul_(dhs[t], kepts[t])
        torch.mul(dh, w, out=dp_v)
        torch.mul(dp_v, kept, out=dp_w).mul_(v - h_before)

    return back


def linear_back(tape: Tape) -> Back:
    """The way back through the diagonal linear RNN."""
    e, h_before, dh = tape.kept["e"], tape.before["h"], tape.dh
    dp_e, dp_v = tape.dp.chunk(2, -1)
    dhs, es = map(tape.unbind, (dh, e))

    def back(cell: Cell) -> None:
        assert isinstance(cell, LinearCell)
        for t in reversed(range(1, len(dhs))):
            dhs[t - 1].addcmul_(dhs[t], es[t])
        dp_v.copy_(dh)
        torch.mul(dh, h_before, out=dp_e).mul_(e - cell.lowest).mul_((1 - e) / (1 - cell.lowest))

    return back


def slope(y: Tensor, out: Tensor) -> Tensor:
    """The derivative of tanh from its value y: 1 - y^2."""
    return torch.addcmul(y.new_ones(()), y, y, value=-1, out=out)


BACK: dict[type[Cell], Callable[[Tape], Back]] = {
    RNNCell: rnn_back,
    LSTMCell: lstm_back,
    GRUCell: gru_back,
    MinGRUCell: mingru_back,
    LinearCell: linear_back,
}
"""Of every cell: makes the views that its way back needs, and gives the arithmetic."""


def add_product(out: Tensor, a: Tensor, b: Tensor) -> None:
    """out += a b, for one network or for S."""
    _ = out.addmm_(a, b) if out.dim() == 2 else out.baddbmm_(a, b)


def grad_of(parameter: Tensor) -> Tensor:
    """A parameter's `grad`, made at first use with the parameter's order in memory."""
    if parameter.grad is None:
        with torch.inference_mode(False):
            parameter.grad = torch.zeros_like(parameter)
    return parameter.grad
