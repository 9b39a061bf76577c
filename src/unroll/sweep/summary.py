"""What a sweep has found: figures of seeds, grouped by the fields that vary, as a table, as CSV and as a heatmap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from math import inf
from typing import Literal, NamedTuple

from unroll import figures
from unroll.figures import Spread
from unroll.recipe import FIELDS, Recipe, Value
from unroll.sweep.results import Made, Row

Figure = Literal["accuracy", "held-out", "loss"]
Key = tuple[Value, ...]
WIDTH, HEIGHT = 10, 3
"""Of a cell of the heatmap."""


class Seed(NamedTuple):
    """What came of one seed of one recipe; `place` is where it stands in its unit's row."""

    recipe: Recipe
    digest: str
    seed: int
    accuracy: float | None
    held_out: float | None
    loss: float | None
    weights: str
    place: int
    row: Row

    def figure(self, name: Figure) -> float | None:
        """One of its figures; None where its training diverged, or nothing was held out."""
        if self.loss is None:
            return None
        return {"accuracy": self.accuracy, "held-out": self.held_out, "loss": self.loss}[name]

    @property
    def is_solved(self) -> bool:
        """Whether it is right nearly everywhere: on what was held out, where anything was."""
        right = self.figure("accuracy" if self.held_out is None else "held-out")
        return right is not None and right >= figures.SOLVED


def seeds_of(rows: Iterable[Row]) -> list[Seed]:
    """Every seed of every recipe once: the last that was written of it."""
    found: dict[tuple[str, int], Seed] = {}
    for row in rows:
        held_out = row.held_out or (None,) * len(row.seeds)
        columns = zip(row.seeds, row.accuracy, held_out, row.loss, row.weights, strict=True)
        for place, figures_of in enumerate(columns):
            found[row.digest, figures_of[0]] = Seed(row.recipe, row.digest, *figures_of, place, row)
    return list(found.values())


def varying(seeds: Iterable[Seed]) -> list[str]:
    """The fields of a recipe of which there is more than one value: words first, then numbers, the most values last."""
    recipes = {seed.digest: seed.recipe.values() for seed in seeds}.values()
    counts = {name: len({recipe[name] for recipe in recipes}) for name in FIELDS if name != "seed"}
    found = [name for name, count in counts.items() if count > 1]
    return sorted(found, key=lambda name: (FIELDS[name].kind is not str, counts[name]))


def grouped(seeds: Iterable[Seed], names: Sequence[str]) -> dict[Key, list[Seed]]:
    """The seeds that share the values of these fields, in the order of the values."""
    keys: dict[str, Key] = {}
    found: dict[Key, list[Seed]] = {}
    for seed in seeds:
        if seed.digest not in keys:
            values = seed.recipe.values()
            keys[seed.digest] = tuple(values[name] for name in names)
        found.setdefault(keys[seed.digest], []).append(seed)
    return {key: found[key] for key in sorted(found, key=_by_value)}


def spread(seeds: Iterable[Seed], figure: Figure) -> Spread | None:
    """A figure of some seeds; None where none of them has it."""
    values = tuple(value for seed in seeds if (value := seed.figure(figure)) is not None)
    return Spread(values) if values else None


def spreads(seeds: Iterable[Seed], names: Sequence[str], figure: Figure) -> dict[Key, Spread]:
    """A figure of the seeds that share the values of these fields, in the order of the values."""
    found = ((key, spread(group, figure)) for key, group in grouped(seeds, names).items())
    return {key: one for key, one in found if one is not None}


def ranked(seeds: Iterable[Seed], figure: Figure) -> list[Seed]:
    """Some seeds from the best to the worst by a figure, and by loss where that is equal; what diverged comes last."""

    def badness(seed: Seed) -> tuple[float, float]:
        value, loss = seed.figure(figure), inf if seed.loss is None else seed.loss
        return (inf if value is None else value if figure == "loss" else -value), loss

    return sorted(seeds, key=badness)


