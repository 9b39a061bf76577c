"""Options and arguments that several commands share: the recipe, the device, a saved network and its numbers, and
the interventions."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import click
from msgspec.structs import replace

from unroll.commands.common import Misused
from unroll.errors import RecipeError
from unroll.machine import torch_threads
from unroll.moment import MAX_CLAMP, MAX_STEPS, Interventions, Patch
from unroll.paths import find_model
from unroll.recipe import FIELDS, DeviceName, Field, Recipe, Value, recipe_of
from unroll.tasks import TASKS
from unroll.tasks.datafile import fitted
from unroll.text import printable
from unroll.vocabulary import Vocabulary

if TYPE_CHECKING:
    from unroll.network.checkpoint import Checkpoint

F = TypeVar("F", bound=Callable[..., Any])
CHECKED = ("vocab_size", "held_out")
"""Fields of which a task that does not use them says so itself."""
MAX_INPUT = MAX_STEPS * 16
"""Characters read from standard input at most: no sequence needs more."""


def example(text: str) -> str:
    """An epilog that shows how to call a command, its lines left as they are."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in text.strip().splitlines())


json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
force_option = click.option("--force", is_flag=True, help="Replace a file that is there.")
device_option = click.option(
    "--device", type=click.Choice(get_args(DeviceName)), default="cpu", show_default=True, help="Where to compute."
)


class FieldValue(click.ParamType[Value]):
    """The type of a recipe's field on the command line."""

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
    """An option for every field of a recipe; one that was not given is None."""
    for field in reversed(list(FIELDS.values())):
        default = field.default if isinstance(field.default, str) else f"{field.default:g}"
        words = f"{field.help}  [default: {default}]" if default else field.help
        name, kind = f"--{field.name.replace('_', '-')}", FieldValue(field)
        command = click.option(name, field.name, type=kind, metavar=kind.name, help=words)(command)
    return command


def recipe_from(options: dict[str, Value | None]) -> Recipe:
    """The recipe of the options given; what is not given is what the task starts from, and with a file the vocabulary
    is the file's, or larger if asked for.

    Raises `RecipeError` for two options that do not go together, or a file that cannot be read.
    """
    given = {name: value for name, value in options.items() if value is not None}
    if given.get("path") and given.get("task") != "file":
        raise RecipeError("path", "path does nothing without task file: add --task file.")
    task = TASKS[str(given.get("task", Recipe().task.task))]
    for name in given:
        if FIELDS[name].section == "task" and name not in ("task", *task.fields, *CHECKED):
            raise RecipeError(name, f"{name} does nothing with task {task.name}: leave it out.")
    recipe = recipe_of({**({"vocab_size": 2} if task.name == "file" else task.start), **given})
    return replace(recipe, task=fitted(recipe.task))


def on_device(name: DeviceName) -> str:
    """The torch device of that name, with torch limited to its threads; raises `UserError` where there is none."""
    import torch

    from unroll.network.model import device_for

    torch.set_num_threads(torch_threads())
    return device_for(name)


def model_arguments(command: F) -> F:
    """The arguments MODEL and NUMBERS."""
    return click.argument("model")(click.argument("numbers", nargs=-1)(command))


def open_model(name: str, words: tuple[str, ...], has_opening: bool = False) -> tuple[Checkpoint, tuple[int, ...]]:
    """The saved network of a path or a name, and what it is given: `words`, or those on standard input if there are
    none or a lone `-`; with `has_opening`, without words the vocabulary's opening. Raises `UserError`."""
    from unroll.network.checkpoint import load

    saved = load(find_model(name))
    vocabulary = Vocabulary.of(saved.recipe.task)
    if has_opening and not words:
        return saved, vocabulary.opening
    if words in ((), ("-",)):
        return saved, vocabulary.parse(_standard_input(words))
    return saved, vocabulary.parse(vocabulary.joined(words))


def _standard_input(numbers: tuple[str, ...]) -> str:
    if not numbers and sys.stdin.isatty():
        raise Misused("There are no numbers: give some after the name of the network, or on standard input.")
    try:
        text = sys.stdin.read(MAX_INPUT + 1)
    except UnicodeDecodeError:
        raise Misused("Standard input is not text: give whole numbers separated by spaces.") from None
    if len(text) > MAX_INPUT:
        raise Misused(f"Standard input is too long: give at most {MAX_STEPS:,} numbers.")
    return text


