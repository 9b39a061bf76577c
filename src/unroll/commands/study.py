"""`unroll study`: what the lesson rests on, over many seeds."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from concurrent.futures import BrokenExecutor
from functools import partial, reduce
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import click

from unroll import figures
from unroll.commands.common import Misused, Refused, print_json, progress, refusals
from unroll.commands.options import device_option, example, force_option, json_option, on_device
from unroll.files import check_place, write_atomically
from unroll.recipe import CellName, DeviceName, Recipe

if TYPE_CHECKING:
    from unroll.network.ensemble import Ensemble
    from unroll.network.study import Spread

T = TypeVar("T")
CELLS = get_args(CellName)
MAX_LENGTH = 512
LENGTHS = "4,6,8,10,12,14,16,18"
CHART_WIDTH, CHART_HEIGHT = 72, 18


@click.group()
def study() -> None:
    """Train many seeds, and compare their results."""


def study_options(cells: str, seeds: int) -> Callable[[Any], Any]:
    """`--cells`, `--seeds`, `--device` and `--json`."""

    which, count = f"Which cells, of {', '.join(CELLS)}, separated by commas.", click.IntRange(1, 1024)
    options = (
        json_option,
        device_option,
        click.option("--seeds", type=count, default=seeds, show_default=True, help="How many seeds, from 0."),
        click.option("--cells", default=cells, show_default=True, help=which),
    )
    return lambda command: reduce(lambda done, option: option(done), options, command)


def cells_from(text: str) -> list[CellName]:
    """The cells that `--cells` names, each once."""
    words = text.replace(",", " ").split()
    if not words or not {*words} <= {*CELLS}:
        raise Misused(f"--cells cannot be {text!r:.24}: choose of {', '.join(CELLS)}, separated by commas.")
    return list(dict.fromkeys(words))  # type: ignore[arg-type]  # they are


@study.command(epilog=example("unroll study recall\nunroll study recall --lengths 4,18 --seeds 2 --csv recall.csv"))
@click.option("--lengths", default=LENGTHS, show_default=True, help="Which lengths, separated by commas.")
@study_options("rnn,lstm", seeds=8)
@click.option("--csv", "csv_file", metavar="FILE", help="Write every seed's accuracy to a file.")
@force_option
def recall(
    lengths: str, cells: str, seeds: int, csv_file: str | None, force: bool, device: DeviceName, as_json: bool
) -> None:
    """How well each cell recalls the first number as sequences grow longer.

    Elman's cell forgets, the LSTM holds: accuracy at the last step over all 512 - L training sequences, after 100
    updates, beside the published figures (rnn/MeasuringRNNAccuracy.ipynb in christianb93/MLLM, one seed each).
    """
    from unroll.network.study import PUBLISHED, recall_recipe, recalled

    with refusals():
        tasks = [(cell, length) for cell in cells_from(cells) for length in _lengths(lengths)]
        if csv_file is not None:
            check_place(csv_file, force)
        recipes = [recall_recipe(cell, length) for cell, length in tasks]
        results = dict(zip(tasks, study_all(recalled, recipes, seeds, on_device(device)), strict=True))
        if csv_file is not None:
            write_atomically(csv_file, _csv(results).encode())
    if as_json:
        print_json([{"cell": cell, "length": length, **in_json(spread)} for (cell, length), spread in results.items()])
        return
    curves: dict[str, dict[int, float]] = {}
    click.echo(f"accuracy at the last step, seeds: {seeds}\n")
    click.echo("cell  length  published   median   lowest  highest")
    for (cell, length), spread in results.items():
        known = PUBLISHED.get(cell, {}).get(length)
        shown = "" if known is None else figures.share(known)
        click.echo(f"{cell:4}  {length:6}  {shown:>9}  {_spread(spread)}")
        if cell == "rnn" and known is not None:  # the figures that fall
            curves.setdefault("published rnn", {})[length] = known
        curves.setdefault(cell, {})[length] = spread.middle
    click.echo(f"\n{chart(curves)}\nmedian accuracy by length: {', '.join(f'{name[0]} {name}' for name in curves)}")


def _lengths(text: str) -> list[int]:
    words = text.replace(",", " ").split()
    if not words or not all(re.fullmatch("[0-9]{1,9}", word) and 0 < int(word) < MAX_LENGTH for word in words):
        raise Misused(f"--lengths cannot be {text!r:.24}: choose from 1 to {MAX_LENGTH - 1}, separated by commas.")
    return sorted(set(map(int, words)))


def _csv(results: Mapping[tuple[CellName, int], Spread]) -> str:
    rows = [
        f"{cell},{length},{seed},{value:.6f}\n"
        for (cell, length), spread in results.items()
        for seed, value in enumerate(spread.values)
    ]
    return "".join(["cell,length,seed,accuracy\n", *rows])


def chart(curves: Mapping[str, Mapping[int, float]]) -> str:
    """Curves by name in plain text, each point marked with the name's first letter: values from 0 to 1."""
    import plotext

    ticks = sorted({x for points in curves.values() for x in points})
    figure = plotext.figure
    plotext.terminal.limit(False, False)
    figure.clear()
    figure.theme("colorless")
    figure.plot_size(CHART_WIDTH, CHART_HEIGHT)
    figure.ruler("x").lim(min(ticks) - 1, max(ticks) + 1)
    figure.ruler("x").ticks(ticks, [f"{x}" for x in ticks])
    figure.ruler("y").lim(0, 1.05)
    figure.ruler("y").ticks([0, 0.25, 0.5, 0.75, 1], ["0", "0.25", "0.5", "0.75", "1"])
    for points in curves.values():
        if len(points) > 1:
            figure.draw(figure.signal(list(points), list(points.values()), marker="braille").lines(True))
    for name, points in curves.items():
        figure.draw(figure.signal(list(points), list(points.values()), marker=name[0]))
    return "\n".join(line.rstrip() for line in click.unstyle(figure.build().string()).splitlines())


