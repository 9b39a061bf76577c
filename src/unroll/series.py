"""The losses and accuracies of a training, one of each an update, in bounded memory.

Updates share buckets of `stride` updates each: one at first, and twice as many whenever there are too many buckets.
Every bucket keeps its smallest value, its largest and their sum, so a drawn curve loses no peak. A mean is exact while
buckets hold one update, where buckets do not reach beyond the updates in question, and always for the newest epoch;
elsewhere a bucket counts by the part of it that lies inside.
"""

from __future__ import annotations

from array import array
from typing import Annotated, Self

from msgspec import Meta, Struct

BUCKETS = 2048
"""Buckets kept at most: many times the columns of any screen."""
MAX_TOLD = 20_000
"""Buckets read at most: older files have more than `BUCKETS`."""
MAX_UPDATES = 10**12

Count = Annotated[int, Meta(ge=0, le=MAX_UPDATES)]
MAX_LOSS = 1e6
Loss = Annotated[float, Meta(ge=0, le=MAX_LOSS)]
"""Nats a position."""
Share = Annotated[float, Meta(ge=0, le=1)]
"""A part of the whole, such as the part of a batch that was answered right."""
Losses = Annotated[tuple[Loss, ...], Meta(max_length=MAX_TOLD)]
Shares = Annotated[tuple[Share, ...], Meta(max_length=MAX_TOLD)]
Values = tuple[float, ...]


