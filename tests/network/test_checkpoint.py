"""A saved network comes back to the bit; whatever else a file may be is refused in a sentence."""

import json
import os
import random
import re
import resource
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from unroll.errors import CheckpointError, FileError
from unroll.network import checkpoint
from unroll.network.checkpoint import Checkpoint, load, save
from unroll.network.model import SequenceModel
from unroll.network.training import Training
from unroll.recipe import BLOCKS, Recipe
from unroll.series import History

SMALL = Recipe().replace(vocab_size=12, hidden_size=5, length=3, epochs=2)
recipes = st.builds(
    lambda cell, v, d, seed: SMALL.replace(cell=cell, vocab_size=v, hidden_size=d, seed=seed),
    st.sampled_from([*BLOCKS]),
    st.integers(5, 40),
    st.integers(1, 20),
    st.integers(0, 2**31 - 1),
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "network.safetensors"


@pytest.fixture
def good(file: Path) -> bytes:
    """The bytes of a small saved network, which also lie in `file`."""
    save(file, Checkpoint(SequenceModel.of(SMALL), SMALL, History(2, 1, (2.0, 1.0), (0.5, 1.0), accuracy=1.0)))
    return file.read_bytes()


def header_of(data: bytes) -> dict[str, Any]:
    header: dict[str, Any] = json.loads(data[8 : 8 + struct.unpack("<Q", data[:8])[0]])
    return header


def with_header(data: bytes, header: dict[str, Any] | bytes) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data[8 + struct.unpack("<Q", data[:8])[0] :]


def changed(change: Callable[[dict[str, Any]], object]) -> Callable[[bytes], bytes]:
    """The file with its header changed in place."""

    def make(data: bytes) -> bytes:
        header = header_of(data)
        change(header)
        return with_header(data, header)

    return make


def with_recipe(**changes: Any) -> Callable[[bytes], bytes]:
    """The file with another recipe in its header."""
    recipe = {"model": {}, "train": {}, "task": {}}
    raw = msgspec.to_builtins(SMALL)
    for name, value in changes.items():
        section = next((s for s in recipe if name in raw[s]), "task")
        raw[section][name] = value
    return changed(lambda h: h["__metadata__"].update(recipe=json.dumps(raw)))


@settings(max_examples=25)
@given(recipes)
def test_a_saved_network_comes_back_to_the_bit(tmp_path_factory: pytest.TempPathFactory, recipe: Recipe) -> None:
    file, model = tmp_path_factory.mktemp("saved") / "x", SequenceModel.of(recipe)
    history = History(2, 1, (1.5, 0.25), (0.5, 1.0), accuracy=0.75, held_out_accuracy=0.5)
    save(file, Checkpoint(model, recipe, history))
    saved = load(file)
    assert (saved.recipe, saved.history, saved.optimizer) == (recipe, history, None)
    for name, weight in model.named_parameters():
        assert torch.equal(saved.model.get_parameter(name), weight)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_training_goes_on_from_a_file_as_if_it_had_never_stopped(file: Path, cell: str) -> None:
    recipe = SMALL.replace(cell=cell, epochs=4)
    whole, stopped = Training(recipe), Training(recipe)
    expected = [update.loss for update in whole.updates()]
    losses = [next(stopped.updates()).loss for _ in range(3)]
    save(file, Checkpoint(stopped.model, recipe, optimizer=stopped.saved_state()))
    saved, resumed = load(file), Training(recipe)
    assert saved.optimizer is not None
    resumed.go_on_from(saved.optimizer, 3)
    assert losses + [update.loss for update in resumed.updates()] == expected


@pytest.mark.parametrize("with_optimizer", [False, True])
def test_the_lines_of_the_readme_give_the_same_answers(file: Path, with_optimizer: bool) -> None:
    recipe, readme = Recipe().replace(cell="lstm"), (Path(__file__).parents[2] / "README.md").read_text()
    training = Training(recipe)
    save(file, Checkpoint(training.model, recipe, optimizer=training.saved_state() if with_optimizer else None))
    lines = readme.split("```python")[1].split("```")[0]
    names: dict[str, Any] = {}
    exec(lines.replace("saved_models/count-lstm.safetensors", str(file)), names)
    torch.testing.assert_close(names["logits"], load(file).model(torch.tensor([7, 8, 9, 10]))[0])


def test_a_network_that_torch_saved_again_is_refused_with_the_way_out_and_that_works(file: Path, good: bytes) -> None:
    again, tensors = file.with_name("again.safetensors"), load_file(file)
    save_file(tensors, again)
    with pytest.raises(CheckpointError, match=r'save_file\(tensors, path, safe_open\(first, "pt"\)\.metadata\(\)\)'):
        load(again)
    save_file(tensors, again, safe_open(file, "pt").metadata())
    assert load(again).recipe == SMALL


def test_weights_that_are_not_finite_are_not_saved(file: Path) -> None:
    model = SequenceModel.of(SMALL)
    model.head.bias.data[0] = torch.nan
    with pytest.raises(CheckpointError, match=r"head\.bias holds a value that is not finite"):
        save(file, Checkpoint(model, SMALL))
    assert not file.exists()


def test_a_network_too_large_for_a_file_is_refused_before_it_is_trained() -> None:
    with pytest.raises(CheckpointError, match="choose a smaller hidden_size or vocab_size"):
        checkpoint.check_size(Recipe().replace(cell="lstm", vocab_size=4096, hidden_size=1024))


def test_the_old_file_is_whole_until_the_new_one_is(file: Path, good: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    other = SMALL.replace(seed=9)
    with monkeypatch.context() as patched, pytest.raises(FileError, match=r"^No space left on device"):
        patched.setattr(os, "fsync", full_disk)
        save(file, Checkpoint(SequenceModel.of(other), other))
    assert file.read_bytes() == good
    save(file, Checkpoint(SequenceModel.of(other), other))
    assert load(file).recipe == other
    assert list(file.parent.iterdir()) == [file]


def with_metadata(**changes: str) -> Callable[[bytes], bytes]:
    return changed(lambda header: header["__metadata__"].update(changes))


def with_tensor(name: str, **changes: Any) -> Callable[[bytes], bytes]:
    return changed(lambda header: header.setdefault(name, {"dtype": "F32", "shape": [0]}).update(changes))


MANY = {str(i): {"dtype": "F32", "shape": [0]} for i in range(100)}
REFUSED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda d: b"", "cut off"),
    "cut off in the header": (lambda d: d[:100], "cut off"),
    "cut off in the values": (lambda d: d[:-1], "damaged"),
    "with something behind it": (lambda d: d + b"\0", "damaged"),
    "a pickle": (lambda d: b"\x80\x04\x95" + d, "another kind"),
    "with a huge header": (lambda d: with_header(d, json.dumps({"a": "b" * 2**20}).encode()), "1,048,576"),
    "with a header that is no JSON": (lambda d: with_header(d, b"{"), "JSON"),
    "with a header that is no text": (lambda d: with_header(d, b"\xff{}"), "JSON"),
    "with a header nested without end": (lambda d: with_header(d, b"[" * 200_000), "JSON"),
    "with a header that is a list": (lambda d: with_header(d, b"[]"), "JSON object"),
    "with NaN in the header": (lambda d: with_header(d, b'{"a": NaN}'), "NaN"),
    "with a name twice": (
        lambda d: with_header(d, b'{"__metadata__": {}, ' + json.dumps(header_of(d)).encode()[1:]),
        "twice",
    ),
    "with metadata that is no text": (changed(lambda h: h.update(__metadata__={"a": 1})), "metadata"),
    "without metadata": (changed(lambda h: h.pop("__metadata__")), "no recipe"),
    "of another format": (with_metadata(format="unroll 2"), "reads unroll 1"),
    "without a recipe": (changed(lambda h: h["__metadata__"].pop("recipe")), "no recipe"),
    "with a recipe that is no JSON": (with_metadata(recipe="{"), "recipe cannot be read"),
    "with a recipe nested without end": (with_metadata(recipe="[" * 100_000), "recipe cannot be read"),
    "with a recipe out of limits": (with_recipe(hidden_size=10**9), "recipe cannot be read"),
    "with a recipe that contradicts itself": (with_recipe(length=12), "recipe cannot be read"),
    "with an unknown field": (with_recipe(colour="red"), "recipe cannot be read"),
    "with a history that is none": (with_metadata(history="1"), "history cannot be read"),
    "with a history without end": (with_metadata(history="[" * 100_000), "history cannot be read"),
    "of another cell": (with_recipe(cell="gru"), "has the shape"),
    "of another size": (with_recipe(hidden_size=6), "has the shape"),
    "with a tensor too few": (changed(lambda h: h.pop("head.bias")), "head.bias of its recipe is missing"),
    "with a tensor too many": (with_tensor("x", data_offsets=[0, 0]), "it holds x"),
    "with many tensors": (changed(lambda h: h.update(MANY)), "64 are allowed"),
    "of another type": (with_tensor("head.bias", dtype="I32"), "type I32, not F32"),
    "with a shape without values": (with_tensor("head.bias", shape=[2**40, 0]), "has the shape"),
    "with a tensor that is no object": (changed(lambda h: h.update({"head.bias": 3})), "type and shape"),
    "with values that overlap": (with_tensor("head.bias", data_offsets=[4, 52]), "damaged"),
    "with a value that is not finite": (lambda d: d[:-4] + struct.pack("<f", float("inf")), "not finite"),
    "with steps that are no number": (with_metadata(**{"adam.steps": "-1"}), "missing"),
}


