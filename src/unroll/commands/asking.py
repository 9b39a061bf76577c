"""What the commands that ask a saved network have in common: the network, and the numbers to ask it with."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from unroll.commands.refusals import Misused
from unroll.moment import MAX_STEPS, parse_sequence
from unroll.paths import find_model

if TYPE_CHECKING:
    from unroll.network.checkpoint import Saved

F = TypeVar("F", bound=Callable[..., Any])
MAX_INPUT = MAX_STEPS * 16
"""Letters read from standard input at most: no sequence needs more."""


def asking(command: F) -> F:
    """The arguments MODEL and NUMBERS."""
    command = click.argument("numbers", nargs=-1)(command)
    return click.argument("model")(command)


def open_model(name: str) -> Saved:
    """The saved network of a path or a name; raises `FileError`."""
    from unroll.network.checkpoint import load

    return load(find_model(name))


def read_sequence(numbers: tuple[str, ...], vocab_size: int) -> tuple[int, ...]:
    """The numbers given, or those on standard input where there are none or a lone `-`; raises `SequenceError`."""
    if numbers not in ((), ("-",)):
        return parse_sequence(" ".join(numbers), vocab_size)
    if not numbers and sys.stdin.isatty():
        raise Misused("There are no numbers: give some after the name of the network, or on standard input.")
    try:
        text = sys.stdin.read(MAX_INPUT + 1)
    except UnicodeDecodeError:
        raise Misused("Standard input is not text: give whole numbers, with spaces between.") from None
    if len(text) > MAX_INPUT:
        raise Misused(f"Standard input is too long: give at most {MAX_STEPS:,} numbers.")
    return parse_sequence(text, vocab_size)
