"""A pace is kept: evenly, without drift, and without a burst after a delay."""

from __future__ import annotations

from itertools import pairwise
from math import inf

from hypothesis import given
from hypothesis import strategies as st

from unroll.engine.pace import Metronome


def beats(metronome: Metronome, until: float, takes: float = 0.0) -> list[float]:
    """When updates that take so long are begun."""
    begun = []
    now = 0.0
    while (now := max(now, metronome.due)) < until:
        begun.append(now)
        metronome.tick(now)
        now += takes
    return begun


def test_updates_are_evenly_spaced() -> None:
    metronome = Metronome()
    metronome.set(16, 0.0)
    begun = beats(metronome, 10.0, takes=0.01)
    assert len(begun) == 160
    assert {round(b - a, 9) for a, b in pairwise(begun)} == {1 / 16}


@given(st.lists(st.floats(0, 0.5), min_size=1, max_size=50))
def test_lateness_is_not_made_up_for(delays: list[float]) -> None:
    metronome = Metronome()
    metronome.set(10, 0.0)
    now = 0.0
    for delay in delays:
        now = metronome.due + delay
        metronome.tick(now)
    assert now <= metronome.due <= now + 0.1 + 1e-9


def test_no_pace_is_never_due_and_full_speed_always() -> None:
    metronome = Metronome()
    metronome.set(0, 5.0)
    assert metronome.due == inf
    metronome.set(inf, 5.0)
    metronome.tick(5.0)
    assert metronome.due == 5.0


def test_setting_a_pace_again_makes_nothing_come_sooner() -> None:
    metronome = Metronome()
    metronome.set(2, 0.0)
    metronome.tick(0.0)
    metronome.set(2, 0.1)
    assert metronome.due == 0.5


def test_a_faster_pace_holds_at_once() -> None:
    metronome = Metronome()
    metronome.set(0.1, 0.0)
    metronome.tick(0.0)
    metronome.set(100, 1.0)
    assert metronome.due == 1.0
