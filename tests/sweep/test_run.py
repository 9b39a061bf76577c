"""Units computed by an executor: what comes of them, and of those whose worker is killed."""

from collections import Counter
from concurrent.futures import BrokenExecutor, CancelledError

import pytest
from sweep_kit import SMALL, Inline, place

from unroll.network.training import Training
from unroll.recipe import recipe_of
from unroll.sweep.grid import Shard, Unit, units
from unroll.sweep.results import Fault, Row
from unroll.sweep.run import KILLED, Stopped, compute

UNITS = units([SMALL, SMALL.replace(cell="gru"), SMALL.replace(length=4)], range(2), Shard(), {})


def test_a_row_has_what_training_each_seed_alone_gives() -> None:
    recipe = recipe_of({"task": "modular", "epochs": 2, "held_out": 0.25})
    ((_, row),) = compute([Unit(recipe, (0, 3))], place(Inline(lambda unit: None)))
    assert isinstance(row, Row)
    for number, seed in enumerate(row.seeds):
        training = Training(recipe.replace(seed=seed))
        losses = [update.loss for update in training.updates()]
        assert row.loss[number] == pytest.approx(losses[-1], rel=1e-5)
        assert row.accuracy[number] == pytest.approx(training.accuracy())
        assert row.held_out[number] == pytest.approx(training.held_out_accuracy())
    assert row.made.torch and row.made.cpu and row.digest == Unit(recipe, (1,)).digest


def test_the_same_unit_gives_the_same_figures_to_the_bit() -> None:
    (first,), (second,) = (list(compute(UNITS[:1], place(Inline(lambda unit: None)))) for _ in range(2))
    assert isinstance(first.found, Row) and isinstance(second.found, Row)
    assert (first.found.loss, first.found.weights) == (second.found.loss, second.found.weights)


def test_a_unit_that_raises_is_a_fault_and_the_others_go_on() -> None:
    def meddle(unit: Unit) -> str | None:
        if unit == UNITS[1]:
            raise KeyError("a bug")
        return None

    found = dict(compute(UNITS, place(Inline(meddle))))
    assert found[UNITS[1]] == Fault("KeyError: 'a bug'")
    assert [unit for unit in found if isinstance(found[unit], Row)] == [UNITS[0], UNITS[2]]


def test_a_unit_that_dask_has_given_up_is_said_to_have_killed_its_worker() -> None:
    class KilledWorker(Exception):  # noqa: N818 -- dask's own name
        pass

    def meddle(unit: Unit) -> str | None:
        raise KilledWorker("_measure-0a1b on 4 different workers")

    assert [found for _, found in compute(UNITS[:1], place(Inline(meddle)))] == [Fault(KILLED)]


def test_what_a_worker_refuses_is_said_in_its_own_sentence() -> None:
    ((_, fault),) = compute([Unit(SMALL.replace(batch_size=4000), (0,))], place(Inline(lambda unit: None)))
    assert isinstance(fault, Fault)
    assert fault.fault.startswith("batch_size cannot be 4000")


def test_a_unit_whose_worker_is_killed_is_computed_again() -> None:
    died: Counter[Unit] = Counter()

    def meddle(unit: Unit) -> str | None:
        died[unit] += 1
        if unit == UNITS[0] and died[unit] < 3:
            raise BrokenExecutor
        return None

    found = dict(compute(UNITS, place(Inline(meddle), slots=2)))
    assert all(isinstance(row, Row) for row in found.values())
    assert died == {UNITS[0]: 3, UNITS[1]: 1, UNITS[2]: 1}


@pytest.mark.parametrize("error", [BrokenExecutor, CancelledError])
def test_a_unit_that_kills_its_worker_is_a_fault_and_the_others_are_done(error: type[Exception]) -> None:
    def meddle(unit: Unit) -> str | None:
        if unit == UNITS[0]:
            raise error
        return None

    found = dict(compute(UNITS, place(Inline(meddle), slots=3)))
    assert found.pop(UNITS[0]) == Fault(KILLED)
    assert all(isinstance(row, Row) for row in found.values())


def test_where_every_worker_is_killed_the_sweep_ends() -> None:
    def meddle(unit: Unit) -> str | None:
        raise BrokenExecutor

    with pytest.raises(Stopped, match="Every process that computes is killed: see whether"):
        list(compute(UNITS, place(Inline(meddle))))
