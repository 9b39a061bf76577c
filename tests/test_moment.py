"""What is looked at: sequences as people type them, and interventions that come and go."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unroll.errors import UserError
from unroll.moment import MAX_STEPS, UNTOUCHED, Interventions, parse_sequence

sequences = st.lists(st.integers(0, 127), min_size=1)
separators = st.sampled_from([" ", ",", ", ", ";", "\n", "\t", " ; "])


@given(sequences, separators)
def test_numbers_may_stand_with_spaces_commas_or_semicolons_between(numbers: list[int], between: str) -> None:
    assert parse_sequence(between.join(map(str, numbers)), 128) == tuple(numbers)


@given(st.text())
def test_whatever_is_typed_is_a_sequence_or_one_sentence(text: str) -> None:
    try:
        assert all(0 <= number < 128 for number in parse_sequence(text, 128))
    except UserError as refusal:
        assert "type" in str(refusal)
        assert str(refusal).endswith(".")


@pytest.mark.parametrize("word", ["128", "-1", "1.5", "seven", "٣", "1_0", "9" * 5000])
def test_what_is_not_in_the_vocabulary_is_refused_by_its_word(word: str) -> None:
    with pytest.raises(UserError, match="is not in the vocabulary: type whole numbers from 0 to 127") as refusal:
        parse_sequence(f"7 {word}", 128)
    assert str(refusal.value).startswith(word[:20])
    assert len(str(refusal.value)) < 120


def test_more_steps_than_can_be_looked_at_are_refused() -> None:
    assert len(parse_sequence("1 " * MAX_STEPS, 128)) == MAX_STEPS
    with pytest.raises(UserError, match="has 1,025 numbers: type at most 1,024"):
        parse_sequence("1 " * (MAX_STEPS + 1), 128)


@given(st.sets(st.integers(0, 20)), st.integers(0, 20))
def test_erasing_twice_restores(cut: set[int], step: int) -> None:
    before = Interventions(cut_steps=tuple(sorted(cut)))
    once = before.toggle_cut(step)
    assert once.cuts(step) != before.cuts(step)
    assert once.toggle_cut(step) == before


@given(st.integers(0, 20))
def test_erasing_everywhere_erases_before_every_step_and_is_restored_at_once(step: int) -> None:
    everywhere = UNTOUCHED.toggle_cut_all()
    assert everywhere.cuts(step)
    assert everywhere.toggle_cut_all() == everywhere.toggle_cut(step) == UNTOUCHED


@given(st.lists(st.integers(0, 5)))
def test_switching_a_unit_twice_leaves_it_on(units: list[int]) -> None:
    does = UNTOUCHED
    for unit in units:
        does = does.toggle_silence(unit)
    assert does.silenced == {unit for unit in units if units.count(unit) % 2}
