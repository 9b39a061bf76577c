"""`unroll data`: how a file of sequences is understood, before anything is trained on it."""

from __future__ import annotations

import click

from unroll import figures
from unroll.commands.common import print_json, refusals
from unroll.commands.options import example, json_option
from unroll.tasks.datafile import Understood, understand
from unroll.tasks.decoding import SHIPPED, located
from unroll.text import clipped, printable, shown_path

EXAMPLES = """
unroll data names
unroll data airline.csv --column Passengers --levels 8
unroll train --task file --path names --length 9
"""
SHOWN, WIDTH, SHOWN_SYMBOLS = 5, 72, 60


@click.command(epilog=example(EXAMPLES))
@click.argument("path")
@click.option("--column", default="", help="Of a table: the column that is the series, by name or number.")
@click.option("--levels", type=click.IntRange(2, 256), help="Put numbers into this many levels of equal shares.")
@json_option
def data(path: str, column: str, levels: int | None, as_json: bool) -> None:
    """Show how the file PATH is understood: its form, its symbols, and its first sequences as they would be trained on.

    Text with a sequence, a number or a name a line, CSV and TSV, FASTA, OEIS, SPMF, JSON lists and JSON lines, each as
    it is or packed by gzip. PATH may also be `names`: a list of names that comes with unroll.
    """
    with refusals():
        found = understand(path, column, levels or 0)
    if as_json:
        print_json({**found._asdict(), "sequences": len(found.sequences), "first": found.sequences[:SHOWN]})
        return
    for line in _lines(path, found):
        click.echo(printable(line))


def _called(path: str) -> str:
    """A path, and where its file is when it is not one's own."""
    file = located(path)
    return (
        f"{shown_path(path)}, which comes with unroll ({shown_path(file)}),"
        if SHIPPED in file.parents
        else shown_path(path)
    )


def _lines(path: str, found: Understood) -> list[str]:
    lengths = sorted(len(sequence) for sequence in found.sequences)
    several = f" of {lengths[0]:,} to {lengths[-1]:,} (half have {lengths[len(lengths) // 2]:,} or more)"
    said = [
        f"{_called(path)} is understood as {found.says}.",
        f"{figures.count(len(found.sequences), 'sequence')}{several if len(lengths) > 1 else f' of {lengths[0]:,}'}, "
        f"{figures.count(sum(lengths), 'symbol')} in all, a vocabulary of {found.vocab_size:,}.",
    ]
    if found.symbols:
        said.append(f"Symbols: {clipped(' '.join(found.symbols), SHOWN_SYMBOLS)}")
    if found.edges:
        said.append(f"Levels 0 to {len(found.edges)}, divided at {', '.join(f'{edge:.4g}' for edge in found.edges)}.")
    said += [f"Left out: {figures.count(count, 'line')} {why}." for why, count in found.left_out.items()]
    return [*said, "", *(clipped(found.shown(sequence), WIDTH) for sequence in found.sequences[:SHOWN])]
