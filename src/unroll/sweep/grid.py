"""Which recipes a sweep has, and how it is cut into units of work: one group of seeds of one recipe each.

An axis is written as a person would: `rnn,lstm`, `8,16,32`, `4..18:2`. Groups begin at multiples of `GROUP`, so that
the same command always computes the same seeds together: in which group a seed is computed may change its last bits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import groupby, product
from typing import NamedTuple

import msgspec
from msgspec import Struct

from unroll.errors import RecipeError, UserError
from unroll.files import at_home, read_regular
from unroll.recipe import FIELDS, Field, Recipe, Value
from unroll.tasks.decoding import MAX_BYTES

GROUP = 16
"""Seeds that are trained together: enough to save most of the cost of calling every operation."""
MAX_VALUES = 4096
"""Values of one axis, and seeds."""
MAX_UNITS = 100_000
RANGE = re.compile(r"(\d{1,10})\.\.(\d{1,10})(?::(\d{1,10}))?")


class Unit(Struct, frozen=True):
    """A unit of work: a recipe and its seeds. `data` is the digest of the file that the recipe reads, if any."""

    recipe: Recipe
    seeds: tuple[int, ...]
    data: str = ""

    @property
    def digest(self) -> str:
        """Which recipe it is, whatever its seed: equal for equal recipes on equal data."""
        return digest(self.recipe, self.data)


def axis(field: Field, text: str) -> list[Value]:
    """The values of a recipe's field that a person wrote; raises `RecipeError` for one that it does not take."""
    if field.kind is str and not field.words:
        return [field.parse(text)]
    values: list[Value] = []
    for word in _words(text):
        numbers = _range(field.name, word) if field.kind is int else None
        values += [field.parse(word)] if numbers is None else map(field.check, numbers)
    if not 0 < len(values) <= MAX_VALUES:
        raise RecipeError(field.name, f"{field.name} takes 1 to {MAX_VALUES:,} values: not {len(values):,}.")
    return list(dict.fromkeys(values))


def seeds_of(text: str) -> list[int]:
    """The seeds of `64` (that many, from 0), `8..15` or `3,5,8`; raises `RecipeError`."""
    words = _words(text)
    if len(words) == 1 and words[0].isascii() and words[0].isdigit() and 0 < int(words[0][:9]) <= MAX_VALUES:
        return list(range(int(words[0])))
    if len(words) > 1 or ".." in text:
        return sorted(int(seed) for seed in axis(FIELDS["seed"], text))
    raise RecipeError(
        "seed", f"--seeds cannot be {text!r:.24}: choose how many, 1 to {MAX_VALUES:,}, or which, like 8..15 or 3,5,8."
    )


def _words(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _range(name: str, word: str) -> range | None:
    """The numbers of `4..18:2`, the last among them; None for a word that is no range."""
    if ".." not in word:
        return None
    found = RANGE.fullmatch(word)
    first, last, step = (int(part or 1) for part in found.groups()) if found else (1, 0, 1)
    if last < first or not step or (last - first) // step >= MAX_VALUES:
        raise RecipeError(
            name, f"{name} cannot be {word:.24}: choose a range like 4..18 or 4..18:2, of at most {MAX_VALUES:,}."
        )
    return range(first, last + 1, step)


def combinations(axes: Mapping[str, Sequence[Value]]) -> Iterator[dict[str, Value]]:
    """Every combination of one value of each axis, the last axis changing first."""
    return (dict(zip(axes, values, strict=True)) for values in product(*axes.values()))


class Shard(NamedTuple):
    """One of so many equal parts of a sweep, counted from 1."""

    number: int = 1
    of: int = 1


def units(recipes: Sequence[Recipe], seeds: Sequence[int], shard: Shard, done: Mapping[str, set[int]]) -> list[Unit]:
    """The work of a part of a sweep, less the seeds that are done, by the digest of their recipe.

    Raises:
        UserError: there is too much of it, or a recipe's file cannot be read.
    """
    groups = [tuple(group) for _, group in groupby(seeds, lambda seed: seed // GROUP)]
    if len(recipes) * len(groups) > MAX_UNITS:
        raise UserError(f"A sweep has at most {MAX_UNITS:,} units of {GROUP} seeds: choose fewer values or seeds.")
    whole = [Unit(recipe, (), data_digest(recipe.task.path) if recipe.task.path else "") for recipe in recipes]
    known = [done.get(unit.digest, set()) for unit in whole]
    mine = list(product(range(len(whole)), groups))[shard.number - 1 :: shard.of]
    left = ((whole[place], tuple(seed for seed in group if seed not in known[place])) for place, group in mine)
    return [Unit(unit.recipe, group, unit.data) for unit, group in left if group]


def digest(recipe: Recipe, data: str) -> str:
    """Sixteen hex digits of what a recipe changes of the defaults: a field that comes later changes none of them."""
    changed = {name: value for name, value in recipe.values().items() if value != FIELDS[name].default}
    changed.pop("seed", None)
    if data:
        changed["path"] = data  # wherever the file is
    text = msgspec.json.encode([changed, recipe.task.symbols], order="sorted")
    return blake2b(text, digest_size=8).hexdigest()


def data_digest(path: str) -> str:
    """Tells a file's contents from others; raises `FileError` where it cannot be read."""
    return blake2b(read_regular(at_home(path), MAX_BYTES), digest_size=8).hexdigest()
