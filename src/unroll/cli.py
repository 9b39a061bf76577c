"""The command line: which commands there are, and where each is written."""

from collections.abc import Sequence
from functools import partial
from importlib import import_module
from typing import Any, NoReturn

import click

from unroll.commands.common import Misused, run
from unroll.files import RESULTS
from unroll.text import shown_path

COMMANDS = {
    "play": "play", "tour": "tour", "train": "train", "predict": "predict", "trace": "trace", "lens": "lens",
    "models": "models", "data": "data", "attach": "engine", "engine": "engine", "study": "study",
    "sweep": "sweep",
}  # fmt: skip
"""The commands by name, and in which file of `unroll.commands` each is written."""
PERMALINK_START = "unroll:"
"""How a permalink begins, whatever its version."""


class LazyGroup(click.Group):
    """The commands, each imported when it is needed; without one, `play`."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        first = args[0] if args else PERMALINK_START
        is_option = first.startswith("-") and first not in ("--help", "--version")
        is_shown = first.startswith(PERMALINK_START) or first.endswith(RESULTS)
        return super().parse_args(context, ["play", *args] if is_option or is_shown else args)

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first word names; a word that could also have been a permalink gets its own error."""
        if args[0] not in COMMANDS:
            raise Misused(
                f"{shown_path(args[0])} is neither a command nor a permalink "
                f"(y in the playground copies one): see {context.command_path} --help."
            )
        return super().resolve_command(context, args)

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        return getattr(import_module(f"unroll.commands.{COMMANDS[name]}"), name) if name in COMMANDS else None

    def main(  # type: ignore[override]  # the one form of it that is used
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> NoReturn:
        """Run as a program and exit."""
        run(partial(super().main, args, prog_name, **{**extra, "standalone_mode": False}))


@click.group(cls=LazyGroup)
@click.version_option(package_name="unroll")
def main() -> None:
    """Train a small recurrent network in a terminal, ask it what comes next, and unroll it step by step.

    Without a command, unroll opens the playground (see: unroll play --help).
    """