def outstanding(seeds: Iterable[Seed], figure: Figure) -> dict[str, Seed]:
    """The best, the median and the worst of some seeds; of two in the middle the better one."""
    found = ranked(seeds, figure)
    return {"best": found[0], "median": found[(len(found) - 1) // 2], "worst": found[-1]}


def _by_value(key: Key) -> list[tuple[bool, float, str]]:
    """Numbers by size, then words."""
    return [(isinstance(value, str), 0.0, value) if isinstance(value, str) else (False, value, "") for value in key]


def shown(figure: Figure, value: float) -> str:
    """A figure as it stands in a table."""
    return figures.loss(value) if figure == "loss" else figures.share(value)


def table(names: Sequence[str], found: Mapping[Key, Spread], figure: Figure) -> Iterator[list[str]]:
    """The spreads as rows of text, the heading first."""
    yield [*(name.replace("_", "-") for name in names), "seeds", "solved", "median", "lowest", "highest"]
    for key, spread in found.items():
        values = (f"{value:g}" if isinstance(value, float) else f"{value}" for value in key)
        words = (shown(figure, value) for value in (spread.middle, spread.low, spread.high))
        solved = sum(value >= figures.SOLVED for value in spread.values) if figure != "loss" else "–"
        yield [*values, f"{len(spread.values)}", f"{solved}", *words]


def of_seeds(seeds: Iterable[Seed]) -> Iterator[list[object]]:
    """A row for every seed with its whole recipe, the heading first, for CSV."""
    yield [*FIELDS, "accuracy", "held_out_accuracy", "loss", "weights", "digest", *Made.__struct_fields__]
    for one in seeds:
        values = {**one.recipe.values(), "seed": one.seed}
        made = [getattr(one.row.made, name) for name in Made.__struct_fields__]
        yield [*values.values(), one.accuracy, one.held_out, one.loss, one.weights, one.digest, *made]


def remarks(seeds: Sequence[Seed], figure: Figure) -> Iterator[str]:
    """What is to be known of the figures beside themselves."""
    if missing := sum(seed.figure(figure) is None for seed in seeds):
        why = "nothing was held out, or " if figure == "held-out" else ""
        yield f"{figures.count(missing, 'seed')} without {figure}: {why}training diverged."
    if len(kinds := Counter(seed.row.made for seed in seeds)) > 1:
        yield f"Computed by {len(kinds)} kinds of processor or versions, which --csv tells: last bits may differ."


def heatmap(found: Mapping[Key, Spread], x_name: str, y_name: str, figure: Figure) -> str:
    """The medians by two fields, `(x, y)`, as a grid with its figures, coloured from the lowest to the highest."""
    import plotext

    xs, ys = ordered(key[0] for key in found), ordered(key[1] for key in found)
    middles = {key: spread.middle for key, spread in found.items()}
    lowest = min(middles.values())
    grid = [[middles.get((x, y), lowest) for x in xs for _ in range(WIDTH)] for y in ys for _ in range(HEIGHT)]
    plot = plotext.figure
    plotext.terminal.limit(False, False)
    plot.clear()
    plot.theme("colorless")
    plot.plot_size(WIDTH * len(xs) + 2 + max(len(f"{y}") for y in ys), HEIGHT * len(ys) + 3)
    across = {x: place * WIDTH + (WIDTH - 1) / 2 for place, x in enumerate(xs)}
    down = {y: place * HEIGHT + HEIGHT // 2 for place, y in enumerate(reversed(ys))}
    plot.ruler("x").ticks(list(across.values()), [f"{x}" for x in xs])
    plot.ruler("y").ticks(list(down.values()), [f"{y}" for y in down])
    plot.draw(plot.heatmap(grid, map="viridis", fill=True))
    for x, y in product(xs, ys):
        words = f" {shown(figure, middles[x, y])} " if (x, y) in middles else " none "
        plot.draw(plot.text(across[x], down[y], words, alignment="center"))
    title = f"median {figure}, {x_name.replace('_', '-')} across and {y_name.replace('_', '-')} down"
    return f"{title}\n{plot.build().string().rstrip()}"


def ordered(values: Iterable[Value]) -> list[Value]:
    """The values of a field, each once: numbers by size, then words."""
    return sorted(set(values), key=lambda value: _by_value((value,)))
