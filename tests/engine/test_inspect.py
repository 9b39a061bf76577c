"""A look: its views, its comparison, one unit in detail, and the score of all sequences."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch

from engine_kit import answers, converse
from unroll.engine import inspect
from unroll.engine.inspect import MAX_SCORED, MIN_SCORED, Scorer, sample
from unroll.moment import UNTOUCHED, Interventions, Moment, Patch
from unroll.network import inspection
from unroll.network.model import SequenceModel
from unroll.network.sequences import Sequences
from unroll.network.training import Training
from unroll.protocol.replies import Error, Looked
from unroll.protocol.requests import Advance, Create, Lens, Look, Pause, Play
from unroll.protocol.trace import Trace, Window
from unroll.recipe import CellName, recipe_of

SMALL = recipe_of({"vocab_size": 16, "length": 3, "hidden_size": 4, "epochs": 10})
PROMPT = (7, 8, 9, 10)
CUT = Interventions(cut_all=True)


def looked(*said: Any, until: float = 9.0) -> Any:
    """The last request's trace, or its refusal."""
    replies = answers(converse(*said, until=until))
    last = replies[len(said)]
    return last.sentence if isinstance(last, Error) else last.trace


def near(rows: list[list[float]], table: torch.Tensor) -> bool:
    return torch.allclose(torch.tensor(rows), table, rtol=0, atol=5.1e-4)


@pytest.mark.parametrize(
    ("cell", "views"),
    [
        ("rnn", ("hidden", "attribution")),
        ("gru", ("hidden", "reset gate", "update gate", "new gate", "attribution")),
        ("lstm", ("hidden", "cell state", "input gate", "forget gate", "cell gate", "output gate", "attribution")),
    ],
)
def test_every_view_of_a_cell_holds_what_inspection_sees(cell: CellName, views: tuple[str, ...]) -> None:
    recipe = SMALL.replace(cell=cell)
    seen = inspection.trace(Training(recipe).model, PROMPT)
    tables = dict(zip(views[1:-1], [*([] if seen.cell is None else [seen.cell]), *seen.gates.values()], strict=True))
    for view, table in {"hidden": seen.hidden, **tables}.items():
        trace: Trace = looked(Create(recipe=recipe), Look(moment=Moment(0, PROMPT), view=view))
        assert (trace.view, trace.views) == (view, views)
        assert near(trace.values, table)


def test_a_window_that_holds_less_than_the_sequence_comes_with_what_is_said_at_every_step() -> None:
    logits = inspection.trace(Training(SMALL).model, PROMPT).logits
    part: Trace = looked(Create(recipe=SMALL), Look(moment=Moment(0, PROMPT), window=Window(first_step=1, steps=2)))
    whole: Trace = looked(Create(recipe=SMALL), Look(moment=Moment(0, PROMPT)))
    assert part.likeliest == logits.argmax(-1).tolist() == [said[0].number for said in whole.candidates]
    assert whole.likeliest == []
    with pytest.raises(ValueError, match="of another sequence"):
        msgspec.structs.replace(part, likeliest=[1])


def test_attribution_is_each_units_share_of_the_lead_at_each_step() -> None:
    model = Training(SMALL).model
    trace: Trace = looked(Create(recipe=SMALL), Look(moment=Moment(0, PROMPT), view="attribution"))
    seen = inspection.trace(model, PROMPT)
    for row, hidden in zip(trace.values, seen.hidden, strict=True):
        assert near([row], inspection.attribution(model, hidden).units)


@pytest.mark.parametrize("does", [UNTOUCHED, CUT, Interventions(cut_steps=(2,), clamps=((3, 0.5),))])
@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_the_arithmetic_of_a_step_is_how_far_h_moved_and_the_two_largest_logits(
    cell: CellName, does: Interventions
) -> None:
    recipe, window = SMALL.replace(cell=cell), Window(first_step=1, steps=3)
    model = Training(recipe).model
    trace: Trace = looked(Create(recipe=recipe), Look(moment=Moment(0, PROMPT, interventions=does), window=window))
    seen = inspection.trace(model, PROMPT, does)
    for step, figures in enumerate(trace.arithmetic, 1):
        read = torch.zeros(4) if does.cuts(step) else seen.hidden[step - 1]
        assert figures.moved == pytest.approx(float(torch.dist(seen.hidden[step], read)), abs=0.0051)
        logits = seen.logits[step].tolist()
        best, rival = sorted(range(16), key=lambda number: -logits[number])[:2]
        assert (figures.best, figures.rival) == (best, rival)
        assert (figures.best_logit, figures.rival_logit) == pytest.approx((logits[best], logits[rival]), abs=0.0051)
    assert len(trace.arithmetic) == 3


