"""The recurrent cells, one step at a time, by hand; weights have the names, shapes and gate order of `torch.nn`.

Every cell first sees the input, all steps at once (a one-hot product is a column look-up):

    p_t = W_ih x_t + b_ih

    RNN   h_t = tanh(p_t + W_hh h_{t-1} + b_hh)                              Elman 1990; torch.nn.RNN

    LSTM  i, f, g, o = the four blocks of p_t + W_hh h_{t-1} + b_hh          Hochreiter & Schmidhuber 1997; Gers 2000;
          c_t = sigmoid(f) * c_{t-1} + sigmoid(i) * tanh(g)                  torch.nn.LSTM
          h_t = sigmoid(o) * tanh(c_t)

    GRU   q_t = W_hh h_{t-1} + b_hh, in blocks r, z, n like p_t              Cho 2014; torch.nn.GRU
          r = sigmoid(p_r + q_r),  z = sigmoid(p_z + q_z),  n = tanh(p_n + r * q_n)
          h_t = (1 - z) * n + z * h_{t-1}

Shapes: L steps, B sequences, V numbers in the vocabulary, D hidden units, G blocks of a cell's weights. A cell may
hold S networks at once: then every shape, of weights and of data, begins with S.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding


class State(NamedTuple):
    """What a cell carries from step to step: `h`, `(B, D)` or `(D,)`, and the LSTM's `c` of the same shape."""

    h: Tensor
    c: Tensor | None = None


class Step(NamedTuple):
    """What one step leaves behind: the state after it, and the gates by the cell's `gate_names`, shaped like `h`."""

    state: State
    gates: tuple[Tensor, ...]


class Cell(nn.Module, ABC):
    """Weights of `torch.nn`'s names and shapes, and one step. The loop over time is the model's."""

    blocks: ClassVar[int]
    gate_names: ClassVar[tuple[str, ...]] = ()
    has_c: ClassVar[bool] = False

    def __init__(self, vocab_size: int, hidden_size: int, members: int | None = None) -> None:
        """Weights are left unset: see `initialise` in `model.py`. `members` is S, None for one network."""
        super().__init__()
        self.hidden_size = hidden_size
        lead = () if members is None else (members,)
        rows = self.blocks * hidden_size
        self.weight_ih_l0 = nn.Parameter(torch.empty(*lead, vocab_size, rows).mT)
        self.weight_hh_l0 = nn.Parameter(torch.empty(*lead, rows, hidden_size))
        self.bias_ih_l0 = nn.Parameter(torch.empty(*lead, rows))
        self.bias_hh_l0 = nn.Parameter(torch.empty(*lead, rows))

    def project(self, x: Tensor) -> Tensor:
        """The input's part of every step at once, `(L, B, G*D)`, from integers `(L, B)` or one-hot `(L, B, V)`.

        `weight_ih_l0` lies column by column in memory, which makes this look-up five times faster.
        """
        if not x.is_floating_point():
            return columns(self.weight_ih_l0, x) + self._bias(self.bias_ih_l0, x.dim() + 1)
        weight = self.weight_ih_l0 if self.weight_ih_l0.dim() == 2 else self.weight_ih_l0.unsqueeze(1)
        return x @ weight.mT + self._bias(self.bias_ih_l0, x.dim())

    def _bias(self, bias: Tensor, dim: int) -> Tensor:
        """A bias lined up with `dim` dimensions, S first if there is one."""
        return bias if bias.dim() == 1 else bias.view(bias.shape[0], *(1,) * (dim - 2), -1)

    def zero_state(self, p: Tensor) -> State:
        """The state before the first step, for one step's `p` `(B, G*D)`."""
        h = p.new_zeros(*p.shape[:-1], self.hidden_size)
        return State(h, torch.zeros_like(h) if self.has_c else None)

    @abstractmethod
    def step(self, p: Tensor, state: State) -> Step:
        """The step that takes `state` to the next, given its `p` `(B, G*D)` or `(G*D,)`."""

    def recur(self, h: Tensor) -> Tensor:
        """`W_hh h_{t-1} + b_hh`, a new tensor `(B, G*D)`."""
        return (h @ self.weight_hh_l0.mT).add_(self._bias(self.bias_hh_l0, h.dim()))


def columns(weight: Tensor, x: Tensor) -> Tensor:
    """Columns `x` `(L, B)` of `weight` `(D, V)`: `(L, B, D)`; with S in front, each network its own."""
    if weight.dim() == 2:
        return embedding(x, weight.t())
    return embedding(x + first_rows(weight.mT, x), weight.mT.flatten(0, 1))


def first_rows(table_SVD: Tensor, x: Tensor) -> Tensor:
    """Where each network's rows begin once `(S, V, D)` is seen as `(S*V, D)`, lined up with `x` `(S, ...)`."""
    members, rows, _ = table_SVD.shape
    return torch.arange(0, members * rows, rows, device=x.device).view(-1, *(1,) * (x.dim() - 1))


class RNNCell(Cell):
    """Elman's cell."""

    blocks = 1

    def step(self, p: Tensor, state: State) -> Step:
        return Step(State(self.recur(state.h).add_(p).tanh_()), ())


class LSTMCell(Cell):
    """The long short-term memory, with a forget gate and without peepholes. Gates as they act: i, f, g, o."""

    blocks = 4
    gate_names = ("i", "f", "g", "o")
    has_c = True

    def step(self, p: Tensor, state: State) -> Step:
        assert state.c is not None
        a_i, a_f, a_g, a_o = self.recur(state.h).add_(p).chunk(4, -1)
        i, f, g, o = a_i.sigmoid(), a_f.sigmoid(), a_g.tanh(), a_o.sigmoid()
        c = f * state.c + i * g
        return Step(State(o * c.tanh(), c), (i, f, g, o))


class GRUCell(Cell):
    """The gated recurrent unit, its reset gate after the product, as in `torch.nn`. Gates as they act: r, z, n."""

    blocks = 3
    gate_names = ("r", "z", "n")

    def step(self, p: Tensor, state: State) -> Step:
        p_r, p_z, p_n = p.chunk(3, -1)
        q_r, q_z, q_n = self.recur(state.h).chunk(3, -1)
        r, z = (p_r + q_r).sigmoid_(), (p_z + q_z).sigmoid_()
        n = (p_n + r * q_n).tanh_()
        return Step(State(n + z * (state.h - n)), (r, z, n))


CELLS: dict[str, type[Cell]] = {"rnn": RNNCell, "lstm": LSTMCell, "gru": GRUCell}
