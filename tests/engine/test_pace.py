"""A pace is kept: evenly, without drift, and without a burst after a delay."""

from __future__ import annotations

from itertools import pairwise
from math import inf

from hypothesis import given
from hypothesis import strategies as st

from unroll.engine.runs import RateLimiter


def beats(limiter: RateLimiter, until: float, takes: float = 0.0) -> list[float]:
    """When updates that take so long are begun."""
    begun = []
    now = 0.0
    while (now := max(now, limiter.due)) < until:
        begun.append(now)
        limiter.tick(now)
        now += takes
    return begun


def test_updates_are_evenly_spaced() -> None:
    limiter = RateLimiter()
    limiter.set(16, 0.0)
    begun = beats(limiter, 10.0, takes=0.01)
    assert len(begun) == 160
    assert {round(b - a, 9) for a, b in pairwise(begun)} == {1 / 16}


@given(st.lists(st.floats(0, 0.5), min_size=1, max_size=50))
def test_lateness_is_not_made_up_for(delays: list[float]) -> None:
    limiter = RateLimiter()
    limiter.set(10, 0.0)
    now = 0.0
    for delay in delays:
        now = limiter.due + delay
        limiter.tick(now)
    assert now <= limiter.due <= now + 0.1 + 1e-9


def test_no_pace_is_never_due_and_full_speed_always() -> None:
    limiter = RateLimiter()
    limiter.set(0, 5.0)
    assert limiter.due == inf
    limiter.set(inf, 5.0)
    limiter.tick(5.0)
    assert limiter.due == 5.0


def test_setting_a_pace_again_makes_nothing_come_sooner() -> None:
    limiter = RateLimiter()
    limiter.set(2, 0.0)
    limiter.tick(0.0)
    limiter.set(2, 0.1)
    assert limiter.due == 0.5


def test_a_faster_pace_holds_at_once() -> None:
    limiter = RateLimiter()
    limiter.set(0.1, 0.0)
    limiter.tick(0.0)
    limiter.set(100, 1.0)
    assert limiter.due == 1.0
