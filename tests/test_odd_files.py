"""Number files, moment lines and recipes that come from anyone: taken as they are, or refused in a sentence."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine_kit import answers, converse
from pty_kit import UNROLL
from unroll import permalink
from unroll.errors import RecipeError, UserError
from unroll.files import read_regular
from unroll.moment import Interventions, Moment
from unroll.protocol.requests import Create, ListModels, Save
from unroll.recipe import FIELDS, Recipe, check, recipe_of
from unroll.tasks.datafile import MAX_VOCAB, understand

NUMBERS = "1 2, 3;4\n5 6\t7\n\n8 9 10\n"
LINE = permalink.write(
    permalink.Link(
        Recipe().replace(cell="lstm", epochs=40),
        Moment(0, (7, 8, 9, 10), 2, 12, Interventions((0, 3), False, True, ((3, 0.0), (5, 1.5)))),
    )
)
RECIPE = msgspec.json.encode(Recipe()).decode()


def spoiled(text: str, *odd: str) -> st.SearchStrategy[str]:
    """The text with one to four places changed."""
    put = st.sampled_from([*odd, "", "-", "1e9", "9" * 40, "nan", "0x1", "٣", "\0", "\x1b[2J", "é", "=", ",", "\udcff"])
    change = st.tuples(st.integers(0, len(text) - 1), st.integers(0, 9), put)
    return st.lists(change, min_size=1, max_size=4).map(lambda changes: _changed(text, changes))


def _changed(text: str, changes: list[tuple[int, int, str]]) -> str:
    for place, gone, put in changes:
        text = text[:place] + put + text[place + gone :]
    return text


def is_sentence(text: str) -> bool:
    return text.endswith(".") and len(text) < 400


@given(spoiled(NUMBERS).map(lambda text: text.encode(errors="surrogateescape")) | st.binary(max_size=200))
def test_a_spoiled_number_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "spoiled.txt"
    path.write_bytes(data)
    try:
        found = understand(str(path))
    except RecipeError as refusal:
        assert is_sentence(str(refusal))
        assert str(refusal).isprintable()
    else:
        assert 2 <= found.vocab_size <= MAX_VOCAB and len(found.symbols) in (0, found.vocab_size)
        assert all(0 <= number < found.vocab_size for sequence in found.sequences for number in sequence)
        assert all(symbol.isprintable() for symbol in found.symbols)


@given(spoiled(LINE, "cut=all", "hold=1:nan", "step=0", " ", "unroll:1"))
def test_a_spoiled_line_is_one_that_can_be_written_again_or_refused(text: str) -> None:
    try:
        link = permalink.read(text)
    except UserError as refusal:
        assert is_sentence(str(refusal))
    else:
        assert 0 <= link.moment.step < len(link.moment.sequence)
        assert permalink.read(permalink.write(link)) == link


@given(spoiled(RECIPE, "null", "[]", "{}", "true", "61", '"lstm"', "1e400", '"task":'))
def test_a_spoiled_recipe_is_one_that_can_be_or_refused(text: str) -> None:
    try:
        recipe = check(msgspec.json.decode(text.encode(errors="surrogateescape"), type=Recipe))
    except (msgspec.DecodeError, UnicodeDecodeError, RecipeError):
        return
    assert recipe_of(recipe.values()) == recipe


@given(st.dictionaries(st.sampled_from([*FIELDS, "colour"]), st.text() | st.integers() | st.floats() | st.booleans()))
def test_any_values_make_a_recipe_or_a_sentence(values: dict[str, Any]) -> None:
    try:
        recipe_of(values)
    except RecipeError as refusal:
        assert is_sentence(str(refusal))


# Names that are no text

ODD = b"\xff\n\x1b[2J"


@pytest.fixture
def odd_folder(tmp_path: Path) -> Path:
    """A folder with such a name, and a file of numbers of such a name in it."""
    folder = tmp_path / os.fsdecode(ODD)
    folder.mkdir()
    (folder / os.fsdecode(ODD + b".txt")).write_text("1 2 3 4 5 6 7 8")
    return folder


def unroll(*words: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*UNROLL, *words], cwd=folder, capture_output=True, timeout=100, check=False)


def test_a_number_file_whose_name_is_no_text_is_refused_before_training(odd_folder: Path) -> None:
    name = os.fsdecode(ODD + b".txt")
    done = unroll("train", "--task", "file", "--length", "3", "--path", name, "--save", "./x", folder=odd_folder)
    assert done.returncode == 2
    assert done.stderr.startswith("Error: path cannot be \ufffd␊␛[2J.txt, ".encode())
    assert done.stderr.count(b"\n") == 1


def test_a_network_is_saved_under_a_name_that_is_no_text_and_told_of_in_json(odd_folder: Path) -> None:
    name = os.fsdecode(ODD)
    done = unroll("train", "--epochs", "1", "--save", f"./{name}", "--json", folder=odd_folder)
    assert json.loads(done.stdout)["saved"].startswith("?")
    assert read_regular(odd_folder / name, 10**6)


def test_an_engine_in_a_folder_whose_name_is_no_text_saves_and_tells(
    odd_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(odd_folder)
    (odd_folder / "saved_models").mkdir()
    _, saved, models = answers(converse(Create(), Save(name="x"), ListModels())).values()
    assert saved.path.endswith("x.safetensors") and "x" in [model.name for model in models.models]
    assert (odd_folder / "saved_models" / "x.safetensors").exists()