@pytest.mark.parametrize(("make", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_a_file_is_refused(file: Path, good: bytes, make: Callable[[bytes], bytes], sentence: str) -> None:
    file.write_bytes(make(good))
    with pytest.raises(CheckpointError) as refusal:
        load(file)
    said = str(refusal.value)
    assert sentence in said
    assert "network.safetensors" in said
    assert not re.search(r"deserializ|malformed|\n", said)
    assert len(said) < 400


@pytest.mark.parametrize("kind", ["cut off in the values", "cut off in the header", "with a recipe that is no JSON"])
def test_what_is_wrong_with_a_file_stands_where_a_line_of_the_screen_does_not_cut_it_off(
    good: bytes, kind: str, tmp_path: Path
) -> None:
    make, sentence = REFUSED[kind]
    place = tmp_path / ("a-long-folder" * 9) / "network.safetensors"
    place.parent.mkdir()
    place.write_bytes(make(good))
    with pytest.raises(CheckpointError) as refusal:
        load(place)
    assert sentence in str(refusal.value)[:76]


def mutated(data: bytes, chance: random.Random) -> bytes:
    """The file with a few stretches, most of them in its header, replaced by nothing, a byte, a sign or a part."""
    found, header_end = bytearray(data), 8 + struct.unpack("<Q", data[:8])[0]
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(header_end if chance.random() < 0.8 else len(found))
        part = found[(start := chance.randrange(len(found))) : start + chance.randint(1, 90)]
        sign = chance.choice('0123456789{}[]",:-.eE\\').encode()
        found[place : place + chance.choice([0, 1, 1, 9])] = chance.choice([b"", chance.randbytes(1), sign, part])
        if chance.random() < 0.03:
            del found[chance.randrange(len(found)) :]
        found = found or bytearray(1)
        header_end = min(header_end, len(found))
    if chance.random() < 0.5:  # a length that fits again lets more through to the inner checks
        found[:8] = struct.pack("<Q", max(0, min(header_end + len(found) - len(data), len(found)) - 8))
    return bytes(found)


LONG = [pytest.param(1000 + seed, 1000, marks=pytest.mark.long) for seed in range(10)]


@pytest.mark.parametrize(("seed", "files"), [(0, 300), (1, 300), *LONG])
def test_a_mutated_file_is_loaded_whole_or_refused_within_a_second_and_200_megabytes(
    file: Path, good: bytes, seed: int, files: int
) -> None:
    chance, before = random.Random(seed), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(files):
        data = mutated(good, chance)
        file.write_bytes(data)
        started = time.process_time()
        try:
            saved = load(file)
        except CheckpointError as refusal:
            assert str(refusal).isprintable(), data
        else:
            assert all(weight.isfinite().all() for weight in saved.model.parameters()), data
        assert time.process_time() - started < 1, data
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < 200 * 10**6


def test_shapes_however_nested_are_refused(file: Path, good: bytes) -> None:
    header = json.dumps(header_of(good)).encode()
    for depth in [*range(1, 1100, 3), 10_000, 200_000]:
        nested = b'"shape": ' + b"[" * depth + b"]" * depth
        file.write_bytes(with_header(good, header.replace(b'"shape": [12, 5]', nested)))
        with pytest.raises(CheckpointError):
            load(file)
