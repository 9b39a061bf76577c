"""Figures as a person reads them, in one form wherever they stand: a count, a share, a probability, a loss.

A rounded figure never says more than is so: "100 %" is all of it, "0 %" is none, and a small loss is not 0.
"""

from __future__ import annotations

from math import exp
from statistics import median
from typing import NamedTuple

SOLVED = 0.99
"""The accuracy from which a task counts as solved."""
MAX_EXPONENT = 700
"""What e can be raised to, and still be a float."""


def count(number: int, noun: str) -> str:
    """How many there are: `1 number`, `1,200 numbers`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def share(part: float, places: int = 1) -> str:
    """A part of the whole, 0 to 1, as in `97.3 %`; what would round to all or to nothing as `>99.9 %` or `<0.1 %`."""
    shown = f"{part * 100:.{places}f}"
    if part < 1 and float(shown) == 100:
        shown = f">{100 - 10**-places:.{places}f}"
    elif part > 0 and float(shown) == 0:
        shown = f"<{10**-places:.{places}f}"
    return f"{shown} %"


def signed_share(part: float) -> str:
    """A part that may be negative or more than the whole, in whole percent, as in `-7 %`."""
    return f"{part * 100:z.0f} %"


def probability(chance: float, places: int = 1) -> str:
    """The same of a network's answer: none is certain and none impossible, whatever rounding has made of it."""
    return share(min(max(chance, 1e-9), 1 - 1e-9), places)


def perplexity(value: float) -> str:
    """e to a loss in nats: among how many equally likely answers one would be as surprised."""
    return f"{exp(min(value, MAX_EXPONENT)):,.3g}"


def loss(nats: float) -> str:
    """A loss in nats, in six columns up to 999,999: `4.852`, `485.20`, and `1.7e-4` where decimals would lose it.

    One of 0 has been rounded to a millionth, when it was sent or by the network's own arithmetic.
    """
    if nats == 0:
        return "<1e-6"
    if nats >= 0.001:
        return f"{abs(nats):.{min(3, max(0, 5 - len(f'{abs(nats):.0f}')))}f}"
    mantissa, exponent = f"{nats:.{1 if nats >= 9.5e-10 else 0}e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def duration(seconds: float) -> str:
    """About how long something takes: `0.4 s`, `42 s`, `12 min`, `3.4 h`, `5.2 days`."""
    for unit, size, most in (("s", 1, 100), ("min", 60, 100), ("h", 3600, 72)):
        if seconds < most * size:
            return f"{seconds / size:.{1 if seconds < 10 * size else 0}f} {unit}"
    return f"{seconds / 86400:,.1f} days"


class Spread(NamedTuple):
    """One figure for each of several seeds."""

    values: tuple[float, ...]

    @property
    def middle(self) -> float:
        """The median."""
        return median(self.values)

    @property
    def low(self) -> float:
        """The lowest."""
        return min(self.values)

    @property
    def high(self) -> float:
        """The highest."""
        return max(self.values)
