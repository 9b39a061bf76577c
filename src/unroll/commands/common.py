"""What all commands share: a group that imports a command when it is called, exit codes, JSON, a progress bar.

Exit codes tell whose turn it is, and every error is one sentence on standard error:

1    the request is clear but failed: a file, the memory, a training that diverged
2    the request itself is wrong: an option, a number, a recipe
130  interrupted from the keyboard
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from typing import Any, NoReturn

import click

from unroll.errors import NO_MEMORY, FileError, UserError, is_memory
from unroll.files import leave_deleted_folder, open_closed_streams
from unroll.log import Log
from unroll.text import printable, shown_path

PERMALINK_START = "unroll:"
"""How a permalink begins, whatever its version."""


class Refused(click.ClickException):
    """A clear request that failed."""

    exit_code = 1


class Misused(click.ClickException):
    """A request that is wrong in itself."""

    exit_code = 2


class LazyGroup(click.Group):
    """A group that knows where each command is written, as `module:name`, and imports it when it is needed."""

    def __init__(
        self, *args: Any, commands_at: Mapping[str, str] | None = None, default: str | None = None, **options: Any
    ) -> None:
        """`default` is the command that runs when none is named."""
        super().__init__(*args, **options)
        self._commands_at = commands_at or {}
        self._default = default

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(context, [self._default, *args] if self._default and _names_none(args) else args)

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first word names; a word that could also have been a permalink gets its own error."""
        if self._default and self.get_command(context, args[0]) is None:
            raise Misused(
                f"{shown_path(args[0])} is neither a command nor a permalink "
                f"(y in the playground copies one): see {context.command_path} --help."
            )
        return super().resolve_command(context, args)

    def list_commands(self, context: click.Context) -> list[str]:
        return list(self._commands_at)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in self._commands_at:
            return None
        module, _, attribute = self._commands_at[name].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def main(  # type: ignore[override]  # the one form of it that is used
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> NoReturn:
        """Run as a program and exit."""
        run(partial(super().main, args, prog_name, **{**extra, "standalone_mode": False}))


def _names_none(args: Sequence[str]) -> bool:
    """Whether no command is named: there are no words, or the first is an option or a permalink."""
    return (
        not args
        or args[0].startswith(PERMALINK_START)
        or (args[0].startswith("-") and args[0] not in ("--help", "--version"))
    )


@contextmanager
def refusals() -> Iterator[None]:
    """Turn the program's own errors into errors of a command: `FileError` exits 1, every other `UserError` 2."""
    try:
        yield
    except FileError as error:
        raise Refused(printable(str(error))) from None
    except UserError as error:
        raise Misused(printable(str(error))) from None
    except (MemoryError, RuntimeError) as error:
        if not is_memory(error):
            raise
        raise Refused(NO_MEMORY) from None


def run(program: Callable[[], object]) -> NoReturn:
    """Run the commands and end the process: never a traceback for what the user or the system did."""
    open_closed_streams()
    if leave_deleted_folder():
        click.echo("Note: the current folder no longer exists, so relative paths start at /.", err=True)
    try:
        code = program()
    except click.NoSuchOption as error:
        Misused(_no_such_option(error)).show()
        sys.exit(Misused.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except OSError as error:
        if error.errno is None:  # a library that could not be loaded
            _end_by(f"Error: {_why_broken(error)}")
        _end_by(f"Error: The system refused ({error.strerror or error}): free what it lacks and retry.")
    except ImportError as error:
        _end_by(f"Error: {_why_broken(error)}")
    except Exception as error:
        log = Log("command.log")
        log.write(traceback.format_exc())
        _end_by(f"Error: unroll failed (a bug): {type(error).__name__}. Details: {shown_path(log.path)}")
    sys.exit(code if isinstance(code, int) else 0)


def _end_by(sentence: str) -> NoReturn:
    click.echo(printable(sentence), err=True)
    sys.exit(1)


def _why_broken(error: Exception) -> str:
    why = str(error).partition("\n")[0] or type(error).__name__
    return f"A package that unroll needs cannot be imported ({why}): install unroll again."


def _no_such_option(error: click.NoSuchOption) -> str:
    """The error with the options that may have been meant: click's own guess is misled by the dashes."""
    context = error.ctx
    options = [] if context is None else [name for one in context.command.params for name in one.opts]
    near = " or ".join(_similar(error.option_name.strip("-"), [name for name in options if name.startswith("--")]))
    see = f"ee {context.command_path if context else 'unroll'} --help."
    return f"No such option '{shown_path(error.option_name)}': " + (
        f"did you mean {near}? S{see}" if near else f"s{see}"
    )


def _similar(word: str, options: list[str]) -> list[str]:
    """The options that a word begins, or is the initials of, or else resembles."""
    from difflib import get_close_matches

    names = {option.strip("-"): option for option in options}
    near = [name for name in names if name.startswith(word) or word == "".join(part[0] for part in name.split("-"))]
    return [names[name] for name in (near or get_close_matches(word.replace("_", "-"), names, 1))]


def print_json(value: object) -> None:
    """Print one JSON value on one line of standard output."""
    import msgspec

    click.echo(msgspec.json.encode(value).decode())


@contextmanager
def progress(total: float, words: str = "") -> Iterator[Callable[[float, str], None]]:
    """A bar with the time left on standard error while the block runs; nothing where that is no terminal.

    Call what it yields with the amount done, out of `total`, and the words before the bar.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(words, total=total)

        def show(done: float, now: str) -> None:
            bar.update(task, completed=done, description=now)

        yield show
