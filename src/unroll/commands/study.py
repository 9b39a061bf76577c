"""`unroll study`: what the lesson rests on, over many seeds."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from functools import partial, reduce
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, get_args

import click

from unroll import figures
from unroll.commands.common import Misused, Refused, print_json, progress, refusals
from unroll.commands.options import device_option, example, force_option, json_option, on_device
from unroll.figures import Spread
from unroll.files import check_place, write_atomically
from unroll.recipe import CellName, DeviceName, Recipe, Value, plan, recipe_of
from unroll.table import as_csv
from unroll.tasks import TASKS, sequences
from unroll.tasks.config import TaskName

if TYPE_CHECKING:
    from unroll.network.study import Measure, Measured

CELLS: tuple[CellName, ...] = get_args(CellName)
KINDS: Mapping[str, Mapping[str, Value]] = {
    **{cell: {"cell": cell} for cell in CELLS},
    "lstm-open": {"cell": "lstm", "init": "forget-bias"},
    "linear-signed": {"cell": "linear", "eigenvalues": "-1..1"},
}
"""The cells that a study by task compares, and two of them that start or are bounded otherwise."""
MAX_LENGTH = 512
LENGTHS = "4,6,8,10,12,14,16,18"
CHART_WIDTH, CHART_HEIGHT = 72, 18


@click.group()
def study() -> None:
    """Train many seeds, and compare their results."""


def study_options(cells: str, seeds: int, known: Collection[str] = CELLS) -> Callable[[Any], Any]:
    """`--cells`, `--seeds`, `--device` and `--json`."""

    which, count = f"Which cells, of {', '.join(known)}, separated by commas.", click.IntRange(1, 1024)
    options = (
        json_option,
        device_option,
        click.option("--seeds", type=count, default=seeds, show_default=True, help="How many seeds, from 0."),
        click.option("--cells", default=cells, show_default=True, help=which),
    )
    return lambda command: reduce(lambda done, option: option(done), options, command)


def cells_from(text: str) -> list[CellName]:
    """The cells that `--cells` names, each once."""
    return [cell for word in kinds_from(text, CELLS) for cell in CELLS if cell == word]


def kinds_from(text: str, known: Collection[str] = tuple(KINDS)) -> list[str]:
    """The words that `--cells` names, each once."""
    words = text.replace(",", " ").split()
    if not words or not {*words} <= {*known}:
        raise Misused(f"--cells cannot be {text!r:.24}: choose of {', '.join(known)}, separated by commas.")
    return list(dict.fromkeys(words))


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
        found = study_all(recalled, recipes, seeds, on_device(device))
        results = {kind: measured["accuracy"] for kind, measured in zip(tasks, found, strict=True)}
        if csv_file is not None:
            write_atomically(csv_file, _csv(results).encode())
    if as_json:
        print_json([{"cell": cell, "length": length, **in_json(spread)} for (cell, length), spread in results.items()])
        return
    curves: dict[str, dict[int, float]] = {}
    click.echo(f"accuracy at the last step, seeds: {seeds}\n")
    click.echo("cell    length  published   median   lowest  highest")
    for (cell, length), spread in results.items():
        known = PUBLISHED.get(cell, {}).get(length)
        shown = "" if known is None else figures.share(known)
        click.echo(f"{cell:6}  {length:6}  {shown:>9}  {_spread(spread)}")
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
    the task needs: numbers in a row give the first away as the last less L - 1. Of random numbers (recall-any) nothing
    but memory tells the first. Accuracy at the last step, over all training sequences.
    """
    from unroll.network import study as studies

    with refusals():
        kinds = [(task, cell) for task in ("count", "recall", "recall-any") for cell in cells_from(cells)]
        recipes = [studies.memory_recipe(cell, task) for task, cell in kinds]
        found = study_all(studies.memory, recipes, seeds, on_device(device))
    rows = [(*kind, loop, spread) for kind, loops in zip(kinds, found, strict=True) for loop, spread in loops.items()]
    if as_json:
        print_json([{"task": task, "cell": cell, "loop": loop, **in_json(spread)} for task, cell, loop, spread in rows])
        return
    click.echo(f"accuracy at the last step, seeds: {seeds}\n")
    click.echo("task        cell    loop          median   lowest  highest")
    for task, cell, loop, spread in rows:
        click.echo(f"{task:10}  {cell:6}  {loop:11}  {_spread(spread)}")


