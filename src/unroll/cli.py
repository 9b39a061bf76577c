"""The commands: thin, they parse, call and print; heavy imports stand inside the command that needs them."""

from __future__ import annotations

import click


@click.group(invoke_without_command=True)
@click.version_option(package_name="unroll")
@click.pass_context
def main(context: click.Context) -> None:
    """Train a small recurrent network in a terminal, ask it what comes next, and unroll it step by step."""


@main.command()
def engine() -> None:
    """Run an engine on standard input and output: one JSON message a line, either way."""
    from unroll.engine.__main__ import serve

    serve()
