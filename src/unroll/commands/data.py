"""`unroll data`: how a file of sequences is understood, before anything is trained on it."""

from __future__ import annotations

import click

from unroll.commands.common import print_json, refusals
from unroll.commands.options import example, json_option
from unroll.preview import SHOWN, preview
from unroll.tasks.datafile import understand

EXAMPLES = """
unroll data names
unroll data airline.csv --column Passengers --levels 8
unroll train --task file --path names --length 9
"""


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
        shown, found = preview(path, column, levels or 0), understand(path, column, levels or 0)
    if as_json:
        print_json({**found._asdict(), "sequences": len(found.sequences), "first": found.sequences[:SHOWN]})
        return
    for line in (*shown.sentences, "", *shown.first):
        click.echo(line)