@study.command(epilog=example("unroll study memory\nunroll study memory --cells lstm --seeds 3 --json"))
@study_options("rnn,lstm,gru", seeds=10)
def memory(cells: str, seeds: int, device: DeviceName, as_json: bool) -> None:
    """What each network does without its memory: accuracy with the hidden state carried over, and erased.

    With the hidden state set to zero before every step, a network sees only its last number. Counting stays. Recall is
    lost: the network answers as at a first step, for the most part with its last number. That is not how much memory
    the task needs: numbers in a row give the first away as the last less L - 1. Accuracy at the last step, over all
    training sequences.
    """
    from unroll.network import study as studies

    with refusals():
        kinds = [(task, cell) for task in ("count", "recall") for cell in cells_from(cells)]
        recipes = [studies.memory_recipe(cell, task) for task, cell in kinds]
        found = study_all(studies.memory, recipes, seeds, on_device(device))
    rows = [(*kind, loop, spread) for kind, loops in zip(kinds, found, strict=True) for loop, spread in loops.items()]
    if as_json:
        print_json([{"task": task, "cell": cell, "loop": loop, **in_json(spread)} for task, cell, loop, spread in rows])
        return
    click.echo(f"accuracy at the last step, seeds: {seeds}\n")
    click.echo("task    cell  loop          median   lowest  highest")
    for task, cell, loop, spread in rows:
        click.echo(f"{task:6}  {cell:4}  {loop:11}  {_spread(spread)}")


# Both studies


def study_all(measure: Callable[[Ensemble], T], recipes: list[Recipe], seeds: int, device: str) -> list[T]:
    """What is measured of all seeds of each recipe, on all cores, with a bar that allows for what takes longer."""
    from unroll.machine import cores, spread
    from unroll.network.study import study

    results: dict[int, T] = {}
    one = partial(study, measure, seeds=seeds, device=device)
    alone = device != "cpu" or cores() == 1 or len(recipes) == 1
    found = ((i, one(recipe)) for i, recipe in enumerate(recipes)) if alone else spread(one, recipes)
    with progress(sum(map(_work, recipes)), "training") as show:
        try:
            for place, result in found:
                results[place] = result
                show(sum(_work(recipes[place]) for place in results), "training")
        except BrokenExecutor:
            raise Refused("A process of the study was killed, for want of memory perhaps: take fewer seeds.") from None
    return [results[place] for place in range(len(recipes))]


def _work(recipe: Recipe) -> float:
    """How long a recipe takes, in an arbitrary unit."""
    task, slowness = recipe.task, 1.0 if recipe.model.cell == "rnn" else 1.2
    return task.vocab_size * task.length * recipe.train.epochs * slowness


def in_json(spread: Spread) -> dict[str, Any]:
    """A spread as it stands in JSON."""
    shown = {"median": spread.middle, "low": spread.low, "high": spread.high}
    rounded = {name: round(value, 4) for name, value in shown.items()}
    return {**rounded, "seeds": [round(value, 4) for value in spread.values]}


def _spread(spread: Spread) -> str:
    """A spread as it stands in a table."""
    return "  ".join(f"{figures.share(value):>7}" for value in (spread.middle, spread.low, spread.high))
