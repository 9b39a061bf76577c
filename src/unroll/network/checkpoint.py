"""A trained network as one file: safetensors, with its recipe and history in the header. It holds no code.

    8 bytes    N, little-endian
    N bytes    a JSON object: name -> {"dtype", "shape", "data_offsets"}, and "__metadata__" -> {text: text}
    the rest   the values

    tensors    the weights by the names of `torch.nn`, after `rnn.` and `head.`; with the optimizer, Adam's two moments
               by the same names, after `adam.m.` and `adam.v.`
    metadata   `format`, and `recipe` and `history` as JSON; `data`, the digest of a file's sequences

A file may come from anyone. The stock loader checks that the values follow one another without gap or overlap, but
takes the last of two equal names, any type, any amount of metadata, and tensors without values: all that is refused
here, before any tensor is made. Names, shapes and types must be exactly the recipe's, and all values finite.
"""

from __future__ import annotations

import json
import os
import re
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec
import safetensors.torch
import torch
from msgspec import Struct
from safetensors import SafetensorError
from torch import Tensor

from unroll.errors import CheckpointError, RecipeError
from unroll.files import opened, read_regular, short_digest, write_atomically
from unroll.network.adam import Snapshot, views
from unroll.network.model import SequenceModel
from unroll.recipe import Recipe, check
from unroll.recipe import weights as count_weights
from unroll.series import NO_HISTORY, History
from unroll.text import printable, shown_path

FORMAT = "unroll 1"
STEPS = "adam.steps"
MAX_BYTES = 64 * 10**6
MAX_HEADER = 2**20
"""Bytes in a header at most."""
MAX_TENSORS = 64
T = TypeVar("T")


class Checkpoint(NamedTuple):
    """What a file holds; with `optimizer`, which may be None, training can continue.

    `digest` tells the data it was trained on, as `Training.digest` does; empty where that is not known. `file` tells
    the bytes of the file it was read from; empty for a network that was not.
    """

    model: SequenceModel
    recipe: Recipe
    history: History = NO_HISTORY
    optimizer: Snapshot | None = None
    digest: str = ""
    file: str = ""


def save(path: str | Path, saved: Checkpoint) -> None:
    """Write a network to a file, whole or not at all.

    Raises:
        CheckpointError: it is too large, or its weights are not all finite.
        FileError: the place cannot be written.
    """
    write_atomically(path, packed(path, saved))


def packed(path: str | Path, saved: Checkpoint) -> bytes:
    """The bytes of a network's file; raises `CheckpointError` if it is too large or its weights are not all finite."""
    model, optimizer = saved.model, saved.optimizer
    check_size(saved.recipe, with_optimizer=optimizer is not None)
    metadata = {"format": FORMAT, "recipe": _json(saved.recipe), "history": _json(saved.history)}
    tensors = {name: weight.detach() for name, weight in model.named_parameters()}
    if saved.digest:
        metadata["data"] = saved.digest
    if optimizer is not None:
        metadata[STEPS] = str(optimizer.steps)
        for part, flat in (("m", optimizer.m), ("v", optimizer.v)):
            named = zip(model.named_parameters(), views(model, flat), strict=True)
            tensors |= {f"adam.{part}.{name}": view for (name, _), view in named}
    try:
        _check_finite(tensors)
    except CheckpointError as error:
        raise CheckpointError(f"{_name(path)} cannot be saved: {error}") from None
    data = safetensors.torch.save({name: tensor.cpu().contiguous() for name, tensor in tensors.items()}, metadata)
    start = 8 + int.from_bytes(data[:8], "little")  # the stock writer puts the metadata in any order
    header = msgspec.json.encode(msgspec.json.decode(data[8:start]), order="sorted")
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + data[start:]


def _json(value: Struct) -> str:
    return msgspec.json.encode(value).decode()


def check_size(recipe: Recipe, with_optimizer: bool = False) -> None:
    """Raises `CheckpointError` if a network of this recipe would not fit into a file."""
    size = count_weights(recipe) * 4 * (3 if with_optimizer else 1)
    if size > MAX_BYTES - 2**20:
        raise CheckpointError(
            f"A network of {size:,} bytes cannot be saved (a file holds at most {MAX_BYTES:,}): "
            "choose a smaller hidden_size or vocab_size."
        )


def load(path: str | Path) -> Checkpoint:
    """The network in a file.

    Raises:
        FileError: the file cannot be read.
        CheckpointError: it is not exactly what `save` writes.
    """
    data = read_regular(path, MAX_BYTES)
    try:
        return _load(data)._replace(file=short_digest(data))
    except CheckpointError as error:
        raise CheckpointError(f"{_name(path)} is not a saved network: {error}") from None
    except SafetensorError:
        raise CheckpointError(f"{_name(path)} is damaged: save it again, or name another.") from None


def _name(path: str | Path) -> str:
    """A file without its folder: a long path would push the reason off the end of a line on the screen."""
    return shown_path(Path(path).name)


# What is wrong with a file: each sentence completes "X is not a saved network: "


