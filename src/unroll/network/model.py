"""The network: a cell, the loop over time, and a linear head.

    h_t = cell(x_t, h_{t-1}),   logits_t = W h_t + b

There is one loop, `SequenceModel.steps`. Answering, training and looking inside all run it; they differ in what they
keep of the steps that it yields, and an intervention changes the state that it carries.

Shapes: L steps, B sequences, V numbers in the vocabulary, D hidden units; of S networks held together, S leads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import repeat
from typing import get_args

import torch
from torch import Tensor, nn

from unroll.errors import UserError
from unroll.moment import UNTOUCHED, Interventions, Patch
from unroll.network.cells import CELLS, NO_ROOM, Cell, LinearCell, LSTMCell, Room, State, Step, affine
from unroll.recipe import LOWEST, CellName, DeviceName, Eigenvalues, InitName, Recipe

FORGET_BIAS = 5.0
MAX_HASHED = 2**18
"""Weights of one tensor that a fingerprint is taken of, at most: a millisecond's worth."""


class Head(nn.Module):
    """The linear layer from hidden units to logits; names and shapes are those of `torch.nn.Linear`."""

    def __init__(self, hidden_size: int, vocab_size: int, members: int | None = None) -> None:
        super().__init__()
        lead = () if members is None else (members,)
        self.weight = nn.Parameter(torch.empty(*lead, vocab_size, hidden_size))
        self.bias = nn.Parameter(torch.empty(*lead, vocab_size))

    def forward(self, h: Tensor) -> Tensor:
        """Logits `(..., V)` from `h` `(..., D)`; of S networks, `(S, ..., V)` from `(S, ..., D)`."""
        return affine(h, self.weight, self.bias)


class SequenceModel(nn.Module):
    """A recurrent network that predicts at every step of a sequence what comes next.

    Attributes:
        vocab_size, hidden_size, members: V, D and S; `members` is None for a single network.
        rnn: The cell.
        head: The linear layer from its hidden state to logits.
    """

    def __init__(
        self,
        cell: CellName,
        vocab_size: int,
        hidden_size: int,
        members: int | None = None,
        eigenvalues: Eigenvalues = "0..1",
    ) -> None:
        """A network whose weights are unset (load them or `initialise`), or `members` such networks in one."""
        super().__init__()
        self.vocab_size = vocab_size
        self.hidden_size = hidden_size
        self.members = members
        self.rnn: Cell = CELLS[cell](vocab_size, hidden_size, members)
        if isinstance(self.rnn, LinearCell):
            self.rnn.lowest = LOWEST[eigenvalues]
        self.head = Head(hidden_size, vocab_size, members)

    @classmethod
    def unset(cls, recipe: Recipe, members: int | None = None) -> SequenceModel:
        """A network of a recipe's shape, its weights unset."""
        network = recipe.model
        return cls(network.cell, recipe.task.vocab_size, network.hidden_size, members, network.eigenvalues)

    @classmethod
    def of(cls, recipe: Recipe, seeds: Sequence[int] | None = None) -> SequenceModel:
        """The untrained network of a recipe and its seed; with `seeds`, one network for each of them, held together."""
        model = cls.unset(recipe, None if seeds is None else len(seeds))
        initialise(model, recipe.model.init, [recipe.train.seed] if seeds is None else seeds)
        return model

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """The logits at every step, and the state to continue from.

        Args:
            x: Integers `(L, B)` or `(L,)`, or one-hot `(L, B, V)` or `(L, V)`; L is any length from 1.
            state: What an earlier call returned; zeros when left out.

        Returns:
            Logits `(L, B, V)` or `(L, V)`, and the last step's state.

        Raises:
            ValueError: `x` has no step, or a one-hot of another vocabulary, or `state` is another cell's.
            IndexError: a number is outside the vocabulary.
        """
        states = [step.state for step in self.steps(x, state)]
        return self.head(torch.stack([s.h for s in states], self.time_dim)), states[-1]

    def steps(
        self,
        x: Tensor,
        state: State | None = None,
        does: Interventions = UNTOUCHED,
        first_step: int = 0,
        rooms: Iterable[Room] = repeat(NO_ROOM),
    ) -> Iterator[Step]:
        """The one loop over time: yields every step's state and gates; interventions change the state between steps.

        Arguments and errors are those of `forward`; `first_step` counts the steps made before `state`, and `rooms` are
        for training, where each step writes to memory that is at hand.
        """
        self._check(x, state)
        cell = self.rnn
        p = cell.project(x).unbind(self.time_dim)
        now = cell.zero_state(p[0]) if state is None else state
        for t, (p_t, room) in enumerate(zip(p, rooms, strict=False), first_step):
            step = cell.step(p_t, erased(now, does.cut_cell) if does.cuts(t) else now, room)
            if does.clamps or does.patches:
                step = step._replace(state=self.changed(step.state, does, t))
            now = step.state
            yield step

    def changed(self, state: State, does: Interventions, step: int) -> State:
        """The state after a step, with what is put in there, and every held unit at its value."""
        for patch in does.patches:
            if patch.step == step:
                *_, last = self.steps(torch.tensor(patch.source, device=self.head.weight.device))
                state = patched(state, last.state, patch)
        return clamped(state, does.clamps) if does.clamps else state

    @property
    def time_dim(self) -> int:
        """The dimension that the steps lie along: the first, or the second of S networks."""
        return 0 if self.members is None else 1

    def _check(self, x: Tensor, state: State | None) -> None:
        if x.shape[self.time_dim] == 0:
            raise ValueError("A sequence needs at least one step.")
        if x.is_floating_point() and x.shape[-1] != self.vocab_size:
            raise ValueError(f"A one-hot input of {x.shape[-1]} does not fit a vocabulary of {self.vocab_size}.")
        if state is not None and (state.c is not None) != self.rnn.has_c:
            raise ValueError(f"The state {'has no' if self.rnn.has_c else 'has a'} cell state: it is another cell's.")


