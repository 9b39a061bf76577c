"""What was measured, beside what it is to be, as a table and as JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from statistics import quantiles

from msgspec import Struct


class Unmeasured(Exception):  # noqa: N818 - it says what is
    """Something that cannot be measured here; the message is the reason."""


class Figure(Struct, frozen=True):
    """Something measured, in `unit`.

    Attributes:
        goal: The most it should be, or with `least` the least; None where it is only to be known.
        beside: The same of what it is compared with, measured in the same run.
    """

    name: str
    unit: str
    ours: float
    goal: float | None = None
    beside: float | None = None
    least: bool = False

    @property
    def verdict(self) -> str:
        """Nothing, where the goal is reached; if not, on which side it was missed."""
        if self.goal is None or (self.ours >= self.goal if self.least else self.ours <= self.goal):
            return ""
        return "under" if self.least else "over"


class Report(Struct, frozen=True):
    """All that was measured, and why something was not."""

    figures: list[Figure]
    left_out: list[str] = []


def collect(groups: Iterable[tuple[str, Iterator[Figure]]]) -> Report:
    """Take every figure of some named groups, telling each on standard error as soon as it is known.

    A group in which something cannot be measured is left out from there on, and the report says why.
    """
    figures, left_out = [], []
    for name, group in groups:
        try:
            for figure in group:
                print(row(figure), file=sys.stderr, flush=True)
                figures.append(figure)
        except (Unmeasured, TimeoutError) as error:
            left_out.append(f"{name}, from there on: {_in_a_line(str(error))}")
    return Report(figures, left_out)


def _in_a_line(reason: str) -> str:
    """The first and the last line of a reason: of a screen that is shown, the last line says most."""
    lines = [line.strip() for line in reason.splitlines() if line.strip()]
    return " ".join(dict.fromkeys([*lines[:1], *lines[-1:]]))


def table(report: Report) -> str:
    """The report, a line a figure."""
    head = f"{'':56}{'ours':>10}{'beside':>10}{'goal':>10}"
    return "\n".join([head, *map(row, report.figures), *(f"left out: {reason}" for reason in report.left_out)])


def row(figure: Figure) -> str:
    """A figure as a line of the table."""
    goal = ("≥ " if figure.least else "") + _number(figure.goal)
    name = f"{figure.name}, {figure.unit}"
    return f"{name:56}{_number(figure.ours):>10}{_number(figure.beside):>10}{goal:>10}  {figure.verdict}".rstrip()


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def p95(values: Iterable[float]) -> float:
    """The 95th percentile of two values or more."""
    return quantiles(values, n=20)[-1]
