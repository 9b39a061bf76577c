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


class Refused(click.ClickException):
    """It cannot be done."""

    exit_code = 1


class Misused(click.ClickException):
    """It cannot be asked."""

    exit_code = 2


@contextmanager
def refusals() -> Iterator[None]:
    """What the program refuses in sentences, as errors of a command."""
    from unroll.files import FileError, harmless
    from unroll.memory import NO_MEMORY, is_memory
    from unroll.moment import SequenceError
    from unroll.recipe import RecipeError

    try:
        yield
    except (RecipeError, SequenceError) as error:
        raise Misused(harmless(str(error))) from None
    except FileError as error:
        raise Refused(str(error)) from None
    except (MemoryError, RuntimeError) as error:
        if not is_memory(error):
            raise
        raise Refused(NO_MEMORY) from None


def run(program: Callable[[], object]) -> NoReturn:
    """Run the commands and end the process: never a traceback for what the user or the system did."""
    try:
        code = program()
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except OSError as error:
        click.echo(f"Error: The system refused ({error.strerror or error}): give it what it lacks.", err=True)
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)
