"""A trained network as one file: safetensors, with its recipe and history in the header. It holds no code.

    tensors    the weights by the names of `torch.nn`, after `rnn.` and `head.`; with the optimizer, Adam's two moments
               by the same names, after `adam.m.` and `adam.v.`
    metadata   `format`, and `recipe` and `history` as JSON; `data`, the digest of a file's sequences

A file may come from anyone. `header.py` says what is refused before any tensor is made; here the names, shapes and
types must be exactly the recipe's, and all values finite.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import msgspec
import safetensors.torch
import torch
from msgspec import Struct
from safetensors import SafetensorError
from torch import Tensor

from unroll.errors import CheckpointError, FileError, RecipeError
from unroll.files import read_regular, write_atomically
from unroll.network.adam import Snapshot, views
from unroll.network.header import Header, read_header
from unroll.network.model import SequenceModel
from unroll.recipe import Recipe, check
from unroll.recipe import weights as count_weights
from unroll.series import NO_HISTORY, History
from unroll.text import printable, shown_path

FORMAT = "unroll 1"
STEPS = "adam.steps"
MAX_BYTES = 64 * 10**6


class Checkpoint(NamedTuple):
    """What a file holds; with `optimizer`, which may be None, training can continue.

    `digest` tells the data it was trained on, as `Training.digest` does; empty where that is not known.
    """

    model: SequenceModel
    recipe: Recipe
    history: History
    optimizer: Snapshot | None
    digest: str = ""


def save(
    path: str | Path,
    model: SequenceModel,
    recipe: Recipe,
    history: History = NO_HISTORY,
    optimizer: Snapshot | None = None,
    digest: str = "",
) -> None:
    """Write a network to a file, whole or not at all.

    Raises:
        CheckpointError: it is too large, its weights are not all finite, or the place cannot be written.
    """
    put(path, packed(path, model, recipe, history, optimizer, digest))


def packed(
    path: str | Path,
    model: SequenceModel,
    recipe: Recipe,
    history: History = NO_HISTORY,
    optimizer: Snapshot | None = None,
    digest: str = "",
) -> bytes:
    """The bytes of a network's file; raises `CheckpointError` if it is too large or its weights are not all finite."""
    check_size(recipe, with_optimizer=optimizer is not None)
    tensors = {name: weight.detach() for name, weight in model.named_parameters()}
    if optimizer is not None:
        for part, flat in (("m", optimizer.m), ("v", optimizer.v)):
            named = zip(model.named_parameters(), views(model, flat), strict=True)
            tensors |= {f"adam.{part}.{name}": view for (name, _), view in named}
    try:
        _check_finite(tensors)
    except CheckpointError as error:
        raise CheckpointError(f"{_name(path)} cannot be saved: {error}") from None
    metadata = {"format": FORMAT, "recipe": _json(recipe), "history": _json(history)}
    if digest:
        metadata["data"] = digest
    if optimizer is not None:
        metadata[STEPS] = str(optimizer.steps)
    return _bytes({name: tensor.cpu().contiguous() for name, tensor in tensors.items()}, metadata)


def put(path: str | Path, data: bytes) -> None:
    """Write packed bytes to a file, whole or not at all; raises `CheckpointError`."""
    try:
        write_atomically(path, data)
    except FileError as error:
        raise CheckpointError(str(error)) from None


def _bytes(tensors: dict[str, Tensor], metadata: dict[str, str]) -> bytes:
    """The same bytes for the same network: the stock writer puts the metadata in any order."""
    data = safetensors.torch.save(tensors, metadata)
    start = 8 + int.from_bytes(data[:8], "little")
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
        CheckpointError: the file cannot be read, or is not exactly what `save` writes.
    """
    try:
        data = read_regular(path, MAX_BYTES)
        header = read_header(data)
        recipe, history = _recipe(header), _history(header)
        _check_tensors(header, _expected(recipe, STEPS in header.metadata))
        tensors = safetensors.torch.load(data)
        _check_finite(tensors)
        return _fill(recipe, history, header, tensors)
    except CheckpointError as error:
        raise CheckpointError(f"{_name(path)} is not a saved network: {error}") from None
    except FileError as error:
        raise CheckpointError(str(error)) from None
    except SafetensorError:
        raise CheckpointError(f"{_name(path)} is damaged: save it again, or name another.") from None


def _name(path: str | Path) -> str:
    """A file without its folder: a long path would push the reason off the end of a line on the screen."""
    return shown_path(Path(path).name)


def _recipe(header: Header) -> Recipe:
    if not {"format", "recipe"} & header.metadata.keys():
        raise CheckpointError(
            "it has no recipe, as torch saves none. Save it again with the first file's: "
            'save_file(tensors, path, safe_open(first, "pt").metadata()).'
        )
    if header.text("format") != FORMAT:
        raise CheckpointError(f"its format is {shown_path(header.text('format'))}, and this version reads {FORMAT}.")
    try:
        return check(msgspec.json.decode(header.text("recipe"), type=Recipe))
    except RecipeError as error:
        raise CheckpointError(f"its recipe cannot be read. {printable(str(error)[:120])}") from None
    except (msgspec.DecodeError, RecursionError):
        raise CheckpointError("its recipe cannot be read.") from None


def _history(header: Header) -> History:
    try:
        return msgspec.json.decode(header.text("history"), type=History)
    except (msgspec.DecodeError, RecursionError):
        raise CheckpointError("its history cannot be read.") from None


def _expected(recipe: Recipe, with_optimizer: bool) -> dict[str, list[int]]:
    """The shape of every tensor that a file of this recipe has, by name."""
    with torch.device("meta"):
        model = SequenceModel(recipe.model.cell, recipe.task.vocab_size, recipe.model.hidden_size)
    shapes = {name: list(weight.shape) for name, weight in model.named_parameters()}
    parts = ("", "adam.m.", "adam.v.") if with_optimizer else ("",)
    return {part + name: shape for part in parts for name, shape in shapes.items()}


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


def _check_finite(tensors: dict[str, Tensor]) -> None:
    for name, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise CheckpointError(f"{name} holds a value that is not finite.")


def _fill(recipe: Recipe, history: History, header: Header, tensors: dict[str, Tensor]) -> Checkpoint:
    model = SequenceModel(recipe.model.cell, recipe.task.vocab_size, recipe.model.hidden_size)
    digest = header.metadata.get("data", "")
    model.load_state_dict({name: tensors[name] for name, _ in model.named_parameters()})
    if STEPS not in header.metadata:
        return Checkpoint(model, recipe, history, None, digest)
    m, v = _flat(model, "adam.m.", tensors), _flat(model, "adam.v.", tensors)
    optimizer = Snapshot(_flat(model, "", tensors), m, v, header.whole_number(STEPS))
    return Checkpoint(model, recipe, history, optimizer, digest)


def _flat(model: SequenceModel, part: str, tensors: dict[str, Tensor]) -> Tensor:
    """One value for every weight, in Adam's order and layout."""
    flat = torch.empty(sum(weight.numel() for weight in model.parameters()))
    for (name, _), view in zip(model.named_parameters(), views(model, flat), strict=True):
        view.copy_(tensors[part + name])
    return flat
