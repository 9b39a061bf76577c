"""A task's items as tensors: inputs, targets, and the order in which an epoch takes them.

Shapes: L steps, N sequences, B of them in a batch. All are integers; a one-hot is never made.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import torch
from torch import Tensor

from unroll.tasks import Item


class Sequences(NamedTuple):
    """Items as columns: inputs `x` `(L, N)` and targets `y` `(L, N)`."""

    x: Tensor
    y: Tensor

    def batches(self, columns: Tensor, size: int) -> list[Sequences]:
        """Whole batches of `size` sequences in the order of `columns` `(N,)`; the rest is dropped.

        With a row of columns for each of S networks, `(S, N)`, a batch is `(S, L, B)`.
        """
        each = self.total // size
        chosen = columns[..., : each * size].to(self.x.device)
        both = torch.stack(self).index_select(2, chosen.flatten()).view(2, -1, *chosen.shape[:-1], each, size)
        turn = (2, 0, 1, 3) if columns.dim() == 1 else (3, 0, 2, 1, 4)
        return [Sequences(*batch.unbind()) for batch in both.permute(turn).contiguous().unbind()]

    @property
    def total(self) -> int:
        """N."""
        return self.x.shape[1]


def sequences(items: Sequence[Item], device: str = "cpu") -> Sequences:
    """All items as tensors, in their order."""
    x = torch.tensor(list(chain.from_iterable(item.inputs for item in items)))
    y = torch.tensor(list(chain.from_iterable(item.targets for item in items)))
    return Sequences(*(part.view(len(items), -1).t().contiguous().to(device) for part in (x, y)))


def order(seed: int, epoch: int, count: int) -> Tensor:
    """The order in which an epoch takes its `count` sequences.

    A function of seed and epoch alone, so that training can resume at any epoch without a generator's state.
    """
    generator = torch.Generator().manual_seed(zlib.crc32(f"{seed} {epoch}".encode()))
    return torch.randperm(count, generator=generator)
