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

The state of these two is never mixed over units: what it is multiplied by, and what is added, depends on x_t alone.

    minGRU  w = sigmoid(p_w),  v = p_v                                       Feng 2024, where w is z, and v is h~
            h_t = (1 - w) * h_{t-1} + w * v

    linear  e = lo + (1 - lo) sigmoid(p_e),  v = p_v                         a diagonal linear RNN: Grazzi 2024
            h_t = e * h_{t-1} + v                                            e is the step's eigenvalue, from lo to 1

Shapes stand in names as suffixes, as in `h_BD`: L steps, B sequences, V numbers in the vocabulary, D hidden units, G
rows of a cell's weights (D for each gate). Of S networks held together S leads every shape, of weights and of data, and
no suffix says so.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, linear


class State(NamedTuple):
    """What a cell carries from step to step.

    Attributes:
        h: The hidden state, `(B, D)` or `(D,)`.
        c: The LSTM's cell state, of the same shape; None for other cells.
    """

    h: Tensor
    c: Tensor | None = None


class Step(NamedTuple):
    """What one step leaves behind.

    Attributes:
        state: The state after the step.
        gates: The gates' values in the order of the cell's `gate_names`, each shaped like `h`.
    """

    state: State
    gates: tuple[Tensor, ...] = ()


Room = Mapping[str, Tensor]
"""Where a step writes what it computes, by the names in `Cell.kept`; for what is missing memory is allocated."""
NO_ROOM: Room = {}


class Cell(nn.Module, ABC):
    """The weights, by `torch.nn`'s names, and one step. The loop over time is the model's.

    `weight_ih_l0` `(G, V)`, `weight_hh_l0` `(G, D)`, `bias_ih_l0` and `bias_hh_l0` `(G,)`.

    Attributes:
        blocks: How many gates' blocks the weights have: G / D.
        mixes: Whether units depend on one another's past, by `weight_hh_l0`; if not, there are no weights `hh`.
        gate_names: The gates that a step reports, by their letters.
        kept: What a step computes that the backward pass in `bptt.py` needs: `(B, n D)` by name, here n.
    """

    blocks: ClassVar[int]
    mixes: ClassVar[bool] = True
    gate_names: ClassVar[tuple[str, ...]] = ()
    kept: ClassVar[Mapping[str, int]] = {"h": 1}

    def __init__(self, vocab_size: int, hidden_size: int, members: int | None = None) -> None:
        """The weights are left unset: see `initialise` in `model.py`. `members` is S, None for one network."""
        super().__init__()
        self.hidden_size = hidden_size
        lead = () if members is None else (members,)
        rows = self.blocks * hidden_size
        self.weight_ih_l0 = nn.Parameter(torch.empty(*lead, vocab_size, rows).mT)
        if self.mixes:
            self.weight_hh_l0 = nn.Parameter(torch.empty(*lead, rows, hidden_size))
        self.bias_ih_l0 = nn.Parameter(torch.empty(*lead, rows))
        if self.mixes:
            self.bias_hh_l0 = nn.Parameter(torch.empty(*lead, rows))

    @property
    def has_c(self) -> bool:
        """Whether the state has a cell state."""
        return "c" in self.kept

    @property
    def work(self) -> int:
        """Multiplications of a step, roughly."""
        return self.blocks * self.hidden_size * (self.hidden_size if self.mixes else 1)

    def project(self, x: Tensor) -> Tensor:
        """p, the input's part of every step at once: `(L, B, G)` from integers `(L, B)` or one-hot `(L, B, V)`.

        `weight_ih_l0` lies column by column in memory, which makes the look-up of integers five times faster.
        """
        if x.is_floating_point():
            return affine(x, self.weight_ih_l0, self.bias_ih_l0)
        found = columns(self.weight_ih_l0, x)
        lead = self.bias_ih_l0.shape[:-1]
        return found.add_(self.bias_ih_l0.view(*lead, *(1,) * (found.dim() - 1 - len(lead)), -1))

    def zero_state(self, p_BG: Tensor) -> State:
        """The state before the first step."""
        h_BD = p_BG.new_zeros(*p_BG.shape[:-1], self.hidden_size)
        return State(h_BD, torch.zeros_like(h_BD) if self.has_c else None)

    @abstractmethod
    def step(self, p_BG: Tensor, state: State, room: Room = NO_ROOM) -> Step:
        """One step: the state after it, given the state before it and the input's part; without a batch, `(G,)`."""

    def recur(self, h_BD: Tensor, out_BG: Tensor | None = None) -> Tensor:
        """q = `W_hh h_{t-1} + b_hh`, `(B, G)`."""
        return affine(h_BD, self.weight_hh_l0, self.bias_hh_l0, out_BG)


def affine(x: Tensor, weight: Tensor, bias: Tensor, out: Tensor | None = None) -> Tensor:
    """`W x + b` over the last dimension of `x`; for S networks, `x` `(S, ..., D)`. Into `out`, `x` is `(B, D)`."""
    if weight.dim() == 3:
        return torch.baddbmm(bias.unsqueeze(1), x.flatten(1, -2), weight.mT, out=out).view(*x.shape[:-1], -1)
    return linear(x, weight, bias) if out is None else torch.addmm(bias, x, weight.t(), out=out)


