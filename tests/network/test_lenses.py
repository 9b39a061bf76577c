"""Each lens against a computation of its own, and what its caption says against its own lines."""

from statistics import fmean, pvariance

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from unroll.moment import UNTOUCHED, Interventions, Moment
from unroll.network.lenses import Subject, lenses
from unroll.network.training import Training
from unroll.picture import Line, Lines
from unroll.recipe import CellName, Recipe

SMALL = Recipe().replace(vocab_size=12, length=4, hidden_size=5, init="normal")
TRAININGS = {cell: Training(SMALL.replace(cell=cell)) for cell in ("rnn", "lstm", "gru")}
cells = st.sampled_from(["rnn", "lstm", "gru"])
sequences = st.lists(st.integers(0, 11), min_size=1, max_size=9)
touched = st.sampled_from([UNTOUCHED, Interventions(cut_all=True), Interventions(clamps=((1, 0.5),))])


def subject(cell: CellName, sequence: list[int], unit: int = 1, does: Interventions = UNTOUCHED) -> Subject:
    training = TRAININGS[cell]
    moment = Moment(1, tuple(sequence), len(sequence) - 1, interventions=does)
    return Subject(training.model, moment, unit, training.data)


def lines(picture: Lines) -> dict[str, list[float]]:
    return {line.name: line.ys for line in picture.lines}  # type: ignore[misc]


def test_the_lenses_are_the_files_of_their_folder_in_their_own_order() -> None:
    assert [*lenses()][:2] == ["unit", "numbers"]


@given(cells, sequences, st.integers(0, 4), touched)
@torch.no_grad()
def test_unit_holds_the_networks_own_values_and_what_they_add_to_the_lead(
    cell: CellName, sequence: list[int], unit: int, does: Interventions
) -> None:
    shown = lenses()["unit"](seen := subject(cell, sequence, unit, does))
    found, model = lines(shown), seen.model
    for t, step in enumerate(model.steps(torch.tensor(sequence), does=does)):
        logits = model.head(step.state.h)
        first, second = logits.topk(2).indices.tolist()
        share = (model.head.weight[first, unit] - model.head.weight[second, unit]) * step.state.h[unit]
        gates = [gate[unit] for gate in step.gates]
        c = [] if step.state.c is None else [step.state.c[unit]]
        assert [ys[t] for ys in found.values()] == pytest.approx(
            [float(x) for x in (step.state.h[unit], share, *c, *gates)], abs=6e-4
        )
    assert (shown.mark, shown.labels) == (len(sequence), [str(number) for number in sequence])


@pytest.mark.parametrize(("cell", "names"), [("rnn", []), ("gru", ["reset", "update", "candidate"])])
def test_unit_names_the_gates_that_a_cell_has(cell: CellName, names: list[str]) -> None:
    assert [*lines(lenses()["unit"](subject(cell, [1, 2])))] == ["h", "share", *names]


@given(cells, st.integers(0, 4), touched)
def test_numbers_groups_the_units_values_by_the_number_just_read(
    cell: CellName, unit: int, does: Interventions
) -> None:
    shown = lenses()["numbers"](seen := subject(cell, [3], unit, does))
    groups: dict[int, list[float]] = {}
    for sequence in seen.sequences.x.t().tolist():
        for number, step in zip(sequence, seen.model.steps(torch.tensor(sequence), does=does), strict=True):
            groups.setdefault(number, []).append(float(step.state.h[unit]))
    found = lines(shown)
    assert shown.xs == sorted(groups)
    for name, of in {"mean": fmean, "lowest": min, "highest": max}.items():
        assert found[name] == pytest.approx([of(groups[number]) for number in sorted(groups)], abs=6e-4)
    within = fmean((value - fmean(group)) ** 2 for group in groups.values() for value in group)
    total = pvariance([value for group in groups.values() for value in group])
    if total > 1e-4:
        said = float(shown.caption.partition("explains ")[2].split()[0].strip("<>"))
        assert said == pytest.approx(100 * (1 - within / total), abs=1)


def test_with_the_memory_erased_the_number_just_read_explains_all() -> None:
    shown = lenses()["numbers"](subject("rnn", [3], does=Interventions(cut_all=True)))
    assert "explains 100 % of its variance" in shown.caption
    assert lines(shown)["lowest"] == lines(shown)["highest"]


def test_a_unit_that_is_held_is_the_same_after_every_number() -> None:
    shown = lenses()["numbers"](subject("gru", [3], does=Interventions(clamps=((1, 0.25),))))
    assert "is +0.25 after every number" in shown.caption


def test_a_number_that_no_sequence_has_is_not_marked() -> None:
    assert [lenses()["numbers"](subject("rnn", [number])).mark for number in (3, 11)] == [3, None]


def test_lines_of_other_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="other places"):
        Lines(x_name="step", xs=[1, 2], lines=[Line("h", [0.5])], caption="", limits="")
    with pytest.raises(ValueError, match="do not rise"):
        Lines(x_name="step", xs=[2, 1], lines=[Line("h", [0.5, 1])], caption="", limits="")