class History(Struct, frozen=True, forbid_unknown_fields=True):
    """How training went: a `Series` as messages and saved models carry it, never longer for a longer training.

    Attributes:
        updates: Updates made.
        stride: Updates in a bucket: `losses[i]` and `accuracies[i]` are the means over the updates from
            `1 + i * stride` up to the next bucket's first.
        losses: Cross-entropy in nats a position.
        accuracies: The part of the batch answered right, where its task says.
        lowest, highest: The smallest and largest loss of each bucket; empty where they equal `losses`.
        lowest_accuracies, highest_accuracies: The same of the accuracies.
        newest: Loss and accuracy of the newest update.
        newest_epoch: Their means over the newest epoch, whole or in part.
        accuracy: The part of all training sequences answered right, after training.
        held_out_accuracy: The same of the sequences held out, if any were.
    """

    updates: Count = 0
    stride: Annotated[int, Meta(ge=1, le=MAX_UPDATES)] = 1
    losses: Losses = ()
    accuracies: Shares = ()
    lowest: Losses = ()
    highest: Losses = ()
    lowest_accuracies: Shares = ()
    highest_accuracies: Shares = ()
    newest: tuple[Loss, Share] | None = None
    newest_epoch: tuple[Loss, Share] | None = None
    accuracy: Share | None = None
    held_out_accuracy: Share | None = None

    def __post_init__(self) -> None:
        buckets = -(-self.updates // self.stride)
        bounds = {len(self.lowest), len(self.highest), len(self.lowest_accuracies), len(self.highest_accuracies)}
        if {len(self.losses), len(self.accuracies)} != {buckets} or bounds not in ({0}, {buckets}):
            raise ValueError("a history of another length than its updates")


NO_HISTORY = History()


class Track:
    """One metric of a series: for every bucket the smallest value, the largest and the sum."""

    def __init__(self) -> None:
        self.low, self.high, self.total = array("d"), array("d"), array("d")
        self.newest = self.epoch_total = 0.0

    def add(self, value: float, opens_bucket: bool, opens_epoch: bool) -> None:
        """Add one update's value."""
        self.newest = value
        self.epoch_total = value if opens_epoch else self.epoch_total + value
        if opens_bucket:
            for column in (self.low, self.high, self.total):
                column.append(value)
            return
        self.total[-1] += value
        self.low[-1] = min(self.low[-1], value)
        self.high[-1] = max(self.high[-1], value)

    def fold(self) -> None:
        """Make one bucket of every two."""
        pairs = [slice(i, i + 2) for i in range(0, len(self.low), 2)]
        self.low = array("d", (min(self.low[pair]) for pair in pairs))
        self.high = array("d", (max(self.high[pair]) for pair in pairs))
        self.total = array("d", (sum(self.total[pair]) for pair in pairs))


class Series:
    """The losses (nats a position) and accuracies (0..1 of the batch) of a run's updates.

    Attributes:
        updates: How many there were.
        stride: Updates in a bucket.
        losses, accuracies: The buckets of each.
    """

    def __init__(self, updates_per_epoch: int, limit: int = BUCKETS) -> None:
        self.updates = 0
        self.stride = 1
        self.losses, self.accuracies = Track(), Track()
        self._each = updates_per_epoch
        self._limit = limit

    @classmethod
    def of(cls, history: History, updates_per_epoch: int, limit: int = BUCKETS) -> Self:
        """The series that a message or a saved model tells."""
        series = cls(updates_per_epoch, limit)
        series.updates, series.stride = history.updates, history.stride
        losses = series.losses, history.losses, history.lowest, history.highest
        accuracies = series.accuracies, history.accuracies, history.lowest_accuracies, history.highest_accuracies
        for track, means, low, high in (losses, accuracies):
            track.low, track.high = array("d", low or means), array("d", high or means)
            track.total = array("d", (mean * series._size(place) for place, mean in enumerate(means)))
        series._set_newest(history.newest, history.newest_epoch)
        while len(series.losses.low) > limit:
            series._fold()
        return series

    def add(self, loss: float, accuracy: float) -> None:
        """Add what one more update showed."""
        if self.updates == self._limit * self.stride:
            self._fold()
        opens_bucket, opens_epoch = self.updates % self.stride == 0, self.updates % self._each == 0
        self.losses.add(loss, opens_bucket, opens_epoch)
        self.accuracies.add(accuracy, opens_bucket, opens_epoch)
        self.updates += 1

    def mean(self, start: int, stop: int) -> tuple[float, float] | None:
        """Mean loss and accuracy of the updates from `start` (counted from 0) up to, not including, `stop`."""
        start, stop = max(0, start), min(stop, self.updates)
        if start >= stop:
            return None
        if start == self._epoch_start and stop == self.updates:
            return self.newest_epoch()
        return self._part_mean(self.losses, start, stop), self._part_mean(self.accuracies, start, stop)

    def newest_epoch(self) -> tuple[float, float] | None:
        """The exact means over the newest epoch, whole or in part; None before the first update."""
        made = self.updates - self._epoch_start
        return (self.losses.epoch_total / made, self.accuracies.epoch_total / made) if made else None

    def until(self, updates: int) -> Series:
        """The same up to an update: the history of a branch. A bucket that is cut keeps its mean and its bounds."""
        part = Series(self._each, self._limit)
        part.updates, part.stride = updates, self.stride
        buckets = -(-updates // self.stride)
        for track, whole in ((part.losses, self.losses), (part.accuracies, self.accuracies)):
            track.low, track.high, track.total = whole.low[:buckets], whole.high[:buckets], whole.total[:buckets]
            if buckets:
                track.total[-1] *= part._size(buckets - 1) / self._size(buckets - 1)
        if updates == self.updates:
            part._set_newest((self.losses.newest, self.accuracies.newest), self.newest_epoch())
        else:
            part._set_newest()
        return part

    def history(self, accuracy: float | None = None, held_out: float | None = None, limit: int = BUCKETS) -> History:
        """The same as messages and saved models tell it, in `limit` buckets at most."""
        told = self.until(self.updates)
        while len(told.losses.low) > max(1, limit):
            told._fold()
        losses, lowest, highest = told._rounded(told.losses, 6)
        accuracies, lowest_accuracies, highest_accuracies = told._rounded(told.accuracies, 6)
        newest = (round(self.losses.newest, 6), round(self.accuracies.newest, 6)) if self.updates else None
        tracks = losses, accuracies, lowest, highest, lowest_accuracies, highest_accuracies
        return History(self.updates, told.stride, *tracks, newest, self.newest_epoch(), accuracy, held_out)

    @property
    def _epoch_start(self) -> int:
        """The first update, counted from 0, of the newest epoch."""
        return max(0, self.updates - 1) // self._each * self._each

    def _size(self, bucket: int) -> int:
        """How many updates are in a bucket: the last may not be full."""
        return min(self.stride, self.updates - bucket * self.stride)

    def _fold(self) -> None:
        self.losses.fold()
        self.accuracies.fold()
        self.stride *= 2

    def _part_mean(self, track: Track, start: int, stop: int) -> float:
        """The mean from `start` up to, not including, `stop`; a bucket counts by its part inside."""
        total = 0.0
        for bucket in range(start // self.stride, (stop - 1) // self.stride + 1):
            size, first = self._size(bucket), bucket * self.stride
            total += track.total[bucket] * (min(stop, first + size) - max(start, first)) / size
        return total / (stop - start)

    def _set_newest(self, newest: tuple[float, float] | None = None, epoch: tuple[float, float] | None = None) -> None:
        """Set the newest update's values and the newest epoch's means; what is not given, the buckets tell."""
        if not self.updates:
            return
        start, stop = self._epoch_start, self.updates
        for place, track in enumerate((self.losses, self.accuracies)):
            track.newest = newest[place] if newest else self._part_mean(track, stop - 1, stop)
            track.epoch_total = (epoch[place] if epoch else self._part_mean(track, start, stop)) * (stop - start)

    def _rounded(self, track: Track, places: int) -> tuple[Values, Values, Values]:
        """The means, smallest and largest values of the buckets; no bounds where each bucket is one update."""
        means = tuple(round(total / self._size(place), places) for place, total in enumerate(track.total))
        if self.stride == 1:
            return means, (), ()
        return means, tuple(round(v, places) for v in track.low), tuple(round(v, places) for v in track.high)