def columns(weight: Tensor, x: Tensor) -> Tensor:
    """The columns `x` `(L, B)` of `weight` `(G, V)`: `(L, B, G)`; of S networks, each has its own."""
    if weight.dim() == 2:
        return embedding(x, weight.t())
    return embedding(x + first_rows(weight.mT, x), weight.mT.flatten(0, 1))


def first_rows(table_SVG: Tensor, x: Tensor) -> Tensor:
    """Where each network's rows begin when `(S, V, G)` is seen as `(S*V, G)`, broadcastable to `x` `(S, ...)`."""
    members, rows, _ = table_SVG.shape
    return torch.arange(0, members * rows, rows, device=x.device).view(-1, *(1,) * (x.dim() - 1))


class RNNCell(Cell):
    """Elman's cell (Elman 1990; `torch.nn.RNN`)."""

    blocks = 1

    def step(self, p_BG: Tensor, state: State, room: Room = NO_ROOM) -> Step:
        return Step(State(self.recur(state.h, room.get("h")).add_(p_BG).tanh_()))


class LSTMCell(Cell):
    """The long short-term memory with a forget gate (Gers 2000; `torch.nn.LSTM`).

    Gates after their non-linearity: input i, forget f, candidate g, output o.
    """

    blocks = 4
    gate_names = ("i", "f", "g", "o")
    kept = {"h": 1, "c": 1, "s": 4, "g": 1, "u": 1}

    def step(self, p_BG: Tensor, state: State, room: Room = NO_ROOM) -> Step:
        assert state.c is not None
        a_BG = self.recur(state.h, room.get("s")).add_(p_BG)
        g = torch.tanh(a_BG.narrow(-1, 2 * self.hidden_size, self.hidden_size), out=room.get("g"))
        i, f, _, o = a_BG.sigmoid_().chunk(4, -1)
        c = torch.mul(f, state.c, out=room.get("c")).addcmul_(i, g)
        u = torch.tanh(c, out=room.get("u"))
        return Step(State(torch.mul(o, u, out=room.get("h")), c), (i, f, g, o))


class GRUCell(Cell):
    """The gated recurrent unit (Cho 2014), its reset gate applied after the product as in `torch.nn.GRU`.

    Gates after their non-linearity: reset r, update z, candidate n.
    """

    blocks = 3
    gate_names = ("r", "z", "n")
    kept = {"h": 1, "q": 3, "rz": 2, "n": 1}

    def step(self, p_BG: Tensor, state: State, room: Room = NO_ROOM) -> Step:
        sizes = [2 * self.hidden_size, self.hidden_size]
        q_rz, q_n = self.recur(state.h, room.get("q")).split_with_sizes(sizes, -1)
        p_rz, p_n = p_BG.split_with_sizes(sizes, -1)
        r, z = torch.add(p_rz, q_rz, out=room.get("rz")).sigmoid_().chunk(2, -1)
        n = torch.addcmul(p_n, r, q_n, out=room.get("n")).tanh_()
        return Step(State(torch.lerp(n, state.h, z, out=room.get("h"))), (r, z, n))


class MinGRUCell(Cell):
    """The minimal gated recurrent unit, whose gate and candidate see the input alone (Feng 2024).

    Write gate w, which says how much of the state is new (the GRU's z says how much is old), and new value v.
    """

    blocks = 2
    mixes = False
    gate_names = ("w", "v")
    kept = {"h": 1, "w": 1, "v": 1}

    def step(self, p_BG: Tensor, state: State, room: Room = NO_ROOM) -> Step:
        p_w, p_v = p_BG.chunk(2, -1)
        w, v = torch.sigmoid(p_w, out=room.get("w")), written(p_v, room.get("v"))
        return Step(State(torch.lerp(state.h, v, w, out=room.get("h"))), (w, v))


class LinearCell(Cell):
    """A diagonal linear RNN: each unit is multiplied by an eigenvalue of the input's, and added to (Grazzi 2024).

    Eigenvalue e and new value v.

    Attributes:
        lowest: Where the eigenvalues' range begins, 0 or -1; it ends at 1.
    """

    blocks = 2
    mixes = False
    gate_names = ("e", "v")
    kept = {"h": 1, "e": 1, "v": 1}
    lowest: float = 0.0

    def step(self, p_BG: Tensor, state: State, room: Room = NO_ROOM) -> Step:
        p_e, p_v = p_BG.chunk(2, -1)
        share, v = torch.sigmoid(p_e, out=room.get("e")), written(p_v, room.get("v"))
        e = torch.mul(share, 1 - self.lowest, out=room.get("e")).add_(self.lowest)
        return Step(State(torch.addcmul(v, e, state.h, out=room.get("h"))), (e, v))


def written(values: Tensor, out: Tensor | None) -> Tensor:
    """The same values, in `out` if there is one."""
    return values if out is None else out.copy_(values)


CELLS: dict[str, type[Cell]] = {
    "rnn": RNNCell,
    "lstm": LSTMCell,
    "gru": GRUCell,
    "mingru": MinGRUCell,
    "linear": LinearCell,
}
"""Every cell by its name in a recipe. A new one also needs: `CellName`, `BLOCKS`, `MIXES` (recipe.py), a backward pass
in `BACK` (bptt.py), its gates in `GATES` (engine/inspect.py), formulas in `STEP`, `GATES` (terminal/help_texts.py)."""