def _load(data: bytes) -> Checkpoint:
    header = read_header(data)
    recipe, history = _recipe(header), _decoded(header, "history", History)
    with torch.device("meta"):
        shapes = {name: list(weight.shape) for name, weight in SequenceModel.unset(recipe).named_parameters()}
    parts = ("", "adam.m.", "adam.v.") if STEPS in header.metadata else ("",)
    _check_tensors(header, {part + name: shape for part in parts for name, shape in shapes.items()})
    tensors = safetensors.torch.load(data)
    _check_finite(tensors)
    model = SequenceModel.unset(recipe)
    model.load_state_dict({name: tensors[name] for name in shapes})
    optimizer = None
    if STEPS in header.metadata:
        flat, m, v = (_flat(model, part, tensors) for part in parts)
        if not re.fullmatch("[0-9]{1,9}", header.metadata[STEPS]):
            raise CheckpointError(f"its {STEPS} is not a whole number.")
        optimizer = Snapshot(flat, m, v, int(header.metadata[STEPS]))
    return Checkpoint(model, recipe, history, optimizer, header.metadata.get("data", ""))


def _flat(model: SequenceModel, part: str, tensors: dict[str, Tensor]) -> Tensor:
    """One value for every weight, in Adam's order and layout."""
    flat = torch.empty(sum(weight.numel() for weight in model.parameters()))
    for (name, _), view in zip(model.named_parameters(), views(model, flat), strict=True):
        view.copy_(tensors[part + name])
    return flat


def _check_finite(tensors: dict[str, Tensor]) -> None:
    for name, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise CheckpointError(f"{name} holds a value that is not finite.")


class TensorEntry(Struct):
    """One tensor's type and shape."""

    dtype: str
    shape: list[int]


class Header(NamedTuple):
    """A header without the offsets of the values."""

    tensors: dict[str, TensorEntry]
    metadata: dict[str, str]

    def text(self, key: str) -> str:
        """A text of the metadata; raises `CheckpointError` if it is missing."""
        if key not in self.metadata:
            raise CheckpointError(f"its header has no {key}.")
        return self.metadata[key]


def glance(path: Path) -> tuple[Recipe, History] | None:
    """What a saved network's header tells; None where there is none. Its values are not read: they may be damaged."""
    with suppress(OSError, CheckpointError), opened(path, os.O_RDONLY | os.O_NONBLOCK) as descriptor:
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            header = read_header(os.read(descriptor, 8 + MAX_HEADER))
            return _recipe(header), _decoded(header, "history", History)
    return None


def read_header(data: bytes) -> Header:
    """The header of a file's bytes; raises `CheckpointError` for the first thing that is wrong."""
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > len(data) - 8:
        raise CheckpointError("it is cut off, or another kind of file.")
    if length > MAX_HEADER:
        raise CheckpointError(f"its header has {length:,} bytes, where {MAX_HEADER:,} are allowed.")
    try:
        text = data[8 : 8 + length].decode()
        entries = json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_not_json)
    except (ValueError, RecursionError):
        raise CheckpointError("its header is not JSON.") from None
    if not isinstance(entries, dict):
        raise CheckpointError("its header is not a JSON object.")
    metadata = _converted(entries.pop("__metadata__", {}), dict[str, str], "its metadata is not text by name.")
    if len(entries) > MAX_TENSORS:
        raise CheckpointError(f"it holds {len(entries):,} tensors, where {MAX_TENSORS} are allowed.")
    wrong = "its header does not say each tensor's type and shape."
    return Header(_converted(entries, dict[str, TensorEntry], wrong), metadata)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise CheckpointError("its header has the same name twice.")
    return found


def _not_json(word: str) -> None:
    raise CheckpointError(f"its header holds {word}, which is not JSON.")


def _converted(found: object, kind: type[T], wrong: str) -> T:
    try:
        return msgspec.convert(found, kind)
    except msgspec.ValidationError:
        raise CheckpointError(wrong) from None


def _decoded(header: Header, key: str, kind: type[T]) -> T:
    """What the metadata hold as JSON."""
    try:
        return msgspec.json.decode(header.text(key), type=kind)
    except (msgspec.DecodeError, RecursionError):
        raise CheckpointError(f"its {key} cannot be read.") from None


def _recipe(header: Header) -> Recipe:
    if not {"format", "recipe"} & header.metadata.keys():
        raise CheckpointError(
            "it has no recipe, as torch saves none. Save it again with the first file's: "
            'save_file(tensors, path, safe_open(first, "pt").metadata()).'
        )
    if header.text("format") != FORMAT:
        raise CheckpointError(f"its format is {shown_path(header.text('format'))}, and this version reads {FORMAT}.")
    try:
        return check(_decoded(header, "recipe", Recipe))
    except RecipeError as error:
        raise CheckpointError(f"its recipe cannot be read. {printable(str(error)[:120])}") from None


def _check_tensors(header: Header, expected: dict[str, list[int]]) -> None:
    for name, shape in expected.items():
        if name not in header.tensors:
            raise CheckpointError(f"the tensor {name} of its recipe is missing.")
        entry = header.tensors[name]
        if entry.dtype != "F32":
            raise CheckpointError(f"{name} is of type {shown_path(entry.dtype[:12])}, not F32.")
        if entry.shape != shape:
            raise CheckpointError(f"{name} has the shape {entry.shape!s:.40}, but its recipe needs {shape}.")
    for name in header.tensors:
        if name not in expected:
            raise CheckpointError(f"it holds {shown_path(name)}, which its recipe does not have.")
