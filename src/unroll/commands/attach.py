"""`unroll attach`: back to an engine that goes on in the background."""

from __future__ import annotations

import shlex
import sys

import click

from unroll.commands.options import example
from unroll.commands.play import play
from unroll.commands.refusals import Refused, refusals
from unroll.text import shown_path


@click.command(epilog=example("unroll attach\nunroll attach count-rnn"))
@click.argument("name", required=False)
@click.option("--list", "as_list", is_flag=True, help="Only list the engines that there are.")
@click.pass_context
def attach(context: click.Context, name: str | None, as_list: bool) -> None:
    """Open the playground on a training that goes on in the background, with all that it has done meanwhile.

    Without a NAME, on the only one there is. `unroll train --background` and the key d start one.
    """
    from unroll.engine.listener import names

    with refusals():
        there = names()
    if as_list:
        for one in there:
            click.echo(one)
        return
    command = [sys.executable, "-m", "unroll", "engine", "--attach", _chosen(name, there)]
    context.invoke(play, engine=shlex.join(command))


def _chosen(name: str | None, there: list[str]) -> str:
    if not there:
        raise Refused("Nothing goes on in the background: unroll train --background starts something.")
    if name is None and len(there) > 1:
        raise Refused("There are several in the background: choose one of these.\n  " + "\n  ".join(there))
    if name is not None and name not in there:
        raise Refused(f"There is no {shown_path(name)} in the background: choose one of {', '.join(there)}.")
    return name or there[0]
