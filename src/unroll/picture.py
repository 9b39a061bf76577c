"""What a lens shows of a network: a plain thing that the protocol carries and any surface draws.

Its caption says what is seen here, its limits what it cannot show.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from unroll.recipe import MAX_VOCAB

MAX_VALUE = 1e6
"""A value beyond this is shown as this: no figure on the screen has room for more, and infinity cannot be sent."""
MAX_LINES = 16
Value = Annotated[float, Meta(ge=-MAX_VALUE, le=MAX_VALUE)]
Label = Annotated[str, Meta(max_length=80)]
Sentence = Annotated[str, Meta(max_length=500)]


class Line(Struct, frozen=True):
    """A line by its name: a value for every x, None where there is none."""

    name: Label
    ys: Annotated[list[Value | None], Meta(max_length=MAX_VOCAB)]


class Lines(Struct, frozen=True, kw_only=True, tag_field="kind", tag="lines"):
    """Lines over one axis.

    Attributes:
        xs: Where the values are, in rising order; `x_name` says what they are.
        labels: What stands under each x; empty where that is the value itself.
        lines: The most important first.
        mark: The x of the moment shown; None where it is at none.
        caption: What is seen here, in one sentence with its figures; `limits`: what cannot be.
    """

    x_name: Label
    xs: Annotated[list[Value], Meta(max_length=MAX_VOCAB)]
    lines: Annotated[list[Line], Meta(min_length=1, max_length=MAX_LINES)]
    caption: Sentence
    limits: Sentence
    labels: Annotated[list[Label], Meta(max_length=MAX_VOCAB)] = []
    mark: Value | None = None

    def __post_init__(self) -> None:
        if any(len(line.ys) != len(self.xs) for line in self.lines) or len(self.labels) not in (0, len(self.xs)):
            raise ValueError("values or labels for other places than there are")
        if any(b <= a for a, b in zip(self.xs, self.xs[1:], strict=False)):
            raise ValueError("places that do not rise")


Picture = Lines
