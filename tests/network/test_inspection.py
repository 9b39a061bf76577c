"""Looking inside is the model's own loop; what it reports obeys the equations it was computed by."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from unroll.moment import Interventions, Patch
from unroll.network.inspection import attribution, trace
from unroll.network.model import SequenceModel
from unroll.recipe import Recipe

V, D = 12, 7
CUT = Interventions(cut_all=True)
cells = st.sampled_from(["rnn", "lstm", "gru"])
numbers = st.lists(st.integers(0, V - 1), min_size=1, max_size=9)


def network(cell: str, seed: int = 0) -> SequenceModel:
    return SequenceModel.of(Recipe().replace(cell=cell, vocab_size=V, hidden_size=D, init="normal", seed=seed))


@given(cells, numbers)
def test_a_trace_reports_what_the_network_answers(cell: str, sequence: list[int]) -> None:
    model = network(cell)
    assert_close(trace(model, sequence).logits, model(torch.tensor(sequence))[0])


def test_only_an_lstm_has_a_cell_state_and_only_elmans_cell_has_no_gates() -> None:
    assert [(trace(network(c), [1]).cell is None, [*trace(network(c), [1]).gates]) for c in ("rnn", "gru")] == [
        (True, []),
        (True, ["r", "z", "n"]),
    ]


@given(st.sampled_from(["rnn", "gru"]), numbers)
def test_with_the_loop_cut_an_answer_depends_on_the_last_number_alone(cell: str, sequence: list[int]) -> None:
    model = network(cell)
    alone = torch.cat([trace(model, [number]).logits for number in sequence])
    assert_close(trace(model, sequence, CUT).logits, alone)


@given(numbers)
def test_an_lstm_forgets_only_when_its_cell_state_is_cut_too(sequence: list[int]) -> None:
    model = network("lstm")
    alone = torch.cat([trace(model, [number]).logits for number in sequence])
    assert_close(trace(model, sequence, Interventions(cut_all=True, cut_cell=True)).logits, alone)
    if len(sequence) > 1:
        assert not torch.allclose(trace(model, sequence, CUT).logits[1:], alone[1:])


@given(st.sampled_from(["rnn", "gru"]), numbers, st.data())
def test_a_cut_before_a_step_is_a_new_beginning_there(cell: str, sequence: list[int], data: st.DataObject) -> None:
    model, step = network(cell), data.draw(st.integers(0, len(sequence) - 1))
    cut = trace(model, sequence, Interventions(cut_steps=(step,)))
    assert_close(cut.hidden[step:], trace(model, sequence[step:]).hidden)
    assert_close(cut.hidden[:step], trace(model, sequence).hidden[:step])


@given(cells, numbers, st.integers(0, D - 1), st.floats(-2, 2))
def test_a_clamped_unit_stands_at_its_value_and_the_rest_goes_on_from_it(
    cell: str, sequence: list[int], unit: int, value: float
) -> None:
    model = network(cell)
    seen = trace(model, sequence, Interventions(clamps=((unit, value),)))
    assert_close(seen.hidden[:, unit], torch.full((len(sequence),), value))
    assert_close(seen.logits, model.head(seen.hidden))


def test_silencing_a_unit_changes_the_other_units_from_the_next_step_on() -> None:
    model, silent = network("rnn"), Interventions(clamps=((0, 0.0),))
    whole, silenced = trace(model, [1, 2]).hidden[:, 1:], trace(model, [1, 2], silent).hidden[:, 1:]
    assert torch.equal(whole[0], silenced[0])
    assert not torch.allclose(whole[1], silenced[1])


@given(cells, numbers)
def test_the_parts_of_all_units_and_the_bias_add_up_to_the_answers_lead_over_the_runner_up(
    cell: str, sequence: list[int]
) -> None:
    model = network(cell).double()
    seen = trace(model, sequence)
    parts, two = attribution(model, seen.hidden[-1]), seen.logits[-1].topk(2)
    assert [parts.number, parts.rival] == two.indices.tolist()
    assert parts.lead == pytest.approx(float(two.values[0] - two.values[1]), abs=1e-12)


def test_a_silenced_unit_has_no_part_in_the_answer() -> None:
    model = network("lstm")
    seen = trace(model, [3, 4], Interventions(clamps=((2, 0.0),)))
    assert attribution(model, seen.hidden[-1]).units[2] == 0


@settings(max_examples=20)
@given(cells, st.integers(1, 4), st.integers(1, 5))
def test_a_batch_is_traced_like_its_sequences_one_by_one(cell: str, steps: int, batch: int) -> None:
    model, x = network(cell), torch.arange(steps * batch).view(steps, batch) % V
    does = Interventions(cut_steps=(1,), clamps=((3, 0.5),))
    together = trace(model, x, does).logits
    alone = [trace(model, column.tolist(), does).logits for column in x.unbind(1)]
    assert_close(together, torch.stack(alone, 1))


def test_many_networks_are_traced_like_each_alone() -> None:
    recipe = Recipe().replace(cell="lstm", vocab_size=V, hidden_size=D)
    x = torch.tensor([[1, 2], [3, 4], [5, 6]])
    together = trace(SequenceModel.of(recipe, [0, 1]), x.expand(2, -1, -1), CUT)
    for seed in (0, 1):
        alone = trace(SequenceModel.of(recipe.replace(seed=seed)), x, CUT)
        assert_close((together.logits[seed], together.cell[seed]), (alone.logits, alone.cell))


@given(cells, numbers, numbers, st.data())
def test_with_another_state_put_in_it_answers_as_if_it_had_read_that_past(
    cell: str, sequence: list[int], other: list[int], data: st.DataObject
) -> None:
    model = network(cell)
    step = data.draw(st.integers(0, len(sequence) - 1))
    put = Interventions(patches=(Patch(step, tuple(other)),))
    seen = trace(model, sequence, put).logits
    assert_close(seen[:step], trace(model, sequence).logits[:step])
    assert_close(seen[step:], trace(model, [*other, *sequence[step + 1 :]]).logits[len(other) - 1 :])


@given(numbers, numbers, st.integers(0, D - 1))
def test_a_part_of_a_state_is_put_in_alone(sequence: list[int], other: list[int], unit: int) -> None:
    model, last = network("lstm"), len(sequence) - 1
    plain, source = trace(model, sequence), trace(model, other)
    one = trace(model, sequence, Interventions(patches=(Patch(last, tuple(other), "unit", unit),)))
    alone = trace(model, sequence, Interventions(patches=(Patch(last, tuple(other), "cell"),)))
    changed = torch.arange(D) == unit
    for now, before, theirs in ((one.hidden, plain.hidden, source.hidden), (one.cell, plain.cell, source.cell)):
        assert now is not None and before is not None and theirs is not None
        assert_close(now[-1], torch.where(changed, theirs[-1], before[-1]))
    assert alone.cell is not None and source.cell is not None
    assert_close(alone.cell[-1], source.cell[-1])
    assert_close(alone.hidden, plain.hidden)


def test_what_is_held_is_held_over_what_is_put_in() -> None:
    put = Interventions(clamps=((2, 0.5),), patches=(Patch(0, (3, 4)),))
    assert trace(network("gru"), [1, 2], put).hidden[:, 2].tolist() == [0.5, 0.5]
