"""A permalink: a moment as one line of text, which restores the whole screen elsewhere by training again.

The network is the same to the bit where processor and torch are of the same kind; elsewhere it is nearly so or, after a
long training, another one. So the line carries the fingerprint of its network and its loss, by which the other machine
can tell, and say how far off its own is.

    unroll:1 cell=lstm epochs=40 epoch=12 sequence=7,8,9,10 step=3 cut=all hold=3:0,5:0 weights=09af3c71 loss=0.0123

Fields of the recipe have their own names, and defaults are left out. Steps count from 1, as on the screen. What is
looked at is there too: `put=` a state, `unit=`, `view=`, `difference=yes`, `lens=`, `sampling=`. Of a network that
comes from a file (`model=`), or learns from one (`path=`), the line has the file's digest: elsewhere the same name may
be another file; a small vocabulary travels (`symbols=`). What a shell would take for its own in a name is written as in
a URL (`%20`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple
from urllib.parse import quote, unquote

import msgspec
from msgspec import structs

from unroll.errors import UserError
from unroll.moment import ARGMAX, MAX_CLAMP, MAX_PATCHES, Interventions, Moment, Patch, Sampling
from unroll.recipe import FIELDS, Recipe, recipe_of
from unroll.series import MAX_LOSS
from unroll.tasks.config import TaskConfig
from unroll.text import shown_path
from unroll.vocabulary import Vocabulary

START = "unroll:1"
MAX_LENGTH = 64_000
"""Characters in a permalink at most."""
NAMES = ("path", "column", "model")
"""Words that may hold any character."""
MAX_PATH = 4096
MAX_SYMBOLS = 400
"""Characters of a vocabulary that travels; a larger one comes with its file alone."""
DIGEST = re.compile("([0-9a-f]{8})?")


class Link(NamedTuple):
    """What a permalink says.

    Attributes:
        weights: The network's fingerprint (`Trace.weights`); empty where it is not known.
        unit, view, difference, lens: How the moment is seen; a view or a lens that is not there is passed over.
        loss: The network's own, in nats; None where it is not known.
        model: What was opened, where the network comes from a file: the model's name, or a path, which has a `/`.
        digest: Of that file, or of the data of a recipe that reads some; empty where there are none.
        sampling: How the next numbers are drawn; its seed is left out.
    """

    recipe: Recipe
    moment: Moment
    weights: str = ""
    unit: int = 0
    view: str = "hidden"
    difference: bool = False
    lens: str = ""
    loss: float | None = None
    model: str = ""
    digest: str = ""
    sampling: Sampling = ARGMAX


def write(link: Link) -> str:
    """The permalink of a moment, whose `epoch` must be a number, in a run of a recipe, and of how it is seen."""
    recipe, moment = link.recipe, link.moment
    does, symbols = moment.interventions, ",".join(quote(symbol, safe="") for symbol in recipe.task.symbols)
    words = {name: value for name, value in recipe.values().items() if value != FIELDS[name].default}
    words |= {
        "epoch": moment.epoch or 0,
        "sequence": ",".join(map(str, moment.sequence)),
        "step": moment.step + 1,
        "cut": "all" if does.cut_all else ",".join(str(step + 1) for step in does.cut_steps),
        "cut_cell": "yes" if does.cut_cell else "",
        "hold": ",".join(f"{unit}:{value:g}" for unit, value in does.clamps),
        "put": "/".join(map(_patch_text, does.patches)),
        "unit": link.unit if link.unit != _held_first(does.clamps) else "",
        "view": "" if link.view == "hidden" else link.view.replace(" ", "-"),
        "difference": "yes" if link.difference else "",
        "lens": link.lens,
        "sampling": _sampling_text(link.sampling),
        "weights": link.weights,
        "loss": "" if link.loss is None else f"{link.loss:.4g}",
        "model": link.model,
        "symbols": symbols if len(symbols) <= MAX_SYMBOLS else "",
        "digest": link.digest,
    }
    words |= {name: quote(str(words[name]), safe="/._-~,:+@") for name in NAMES if name in words}
    return " ".join([START, *(f"{name}={value}" for name, value in words.items() if value != "")])


def read(text: str) -> Link:
    """What a permalink says; the moment's run is 0, as there is none yet.

    Raises:
        UserError: it is not a permalink, or a value in it is not allowed.
    """
    words = text[:MAX_LENGTH].split()
    if not words or words[0] != START:
        raise UserError(
            f"{shown_path(text)} is not a permalink: one starts with {START}, and y in the playground copies it."
        )
    for word in words[1:]:
        if "=" not in word:
            raise UserError(f"{word:.20} in the permalink is not of the form name=value: copy it again.")
    given = dict(word.split("=", 1) for word in words[1:])
    given |= {name: unquote(given[name]) for name in NAMES if name in given}
    recipe = recipe_of({name: FIELDS[name].parse(given.pop(name)) for name in [*given] if name in FIELDS})
    recipe = structs.replace(recipe, task=_with_symbols(recipe.task, given.pop("symbols", "")))
    moment, weights = _moment(given, recipe), given.pop("weights", "")
    first = str(_held_first(moment.interventions.clamps))
    unit = _whole("unit", given.pop("unit", first), 0, recipe.model.hidden_size - 1)
    view, lens = _name(given, "view").replace("-", " ") or "hidden", _name(given, "lens")
    difference = given.pop("difference", "no") == "yes"
    loss = _loss(given.pop("loss")) if "loss" in given else None
    digest, model = given.pop("digest", ""), given.pop("model", "")
    if len(model) > MAX_PATH or not model.isprintable():
        raise UserError(f"model cannot be {shown_path(model)} in this permalink: copy it again.")
    sampling = _sampling(given.pop("sampling", "0"))
    for name, value in (("weights", weights), ("digest", digest)):
        if not DIGEST.fullmatch(value):
            raise UserError(f"{name} cannot be {value:.20} in this permalink: copy it again.")
    if given:
        raise UserError(f"{next(iter(given)):.20} has no meaning in a permalink: copy it again.")
    return Link(recipe, moment, weights, unit, view, difference, lens, loss, model, digest, sampling)


def _held_first(clamps: Sequence[tuple[int, float]]) -> int:
    """The unit that is selected where a permalink names none."""
    return clamps[0][0] if clamps else 0


def _with_symbols(task: TaskConfig, text: str) -> TaskConfig:
    """The task with a file's vocabulary, which it has until the file is read."""
    symbols = [unquote(word) for word in text.split(",")] if text else []
    try:
        if symbols and (task.task != "file" or len(symbols) != task.vocab_size):
            raise ValueError
        return msgspec.convert({**structs.asdict(task), "symbols": symbols}, TaskConfig)
    except ValueError:  # msgspec's is one too
        raise UserError(f"symbols cannot be {text:.20} in this permalink: copy it again.") from None


