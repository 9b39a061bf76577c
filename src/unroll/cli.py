"""The commands: thin, they parse, call and print; heavy imports stand inside the command that needs them."""

from __future__ import annotations

import click

from unroll.commands.group import Commands

PLACES = {
    "play": "unroll.commands.play:play",
    "train": "unroll.commands.train:train",
    "predict": "unroll.commands.predict:predict",
    "trace": "unroll.commands.trace:trace",
    "bench": "unroll.commands.bench:bench",
    "models": "unroll.commands.models:models",
    "attach": "unroll.commands.attach:attach",
    "engine": "unroll.commands.engine:engine",
    "study": "unroll.commands.study:study",
}
"""Where each command is written."""


@click.group(cls=Commands, places=PLACES, default="play")
@click.version_option(package_name="unroll")
def main() -> None:
    """Train a small recurrent network in a terminal, ask it what comes next, and unroll it step by step.

    Without a command: the playground, as with play.
    """


@main.command()
@click.argument("folder", default="screenshots", type=click.Path(file_okay=False))
def screenshots(folder: str) -> None:
    """Take pictures of the playground, driven by a real engine, and write them into FOLDER as SVG."""
    import asyncio
    from pathlib import Path

    from unroll.screenshots import take

    for path in asyncio.run(take(Path(folder))):
        click.echo(path)
