"""Any number of numbers in bounded memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from unroll.series import Kept

NUMBERS = st.lists(st.none() | st.floats(-9, 9), max_size=200)


@given(NUMBERS)
def test_while_there_is_room_every_number_is_there(numbers: list[float | None]) -> None:
    kept = Kept()
    kept.extend(numbers)
    assert len(kept) == len(numbers)
    assert kept[:] == numbers
    assert kept.told(1000) == (1, numbers)


@given(NUMBERS, st.integers(1, 20), st.integers(0, 220), st.integers(0, 220))
def test_beyond_that_each_stands_for_those_up_to_the_next(
    numbers: list[float | None], limit: int, start: int, stop: int
) -> None:
    kept = Kept(limit)
    kept.extend(numbers)
    assert len(kept) == len(numbers)
    assert len(kept.told(1000)[1]) <= limit
    places = range(start, min(stop, len(numbers)))
    wanted = [numbers[place] for place in places if place % kept.stride == 0 or place == len(numbers) - 1]
    standing = [numbers[place - place % kept.stride] for place in places[:1]]
    assert kept[start:stop] == (wanted or standing)


@given(st.integers(1, 200), st.integers(1, 20))
def test_the_newest_is_always_there(count: int, limit: int) -> None:
    kept = Kept(limit)
    kept.extend(range(count))
    assert kept[count - 1 :] == [count - 1]


@given(NUMBERS, st.integers(1, 20), st.integers(0, 200))
def test_the_first_so_many(numbers: list[float | None], limit: int, count: int) -> None:
    kept = Kept(limit)
    kept.extend(numbers)
    count = min(count, len(numbers))
    shorter = kept.until(count)
    assert len(shorter) == count
    assert shorter.told(1000) == (kept.stride, numbers[: count : kept.stride])
