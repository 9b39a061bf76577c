"""Numbers that come one an update, in bounded memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from math import isnan, nan
from typing import Self

LIMIT = 2**12
"""Numbers kept at most, 8 bytes each: many times the columns of any screen."""


class Kept:
    """Of so many numbers all or, once there are too many, every second, fourth ...: each stands for those up to the
    next; and the newest. `len` is how many there were; None stands for one that is not finite."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.stride = 1
        self._limit = limit
        self._count = 0
        self._values = array("d")
        self._newest = nan

    @classmethod
    def of(cls, values: Iterable[float], stride: int, count: int) -> Self:
        """So many numbers of which every `stride`th is given."""
        kept = cls()
        kept.stride, kept._count, kept._values = stride, count, array("d", values)
        kept._newest = kept._values[-1] if count else nan
        return kept

    def __len__(self) -> int:
        return self._count

    def add(self, value: float | None) -> None:
        """One more."""
        self._newest = nan if value is None else value
        if self._count % self.stride == 0:
            self._values.append(self._newest)
            if len(self._values) > self._limit:
                self._values = self._values[::2]
                self.stride *= 2
        self._count += 1

    def extend(self, values: Iterable[float | None]) -> None:
        """So many more."""
        for value in values:
            self.add(value)

    def __getitem__(self, part: slice) -> list[float | None]:
        """Those of a part that are kept, or the one that stands for it where none is."""
        start, stop, _ = part.indices(self._count)
        if start >= stop:
            return []
        values = self._values[-(-start // self.stride) : (stop - 1) // self.stride + 1]
        if stop == self._count and (stop - 1) % self.stride:
            values.append(self._newest)
        if not values:
            values.append(self._values[start // self.stride])
        return [None if isnan(value) else value for value in values]

    def until(self, count: int) -> Kept:
        """The first so many."""
        return Kept.of(self._values[: -(-count // self.stride)], self.stride, count)

    def told(self, limit: int) -> tuple[int, list[float | None]]:
        """A stride, and every so manyth number: `limit` of them at most."""
        step = -(-len(self._values) // max(1, limit)) or 1
        return self.stride * step, [None if isnan(value) else value for value in self._values[::step]]
