"""What a sweep costs besides its units: the shares that are computed from it."""

import pytest

from unroll_dev.bench.figures import Report as Figures
from unroll_dev.bench.sweep import FLEETS, UNIT_S, Cost, Report, shares, text


def test_a_worker_waits_besides_its_work_and_all_of_them_wait_for_the_loop() -> None:
    found = dict(shares({1: Cost(0.02, 0.003), 16: Cost(0.002, 0.002)}))
    assert [*found] == [*UNIT_S]
    assert found[1.0] == pytest.approx([1 / 1.02] * 3)
    assert found[0.1] == pytest.approx([0.1 / 0.12, 0.1 / 0.12, 0.1 * 500 / 256])


def test_the_report_says_the_share_of_every_fleet() -> None:
    cost = Cost(0.02, 0.003)
    lines = text(Report(Figures([]), [*shares({1: cost})])).splitlines()
    assert [int(number) for number in lines[2].split()[-len(FLEETS) :]] == [*FLEETS]
    assert lines[4].split() == ["units", "of", "1", "s", "98%", "98%", "20%"]
    assert text(Report(Figures([]), [])).count("\n") == 0
