"""The commands: thin, they parse, call and print; heavy imports stand inside the command that needs them."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import click

from unroll.commands.group import Commands

PLACES = {
    "train": "unroll.commands.train:train",
    "predict": "unroll.commands.predict:predict",
    "trace": "unroll.commands.trace:trace",
    "bench": "unroll.commands.bench:bench",
    "models": "unroll.commands.models:models",
    "study": "unroll.commands.study:study",
}
"""Where each command is written."""


@click.group(cls=Commands, places=PLACES, invoke_without_command=True)
@click.version_option(package_name="unroll")
@click.pass_context
def main(context: click.Context) -> None:
    """Train a small recurrent network in a terminal, ask it what comes next, and unroll it step by step.

    Without a command: the playground.
    """
    if context.invoked_subcommand is None:
        context.exit(playground())


def playground() -> int:
    """Start an engine, and beside it the screen; the exit code."""
    streams = (sys.stdin, sys.stdout, sys.stderr)
    if not (all(stream.isatty() for stream in streams) and os.environ.get("TERM", "dumb") != "dumb"):
        click.echo("unroll draws on a terminal, and this is none: start it in one, or see unroll --help.", err=True)
        return 2
    return asyncio.run(_play())


async def _play() -> int:
    from unroll.engine.client import Engine

    early = await Engine.start()  # it loads torch on one core while this process draws on another

    async def start() -> Engine:
        return early

    from unroll.terminal.app import play

    return await play(start)


@main.command()
def engine() -> None:
    """Run an engine on standard input and output: one JSON message a line, either way."""
    from unroll.engine.__main__ import serve

    serve()


@main.command()
@click.argument("folder", default="screenshots", type=click.Path(file_okay=False, path_type=Path))
def screenshots(folder: Path) -> None:
    """Take pictures of the playground, driven by a real engine, and write them into FOLDER as SVG."""
    from unroll.screenshots import take

    for path in asyncio.run(take(folder)):
        click.echo(path)
