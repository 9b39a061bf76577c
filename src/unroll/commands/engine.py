"""`unroll engine`: an engine for a terminal elsewhere, or for a person to talk to by hand."""

from __future__ import annotations

import click

from unroll.commands.options import DeviceName, device_option, example


@click.command(epilog=example("unroll engine\nunroll engine --device auto"))
@device_option
def engine(device: DeviceName) -> None:
    """Run an engine on standard input and output: one JSON message a line, either way."""
    from unroll.engine.__main__ import serve

    serve(device)
