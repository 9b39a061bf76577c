"""Which recipes a sweep has, and how it is cut into units."""

from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweep_kit import SMALL

from unroll.errors import RecipeError
from unroll.recipe import FIELDS
from unroll.sweep.grid import GROUP, Shard, axis, combinations, data_digest, digest, seeds_of, units


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("cell", "rnn,lstm", ["rnn", "lstm"]),
        ("length", "4..10:2", [4, 6, 8, 10]),
        ("length", "4..9:2, 20", [4, 6, 8, 20]),
        ("hidden_size", "8,16,8", [8, 16]),
        ("batch_size", "half,16..17", ["half", 16, 17]),
        ("learning_rate", "0.1,1e-2", [0.1, 0.01]),
        ("path", "a file, with a comma.txt", ["a file, with a comma.txt"]),
    ],
)
def test_an_axis_is_written_as_a_person_would(name: str, text: str, values: list[object]) -> None:
    assert axis(FIELDS[name], text) == values


@pytest.mark.parametrize(
    ("name", "text", "way_out"),
    [
        ("length", "9..4", "4..18:2"),
        ("length", "4..9:0", "4..18:2"),
        ("length", "4..x", "4..18:2"),
        ("length", "1..99999999999", "4..18:2"),
        ("length", "500..600", "from 1 to 512"),
        ("cell", "elman", "rnn, lstm"),
        ("cell", ",", "1 to 4,096 values"),
        ("learning_rate", "0.1..0.2", "a number above 0"),
    ],
)
def test_what_is_no_axis_is_refused_with_a_way_out(name: str, text: str, way_out: str) -> None:
    with pytest.raises(RecipeError, match=f"{name} (cannot be|takes).*{way_out}"):
        axis(FIELDS[name], text)


def test_seeds_are_so_many_or_those_named() -> None:
    assert seeds_of("3") == [0, 1, 2]
    assert seeds_of("8..11") == [8, 9, 10, 11]
    assert seeds_of("5,3,5") == [3, 5]
    for wrong in ("0", "", "five", "-1", "99999"):
        with pytest.raises(RecipeError, match="--seeds cannot be"):
            seeds_of(wrong)


def test_every_combination_comes_once() -> None:
    assert list(combinations({"cell": ["rnn", "gru"], "length": [4, 6]})) == [
        {"cell": cell, "length": length} for cell in ("rnn", "gru") for length in (4, 6)
    ]
    assert list(combinations({})) == [{}]


@given(st.sets(st.integers(0, 99), min_size=1), st.integers(1, 7))
def test_the_parts_of_a_sweep_are_all_of_it_and_a_seed_is_always_in_the_same_group(seeds: set[int], of: int) -> None:
    recipes = [SMALL, SMALL.replace(cell="gru")]
    whole = units(recipes, sorted(seeds), Shard(), {})
    parts = [units(recipes, sorted(seeds), Shard(number, of), {}) for number in range(1, of + 1)]
    assert sorted(map(repr, chain(*parts))) == sorted(map(repr, whole))
    assert all(len({seed // GROUP for seed in unit.seeds}) == 1 for unit in whole)
    assert sorted((unit.recipe.model.cell, seed) for unit in whole for seed in unit.seeds) == sorted(
        (cell, seed) for cell in ("rnn", "gru") for seed in seeds
    )


def test_what_is_done_is_left_out_and_a_part_stays_what_it_is() -> None:
    recipes = [SMALL, SMALL.replace(cell="gru")]
    done = {digest(SMALL, ""): set(range(20))}
    assert [unit.seeds for unit in units([SMALL], range(32), Shard(), done)] == [tuple(range(20, 32))]
    second = units(recipes, range(32), Shard(2, 2), done)
    assert [(unit.recipe.model.cell, unit.seeds[0]) for unit in second] == [("rnn", 20), ("gru", 16)]


def test_a_digest_tells_recipes_apart_and_not_seeds_or_where_a_file_is(tmp_path: Path) -> None:
    assert digest(SMALL, "") == digest(SMALL.replace(seed=7), "")
    assert digest(SMALL, "") != digest(SMALL.replace(length=4), "")
    for name, text in (("a", "1 2 3\n"), ("b", "1 2 3\n"), ("c", "1 2 4\n")):
        (tmp_path / name).write_text(text)
    a, b, c = (data_digest(str(tmp_path / name)) for name in "abc")
    assert a == b != c
    read = [SMALL.replace(task="file", path=str(tmp_path / name)) for name in "ab"]
    assert digest(read[0], a) == digest(read[1], b) != digest(read[0], c)
