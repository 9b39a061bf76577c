"""A rounded figure never says more than is so."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unroll import figures

PARTS = st.floats(0, 1) | st.floats(1e-12, 1e-2).map(lambda x: 1 - x)


@given(PARTS, st.integers(0, 2))
def test_a_share_is_all_or_nothing_only_where_it_is_and_else_near(part: float, places: int) -> None:
    shown = figures.share(part, places)
    figure = float(shown.strip("<> %"))
    assert (shown[0] != ">" and figure == 100) == (part == 1)
    assert (shown[0] != "<" and figure == 0) == (part == 0)
    assert abs(figure - 100 * part) <= 10**-places
    assert len(shown) <= 6 + places


@given(PARTS, st.integers(0, 2))
def test_no_answer_is_certain_and_none_impossible(chance: float, places: int) -> None:
    assert float(figures.probability(chance, places).strip(" %").replace(">", "").replace("<", "")) not in (0, 100)


@given(st.floats(0, 100, exclude_min=True) | st.floats(100, 999_999))
def test_a_small_loss_is_not_nothing_and_keeps_its_column(nats: float) -> None:
    shown = figures.loss(nats)
    assert math.isclose(float(shown), nats, rel_tol=0.5, abs_tol=0)
    assert len(shown) <= 6 or nats < 1e-99


@pytest.mark.parametrize(
    ("nats", "shown"), [(-0.0, "<1e-6"), (1.7e-4, "1.7e-4"), (4.8521, "4.852"), (1.6e-10, "2e-10"), (1234.5, "1234.5")]
)
def test_a_loss_as_it_is_read(nats: float, shown: str) -> None:
    assert figures.loss(nats) == shown


def test_a_share_as_it_is_read() -> None:
    shown = [figures.share(part) for part in (0, 1 / 2494, 0.5, 2493 / 2494, 1)]
    assert shown == ["0.0 %", "<0.1 %", "50.0 %", ">99.9 %", "100.0 %"]
