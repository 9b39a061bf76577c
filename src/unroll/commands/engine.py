"""`unroll engine`: an engine for a playground on another machine, or to talk to by hand."""

from __future__ import annotations

import click

from unroll.commands.options import device_option, example
from unroll.recipe import DeviceName


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