def _loss(word: str) -> float:
    loss = _number("loss", word, float)
    if not 0 <= loss <= MAX_LOSS:
        raise UserError(f"loss cannot be {word:.20} in this permalink: copy it again.")
    return loss


def _name(given: dict[str, str], word: str) -> str:
    name = given.pop(word, "")
    if not re.fullmatch("[a-z_-]{0,40}", name):
        raise UserError(f"{word} cannot be {name:.20} in this permalink: copy it again.")
    return name


def _sampling_text(sampling: Sampling) -> str:
    """Temperature, top-k and top-p, as in `0.8:5:1`; empty for the likeliest each time."""
    return f"{sampling.temperature:g}:{sampling.top_k}:{sampling.top_p:g}" if sampling.temperature else ""


def _sampling(text: str) -> Sampling:
    words = dict(zip(("temperature", "top_k", "top_p", "more"), text.split(":"), strict=False))
    try:
        return msgspec.convert(words, Sampling, strict=False)
    except msgspec.ValidationError:
        raise UserError(f"sampling cannot be {text:.20} in this permalink: copy it again.") from None


def _moment(given: dict[str, str], recipe: Recipe) -> Moment:
    """The moment, from words that are removed from `given`."""
    numbers = Vocabulary(recipe.task.vocab_size)
    sequence = numbers.parse(given.pop("sequence", numbers.line(numbers.opening)))
    units = recipe.model.hidden_size
    cut, cut_cell = given.pop("cut", ""), given.pop("cut_cell", "no") == "yes"
    steps = () if cut == "all" else tuple(_whole("cut", word, 1, len(sequence)) - 1 for word in cut.split(",") if word)
    clamps = tuple(_clamp(word, units - 1) for word in given.pop("hold", "").split(",") if word)
    if len(dict(clamps)) < len(clamps):
        raise UserError("hold names a unit twice in this permalink: give each unit one value.")
    return Moment(
        0,
        sequence,
        _whole("step", given.pop("step", str(len(sequence))), 1, len(sequence)) - 1,
        _whole("epoch", given.pop("epoch", "0"), 0, recipe.train.epochs),
        Interventions(steps, cut == "all", cut_cell, clamps, _patches(given.pop("put", ""), len(sequence), recipe)),
    )


def _patch_text(patch: Patch) -> str:
    """A state that is put in: `4:whole:7,8,9`, `4:cell:7,8,9`, or a unit's number in the middle."""
    part = str(patch.unit) if patch.part == "unit" else patch.part
    return f"{patch.step + 1}:{part}:{','.join(map(str, patch.source))}"


def _patches(text: str, steps: int, recipe: Recipe) -> tuple[Patch, ...]:
    patches = []
    for word in text.split("/") if text else ():
        step, part, source = [*word.split(":", 2), "", ""][:3]
        read = Vocabulary(recipe.task.vocab_size).parse(source)
        place = _whole("put", step, 1, steps) - 1
        if part in ("whole", "cell"):
            patches.append(Patch(place, read, "whole" if part == "whole" else "cell"))
        else:
            patches.append(Patch(place, read, "unit", _whole("put", part, 0, recipe.model.hidden_size - 1)))
    if len({patch.step for patch in patches}) < len(patches) or len(patches) > MAX_PATCHES:
        raise UserError(f"put names a step twice in this permalink, or more than {MAX_PATCHES} steps: copy it again.")
    return tuple(patches)


def _clamp(word: str, last: int) -> tuple[int, float]:
    unit, _, value = word.partition(":")
    held = _number("hold", value or "0", float)
    if not -MAX_CLAMP <= held <= MAX_CLAMP:
        raise UserError(
            f"hold cannot be {word:.20} in a permalink: choose a value from -{MAX_CLAMP:g} to {MAX_CLAMP:g}."
        )
    return _whole("hold", unit, 0, last), held


def _whole(name: str, word: str, first: int, last: int) -> int:
    number = _number(name, word, int)
    if not first <= number <= last:
        raise UserError(f"{name} cannot be {number} in this permalink: choose a whole number from {first} to {last:,}.")
    return int(number)


def _number(name: str, word: str, kind: Callable[[str], float]) -> float:
    try:
        return kind(word[:24])
    except ValueError:
        raise UserError(f"{name} cannot be {word:.20} in this permalink: copy it again.") from None