@pytest.mark.parametrize("view", ["cell state", "input gate", "no such view", ""])
def test_a_view_that_the_cell_lacks_is_hidden(view: str) -> None:
    trace: Trace = looked(Create(recipe=SMALL), Look(moment=Moment(0, PROMPT), view=view))
    assert trace.view == "hidden"


def test_the_scale_is_one_or_the_largest_value_of_all_the_sequence() -> None:
    held = Moment(0, PROMPT, 0, None, Interventions(clamps=((3, -7.0),)))
    elsewhere = Window(first_step=1, steps=1, first_unit=0, units=2)
    assert looked(Create(recipe=SMALL), Look(moment=Moment(0, PROMPT))).scale == 1.0
    assert looked(Create(recipe=SMALL), Look(moment=held, window=elsewhere)).scale == 7.0


def test_a_difference_is_this_moment_less_the_other_and_candidates_are_the_likeliest_of_both() -> None:
    cut = Moment(0, PROMPT, 0, None, CUT)
    trace: Trace = looked(Create(recipe=SMALL), Look(moment=cut, against=Moment(0, PROMPT), difference=True, top=3))
    model = Training(SMALL).model
    after, before = inspection.trace(model, PROMPT, CUT), inspection.trace(model, PROMPT)
    assert near(trace.values, after.hidden - before.hidden)
    pairs = torch.stack((after.probabilities, before.probabilities), -1).tolist()
    for row, both in zip(trace.candidates, pairs, strict=True):
        assert [(one.probability, one.before) for one in row] == [
            pytest.approx(tuple(both[one.number]), abs=1e-6) for one in row
        ]
        assert [one.probability for one in row] == sorted((one.probability for one in row), reverse=True)
        assert row[0].probability == pytest.approx(max(now for now, _ in both), abs=1e-6)
        assert max(one.before or 0 for one in row) == pytest.approx(max(then for _, then in both), abs=1e-6)


def test_without_the_difference_the_rows_are_this_moments_own() -> None:
    cut = Moment(0, PROMPT, 0, None, CUT)
    trace: Trace = looked(Create(recipe=SMALL), Look(moment=cut, against=Moment(0, PROMPT)))
    assert near(trace.values, inspection.trace(Training(SMALL).model, PROMPT, CUT).hidden)
    assert all(one.before is not None for row in trace.candidates for one in row)


def test_two_runs_are_compared_in_what_both_have() -> None:
    runs = Create(recipe=SMALL), Create(recipe=SMALL.replace(cell="lstm", seed=5))
    look = Look(moment=Moment(2, PROMPT), against=Moment(1, PROMPT), difference=True, view="cell state")
    trace: Trace = looked(*runs, look)
    assert (trace.view, trace.views) == ("hidden", ("hidden", "attribution"))
    ours, theirs = (Training(run.recipe).model for run in reversed(runs))
    assert near(trace.values, inspection.trace(ours, PROMPT).hidden - inspection.trace(theirs, PROMPT).hidden)


def test_what_cannot_be_compared_is_refused_with_a_way_out() -> None:
    runs = Create(recipe=SMALL), Create(recipe=SMALL.replace(hidden_size=5, vocab_size=8))
    there = Moment(2, (5, 6))
    sizes = Look(moment=Moment(1, (5, 6)), against=there, difference=True)
    assert "4 units and the one to compare with 5" in looked(*runs, sizes)
    (first, *_), _ = looked(*runs, Look(moment=Moment(1, (5, 6)), against=there, top=16)).candidates
    assert (first.before is None) == (first.number >= 8), "the other vocabulary is smaller"
    assert "another sequence" in looked(*runs, Look(moment=Moment(1, (5, 7)), against=there))
    assert "from 0 to 7" in looked(*runs, Look(moment=Moment(1, (9,)), against=Moment(2, (9,))))


