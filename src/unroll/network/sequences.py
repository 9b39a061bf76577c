"""A task's sequences as tensors.

Shapes: N sequences, L steps, B of a batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, repeat
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from unroll.network.bptt import Masks
from unroll.tasks import Item
from unroll.tasks.file import Windows


class Sequences(NamedTuple):
    """N items as columns: inputs `x` `(L, N)` and targets `y` `(L, N)`. Integers: a one-hot is never made.

    `masks` is None where every step is asked for its target, and the last step counts.
    """

    x: Tensor
    y: Tensor
    masks: Masks | None = None

    def each(self, change: Callable[[Tensor], Tensor]) -> Sequences:
        """The same with every part changed."""
        return Sequences(change(self.x), change(self.y), self.masks and self.masks.each(change))

    def at(self, columns: Tensor) -> Sequences:
        """Those at `columns` `(B,)`; at a row of columns for each of S networks, `(S, B)`, they are `(S, L, B)`."""
        found = self.each(lambda part: part.index_select(1, columns.flatten()))
        if columns.dim() == 2:
            found = found.each(lambda part: part.view(-1, *columns.shape).transpose(0, 1).contiguous())
        return found

    def read(self, column: int) -> list[int]:
        """The numbers read in one of them, up to the last step asked."""
        steps = len(self.x) if self.masks is None else 1 + int(self.masks.asked[:, column].nonzero()[-1])
        return [int(number) for number in self.x[:steps, column]]

    def split(self, size: int) -> Iterator[Sequences]:
        """The same in parts of at most `size` sequences."""
        for first in range(0, self.total, size):
            yield self.each(lambda part, first=first: part[:, first : first + size])  # type: ignore[misc]

    @property
    def total(self) -> int:
        """N."""
        return self.x.shape[1]


def sequences(items: Sequence[Item], device: str = "cpu") -> Sequences:
    """All items as tensors, in their order."""
    found = _of_windows(items) if isinstance(items, Windows) else _of_items(items)
    return found.each(lambda part: part.contiguous().to(device))


def _of_items(items: Sequence[Item]) -> Sequences:
    x = np.fromiter(chain.from_iterable(item.inputs for item in items), np.int64)
    y = np.fromiter((y or 0 for y in chain.from_iterable(item.targets for item in items)), np.int64)
    x_LN, y_LN = (torch.from_numpy(one).view(len(items), -1).t() for one in (x, y))
    if not any(item.answers or item.all_count or None in item.targets for item in items):
        return Sequences(x_LN, y_LN)
    asked = torch.tensor([[target is not None for target in item.targets] for item in items]).t()
    counts = _last(asked) | (asked & torch.tensor([item.all_count for item in items]))
    answers = None
    if any(item.answers for item in items):
        answers = torch.tensor([[sum(1 << k for k in step) for step in item.answers] for item in items]).t()
    return Sequences(x_LN, y_LN, Masks(asked, counts, answers))


def _of_windows(windows: Windows) -> Sequences:
    """The same as of its items, none of which is made: a file has up to a million."""
    size, lines = windows.length + 1, windows.lines
    rests = [max(0, size - len(line)) for line in lines]
    filled = chain.from_iterable(chain(line, repeat(line[-1], rest)) for line, rest in zip(lines, rests, strict=True))
    flat = torch.from_numpy(np.fromiter(filled, np.int64))
    rest_of = torch.tensor(rests)
    ends = (torch.tensor([*map(len, lines)]) + rest_of).cumsum(0)
    begins = torch.ones(len(flat), dtype=torch.bool)
    for left in range(1, size):
        begins[ends - left] = False
    found = flat.unfold(0, size, 1)[begins[: len(flat) - size + 1]]
    x_LN, y_LN = found[:, :-1].t(), found[:, 1:].t()
    if not any(rests):
        return Sequences(x_LN, y_LN)
    per_line = torch.tensor([*windows.counts])
    asked = torch.arange(1, size)[:, None] < size - rest_of.repeat_interleave(per_line)
    return Sequences(x_LN, y_LN * asked, Masks(asked, _last(asked)))


def _last(asked: Tensor) -> Tensor:
    """The last step that is asked of each sequence."""
    return asked & (asked.flip(0).cumsum(0).flip(0) == 1)
