"""The commands: thin, they parse, call and print; heavy imports stand inside the command that needs them."""

from __future__ import annotations

import click

from unroll.commands.group import Commands

PLACES = {
    "play": "unroll.commands.play:play",
    "train": "unroll.commands.train:train",
    "predict": "unroll.commands.predict:predict",
    "trace": "unroll.commands.trace:trace",
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