def test_an_epoch_is_compared_with_another() -> None:
    then, now = Moment(0, PROMPT, epoch=0), Moment(0, PROMPT)
    trace: Trace = looked(
        Create(recipe=SMALL), Advance(updates=4), (1.0, Look(moment=now, against=then, difference=True))
    )
    training = Training(SMALL)
    untrained = inspection.trace(training.model, PROMPT).hidden
    for _, _made in zip(range(4), training.updates(), strict=False):
        pass
    assert near(trace.values, inspection.trace(training.model, PROMPT).hidden - untrained)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_a_unit_is_told_in_detail_at_the_moments_step(cell: CellName) -> None:
    recipe = SMALL.replace(cell=cell)
    units = [looked(Create(recipe=recipe), Look(moment=Moment(0, PROMPT, 2), unit=unit)) for unit in range(4)]
    model = Training(recipe).model
    seen = inspection.trace(model, PROMPT)
    details = [trace.detail for trace in units]
    assert [one.value for one in details] == pytest.approx(seen.hidden[2].tolist(), abs=1e-4)
    assert all((one.cell_state is None) == (cell != "lstm") for one in details)
    assert [tuple(one.gates.values()) for one in details] == [
        pytest.approx([float(gate[2, unit]) for gate in seen.gates.values()], abs=1e-4) for unit in range(4)
    ]
    assert {(one.number, one.rival) for one in details} == {tuple(seen.logits[2].topk(2).indices.tolist())}
    assert sum(one.share for one in details) + details[0].bias == pytest.approx(details[0].lead, abs=1e-3)


def test_a_unit_that_is_not_there_is_refused() -> None:
    assert "no unit 4" in looked(Create(recipe=SMALL), Look(moment=Moment(0, PROMPT), unit=4))


def test_the_score_tells_what_a_cut_does_to_all_sequences() -> None:
    recipe = recipe_of({"vocab_size": 40, "length": 4, "hidden_size": 32, "task": "recall", "batch_size": "full"})
    training = Training(recipe)
    for _ in training.updates():
        pass
    cut = Moment(0, PROMPT, 0, None, CUT)
    score = looked(Create(recipe=recipe), Advance(updates=25), (5.0, Look(moment=cut, score=True))).score
    assert score[1] == training.accuracy()
    assert score[0] < 0.2 < 0.8 < score[1]
    assert looked(Create(recipe=recipe), Look(moment=cut)).score is None


def test_what_is_done_to_a_network_is_scored_once_a_version(monkeypatch: pytest.MonkeyPatch) -> None:
    training = Training(SMALL)
    scorer = Scorer(training.data, training.model)
    scored: list[Interventions] = []

    score = inspect.accuracy_of
    monkeypatch.setattr(inspect, "accuracy_of", lambda *given: scored.append(given[2]) or score(*given))
    for version, done in [(1, UNTOUCHED), (1, CUT), (1, CUT), (2, CUT)]:
        scorer.score(training.model, version, done)
    assert scored == [UNTOUCHED, CUT, CUT, UNTOUCHED]


def test_walking_through_what_was_just_seen_runs_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[object] = []
    trace = inspection.trace
    monkeypatch.setattr(inspection, "trace", lambda *given: ran.append(given[2]) or trace(*given))
    cut = Moment(0, PROMPT, 0, None, CUT)
    looks = [
        Look(moment=msgspec.structs.replace(cut, step=step), against=Moment(0, PROMPT), unit=1) for step in range(4)
    ]
    replies = answers(converse(Create(recipe=SMALL), *looks, Advance(), (1.0, looks[0]), until=2.0))
    assert ran == [CUT, UNTOUCHED, CUT, UNTOUCHED]
    traces = [replies[number].trace for number in (2, 3, 4, 5)]
    assert [one.moment.step for one in traces] == [0, 1, 2, 3]
    assert [one.detail.value for one in traces] == [
        pytest.approx(one.values[one.moment.step][1], abs=1e-3) for one in traces
    ]
    assert replies[7].trace.values != traces[0].values


def test_what_was_seen_is_not_mistaken_for_something_else() -> None:
    def values(*moments: Moment) -> list[Any]:
        made = Create(recipe=SMALL), Create(recipe=SMALL.replace(seed=1)), Advance(run=1, updates=4)
        looks = [(1.0, Look(moment=moment)) for moment in moments]
        replies = answers(converse(*made, *looks, until=9.0))
        return [replies[number].trace.values for number in range(4, 4 + len(moments))]

    each = [
        Moment(1, PROMPT),
        Moment(2, PROMPT),
        Moment(1, PROMPT, epoch=1),
        Moment(1, (7, 8)),
        Moment(1, PROMPT, 0, None, CUT),
    ]
    together = values(*each, *each)
    assert together == [values(moment)[0] for moment in each] * 2
    assert len({str(one) for one in together}) == len(each)


