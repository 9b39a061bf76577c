"""`unroll lens`: a saved network seen through one of the lenses of the playground."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from operator import length_hint
from typing import Any

import click
from msgspec import to_builtins

from unroll.commands import options
from unroll.commands.common import Misused, print_json, progress, refusals
from unroll.moment import UNTOUCHED, Interventions, Moment
from unroll.picture import Grid, Lines, Picture
from unroll.series import Series
from unroll.vocabulary import Vocabulary

EXAMPLES = """
unroll lens length recall-rnn
unroll lens memory recall-lstm --json
unroll lens transplant recall-lstm 7 8 9 10 11 12
unroll lens unit recall-lstm 7 8 9 10 --put 2:whole:50,51
unroll lens unit count-lstm 7 8 9 10 --unit 3 --csv > unit3.csv
"""
LEAVE_OUT = "leave out --cut, --silence, --clamp and --put."
Rows = Iterator[list[Any]]


@click.command(epilog=options.example(EXAMPLES))
@click.argument("name", metavar="LENS", required=False)
@click.argument("model", required=False)
@click.argument("numbers", nargs=-1)
@click.option("--step", type=click.IntRange(1), help="The step that is looked at.  [default: the last]")
@click.option("--unit", type=click.IntRange(0), default=0, show_default=True, help="The unit that is looked at.")
@options.intervention_options
@click.option("--csv", "as_csv", is_flag=True, help="Print the figures only, one row for each x, cell row or point.")
@options.json_option
def lens(
    name: str | None,
    model: str | None,
    numbers: tuple[str, ...],
    step: int | None,
    unit: int,
    as_csv: bool,
    as_json: bool,
    **does: Any,
) -> None:
    """See MODEL through a LENS, on NUMBERS (7 8 9 10 if there are none, or its first symbol). Without any arguments,
    list the lenses.

    Prints what is done to the network, the figures, what is seen in them, and what they cannot show: the same that the
    playground's lens pane draws.
    """
    from unroll.network.lenses import lenses

    if name is None:
        for known, one in lenses().items():
            click.echo(f"{known:12}{one.about}")
        return
    if name not in lenses():
        raise Misused(f"There is no lens {name!r:.24}: choose {', '.join(lenses())}.")
    if model is None:
        raise Misused("Which network is to be seen? Add its name or file: unroll models lists them.")
    picture, done, vocabulary = _seen(name, model, numbers, step, unit, does)
    if as_json:
        print_json({"interventions": done, **to_builtins(picture)})
        return
    if as_csv:
        csv.writer(sys.stdout, lineterminator="\n").writerows(_rows(picture))
        return
    for line in options.told(done, vocabulary):
        click.echo(line)
    _print_table(picture)
    click.echo(f"\n{picture.caption}\n{picture.limits}")


def _seen(
    name: str, model: str, numbers: tuple[str, ...], step: int | None, unit: int, does: dict[str, Any]
) -> tuple[Picture, Interventions, Vocabulary]:
    with refusals():
        saved, sequence = options.open_model(model, numbers, has_opening=True)
        interventions = options.interventions_from(saved.recipe, len(sequence), **does)
        step = len(sequence) if step is None else step
        if step > len(sequence):
            raise Misused(f"--step cannot be {step}: choose one from 1 to {len(sequence)}.")
        if unit >= saved.recipe.model.hidden_size:
            raise Misused(f"--unit cannot be {unit}: choose one from 0 to {saved.recipe.model.hidden_size - 1}.")
        from unroll.network.lenses import Subject, lenses
        from unroll.network.training import Training

        training, known = Training(saved.recipe, options.on_device("cpu")), lenses()[name]
        if known.prepare is not None and interventions != UNTOUCHED:
            raise Misused(f"The lens {name} is of whole trainings, in which nothing is done to a network: {LEAVE_OUT}")
        prepared = None if known.prepare is None else _computed(known.prepare(training), name)
        moment = Moment(0, sequence, step - 1, interventions=interventions)
        series = Series.of(saved.history, training.plan.updates_per_epoch)
        subject = Subject(
            saved.model, moment, saved.recipe.task, training.data, unit=unit, series=series, prepared=prepared
        )
        return known.look(subject), interventions, subject.vocabulary


def _computed(job: Iterator[None], name: str) -> Iterator[None]:
    """What a lens needs, computed to its end."""
    with progress(length_hint(job), name) as tell:
        for done, _ in enumerate(job, 1):
            tell(done, name)
    return job


def _rows(picture: Picture) -> Rows:
    """The figures as rows, the heading first."""
    if isinstance(picture, Lines):
        yield [picture.x_name, *(["number"] if picture.labels else []), *(line.name for line in picture.lines)]
        for place, x in enumerate(picture.xs):
            yield [x, *picture.labels[place : place + 1], *(line.ys[place] for line in picture.lines)]
    elif isinstance(picture, Grid):
        yield [picture.row_name, *(f"{picture.column_name} {column}" for column in picture.columns)]
        for row, values in zip(picture.rows, picture.values, strict=True):
            yield [row, *values]
    else:
        yield ["shape", picture.x_name, picture.y_name]
        for shape in picture.shapes:
            yield from ([shape.name, x, y] for x, y in zip(shape.xs, shape.ys, strict=True))


def _print_table(picture: Picture) -> None:
    rows = [["" if value is None else _text(value) for value in row] for row in _rows(picture)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(value.rjust(width) for value, width in zip(row, widths, strict=True)))


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:g}"
