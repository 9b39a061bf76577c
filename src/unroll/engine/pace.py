"""Keeping a pace: updates evenly spaced, and no burst to make up for those that came late."""

from __future__ import annotations

from math import inf


class Metronome:
    """Says when the next update is due, in the seconds of whatever clock is given to it."""

    def __init__(self) -> None:
        self._interval = inf
        self._last = -inf
        self.due = inf

    def set(self, per_second: float, now: float) -> None:
        """So many updates a second from now on, 0 for none and `inf` for as many as there can be."""
        self._interval = 1 / per_second if per_second else inf
        self.due = max(self._last + self._interval, now) if per_second else inf

    def tick(self, now: float) -> None:
        """An update is made: the next is due one interval after this one was due, or at once when that has passed."""
        self._last = now
        self.due = max(self.due + self._interval, now)
