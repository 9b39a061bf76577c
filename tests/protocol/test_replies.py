"""What an engine answers is taken where it can be, and refused where it cannot."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from engine_kit import answers, converse
from unroll.moment import Moment
from unroll.protocol.replies import Answer, Begun, Continued, Created, Looked, Resumed
from unroll.protocol.requests import Continue, Create, Look, Resume
from unroll.protocol.sound import fault
from unroll.protocol.trace import Window

LOOK = Look(moment=Moment(1, (7, 8, 9)), window=Window(1, 2, 3, 5), top=4, against=Moment(1, (7, 8, 9)))


@pytest.fixture(scope="module")
def honest() -> tuple[Created, Looked]:
    """A real engine's answers."""
    created, looked = answers(converse(Create(), LOOK)).values()
    return created, looked


def test_a_real_engines_answers_are_taken(honest: tuple[Created, Looked]) -> None:
    created, looked = honest
    assert fault(Create(), created) == fault(LOOK, looked) == ""
    assert fault(Continue(moment=LOOK.moment, count=2), Continued(id=1, numbers=[1, 2], wrong=False)) == ""


TRACES: dict[str, dict[str, Any]] = {
    "too few rows": {"values": [[0.0] * 5]},
    "a short row": {"values": [[0.0] * 5, [0.0]]},
    "no candidates": {"candidates": []},
    "an empty step": {"candidates": [[], []]},
    "an empty step before": {"before": [[], []]},
    "other steps before": {"before": [[]]},
    "no scale": {"scale": 0.0},
    "no such view": {"view": "soul"},
    "before the first step": {"window": Window(-1, 2, 3, 5)},
    "after the last step": {"window": Window(2, 2, 3, 5)},
    "units that are not there": {"units": 4},
    "no sequence": {"moment": Moment(1, ())},
}


@pytest.mark.parametrize("changes", TRACES.values(), ids=TRACES)
def test_a_trace_that_cannot_be_is_refused(honest: tuple[Created, Looked], changes: dict[str, Any]) -> None:
    assert fault(LOOK, replace(honest[1], trace=replace(honest[1].trace, **changes)))


def runs_that_cannot_be(created: Created) -> list[Created]:
    plans = [{name: value} for name in ("updates_per_epoch", "updates", "batch_size") for value in (0, -1)]
    return [
        *(replace(created, plan=replace(created.plan, **plan)) for plan in (*plans, {"updates": 10**18})),
        *(replace(created, **changes) for changes in ({"stride": 0}, {"update": 10**9}, {"update": -1})),
    ]


def test_a_run_that_cannot_be_is_refused(honest: tuple[Created, Looked]) -> None:
    for created in runs_that_cannot_be(honest[0]):
        several: list[Answer] = [Begun(id=1, sitting="x", runs=[created]), Resumed(id=1, runs=[honest[0], created])]
        assert fault(Create(), created)
        assert all(fault(Resume(sitting="x"), answer) for answer in several)


def test_more_numbers_than_were_asked_for_are_refused() -> None:
    asked = Continue(moment=LOOK.moment, count=1)
    assert fault(asked, Continued(id=1, numbers=[1, 2], wrong=False))
    assert fault(asked, Continued(id=1, numbers=[-1], wrong=False))