# By task


def study_tasks(
    names: Sequence[TaskName],
    cells: str,
    seeds: int,
    csv_file: str | None,
    force: bool,
    device: DeviceName,
    as_json: bool,
) -> None:
    """How many of so many seeds solve each task, cell by cell."""
    from unroll.network.study import learned

    with refusals():
        kinds = [(task, kind) for task in names for kind in kinds_from(cells)]
        if csv_file is not None:
            check_place(csv_file, force)
        recipes = [task_recipe(task, kind) for task, kind in kinds]
        found = study_all(learned, recipes, seeds, on_device(device))
        results = dict(zip(kinds, found, strict=True))
        if csv_file is not None:
            write_atomically(csv_file, _seeds_as_csv(results).encode())
    if as_json:
        print_json([_task_in_json(task, cell, measured) for (task, cell), measured in results.items()])
    else:
        _print_tasks(results)


def _task_in_json(task: TaskName, cell: str, measured: Measured) -> dict[str, Any]:
    more = {name: list(spread.values) for name, spread in measured.items() if name != "accuracy"}
    said = {"solved": _solved(measured), "updates": _updates(task, cell), "published": TASKS[task].published}
    return {"task": task, "cell": cell, **in_json(measured["accuracy"]), **said, **more}


def _seeds_as_csv(results: Mapping[tuple[TaskName, str], Measured]) -> str:
    names = ("accuracy", "seconds", "reach")
    rows: list[Sequence[object]] = [("task", "cell", "seed", *names)]
    for (task, cell), measured in results.items():
        values = [measured[name].values if name in measured else () for name in names]
        rows += [(task, cell, seed, *row) for seed, row in enumerate(zip_longest(*values, fillvalue=""))]
    return as_csv(rows)


def _print_tasks(results: Mapping[tuple[TaskName, str], Measured]) -> None:
    seeds = len(next(iter(results.values()))["accuracy"].values)
    click.echo(
        f"solved: seeds of {seeds} that are at least {figures.share(figures.SOLVED, 0)} right on what is held out"
    )
    click.echo("seconds: of one processor, for one seed\n")
    click.echo("task         cell           solved   median   lowest  highest  updates  seconds")
    for (task, cell), measured in results.items():
        click.echo(
            f"{task:11}  {cell:13}  {_solved(measured):6}  {_spread(measured['accuracy'])}  {_updates(task, cell):7,}"
            f"  {measured['seconds'].middle:7.2f}{_reach(measured)}"
        )
    click.echo()
    for task in dict.fromkeys(task for task, _ in results):
        known = TASKS[task]
        where = f" (nothing is held out: {known.no_held_out})" if known.no_held_out else ""
        click.echo(f"{task}: {known.asks} Right {known.right_where}{where}.")
        click.echo(f"  published: {known.published or 'nothing known'}")


def _solved(measured: Measured) -> int:
    return sum(value >= figures.SOLVED for value in measured["accuracy"].values)


def _updates(task: TaskName, kind: str) -> int:
    recipe = task_recipe(task, kind)
    return plan(recipe, sequences(recipe.task) or 1).updates


def task_recipe(task: TaskName, kind: str) -> Recipe:
    """What a task starts from, with a cell of some kind."""
    return recipe_of({**TASKS[task].start, "task": task, **KINDS[kind]})


