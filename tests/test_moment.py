"""What is looked at: sequences as people type them, and interventions that come and go."""

from hypothesis import given
from hypothesis import strategies as st

from unroll.moment import UNTOUCHED, Interventions


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
