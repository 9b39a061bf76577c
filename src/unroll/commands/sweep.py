"""`unroll sweep`: many recipes with many seeds each, computed once, and what came of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from math import prod
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, get_args

import click

from unroll import figures, table
from unroll.commands.common import Misused, Refused, print_json, progress, refusals
from unroll.commands.options import example, force_option, json_option, recipe_from
from unroll.commands.study import in_json
from unroll.errors import RecipeError, UserError
from unroll.files import check_place, write_atomically
from unroll.machine import cores
from unroll.recipe import FIELDS, Recipe
from unroll.sweep import cost, grid, results, run, summary
from unroll.text import printable, shown_path

if TYPE_CHECKING:
    from unroll.sweep.grid import Unit
    from unroll.sweep.results import Fault, Results

F = TypeVar("F", bound=Callable[..., Any])
EXAMPLES = """
unroll sweep --cell rnn,lstm --length 4..18:2 --hidden-size 8,16,32 --seeds 64 --plan
unroll sweep --cell rnn,lstm --length 4..18:2 --task recall --seeds 16 --out recall.jsonl
unroll sweep --show recall.jsonl --by length,cell
"""


def axes_options(command: F) -> F:
    """An option for every field of a recipe, which takes several values."""
    for field in reversed(list(FIELDS.values())):
        if field.name != "seed":
            command = click.option(f"--{field.name.replace('_', '-')}", field.name, metavar="VALUES", help=field.help)(
                command
            )
    return command


@click.command(epilog=example(EXAMPLES))
@axes_options
@click.option("--seeds", metavar="SEEDS", default="16", show_default=True, help="How many, or which: 8..15 or 3,5,8.")
@click.option("--out", default="sweep.jsonl", show_default=True, metavar="FILE", help="The results file.")
@click.option("--plan", is_flag=True, help="Say what is to be done and how long that takes, and do nothing.")
@click.option("--shard", metavar="K/N", help="Do the Kth of N equal parts, into a file of its own beside FILE.")
@click.option("--scheduler", metavar="ADDRESS|FILE", help="Use the workers of this dask scheduler.")
@click.option("--merge", is_flag=True, help="Put the parts that --shard wrote beside FILE into it.")
@click.option("--show", metavar="FILE", help="Show what is in a results file.")
@click.option("--by", metavar="X,Y", help="With --show: the two fields of the heatmap.")
@click.option("--figure", type=click.Choice(get_args(summary.Figure)), default="accuracy", help="With --show: of what.")
@click.option("--csv", "csv_file", metavar="FILE", help="With --show: write every seed's figures to a file.")
@force_option
@json_option
def sweep(
    seeds: str,
    out: str,
    plan: bool,
    shard: str | None,
    scheduler: str | None,
    merge: bool,
    show: str | None,
    by: str | None,
    figure: summary.Figure,
    csv_file: str | None,
    force: bool,
    as_json: bool,
    **axes: str | None,
) -> None:
    """Train every combination of the values given, with many seeds each.

    VALUES are separated by commas, and whole numbers may be a range: rnn,lstm or 8,16,32 or 4..18:2. What is finished
    is in the results file, and is not computed again: a sweep that was stopped goes on by the same command, and a
    larger one takes over what is there.
    """
    with refusals():
        if show is not None:
            _show(summary.seeds_of(_told(results.read(show)).rows), by, figure, csv_file, force, as_json)
        elif by or csv_file:
            raise Misused("--by and --csv do nothing without --show: add --show FILE.")
        elif merge:
            _merge(out, as_json)
        else:
            asked = _asked(axes, seeds, shard)
            (_plan if plan else _run)(asked, out, scheduler, as_json)


class Asked(NamedTuple):
    """What is to be computed: every seed of every recipe, or a part of that."""

    recipes: list[Recipe]
    seeds: list[int]
    shard: grid.Shard

    def units(self, rows: Sequence[results.Row] = ()) -> list[Unit]:
        """The units of this part, less what is done."""
        return grid.units(self.recipes, self.seeds, self.shard, results.done(rows))

    def place(self, out: str) -> str:
        """The results file of this part."""
        return out if self.shard.of == 1 else results.shard_path(out, *self.shard)


def _asked(axes: dict[str, str | None], seeds: str, shard: str | None) -> Asked:
    values = {name: grid.axis(FIELDS[name], text) for name, text in axes.items() if text is not None}
    if prod(map(len, values.values())) > grid.MAX_UNITS:
        raise UserError(f"A sweep has at most {grid.MAX_UNITS:,} recipes: choose fewer values.")
    recipes = list(dict.fromkeys(recipe_from({**one}) for one in grid.combinations(values)))
    for recipe in recipes:
        cost.guess(recipe, 1)  # raises where its batch is too large
    return Asked(recipes, grid.seeds_of(seeds), _shard(shard))


def _shard(text: str | None) -> grid.Shard:
    found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text or "1/1")
    if found is None or not 1 <= int(found[1]) <= int(found[2]):
        raise Misused(f"--shard cannot be {text!r:.24}: choose K/N, a part from 1 to N, like 3/16.")
    return grid.Shard(int(found[1]), int(found[2]))


def _told(contents: results.Contents) -> results.Contents:
    """The same; what was torn in the file is said on standard error."""
    if contents.word:
        click.echo(f"Note: {contents.word}", err=True)
    return contents


# Before


def _plan(asked: Asked, out: str, scheduler: str | None, as_json: bool) -> None:
    rows = [row for place in dict.fromkeys((out, asked.place(out))) for row in _rows(place)]
    whole, left = asked.units(), asked.units(rows)
    factor = cost.correction(rows)
    seconds = (factor or 1.0) * sum(cost.guess(unit.recipe, len(unit.seeds)) for unit in left)
    if as_json:
        units = {"units": len(whole), "done": len(whole) - len(left), "core_seconds": round(seconds, 1)}
        print_json({"recipes": len(asked.recipes), "seeds": len(asked.seeds), **units, "measured": factor is not None})
        return
    here = "" if scheduler else f"; on the {figures.count(cores(), 'core')} here {figures.duration(seconds / cores())}"
    how = "by what units in this file took" if factor else "a guess, which may be wrong by a factor of three"
    done = f", {len(whole) - len(left):,} of them done" if len(left) < len(whole) else ""
    click.echo(f"recipes   {len(asked.recipes):,}, each with {figures.count(len(asked.seeds), 'seed')}")
    click.echo(f"units     {len(whole):,} of up to {grid.GROUP} seeds{done}")
    if left:
        click.echo(f"time      {figures.duration(seconds)} of one core{here} ({how})")
    click.echo(f"results   {shown_path(asked.place(out))}")


def _rows(path: str) -> list[results.Row]:
    """What is in a results file, if there is one."""
    return _told(results.read(path)).rows if check_place(path).exists() else []


# The sweep


def _run(asked: Asked, out: str, scheduler: str | None, as_json: bool) -> None:
    place = asked.place(out)
    with results.opened_results(place) as kept:
        rows = _told(kept.contents).rows + ([] if place == out else _rows(out))
        units = sorted(asked.units(rows), key=_cost, reverse=True)  # long ones last would leave workers idle
        already = len(asked.units()) - len(units)
        started = perf_counter()
        try:
            seconds, faults = _compute(units, kept, scheduler)
        except run.Stopped as stopped:
            raise Refused(str(stopped)) from None
        except KeyboardInterrupt:
            click.echo(f"\nStopped. What is finished is in {shown_path(place)}; the same command goes on.", err=True)
            raise click.Abort from None
    wall, computed = perf_counter() - started, len(units) - len(faults)
    for sentence, (first, *others) in _by_sentence(faults).items():
        more = f" and {figures.count(len(others), 'unit')} more" if others else ""
        click.echo(f"Failed: {_name(first)}{more}: {printable(sentence)}", err=True)
    if as_json:
        counts = {"units": already + len(units), "done_before": already, "computed": computed, "failed": len(faults)}
        print_json({"results": place, **counts, "seconds": round(wall, 3), "unit_seconds": round(seconds, 3)})
    else:
        before = f", {already:,} were done before" if already else ""
        took = f" in {figures.duration(wall)} ({figures.duration(seconds)} of units)" if computed else ""
        click.echo(f"{figures.count(computed, 'unit')} computed{took}{before}: unroll sweep --show {place}")
    if faults:
        raise Refused(f"{figures.count(len(faults), 'unit')} failed: the same command tries again.")


def _compute(units: Sequence[Unit], kept: Results, scheduler: str | None) -> tuple[float, list[tuple[Unit, Fault]]]:
    """Compute units and keep their rows; the seconds that they took, and those that failed."""
    done = seconds = 0.0
    faults: list[tuple[Unit, Fault]] = []
    with progress(sum(map(_cost, units)), f"0 of {figures.count(len(units), 'unit')}") as show:
        for number, (unit, found) in enumerate(run.compute(units, _place(scheduler, len(units))), 1):
            if isinstance(found, results.Row):
                kept.add(found)
                seconds += found.seconds
            else:
                faults.append((unit, found))
            done += _cost(unit)
            show(done, f"{number:,} of {figures.count(len(units), 'unit')}")
    return seconds, faults


def _place(scheduler: str | None, units: int) -> run.Place:
    if scheduler is None:
        return run.here(units)
    from unroll.sweep.cluster import at

    return at(scheduler)


def _cost(unit: Unit) -> float:
    return cost.guess(unit.recipe, len(unit.seeds))


def _by_sentence(faults: Sequence[tuple[Unit, Fault]]) -> dict[str, list[Unit]]:
    found: dict[str, list[Unit]] = {}
    for unit, fault in faults:
        found.setdefault(fault.fault, []).append(unit)
    return found


def _name(unit: Unit) -> str:
    """A unit in a sentence: what its recipe changes, and its seeds."""
    changed = [f"{name} {value}" for name, value in unit.recipe.values().items() if value != FIELDS[name].default]
    seeds = f"seeds {unit.seeds[0]} to {unit.seeds[-1]}" if len(unit.seeds) > 1 else f"seed {unit.seeds[0]}"
    return ", ".join([*changed, seeds])


def _merge(out: str, as_json: bool) -> None:
    paths = results.shard_paths(out)
    if not paths:
        raise UserError(f"There are no parts beside {shown_path(out)}: write them by --shard K/N with that --out.")
    with results.opened_results(out) as kept:
        for path in paths:
            _told(results.read(path))
        added = results.merge(kept, paths)
    if as_json:
        print_json({"results": out, "parts": len(paths), "added": added})
    else:
        click.echo(f"{figures.count(added, 'unit')} of {figures.count(len(paths), 'part')} added to {shown_path(out)}.")


# After


def _show(
    seeds: list[summary.Seed], by: str | None, figure: summary.Figure, csv_file: str | None, force: bool, as_json: bool
) -> None:
    names = summary.varying(seeds) or ["cell"]
    found = summary.spreads(seeds, names, figure)
    if csv_file is not None:
        check_place(csv_file, force)
        write_atomically(csv_file, table.as_csv(summary.of_seeds(seeds)).encode())
    if as_json:
        print_json([{**dict(zip(names, key, strict=True)), **in_json(spread)} for key, spread in found.items()])
        return
    if not found:
        raise UserError(f"No seed in this file has a figure for {figure}: choose another --figure, or run a sweep.")
    rows = list(summary.table(names, found, figure))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(word.rjust(width) for word, width in zip(row, widths, strict=True)))
    x, y = _axes(by, names)
    drawn = summary.heatmap(summary.spreads(seeds, (x, y), figure), x, y, figure)
    click.echo(f"\n{drawn if _has_colours() else click.unstyle(drawn).replace('█', ' ')}")
    for remark in summary.remarks(seeds, figure):
        click.echo(remark)


def _axes(by: str | None, names: list[str]) -> tuple[str, str]:
    """The two fields of the heatmap: those asked for, or of those that vary the two with the most values."""
    if by is None:
        return names[-1], (["cell" if names != ["cell"] else "hidden_size", *names])[-2]
    words = [word.strip().replace("-", "_") for word in by.split(",")]
    if len(words) != 2 or not {*words} <= {*FIELDS} - {"seed"}:
        known = ", ".join(name.replace("_", "-") for name in names)
        raise RecipeError("by", f"--by cannot be {by!r:.40}: choose two fields, like length,cell; here vary {known}.")
    return words[0], words[1]


def _has_colours() -> bool:
    from rich.console import Console

    return Console().color_system not in (None, "standard")