@pytest.mark.parametrize("total", [MAX_SCORED, 3 * MAX_SCORED])
def test_data_with_a_period_scores_as_it_is_and_a_draw_is_said(total: int) -> None:
    """Of eight sequences in turn the network answers 0 with 0: right in five of eight."""
    model = SequenceModel("rnn", 2, 1)
    for parameter in model.parameters():
        torch.nn.init.zeros_(parameter)
    model.head.bias.data[0] = 1.0
    y = torch.tensor([0, 1, 0, 1, 0, 1, 0, 0]).repeat(total // 8)[None]
    scorer = Scorer(Sequences(torch.zeros_like(y), y), model)
    (score, _), drawn = scorer.score(model, 0, UNTOUCHED)
    assert score == pytest.approx(0.625, abs=0.02 if total > MAX_SCORED else 0)
    assert drawn == (None if total == MAX_SCORED else MAX_SCORED)


def test_a_sample_is_drawn_once_and_for_all_and_a_large_network_is_scored_on_less() -> None:
    columns = torch.arange(1001).repeat(2, 1)
    chosen = sample(Sequences(columns, columns), 5).x[0].tolist()
    assert chosen == sample(Sequences(columns, columns), 5).x[0].tolist()
    assert len(set(chosen)) == 5
    assert sample(Sequences(columns, columns), 1001).total == 1001
    large = Training(recipe_of({"vocab_size": 600, "length": 60, "hidden_size": 512, "batch_size": 8}))
    _, drawn = Scorer(large.data, large.model).score(large.model, 0, UNTOUCHED)
    assert MIN_SCORED <= drawn < large.data.total


def test_a_score_costs_little_while_a_network_trains_and_is_taken_over_all_when_it_rests(tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    lines.write_text("\n".join(" ".join(str((7 * i + j) % 50) for j in range(9)) for i in range(3000)))
    recipe = recipe_of({"task": "file", "path": str(lines), "vocab_size": 50, "length": 8, "batch_size": 32})
    look = Look(moment=Moment(1, PROMPT, 0, None, CUT), score=True)
    replies = converse(Create(recipe=recipe), Play(pace="2/s"), (0.5, look), Pause(), look, until=2.0)
    training, resting = (one.trace for one in replies if isinstance(one, Looked))
    assert 0 < training.drawn < 3000
    assert resting.drawn is None


def test_a_lens_looks_at_the_moments_network_and_names_all_there_are() -> None:
    asked = [Create(recipe=SMALL), Advance(updates=3), Lens(moment=Moment(0, PROMPT, 3, epoch=0), lens="unit", unit=2)]
    found = answers(converse(*asked))[3]
    seen = inspection.trace(Training(SMALL).model, PROMPT)
    assert (found.lens, found.lenses[:2], found.picture.marks) == ("unit", ("unit", "numbers"), [1, 2, 3, 4])
    assert near([found.picture.lines[0].ys], seen.hidden[:, 2])


@pytest.mark.parametrize("asked", [{"unit": 4}, {"moment": Moment(0, (99,))}])
def test_what_a_lens_cannot_see_is_refused_in_words(asked: dict[str, Any]) -> None:
    refused = answers(converse(Create(recipe=SMALL), Lens(**{"moment": Moment(0, PROMPT), **asked})))[2]
    assert "choose one from 0 to 3" in refused.sentence or "not in the vocabulary" in refused.sentence


def test_without_a_known_name_it_is_the_first_lens() -> None:
    assert answers(converse(Create(recipe=SMALL), Lens(moment=Moment(0, PROMPT), lens="none")))[2].lens == "unit"


@pytest.mark.parametrize("patch", [Patch(0, (16,)), Patch(0, (1,), "unit", 4)])
def test_a_state_that_cannot_be_put_in_is_refused_in_words(patch: Patch) -> None:
    moment = Moment(0, PROMPT, interventions=Interventions(patches=(patch,)))
    assert (
        "choose one from 0 to 3" in (said := looked(Create(recipe=SMALL), Look(moment=moment))) or "vocabulary" in said
    )
