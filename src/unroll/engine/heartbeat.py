"""Tells a line that has died without a word from one on which there is nothing to say.

A terminal that pings may promise with it to be heard again in so many seconds. When it is not, its line is as good as
at its end. Whoever promises nothing, such as a person who types, may be silent for as long as they like.
"""

from __future__ import annotations

from math import inf

GLANCES = 12
"""Glances in vain before a line is dead. One that comes late counts as one: an engine that was itself stopped, or busy,
has not listened meanwhile."""


class Heartbeat:
    """Of one line."""

    def __init__(self) -> None:
        self.due = inf
        """When to glance next, in seconds; never where nothing was promised."""
        self._every = inf
        self._in_vain = 0

    def promise(self, within: float | None) -> None:
        """From what is heard next on, something will be heard within so many seconds; None takes that back."""
        self._every = inf if within is None else within / GLANCES

    def heard(self, now: float) -> None:
        """Something was heard, and has been dealt with."""
        self._in_vain = 0
        self.due = now + self._every

    def has_stopped(self, now: float) -> bool:
        """Whether the promise is broken; to be asked whenever it is `due`."""
        if now >= self.due:
            self._in_vain += 1
            self.due = now + self._every
        return self._in_vain >= GLANCES
