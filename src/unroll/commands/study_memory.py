"""`unroll study memory`: what is left of each task when the loop is cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from unroll.commands.options import DeviceName, example, on_device
from unroll.commands.output import print_json
from unroll.commands.refusals import refusals
from unroll.commands.study import cells_from, figures, seeds_in_words, study_options, train_all
from unroll.recipe import CellName

if TYPE_CHECKING:
    from unroll.network.study import Spread


@click.command(epilog=example("unroll study memory\nunroll study memory --cells lstm --seeds 3 --json"))
@study_options("rnn,lstm,gru", seeds=10)
def memory(cells: str, seeds: int, device: DeviceName, as_json: bool) -> None:
    """What of each task is memory: accuracy with the loop whole, and cut.

    With the hidden state set to zero before every step, a network sees its last number and nothing else. Counting
    stays; recalling the first number falls to chance, one in 122. Accuracy at the last step, over all
    training sequences.
    """
    with refusals():
        kinds = [(task, cell) for task in ("count", "recall") for cell in cells_from(cells)]
        rows = _memory(kinds, seeds, on_device(device))
    if as_json:
        print_json([{"task": task, "cell": cell, "loop": loop, **figures(spread)} for task, cell, loop, spread in rows])
        return
    click.echo(f"accuracy at the last step, {seeds_in_words(seeds)}\n")
    click.echo("task    cell  loop         median   lowest  highest")
    for task, cell, loop, spread in rows:
        click.echo(f"{task:6}  {cell:4}  {loop:11}  {spread.middle:6.1%}  {spread.low:7.1%}  {spread.high:7.1%}")


def _memory(kinds: list[tuple[str, CellName]], seeds: int, device: str) -> list[tuple[str, CellName, str, Spread]]:
    from unroll.network.study import memory as measure
    from unroll.network.study import memory_recipe

    ensembles = train_all([memory_recipe(cell, task) for task, cell in kinds], seeds, device)
    found = [measure(ensemble) for ensemble in ensembles]
    return [
        (*kind, loop, spread) for kind, spreads in zip(kinds, found, strict=True) for loop, spread in spreads.items()
    ]
