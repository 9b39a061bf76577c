"""Options that several commands share: the recipe's, one for each of its fields, and where to compute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar, get_args

import click

from unroll.commands.refusals import Misused
from unroll.errors import RecipeError, UserError
from unroll.recipe import FIELDS, Field, Recipe, Value, recipe_of
from unroll.tasks.datafile import infer_vocab_size
from unroll.text import printable

F = TypeVar("F", bound=Callable[..., Any])
DeviceName = Literal["cpu", "cuda", "mps", "auto"]


class FieldValue(click.ParamType[Value]):
    """What a field of the recipe takes."""

    def __init__(self, field: Field) -> None:
        self.field = field
        number = {int: ["INTEGER"], float: ["NUMBER"], str: [] if field.words else ["PATH"]}[field.kind]
        self.name = "|".join([*number, *field.words])

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> Value:
        try:
            return self.field.parse(str(value))
        except RecipeError as error:
            self.fail(printable(str(error)), param, context)


def recipe_options(command: F) -> F:
    """An option for every field of a recipe; what was not given is None."""
    for field in reversed(list(FIELDS.values())):
        default = field.default if isinstance(field.default, str) else f"{field.default:g}"
        option = click.option(
            f"--{field.name.replace('_', '-')}",
            field.name,
            type=FieldValue(field),
            metavar=FieldValue(field).name,
            help=f"{field.help}  [default: {default}]" if default else field.help,
        )
        command = option(command)
    return command


def recipe_from(options: dict[str, Value | None]) -> Recipe:
    """The recipe of the options given; with a file and no vocabulary, the one that the file's numbers need.

    Raises:
        RecipeError: two options do not go together, or the file cannot be read.
    """
    given = {name: value for name, value in options.items() if value is not None}
    if given.get("task") == "file" and given.get("path") and "vocab_size" not in given:
        given["vocab_size"] = infer_vocab_size(str(given["path"]))
    return recipe_of(given)


def device_option(command: F) -> F:
    """Where to compute."""
    return click.option(
        "--device", type=click.Choice(get_args(DeviceName)), default="cpu", show_default=True, help="Where to compute."
    )(command)


def json_option(command: F) -> F:
    """JSON instead of a table."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")(command)


def example(text: str) -> str:
    """An epilog that shows how to call a command, its lines left as they are."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in text.strip().splitlines())


def on_device(name: DeviceName) -> str:
    """The device of that name, with torch told to leave cores to others; refused where the machine lacks it."""
    import torch

    from unroll.network.device import device_for

    torch.set_num_threads(max(1, min(4, torch.get_num_threads() // 2)))
    try:
        return device_for(name)
    except UserError as error:
        raise Misused(str(error)) from None
