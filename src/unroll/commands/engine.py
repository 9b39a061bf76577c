"""`unroll engine`: an engine for a terminal elsewhere, or for a person to talk to by hand."""

from __future__ import annotations

import click

from unroll.commands.options import DeviceName, device_option, example


@click.command(epilog=example("unroll engine\nunroll engine --device auto\nunroll engine --attach count-rnn"))
@device_option
@click.option("--attach", metavar="NAME", help="Lead to an engine that goes on in the background instead.")
def engine(device: DeviceName, attach: str | None) -> None:
    """Run an engine on standard input and output: one JSON message a line, either way."""
    if attach is not None:
        from unroll.engine.stdio_proxy import relay

        raise SystemExit(relay(attach))
    from unroll.engine.__main__ import serve

    serve(device)
