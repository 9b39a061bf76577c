"""A recipe's fields say their limits once, and refuse everything else in a sentence that holds them."""

import re
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unroll.errors import RecipeError
from unroll.network.model import SequenceModel
from unroll.recipe import BLOCKS, FIELDS, PRESETS, Field, Recipe, check, plan, recipe_of, weights

fields = st.sampled_from(list(FIELDS.values()))
texts = st.text() | st.integers().map(str) | st.floats().map(str)


def values_of(field: Field) -> st.SearchStrategy[Any]:
    """Whatever a field takes."""
    if field.kind is str and not field.words:
        return st.text(max_size=20)
    words = st.sampled_from(field.words) if field.words else st.nothing()
    if field.kind is str:
        return words
    if field.kind is int:
        return words | st.integers(int(field.low or 0), int(field.high or 0))
    low = field.above if field.above is not None else field.low
    return st.floats(low, field.high, exclude_min=field.above is not None)


def test_the_defaults_are_the_reference_recipe() -> None:
    assert recipe_of({}) == Recipe() == PRESETS["default"]
    assert Recipe().values() == {name: field.default for name, field in FIELDS.items()}


@given(fields.flatmap(lambda field: st.tuples(st.just(field), values_of(field))))
def test_a_field_takes_what_its_limits_allow_also_as_text(pair: tuple[Field, Any]) -> None:
    field, value = pair
    assert field.check(value) == value
    if field.kind is not str or field.words:
        assert field.parse(f" {value} ") == value


@given(fields, texts)
def test_whatever_is_typed_is_a_value_or_one_sentence_with_the_rule(field: Field, text: str) -> None:
    try:
        assert field.check(field.parse(text)) == field.parse(text)
    except RecipeError as refusal:
        assert refusal.field == field.name
        assert str(refusal).startswith(f"{field.name} cannot be ")
        assert str(refusal).endswith(f": choose {field.rule}.")


@given(fields.flatmap(lambda field: st.tuples(st.just(field.name), values_of(field))))
def test_a_recipe_survives_its_json(change: tuple[str, Any]) -> None:
    try:
        recipe = Recipe().replace(**dict([change]))
    except RecipeError:
        return
    assert check(msgspec.json.decode(msgspec.json.encode(recipe), type=Recipe)) == recipe


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"length": 128}, "length", "length cannot be 128 with vocab_size 128: choose at most 127"),
        ({"task": "file"}, "path", "path cannot be empty with task file: name a file"),
        ({"colour": "red"}, "colour", "A recipe has no field colour: its fields are task, vocab_size"),
        ({"hidden_size": True}, "hidden_size", "hidden_size cannot be True: choose a whole number from 1 to 1,024."),
        ({"hidden_size": 2.5}, "hidden_size", "hidden_size cannot be 2.5: choose a whole number"),
        ({"learning_rate": 0.0}, "learning_rate", "choose a number above 0 and up to 100."),
        ({"learning_rate": float("inf")}, "learning_rate", "learning_rate cannot be inf"),
        ({"batch_size": "most"}, "batch_size", "choose a whole number from 1 to 4,096, half or full."),
    ],
)
def test_what_cannot_be_is_refused_by_field(changes: dict[str, Any], field: str, sentence: str) -> None:
    with pytest.raises(RecipeError) as refusal:
        Recipe().replace(**changes)
    assert refusal.value.field == field
    assert sentence in str(refusal.value)


@given(st.sampled_from([1, 7, "half", "full"]), st.integers(7, 200), st.integers(1, 9))
def test_a_plan_takes_whole_batches_and_drops_the_rest(size: int | str, sequences: int, epochs: int) -> None:
    planned = plan(Recipe().replace(batch_size=size, epochs=epochs), sequences)
    assert 0 <= sequences - planned.updates_per_epoch * planned.batch_size < planned.batch_size
    assert planned.updates == epochs * planned.updates_per_epoch


def test_a_batch_larger_than_the_data_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"batch_size cannot be 9 with 8 sequences: choose at most 8, half or full"):
        plan(Recipe().replace(batch_size=9), 8)


@pytest.mark.parametrize("cell", [*BLOCKS])
def test_the_weights_are_counted_as_the_network_has_them(cell: str) -> None:
    recipe = Recipe().replace(cell=cell, vocab_size=11, hidden_size=5)
    assert weights(recipe) == sum(weight.numel() for weight in SequenceModel.of(recipe).parameters())


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_a_recipe_that_can_be(name: str) -> None:
    assert check(PRESETS[name]) == recipe_of(PRESETS[name].values())


LARGEST = {"vocab_size": 4096, "length": 512, "hidden_size": 1024}


@pytest.mark.parametrize("cell", [*BLOCKS])
@pytest.mark.parametrize("batch_size", ["half", "full", 3000])
def test_a_batch_that_no_memory_holds_is_refused_and_the_batch_named_instead_is_taken(cell, batch_size):
    recipe = recipe_of({**LARGEST, "cell": cell, "batch_size": batch_size})
    with pytest.raises(RecipeError, match=r"batch_size cannot be .* GiB of memory: choose at most") as refused:
        plan(recipe, 3584)
    assert refused.value.field == "batch_size"
    most = int(re.search(r"at most ([\d,]+)", str(refused.value))[1].replace(",", ""))
    assert most >= 40
    assert plan(recipe.replace(batch_size=most), 3584).batch_size == most
    with pytest.raises(RecipeError):
        plan(recipe.replace(batch_size=most + 1), 3584)
