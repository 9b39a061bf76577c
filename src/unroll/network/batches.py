"""A task's items as tensors: what is trained on, what is held out, and the order an epoch takes them in.

Shapes: L steps, N sequences, B of them in a batch. Integers throughout; a one-hot is never made.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from unroll.tasks import Item


class Sequences(NamedTuple):
    """Items as columns: `x` `(L, N)` is seen, `y` `(L, N)` should be answered."""

    x: Tensor
    y: Tensor

    def pick(self, columns: Tensor) -> Sequences:
        """The sequences in `columns`, `(B,)`, or a row of columns for each of S networks, `(S, B)` to `(S, L, B)`."""
        if columns.dim() == 1:
            return Sequences(self.x.index_select(1, columns), self.y.index_select(1, columns))
        return Sequences(self.x[:, columns].transpose(0, 1), self.y[:, columns].transpose(0, 1))

    @property
    def total(self) -> int:
        return self.x.shape[1]


def sequences(items: Sequence[Item], device: str = "cpu") -> Sequences:
    """All items as tensors, in their order."""
    x = torch.tensor([list(item.inputs) for item in items]).t().contiguous()
    y = torch.tensor([list(item.targets) for item in items]).t().contiguous()
    return Sequences(x.to(device), y.to(device))


def split(items: Sequence[Item], held_out: float) -> tuple[list[Item], list[Item]]:
    """Items to train on and items held out, a part `held_out` of them; at least one is left to train on.

    Which ones depends on their number alone, not on a recipe's seed: runs of any seeds are judged by the same items.
    """
    away = min(round(len(items) * held_out), len(items) - 1)
    mixed = torch.randperm(len(items), generator=torch.Generator().manual_seed(0)).tolist()
    kept_out = set(mixed[:away])
    train = [item for i, item in enumerate(items) if i not in kept_out]
    return train, [item for i, item in enumerate(items) if i in kept_out]


def order(seed: int, epoch: int, count: int) -> Tensor:
    """The order in which an epoch takes its `count` sequences.

    A function of seed and epoch alone, so that training resumes from any epoch without a generator's state.
    """
    generator = torch.Generator().manual_seed(zlib.crc32(f"{seed} {epoch}".encode()))
    return torch.randperm(count, generator=generator)
