"""What a lens shows of a network: a plain thing that the protocol carries and any surface draws.

Lines over one axis, a grid of cells, or shapes in a plane; its caption says what is seen here, its limits what it
cannot show.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from unroll.moment import MAX_STEPS, Seed
from unroll.series import Loss, Share
from unroll.tasks.config import MAX_VOCAB

MAX_VALUE = 1e6
"""A value beyond this is shown as this: no figure on the screen has room for more, and infinity cannot be sent."""
MAX_LINES = 16
MAX_POINTS = 8192
Value = Annotated[float, Meta(ge=-MAX_VALUE, le=MAX_VALUE)]
Label = Annotated[str, Meta(max_length=80)]
Place = Annotated[int, Meta(ge=0, le=MAX_VOCAB)]
Labels = Annotated[list[Label], Meta(max_length=MAX_VOCAB)]
Sentence = Annotated[str, Meta(max_length=600)]


class Seen(Struct, frozen=True, kw_only=True, tag_field="kind", tag=lambda name: name.lower()):
    """What every picture says: `caption`, what is seen here, with its figures; `limits`, what cannot be."""

    caption: Sentence
    limits: Sentence


class NamedLine(Struct, frozen=True):
    """A line by its name: a value for every x, None where there is none."""

    name: Label
    ys: Annotated[list[Value | None], Meta(max_length=MAX_VOCAB)]


class Ranked(Struct, frozen=True, array_like=True):
    """One of several trainings that a picture is of, which can be opened as a run.

    Attributes:
        place, seed: Its place among the seeds that are trained together, and its seed.
        loss: Its newest loss in nats; None where that is no number, or too large to record.
        right: The part that it is right at; None before its end.
    """

    place: Place
    seed: Seed
    loss: Loss | None
    right: Share | None = None


class Lines(Seen, frozen=True, kw_only=True):
    """Lines over one axis.

    Attributes:
        xs: Where the values are, in rising order; `x_name` says what they are.
        labels: What stands under each x; empty where that is the value itself.
        lines: The most important first.
        marks: For each step of the sequence shown, its x; None where it is at none.
        wall: The x after which nothing was trained; None where that has no meaning.
        log: Whether the values are better seen on a logarithmic scale; then all are above 0.
        percent: Whether the values are parts of a whole, from 0 to 1.
        band: The places of two lines between which most others would lie.
        ranked: The trainings that it is of, the worst first.
    """

    x_name: Label
    xs: Annotated[list[Value], Meta(max_length=MAX_VOCAB)]
    lines: Annotated[list[NamedLine], Meta(min_length=1, max_length=MAX_LINES)]
    labels: Labels = []
    marks: Annotated[list[Value | None], Meta(max_length=MAX_STEPS)] = []
    wall: Value | None = None
    log: bool = False
    percent: bool = False
    band: tuple[Place, Place] | None = None
    ranked: Annotated[list[Ranked], Meta(max_length=MAX_POINTS)] = []

    def __post_init__(self) -> None:
        if any(len(line.ys) != len(self.xs) for line in self.lines) or len(self.labels) not in (0, len(self.xs)):
            raise ValueError("values or labels for other places than there are")
        if any(b <= a for a, b in zip(self.xs, self.xs[1:], strict=False)):
            raise ValueError("places that do not rise")
        if self.log and any(y is not None and y <= 0 for line in self.lines for y in line.ys):
            raise ValueError("a value that has no logarithm")
        if self.band is not None and max(self.band) >= len(self.lines):
            raise ValueError("a band between lines that are not there")


class Grid(Seen, frozen=True, kw_only=True):
    """Cells in labelled rows and columns.

    Attributes:
        values: By row, then column; None where there is nothing to show.
        scale: The value that gets the strongest colour, on either side of 0.
        texts: What stands in each cell; empty where the colour says it all.
        mark: The row and the column of the moment shown, or of what the caption begins with; each None for none.
    """

    row_name: Label
    rows: Labels
    column_name: Label
    columns: Labels
    values: Annotated[list[Annotated[list[Value | None], Meta(max_length=MAX_VOCAB)]], Meta(max_length=MAX_VOCAB)]
    scale: Annotated[float, Meta(gt=0, le=MAX_VALUE)] = 1.0
    texts: Annotated[list[Labels], Meta(max_length=MAX_VOCAB)] = []
    mark: tuple[Place | None, Place | None] = (None, None)

    def __post_init__(self) -> None:
        for table in (self.values, self.texts) if self.texts else (self.values,):
            if len(table) != len(self.rows) or any(len(row) != len(self.columns) for row in table):
                raise ValueError("cells for other rows or columns than there are")


class Shape(Struct, frozen=True, kw_only=True):
    """Points in a plane, by their name; a `path` joins them in their order."""

    name: Label
    kind: Literal["points", "path"] = "points"
    xs: Annotated[list[Value], Meta(max_length=MAX_POINTS)]
    ys: Annotated[list[Value], Meta(max_length=MAX_POINTS)]

    def __post_init__(self) -> None:
        if len(self.xs) != len(self.ys):
            raise ValueError("points with one coordinate")


class Plane(Seen, frozen=True, kw_only=True):
    """Shapes in a plane, those on top last.

    Attributes:
        mark: The point of the moment shown; None where there is none.
    """

    x_name: Label
    y_name: Label
    shapes: Annotated[list[Shape], Meta(min_length=1, max_length=MAX_LINES)]
    mark: tuple[Value, Value] | None = None


Picture = Lines | Grid | Plane
