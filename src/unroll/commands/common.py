"""What all commands share: exit codes, JSON, a progress bar.

Exit codes tell whose turn it is, and every error is one sentence on standard error:

1    the request is clear but failed: a file, the memory, a training that diverged
2    the request itself is wrong: an option, a number, a recipe
130  interrupted from the keyboard
"""

import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

import click

from unroll.errors import NO_MEMORY, FileError, UserError, is_memory, over_limit
from unroll.files import leave_deleted_folder, open_closed_streams
from unroll.log import Log
from unroll.text import printable, shown_path


class Refused(click.ClickException):
    """A clear request that failed."""

    exit_code = 1


class Misused(click.ClickException):
    """A request that is wrong in itself."""

    exit_code = 2


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
    except Exception as error:
        click.echo(printable(f"Error: {_failure(error)}"), err=True)
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def _failure(error: Exception) -> str:
    """What failed, of the system, of the installation or of this program."""
    if limit := over_limit(error):
        return limit
    if isinstance(error, OSError) and error.errno is not None:
        return f"The system refused ({error.strerror or error}): free what it lacks and retry."
    if isinstance(error, OSError | ImportError):  # an OSError without a number is a library that could not be loaded
        why = str(error).partition("\n")[0] or type(error).__name__
        return f"A package that unroll needs cannot be imported ({why}): install unroll again."
    log = Log("command.log")
    log.write("".join(traceback.format_exception(error)))
    return f"unroll failed (a bug): {type(error).__name__}. Details: {shown_path(log.path)}"


def _no_such_option(error: click.NoSuchOption) -> str:
    """The error with the options that may have been meant: one that the word begins, or is the initials of, or else
    resembles. Click's own guess is misled by the dashes."""
    from difflib import get_close_matches

    context, word = error.ctx, error.option_name.strip("-")
    found = [name for one in context.command.params for name in one.opts] if context else []
    options = [name.strip("-") for name in found if name.startswith("--")]
    near = [name for name in options if name.startswith(word) or word == "".join(part[0] for part in name.split("-"))]
    near = near or get_close_matches(word.replace("_", "-"), options, 1)
    advice = f"did you mean {' or '.join(f'--{name}' for name in near)}? See" if near else "see"
    command = context.command_path if context else "unroll"
    return f"No such option '{shown_path(error.option_name)}': {advice} {command} --help."


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
        yield lambda done, now: bar.update(task, completed=done, description=now)
