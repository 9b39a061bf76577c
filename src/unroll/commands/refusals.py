"""How a command says no: one sentence on standard error, and an exit code that tells whose turn it is.

1    what was asked is clear, and cannot be done: a file, a memory, a training that diverged
2    what was asked cannot be: an option, a number, a recipe
130  interrupted from the keyboard
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

import click

from unroll.errors import FileError, UserError
from unroll.text import printable, shown_path


class Refused(click.ClickException):
    """It cannot be done."""

    exit_code = 1


class Misused(click.ClickException):
    """It cannot be asked."""

    exit_code = 2


@contextmanager
def refusals() -> Iterator[None]:
    """What the program refuses in sentences, as errors of a command."""
    from unroll.memory import NO_MEMORY, is_memory

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
    try:
        code = program()
    except click.NoSuchOption as error:
        Misused(_of_option(error)).show()
        sys.exit(Misused.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except OSError as error:
        click.echo(f"Error: The system refused ({error.strerror or error}): give it what it lacks.", err=True)
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def _of_option(error: click.NoSuchOption) -> str:
    """That there is no such option, and those that may have been meant: click's own guess goes by the dashes too."""

    context = error.ctx
    options = [] if context is None else [name for one in context.command.params for name in one.opts]
    near = " or ".join(_meant(error.option_name.strip("-"), [name for name in options if name.startswith("--")]))
    see = f"ee {context.command_path if context else 'unroll'} --help."
    return f"No such option '{shown_path(error.option_name)}': " + (
        f"did you mean {near}? S{see}" if near else f"s{see}"
    )


def _meant(word: str, options: list[str]) -> list[str]:
    """The options that a word begins, or is the initials of, or else resembles."""
    from difflib import get_close_matches

    names = {option.strip("-"): option for option in options}
    near = [name for name in names if name.startswith(word) or word == "".join(part[0] for part in name.split("-"))]
    return [names[name] for name in (near or get_close_matches(word.replace("_", "-"), names, 1))]
