"""`unroll engine`: an engine for a playground on another machine, or to talk to by hand; `unroll attach`: the
playground on one that trains in the background."""

import shlex

import click

from unroll.commands.common import Refused, refusals
from unroll.commands.options import device_option, example
from unroll.recipe import DeviceName
from unroll.text import shown_path


@click.command(epilog=example("unroll engine\nunroll engine --device auto\nunroll engine --attach count-rnn"))
@device_option
@click.option("--attach", metavar="NAME", help="Connect to an engine in the background instead of starting one.")
def engine(device: DeviceName, attach: str | None) -> None:
    """Run an engine on standard input and output: one JSON message per line in both directions."""
    if attach is not None:
        from unroll.engine.listener import relay

        raise SystemExit(relay(attach))
    from unroll.engine.__main__ import serve

    serve(device)


@click.command(epilog=example("unroll attach\nunroll attach count-rnn"))
@click.argument("name", required=False)
@click.option("--list", "as_list", is_flag=True, help="List the trainings in the background, and exit.")
@click.pass_context
def attach(context: click.Context, name: str | None, as_list: bool) -> None:
    """Open the playground on a training that runs in the background, with everything it has done so far.

    NAME can be left out if there is only one. unroll train --background and the key d start one.
    """
    from unroll.client.transport import PYTHON
    from unroll.commands.play import play
    from unroll.engine.listener import names

    with refusals():
        running = names()
    if as_list:
        for one in running:
            click.echo(one)
        return
    if not running:
        raise Refused(f"No training runs in the background{_elsewhere()}")
    if name is None and len(running) > 1:
        raise Refused("Several trainings run in the background: choose one of these.\n  " + "\n  ".join(running))
    if name is not None and name not in running:
        raise Refused(f"No training {shown_path(name)} runs in the background: choose one of {', '.join(running)}.")
    context.invoke(play, engine=shlex.join([*PYTHON, "-m", "unroll", "engine", "--attach", name or running[0]]))


def _elsewhere() -> str:
    """Where else it may be: among the sessions that ended unexpectedly, or on another machine."""
    from unroll.engine.autosave import cut_off_sessions
    from unroll.engine.listener import hosts

    sessions, _ = cut_off_sessions()
    if sessions:
        which = "an earlier session" if len(sessions) == 1 else f"{len(sessions)} earlier sessions"
        return f", but {which} ended unexpectedly: start unroll, and r restores the newest."
    if found := hosts():
        return f" of this machine: try unroll attach on {', '.join(map(shown_path, found))}."
    return ": unroll train --background starts one."
