"""A recipe is all that determines a run: its task, its network, its training and its seed.

Every field's limits, default and help are said here once. The recipe form, the command line, the checkpoint and the
protocol read them from `FIELDS`; nobody repeats them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta, Struct, structs
from msgspec.inspect import FloatType, IntType, Metadata, UnionType, type_info

from unroll.errors import RecipeError
from unroll.tasks import TASKS
from unroll.tasks.config import TaskConfig, TaskName
from unroll.text import shown_path

CellName = Literal["rnn", "lstm", "gru", "mingru", "linear"]
Eigenvalues = Literal["0..1", "-1..1"]
InitName = Literal["uniform", "normal", "normal-bias", "forget-bias"]
BatchWord = Literal["half", "full"]
DeviceName = Literal["cpu", "cuda", "mps", "auto"]
"""Where to compute. Not part of a recipe: the device changes no more than the last bits."""
Value = int | float | str

MAX_HIDDEN = 1024
MAX_EPOCHS = 100_000
MEMORY = 4 * 2**30
"""Bytes that training may take, roughly."""
BLOCKS: Mapping[CellName, int] = {"rnn": 1, "lstm": 4, "gru": 3, "mingru": 2, "linear": 2}
"""How many blocks of weights a cell has."""
MIXES: Mapping[CellName, bool] = {"rnn": True, "lstm": True, "gru": True, "mingru": False, "linear": False}
"""Whether a cell has weights from unit to unit."""
LOWEST: Mapping[Eigenvalues, float] = {"0..1": 0.0, "-1..1": -1.0}


class ModelConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """The network that is to learn it."""

    cell: Annotated[CellName, Meta(description="The cell: how each hidden state follows from the last.")] = "rnn"
    hidden_size: Annotated[int, Meta(ge=1, le=MAX_HIDDEN, description="How many units the hidden state has.")] = 32
    init: Annotated[
        InitName,
        Meta(
            description="The initialisation, what the cell's weights start from: uniform as in PyTorch, normal, normal "
            "biases only, or uniform with an lstm's forget gate open."
        ),
    ] = "uniform"
    eigenvalues: Annotated[
        Eigenvalues, Meta(description="For cell linear: between what a unit is multiplied by at a step.")
    ] = "0..1"


class TrainConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """How it learns."""

    epochs: Annotated[int, Meta(ge=1, le=MAX_EPOCHS, description="How many times training goes through the data.")] = 25
    batch_size: Annotated[
        Annotated[int, Meta(ge=1, le=4096)] | BatchWord,
        Meta(description="Sequences per update: a number, half or full."),
    ] = "half"
    learning_rate: Annotated[float, Meta(gt=0, le=100, description="Adam's learning rate; decays linearly to 0.")] = 0.1
    seed: Annotated[
        int, Meta(ge=0, le=2**31 - 1, description="Fixes the starting weights and the order of the data.")
    ] = 0

    def rate(self, epoch: int) -> float:
        """The learning rate of an epoch e = 0, 1, ... of E: it decays linearly, lr * (1 - e / E)."""
        return self.learning_rate * (1 - epoch / self.epochs)


class Recipe(Struct, frozen=True, forbid_unknown_fields=True):
    """All that determines a run. The defaults are the reference recipe: a tenth of a second to 100 %."""

    task: TaskConfig = TaskConfig()
    model: ModelConfig = ModelConfig()
    train: TrainConfig = TrainConfig()

    def values(self) -> dict[str, Value]:
        """Every field by its name, sections flattened: no two sections share a name."""
        return {name: getattr(getattr(self, field.section), name) for name, field in FIELDS.items()}

    def replace(self, **changes: Value) -> Recipe:
        """This recipe with some fields changed; raises `RecipeError` for a value its field refuses."""
        changed = recipe_of({**self.values(), **changes})
        is_same = changed.task == structs.replace(self.task, symbols=(), vocab_size=changed.task.vocab_size)
        task = structs.replace(changed.task, symbols=self.task.symbols) if is_same else changed.task
        return structs.replace(changed, task=task)


class Field(Struct, frozen=True):
    """One field of a recipe as a person meets it: its name, its limits, its words, its default, its help."""

    name: str
    section: str
    kind: type[int] | type[float] | type[str]
    low: float | None
    high: float | None
    above: float | None
    words: tuple[str, ...]
    default: Value
    help: str
    hint: Any

    @property
    def is_choice(self) -> bool:
        """Whether only certain words are allowed."""
        return self.kind is str and bool(self.words)

    @property
    def rule(self) -> str:
        """What the field takes, to stand after "choose"."""
        words = ", ".join(self.words[:-1]) + " or " + self.words[-1] if self.words else ""
        if self.kind is str:
            return words or ("a name or a number" if self.name == "column" else "a path" if self.section else self.help)
        noun = "a whole number" if self.kind is int else "a number"
        start = f"from {_plain(self.low)} to" if self.above is None else f"above {_plain(self.above)} and up to"
        return f"{noun} {start} {_plain(self.high)}" + (f", {words}" if words else "")

    def parse(self, text: str) -> Value:
        """The value a person typed; raises `RecipeError` with the rule in it."""
        text = text.strip()
        if self.kind is str or text in self.words:
            return self.check(text)
        try:
            return self.check(self.kind(text))
        except (ValueError, OverflowError):
            raise self.refusal(text) from None

    def check(self, value: Value) -> Value:
        """The same value when the field allows it; raises `RecipeError` otherwise."""
        try:
            return msgspec.convert(value, self.hint)  # type: ignore[no-any-return]
        except ValueError:  # bytes that are no UTF-8, too
            raise self.refusal(value) from None

    def refusal(self, given: object) -> RecipeError:
        """The error that says what was given and what the field takes."""
        shown = f"{given:.10g}" if isinstance(given, float) else f"{given!s:.24}" or "nothing"
        return RecipeError(self.name, f"{self.name} cannot be {shown}: choose {self.rule}.")


def _plain(number: float | None) -> str:
    """A limit as a person reads it: `1,024`, `0.9`."""
    return f"{number:,}" if isinstance(number, int) else f"{number:,.10g}"


def field_of(name: str, hint: Any, section: str = "", default: Value = 0) -> Field:
    """The field of a type hint: its limits, words and help are those of the type."""
    info = type_info(hint)
    schema = (info.extra_json_schema or {}) if isinstance(info, Metadata) else {}
    inner = info.type if isinstance(info, Metadata) else info
    parts = inner.types if isinstance(inner, UnionType) else (inner,)
    number = next((part for part in parts if isinstance(part, IntType | FloatType)), None)
    kind = int if isinstance(number, IntType) else float if number else str
    limits = (number.ge, number.le, number.gt) if number else (None, None, None)
    return Field(name, section, kind, *limits, words_of(hint), default, schema.get("description", ""), hint)


def words_of(hint: Any) -> tuple[str, ...]:
    """The words that a hint allows, in its order, which `msgspec.inspect` does not keep."""
    if get_origin(hint) is Literal:
        return get_args(hint)
    return tuple(word for part in get_args(hint) for word in words_of(part))


FIELDS: Mapping[str, Field] = {
    name: field_of(name, hint, section, getattr(config(), name))
    for section, config in (("task", TaskConfig), ("model", ModelConfig), ("train", TrainConfig))
    for name, hint in get_type_hints(config, include_extras=True).items()
    if name != "symbols"  # comes with the file
}
"""Every field of a recipe by name, in the order in which a form shows them."""


def recipe_of(values: Mapping[str, Value]) -> Recipe:
    """The recipe with these values (missing ones by default), checked field by field and as a whole.

    Raises:
        RecipeError: a name is unknown, a field refuses its value, or two fields do not go together.
    """
    for name in values:
        if name not in FIELDS:
            raise RecipeError(name, f"A recipe has no field {name:.24}: its fields are {', '.join(FIELDS)}.")
    sections: dict[str, dict[str, Any]] = {"task": {}, "model": {}, "train": {}}
    for name, value in values.items():
        sections[FIELDS[name].section][name] = FIELDS[name].check(value)
    return check(msgspec.convert(sections, Recipe))


def turned_to(recipe: Recipe, task: TaskName) -> Recipe:
    """The recipe for another task: one that learns it; of a task that any recipe learns, this one where it can be.

    Raises:
        RecipeError: the task needs a file, and the recipe names none.
    """
    kept: dict[str, Value] = {"task": task, "path": recipe.task.path, "seed": recipe.train.seed}
    if not (TASKS[task].start or TASKS[recipe.task.task].start):
        try:
            return recipe.replace(**kept)
        except RecipeError as error:
            if error.field == "path":
                raise
    return recipe_of({**TASKS[task].start, **kept})


def check(recipe: Recipe) -> Recipe:
    """The same recipe when its fields go together; raises `RecipeError` otherwise."""
    task = recipe.task
    TASKS[task.task].check(task)
    if re.search("[\ud800-\udfff]", task.path):  # bytes that are no UTF-8, as the system hands them over
        raise RecipeError("path", f"path cannot be {shown_path(task.path)}, which is no text: rename the file.")
    return recipe


Some = Annotated[int, Meta(ge=1, le=10**12)]


class Plan(Struct, frozen=True):
    """What a recipe implies once its sequences are counted."""

    sequences: Some
    batch_size: Some
    updates_per_epoch: Some
    updates: Some
    weights: Some
    short_lines: Annotated[int, Meta(ge=0, le=10**12)] = 0
    """Lines of a file that are left out, as they are too short for one sequence and its next number."""
    held_out: Annotated[int, Meta(ge=0, le=10**12)] = 0
    """Sequences that are scored and never trained on."""
    whence: Annotated[str, Meta(max_length=100)] = ""
    """Of a file, what is held out."""


def plan(recipe: Recipe, sequences: int, short_lines: int = 0, held_out: int = 0, whence: str = "") -> Plan:
    """What training `recipe` on that many sequences implies: whole batches only, the rest of an epoch is dropped.

    What else is known of the sequences is told with it.

    Raises:
        RecipeError: the batch is larger than the data, or than `MEMORY` has room for.
    """
    wanted = recipe.train.batch_size
    size = wanted if isinstance(wanted, int) else sequences if wanted == "full" else max(1, sequences // 2)
    if size > sequences:
        raise RecipeError(
            "batch_size",
            f"batch_size cannot be {size} with {sequences} sequences: choose at most {sequences}, half or full.",
        )
    if size > (most := _most_that_fit(recipe)):
        given = wanted if wanted == size else f"{wanted} ({size:,})"
        raise RecipeError(
            "batch_size",
            f"batch_size cannot be {given} with length {recipe.task.length}, for training would take more than "
            f"{MEMORY >> 30} GiB of memory: choose at most {most:,}, or a smaller length.",
        )
    each = sequences // size
    return Plan(sequences, size, each, each * recipe.train.epochs, weights(recipe), short_lines, held_out, whence)


def _most_that_fit(recipe: Recipe) -> int:
    """The largest batch that `MEMORY` has room for: it holds at least 40 of the largest sequences there can be.

    At every position stand two rows of V (logits and probabilities) and some 6 + 4 G of D; beside them are the weights,
    their gradients, the optimizer's state and two snapshots of it all.
    """
    d, v = recipe.model.hidden_size, recipe.task.vocab_size
    position = 4 * (2 * v + (6 + 4 * BLOCKS[recipe.model.cell]) * d)
    return (MEMORY - 4 * 12 * weights(recipe)) // (position * recipe.task.length)


def weights(recipe: Recipe) -> int:
    """How many weights the network has: the cell's G blocks of `(D, V)`, `(D, D)` and two biases, and the head.

    A cell that does not mix units has no `(D, D)` and one bias.
    """
    g, d, v = BLOCKS[recipe.model.cell], recipe.model.hidden_size, recipe.task.vocab_size
    return g * d * (v + (d + 2 if MIXES[recipe.model.cell] else 1)) + v * (d + 1)


_RECALL = TaskConfig("recall", vocab_size=512, length=14)
_FULL_BATCHES = TrainConfig(epochs=100, batch_size="full")
_NAMES = TaskConfig("file", vocab_size=27, length=9, path="names", held_out=0.1)
_FOR_NAMES = TrainConfig(epochs=30, batch_size=64, learning_rate=0.02)
_STARTS = {name: task for name, task in TASKS.items() if task.start}
PRESETS: Mapping[str, Recipe] = {
    "default": Recipe(),
    "the blog's": Recipe(model=ModelConfig(init="normal")),
    "recall, rnn": Recipe(_RECALL, ModelConfig("rnn", init="normal-bias"), _FULL_BATCHES),
    "recall, lstm": Recipe(_RECALL, ModelConfig("lstm"), _FULL_BATCHES),
    "blank": Recipe(TaskConfig(vocab_size=16, length=3), ModelConfig(hidden_size=4), TrainConfig(epochs=100)),
    **{name: recipe_of({**task.start, "task": task.name}) for name, task in _STARTS.items()},
    "names": Recipe(_NAMES, ModelConfig("gru", hidden_size=48), _FOR_NAMES),
    "long-lag, lstm": recipe_of({**TASKS["long-lag"].start, "task": "long-lag", "cell": "lstm", "init": "forget-bias"}),
    "parity, linear": recipe_of({**TASKS["parity"].start, "task": "parity", "cell": "linear", "eigenvalues": "-1..1"}),
    "broken rate": Recipe(train=TrainConfig(learning_rate=3.0)),
    "broken init": Recipe(model=ModelConfig(hidden_size=64, init="normal")),
    "broken shift": Recipe(TaskConfig("echo", steps_back=0)),
    "broken state": Recipe(_NAMES, ModelConfig("rnn", hidden_size=48), _FOR_NAMES),
    "broken loop": Recipe(_NAMES, ModelConfig("lstm", hidden_size=48), _FOR_NAMES),
}
"""Recipes worth starting from, by name; those that are `broken` show a mistake that many make."""
PURPOSES: Mapping[str, str] = {
    "default": "Counts after 50 updates of training, and goes on to the last of its numbers.",
    "the blog's": "As in the post Learning how to count: from normal weights, it is often lost after six numbers.",
    "recall, rnn": "Says the first of fourteen numbers, which needs memory: an rnn is right most of the time.",
    "recall, lstm": "Says the first of fourteen numbers, which needs memory: an lstm is right nearly always.",
    "blank": "Counts up to 15 with four units: small enough to take in at a glance.",
    **{name: f"{task.purpose} All of ten seeds learn it." for name, task in _STARTS.items()},
    "names": "Learns 596 names letter by letter: T samples by temperature, and c then writes new ones.",
    "long-lag, lstm": "Keeps one symbol over 49 with eight of ten seeds, as it starts open: try init uniform.",
    "parity, linear": "A linear cell learns parity with all of ten seeds; with eigenvalues 0..1 with none.",
    "broken rate": "Rate 3 in place of 0.1: the loss rises over that of guessing, and most answers are wrong.",
    "broken init": "From normal weights: right in 9 of 10 after 6 numbers, lost after 12: lens length (3, L).",
    "broken shift": "The target is the number just read, so the loss falls to 0, and C repeats the last number.",
    "broken state": "Names. Train, then X and C: with the state lost after each letter it writes anananana.",
    "broken loop": "Names. Train, then C twice: the likeliest is one name again and again. T, 1 draws others.",
}
"""What each of them is for."""


def preset_of(recipe: Recipe) -> str:
    """The name of the preset that a recipe is; empty where it is none."""
    plain = structs.replace(recipe, task=structs.replace(recipe.task, symbols=()))
    return next((name for name, preset in PRESETS.items() if preset == plain), "")