def intervention_options(command: F) -> F:
    """`--cut`, `--cut-cell`, `--silence`, `--clamp` and `--put`."""
    cut = "Erase the hidden state before every step (all) or before some: 2,4 for example, from 1."
    put = (
        "Put in another state after a step: 4:whole:7,8,9 the one after 7 8 9; :cell: the LSTM's cell state alone, "
        ":3: unit 3 alone."
    )
    for option in (
        click.option("--put", metavar="STEP:PART:NUMBERS", multiple=True, help=put),
        click.option("--clamp", metavar="UNIT=VALUE", multiple=True, help="Hold a unit at a value at every step."),
        click.option("--silence", metavar="UNITS", default="", help="Hold units at 0: 3,17 for example, from 0."),
        click.option("--cut-cell", is_flag=True, help="Where --cut applies, also erase the LSTM's cell state."),
        click.option("--cut", metavar="all|STEPS", default="", help=cut),
    ):
        command = option(command)
    return command


def interventions_from(
    recipe: Recipe, steps: int, cut: str, cut_cell: bool, silence: str, clamp: tuple[str, ...], put: tuple[str, ...]
) -> Interventions:
    """The interventions of the options given, for a network and a sequence of `steps` steps; raises `Misused` for a
    value that is not allowed, or an option that would do nothing."""
    model, units = recipe.model, recipe.model.hidden_size
    if cut_cell and not cut:
        raise Misused("--cut-cell does nothing without --cut: add --cut all, or --cut with steps.")
    if cut_cell and model.cell != "lstm":
        raise Misused(f"--cut-cell does nothing here: the {model.cell} has no cell state. Leave it out.")
    silenced = _numbers("--silence", silence, 0, units - 1, "units, separated by commas,")
    clamps = [(unit, 0.0) for unit in dict.fromkeys(silenced)] + [_clamp(text, units) for text in clamp]
    if twice := sorted({unit for place, (unit, _) in enumerate(clamps) if unit in dict(clamps[:place])}):
        raise Misused(f"Unit {twice[0]} is given two values by --silence and --clamp: choose one.")
    cuts = () if cut == "all" else _numbers("--cut", cut, 1, steps, "steps, separated by commas,")
    patches = [_patch(text, recipe, steps) for text in put]
    if len({patch.step for patch in patches}) < len(patches):
        raise Misused("Two states are put in after one step: choose one.")
    return Interventions(
        cut_steps=tuple(step - 1 for step in cuts),
        cut_all=cut == "all",
        cut_cell=cut_cell,
        clamps=tuple(clamps),
        patches=tuple(patches),
    )


def told(done: Interventions, vocabulary: Vocabulary, erased: bool = True) -> Iterator[str]:
    """What is done to the network, a line each; without `erased` where each step says that itself."""
    if erased and (done.cut_all or done.cut_steps):
        steps = f"step{'s' * (len(done.cut_steps) > 1)} {', '.join(str(step + 1) for step in done.cut_steps)}"
        yield f"erased before {'every step' if done.cut_all else steps}: h{' and c' if done.cut_cell else ''}"
    if done.clamps:
        yield f"held  {', '.join(f'unit {unit} at {value:g}' for unit, value in done.clamps)}"
    for patch in done.patches:
        what = {"whole": "the state", "cell": "the cell state", "unit": f"unit {patch.unit} of the state"}[patch.part]
        read = " ".join(printable(vocabulary.shown(number)) for number in patch.source)
        yield f"put   after step {patch.step + 1}: {what} after {read}"


def _patch(text: str, recipe: Recipe, steps: int) -> Patch:
    step, part, source = [*text.split(":", 2), "", ""][:3]
    (place,) = _numbers("--put", step or "nothing", 1, steps, "a step")
    if part == "cell" and recipe.model.cell != "lstm":
        raise Misused(f"--put {step}:cell does nothing here: the {recipe.model.cell} has no cell state. Choose whole.")
    read = Vocabulary.of(recipe.task).parse(source)
    if part in ("whole", "cell"):
        return Patch(place - 1, read, "whole" if part == "whole" else "cell")
    last = recipe.model.hidden_size - 1
    (unit,) = _numbers("--put", part or "nothing", 0, last, "whole, an LSTM's cell, or a unit")
    return Patch(place - 1, read, "unit", unit)


def _numbers(option: str, text: str, low: int, high: int, noun: str) -> list[int]:
    words = text.replace(",", " ").split()
    for word in words:
        if not (word.isascii() and word.isdigit() and len(word) <= 9 and low <= int(word) <= high):
            more = "all, or " if option == "--cut" else ""
            raise Misused(f"{option} cannot be {word!r:.24}: choose {more}{noun} from {low} to {high}.")
    return [int(word) for word in words]


def _clamp(text: str, units: int) -> tuple[int, float]:
    unit, _, value = text.partition("=")
    try:
        held = float(value)
    except ValueError:
        held = MAX_CLAMP + 1
    if not -MAX_CLAMP <= held <= MAX_CLAMP:
        raise Misused(f"--clamp cannot be {text!r:.24}: choose UNIT=VALUE, a value from -1,000 to 1,000, like 3=0.5.")
    return _numbers("--clamp", unit or "nothing", 0, units - 1, "a unit")[0], held
