"""`unroll study recall`: how much longer a sequence can grow until its first number is forgotten."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import click

from unroll.commands.chart import chart
from unroll.commands.options import DeviceName, example, on_device
from unroll.commands.output import print_json
from unroll.commands.refusals import Misused, refusals
from unroll.commands.study import cells_from, figures, seeds_in_words, study_options, train_all
from unroll.files import check_place, write_atomically
from unroll.recipe import CellName

if TYPE_CHECKING:
    from unroll.network.study import Spread

MAX_LENGTH = 512
LENGTHS = "4,6,8,10,12,14,16,18"


@click.command(epilog=example("unroll study recall\nunroll study recall --lengths 4,18 --seeds 2 --csv recall.csv"))
@click.option("--lengths", default=LENGTHS, show_default=True, help="Which lengths, with commas between.")
@study_options("rnn,lstm", seeds=8)
@click.option("--csv", "csv_file", metavar="FILE", help="Write every seed's accuracy to a file.")
def recall(lengths: str, cells: str, seeds: int, csv_file: str | None, device: DeviceName, as_json: bool) -> None:
    """How well each cell recalls the first number, as sequences grow longer.

    Elman's cell forgets, the LSTM holds: accuracy at the last step over all 512 - L training sequences, after 100
    updates, beside the published figures (rnn/MeasuringRNNAccuracy.ipynb in christianb93/MLLM, one seed each).
    """
    with refusals():
        tasks = [(cell, length) for cell in cells_from(cells) for length in _lengths(lengths)]
        if csv_file is not None:
            check_place(csv_file)
        results = dict(zip(tasks, _recall(tasks, seeds, on_device(device)), strict=True))
        if csv_file is not None:
            write_atomically(csv_file, _csv(results).encode())
    if as_json:
        print_json([{"cell": cell, "length": length, **figures(spread)} for (cell, length), spread in results.items()])
    else:
        _print_recall(results, seeds)


def _recall(tasks: list[tuple[CellName, int]], seeds: int, device: str) -> Iterator[Spread]:
    from unroll.network.study import Spread, recall_recipe

    recipes = [recall_recipe(cell, length) for cell, length in tasks]
    for ensemble in train_all(recipes, seeds, device):
        yield Spread(tuple(ensemble.accuracies()))


def _lengths(text: str) -> list[int]:
    words = text.replace(",", " ").split()
    if not words or not all(re.fullmatch("[0-9]{1,9}", word) and 0 < int(word) < MAX_LENGTH for word in words):
        raise Misused(f"--lengths cannot be {text!r:.24}: choose from 1 to {MAX_LENGTH - 1}, with commas between.")
    return sorted(set(map(int, words)))


def _csv(results: Mapping[tuple[CellName, int], Spread]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["cell", "length", "seed", "accuracy"])
    for (cell, length), spread in results.items():
        writer.writerows([cell, length, seed, f"{value:.6f}"] for seed, value in enumerate(spread.values))
    return text.getvalue()


def _print_recall(results: Mapping[tuple[CellName, int], Spread], seeds: int) -> None:
    from unroll.network.study import PUBLISHED

    click.echo(f"accuracy at the last step, {seeds_in_words(seeds)}\n")
    click.echo("cell  length  published  median   lowest  highest")
    for (cell, length), spread in results.items():
        known = PUBLISHED.get(cell, {}).get(length)
        shown = "" if known is None else f"{known:.3f}"
        click.echo(f"{cell:4}  {length:6}  {shown:>9}  {spread.middle:6.3f}  {spread.low:7.3f}  {spread.high:7.3f}")
    click.echo()
    click.echo(_chart(results))


def _chart(results: Mapping[tuple[CellName, int], Spread]) -> str:
    """The medians by length, and the published figures of Elman's cell, which fall."""
    from unroll.network.study import PUBLISHED

    curves: dict[str, dict[int, float]] = {}
    for (cell, length), spread in results.items():
        if cell == "rnn" and length in PUBLISHED["rnn"]:
            curves.setdefault("published rnn", {})[length] = PUBLISHED["rnn"][length]
        curves.setdefault(cell, {})[length] = spread.middle
    drawn = chart({name[0]: points for name, points in curves.items()}, sorted({length for _, length in results}))
    return f"{drawn}\nmedian accuracy by length: {', '.join(f'{name[0]} {name}' for name in curves)}"