def _reach(measured: Measured) -> str:
    """Up to which size all are right, where a task has one of every size."""
    if "reach" not in measured:
        return ""
    spread = measured["reach"]
    low, middle, high = (f"{value:g}" for value in (spread.low, spread.middle, spread.high))
    return f"  right up to n = {low} to {high}, median {middle}"


STUDIED: tuple[TaskName, ...] = tuple(name for name in get_args(TaskName) if name not in ("recall", "file"))


def task_options(command: Callable[..., None]) -> Any:
    """The options of a study by task."""
    csv_option = click.option("--csv", "csv_file", metavar="FILE", help="Write every seed's figures to a file.")
    return study_options(",".join(KINDS), 10, tuple(KINDS))(csv_option(force_option(command)))


@study.command(epilog=example("unroll study tasks\nunroll study tasks --cells gru --seeds 3 --csv tasks.csv"))
@task_options
def tasks(**given: Any) -> None:
    """Which cells learn which tasks, each by the recipe that it starts from: some seven minutes of one processor."""
    study_tasks(STUDIED, **given)


def _of_task(name: TaskName) -> click.Command:
    known = TASKS[name]

    @task_options
    def one(**given: Any) -> None:
        study_tasks([name], **given)

    described = f"{known.asks}\n\n{known.teaches} Published: {known.published or 'nothing known'}."
    return click.command(name, help=described, epilog=example(f"unroll study {name} --seeds 3"))(one)


for _name in STUDIED:
    study.add_command(_of_task(_name))


# All studies


def study_all(measure: Measure, recipes: list[Recipe], seeds: int, device: str) -> list[Measured]:
    """What is measured of all seeds of each recipe, on all cores, with a bar that allows for what takes longer.

    Seeds of the last recipes are shared among the cores, so that none is idle at the end.
    """
    from unroll.machine import cores, spread
    from unroll.sweep.cost import guess

    workers = 1 if device != "cpu" else min(cores(), seeds)
    whole = len(recipes) - len(recipes) % workers
    units = [
        (place, range(first, seeds, 1 if place < whole else workers))
        for place in range(len(recipes))
        for first in range(1 if place < whole else workers)
    ]
    work = [(recipes[place], chosen) for place, chosen in units]
    one = partial(_study_one, measure, device)
    found = ((i, one(given)) for i, given in enumerate(work)) if workers == 1 else spread(one, work)
    results: dict[int, Measured] = {}
    costs = [guess(recipe, len(chosen)) for recipe, chosen in work]
    with progress(sum(costs), "training") as show:
        try:
            for place, result in found:
                results[place] = result
                show(sum(costs[place] for place in results), "training")
        except BrokenExecutor:
            raise Refused("A process of the study was killed, for want of memory perhaps: take fewer seeds.") from None
    return [_joined([(units[i][1], results[i]) for i in results if units[i][0] == p]) for p in range(len(recipes))]


def _study_one(measure: Measure, device: str, given: tuple[Recipe, Sequence[int]]) -> Measured:
    from unroll.network.study import study

    recipe, seeds = given
    return study(measure, recipe, seeds, device)


def _joined(results: Sequence[tuple[Sequence[int], Measured]]) -> Measured:
    """What was measured of some seeds and of others, in the order of the seeds."""
    found: Measured = {}
    for name in results[0][1]:
        by_seed = {seed: x for seeds, one in results for seed, x in zip(seeds, one[name].values, strict=True)}
        found[name] = Spread(tuple(by_seed[seed] for seed in sorted(by_seed)))
    return found


def in_json(spread: Spread) -> dict[str, Any]:
    """A spread as it stands in JSON."""
    shown = {"median": spread.middle, "low": spread.low, "high": spread.high}
    rounded = {name: round(value, 4) for name, value in shown.items()}
    return {**rounded, "seeds": [round(value, 4) for value in spread.values]}


def _spread(spread: Spread) -> str:
    """A spread as it stands in a table."""
    return "  ".join(f"{figures.share(value):>7}" for value in (spread.middle, spread.low, spread.high))
