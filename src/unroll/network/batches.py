"""A task's items as tensors: what is seen, what should be answered, and the order an epoch takes them in.

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

    def batches(self, columns: Tensor, size: int) -> list[Sequences]:
        """Whole batches of `size`, their sequences in the order of `columns` `(N,)`; what is left over is dropped.

        With a row of columns for each of S networks, `(S, N)`, a batch is `(S, L, B)`.
        """
        each = self.total // size
        chosen = columns[..., : each * size].to(self.x.device)
        shape = (-1, *chosen.shape[:-1], each, size)
        turn = (1, 0, 2) if columns.dim() == 1 else (2, 1, 0, 3)
        whole = (part.index_select(1, chosen.flatten()).view(shape) for part in self)
        x, y = (part.permute(turn).contiguous().unbind() for part in whole)
        return [Sequences(*batch) for batch in zip(x, y, strict=True)]

    @property
    def total(self) -> int:
        return self.x.shape[1]


def sequences(items: Sequence[Item], device: str = "cpu") -> Sequences:
    """All items as tensors, in their order."""
    x = torch.tensor([list(item.inputs) for item in items]).t().contiguous()
    y = torch.tensor([list(item.targets) for item in items]).t().contiguous()
    return Sequences(x.to(device), y.to(device))


def order(seed: int, epoch: int, count: int) -> Tensor:
    """The order in which an epoch takes its `count` sequences.

    A function of seed and epoch alone, so that training resumes from any epoch without a generator's state.
    """
    generator = torch.Generator().manual_seed(zlib.crc32(f"{seed} {epoch}".encode()))
    return torch.randperm(count, generator=generator)
