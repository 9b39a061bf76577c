"""The network as it was after every epoch, thinned evenly to a budget of bytes."""

from __future__ import annotations

from unroll.network.adam import Snapshot

BUDGET = 64 * 2**20
"""Bytes that the snapshots of one run may take."""


class Snapshots:
    """Snapshots by epoch: the newest, and all multiples of a stride, which doubles when the budget is reached."""

    def __init__(self, budget: int = BUDGET) -> None:
        self._budget = budget
        self._stride = 1
        self._kept: dict[int, Snapshot] = {}

    @property
    def epochs(self) -> list[int]:
        """The epochs that are kept, in order."""
        return list(self._kept)

    def add(self, epoch: int, snapshot: Snapshot) -> None:
        """Keep the snapshot of a later epoch than any before, and drop what no longer fits."""
        if self._kept:
            newest = next(reversed(self._kept))
            if newest % self._stride:
                del self._kept[newest]
        self._kept[epoch] = snapshot
        while len(self._kept) > 1 and self.nbytes > self._budget:
            self.thin()

    @property
    def nbytes(self) -> int:
        """Bytes of all snapshots, including those shared with a branch."""
        return len(self._kept) * next(iter(self._kept.values())).nbytes if self._kept else 0

    def thin(self) -> None:
        """Keep every second epoch of those kept, and the newest; of a single one, none."""
        if len(self._kept) < 2:
            self._kept = {}
            return
        self._stride *= 2
        newest = next(reversed(self._kept))
        evenly = range(0, newest if newest >= self._stride else 0, self._stride)
        self._kept = {e: kept for e, kept in self._kept.items() if e in evenly or e == newest}

    def nearest(self, epoch: int) -> tuple[int, Snapshot]:
        """The epoch kept nearest to `epoch`, the earlier of two equally near, and its snapshot.

        Raises:
            LookupError: there is none.
        """
        if not self._kept:
            raise LookupError("No epoch is kept yet: train to the end of one.")
        found = min(self._kept, key=lambda kept: abs(kept - epoch))
        return found, self._kept[found]

    def until(self, epoch: int) -> Snapshots:
        """The same snapshots up to an epoch, sharing their memory: what a branch starts with."""
        past = Snapshots(self._budget)
        past._stride = self._stride
        past._kept = {e: kept for e, kept in self._kept.items() if e <= epoch}
        return past
