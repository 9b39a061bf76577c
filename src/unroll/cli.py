"""The command line: which commands there are, and where each is written."""

from __future__ import annotations

import click

from unroll.commands.common import LazyGroup

COMMANDS_AT = {
    "play": "unroll.commands.play:play",
    "train": "unroll.commands.train:train",
    "predict": "unroll.commands.predict:predict",
    "trace": "unroll.commands.trace:trace",
    "models": "unroll.commands.models:models",
    "attach": "unroll.commands.attach:attach",
    "engine": "unroll.commands.engine:engine",
    "study": "unroll.commands.study:study",
}


@click.group(cls=LazyGroup, commands_at=COMMANDS_AT, default="play")
@click.version_option(package_name="unroll")
def main() -> None:
    """Train a small recurrent network in a terminal, ask it what comes next, and unroll it step by step.

    Without a command, unroll opens the playground (see: unroll play --help).
    """