def erased(state: State, with_c: bool) -> State:
    """The state with h set to zero, and c too if asked."""
    c = torch.zeros_like(state.c) if state.c is not None and with_c else state.c
    return State(torch.zeros_like(state.h), c)


def patched(state: State, other: State, patch: Patch) -> State:
    """The state with a part of another's in its place."""
    if patch.part == "unit":
        unit = torch.arange(state.h.shape[-1], device=state.h.device) == patch.unit
        c = None if state.c is None or other.c is None else torch.where(unit, other.c, state.c)
        return State(torch.where(unit, other.h, state.h), c)
    c = None if state.c is None or other.c is None else other.c.expand_as(state.c)
    return State(state.h if patch.part == "cell" else other.h.expand_as(state.h), c)


def clamped(state: State, clamps: Sequence[tuple[int, float]]) -> State:
    """The state with every one of these units at its value."""
    h = state.h.clone()
    for unit, value in clamps:
        h[..., unit] = value
    return State(h, state.c)


@torch.no_grad()
def initialise(model: SequenceModel, init: InitName, seeds: Sequence[int]) -> None:
    """Draw all weights, member by member, each from its own seed: a member equals the single network of that seed.

    uniform      all from U(-1/sqrt(D), 1/sqrt(D)), PyTorch's default (the pages of torch.nn.RNN and torch.nn.Linear)
    normal       the cell's weights and biases from N(0, 1), the head uniform: as in christianb93/MLLM,
                 rnn/LearningHowToCount.ipynb, the notebook of the post "Learning how to count"
    normal-bias  the cell's biases from N(0, 1), all else uniform: as in rnn/MeasuringRNNAccuracy.ipynb there
    forget-bias  uniform, and 5 more for the input's bias of an LSTM's forget gate, which then starts open (Gers 2000)
    """
    normal: dict[InitName, tuple[str, ...]] = {"normal": ("rnn.",), "normal-bias": ("rnn.bias",)}
    bound = model.hidden_size**-0.5
    for member, seed in enumerate(seeds):
        generator = torch.Generator().manual_seed(seed)
        for name, parameter in model.named_parameters():
            values = torch.empty(parameter.shape if model.members is None else parameter.shape[1:])
            if name.startswith(normal.get(init, ())):
                values.normal_(generator=generator)
            else:
                values.uniform_(-bound, bound, generator=generator)
            (parameter if model.members is None else parameter[member]).copy_(values)
    if init == "forget-bias" and isinstance(model.rnn, LSTMCell):
        model.rnn.bias_ih_l0[..., model.hidden_size : 2 * model.hidden_size] += FORGET_BIAS


def fingerprint(model: SequenceModel) -> str:
    """Eight hex digits that are equal for networks equal to the bit; of large ones, evenly spaced weights count."""
    digest = blake2b(digest_size=4)
    for parameter in model.parameters():
        weights = parameter.detach().cpu().numpy().ravel(order="K")
        digest.update(weights[:: 1 + weights.size // MAX_HASHED].tobytes())
    return digest.hexdigest()


def device_for(name: DeviceName) -> str:
    """The torch device of that name; `auto` takes an accelerator if there is one.

    Raises:
        UserError: torch finds no such device here.
    """
    found = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return next(word for word in ("cuda", "mps", "cpu") if found[word])
    if not found[name]:
        choices = " or ".join(word for word in get_args(DeviceName) if found.get(word, True))
        raise UserError(f"device cannot be {name}: torch {torch.__version__} finds none here. Choose {choices}.")
    return name
