"""The group of all commands: a command's file is imported when it is called, or listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import Any, NoReturn

import click

LINE = "unroll:"
"""How a moment's line begins, whatever its version."""


class Commands(click.Group):
    """A group that knows its commands by the place where each is written, as `module:name`."""

    def __init__(
        self, *args: Any, places: Mapping[str, str] | None = None, default: str | None = None, **options: Any
    ) -> None:
        """`default` is the command that is meant where none is named."""
        super().__init__(*args, **options)
        self._places = places or {}
        self._default = default

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(context, [self._default, *args] if self._default and _names_none(args) else args)

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first word names; where there may be a line instead, a word that is neither is told."""
        if self._default and self.get_command(context, args[0]) is None:
            from unroll.commands.refusals import Misused
            from unroll.text import shown_path

            raise Misused(
                f"{shown_path(args[0])} is neither a command nor the line of a moment, "
                "which y in the playground copies: "
                f"see {context.command_path} --help."
            )
        return super().resolve_command(context, args)

    def list_commands(self, context: click.Context) -> list[str]:
        return [*self._places, *super().list_commands(context)]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in self._places:
            return super().get_command(context, name)
        module, _, attribute = self._places[name].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def main(  # type: ignore[override]  # the one form of it that is used
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> NoReturn:
        """Run as a program: see `refusals.py` for what it says no with, and how it exits."""
        from unroll.commands.refusals import run

        run(partial(super().main, args, prog_name, **{**extra, "standalone_mode": False}))


def _names_none(args: Sequence[str]) -> bool:
    """Whether the words name no command: there are none, or they begin with an option or the line of a moment."""
    return not args or args[0].startswith(LINE) or (args[0].startswith("-") and args[0] not in ("--help", "--version"))
