"""Each lens against a computation of its own, and what its caption says against its own lines."""

from pathlib import Path
from statistics import fmean, pvariance
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from unroll.errors import UserError
from unroll.moment import UNTOUCHED, Interventions, Moment, Patch
from unroll.network.cells import State
from unroll.network.dynamics import after, held, jacobian, visited
from unroll.network.lenses import Subject, lenses, memory
from unroll.network.lenses import map as map_lens
from unroll.network.model import SequenceModel
from unroll.network.training import Training
from unroll.picture import Grid, Lines, NamedLine, Plane, Shape
from unroll.recipe import BLOCKS, CellName, Recipe, recipe_of

SMALL = Recipe().replace(vocab_size=12, length=4, hidden_size=5, init="normal")
TRAININGS = {cell: Training(SMALL.replace(cell=cell)) for cell in BLOCKS}
cells = st.sampled_from(["rnn", "lstm", "gru"])
sequences = st.lists(st.integers(0, 11), min_size=1, max_size=9)
CUT = Interventions(cut_all=True)
PUT = Interventions(patches=(Patch(0, (5, 3)),))
touched = st.sampled_from([UNTOUCHED, CUT, Interventions(clamps=((1, 0.5),)), PUT])


def subject(cell: CellName, sequence: list[int], unit: int = 1, does: Interventions = UNTOUCHED) -> Subject:
    training = TRAININGS[cell]
    moment = Moment(1, tuple(sequence), len(sequence) - 1, interventions=does)
    return Subject(training.model, moment, training.recipe.task, training.data, unit=unit)


def look(name: str, seen: Subject) -> Any:
    return lenses()[name].look(seen)


def lines(picture: Lines) -> dict[str, list[float]]:
    return {line.name: line.ys for line in picture.lines}  # type: ignore[misc]


def test_the_lenses_are_the_files_of_their_folder_in_their_own_order() -> None:
    files = {file.stem for file in Path(memory.__file__).parent.glob("*.py")} - {"__init__"}
    assert {*lenses()} == files and [*lenses()][:2] == ["unit", "numbers"]


@given(cells, sequences, st.integers(0, 4), touched)
def test_unit_holds_the_networks_own_values_and_what_they_add_to_the_lead(
    cell: CellName, sequence: list[int], unit: int, does: Interventions
) -> None:
    shown = look("unit", seen := subject(cell, sequence, unit, does))
    found, model = lines(shown), seen.model
    for t, step in enumerate(model.steps(torch.tensor(sequence), does=does)):
        logits = model.head(step.state.h)
        first, second = logits.topk(2).indices.tolist()
        share = (model.head.weight[first, unit] - model.head.weight[second, unit]) * step.state.h[unit]
        gates = [gate[unit] for gate in step.gates]
        c = [] if step.state.c is None else [step.state.c[unit]]
        assert [ys[t] for ys in found.values()] == pytest.approx(
            [x.item() for x in (step.state.h[unit], share, *c, *gates)], abs=6e-4
        )
    assert (shown.marks, shown.labels) == (shown.xs, [str(number) for number in sequence])
    assert ("c from" in shown.caption or "c of unit" in shown.caption) == ("c" in found)


@pytest.mark.parametrize(("cell", "names"), [("rnn", []), ("gru", ["reset", "update", "candidate"])])
def test_unit_names_the_gates_that_a_cell_has(cell: CellName, names: list[str]) -> None:
    assert [*lines(look("unit", subject(cell, [1, 2])))] == ["h", "share", *names]


@given(cells, st.integers(0, 4), touched)
def test_numbers_groups_the_units_values_by_the_number_just_read(
    cell: CellName, unit: int, does: Interventions
) -> None:
    shown = look("numbers", seen := subject(cell, [3], unit, does))
    groups: dict[int, list[float]] = {}
    for sequence in seen.sequences.x.t().tolist():
        for number, step in zip(sequence, seen.model.steps(torch.tensor(sequence), does=does), strict=True):
            groups.setdefault(number, []).append(step.state.h[unit].item())
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
    shown = look("numbers", subject("rnn", [3], does=Interventions(cut_all=True)))
    assert "explains 100 % of its variance" in shown.caption
    assert lines(shown)["lowest"] == lines(shown)["highest"]


def test_a_unit_that_is_held_is_the_same_after_every_number() -> None:
    shown = look("numbers", subject("gru", [3], does=Interventions(clamps=((1, 0.25),))))
    assert "is +0.25 after every number" in shown.caption


def test_a_number_that_no_sequence_has_is_not_marked() -> None:
    assert look("numbers", subject("rnn", [3, 11])).marks == [3, None]


@pytest.mark.parametrize("cell", BLOCKS)
@pytest.mark.parametrize("name", lenses())
def test_every_lens_looks_at_every_cell_under_every_intervention(name: str, cell: CellName) -> None:
    prepare = lenses()[name].prepare
    prepared = prepare and prepare(TRAININGS[cell])
    parts = ("whole", "unit", *(["cell"] if cell == "lstm" else []))
    put = [Interventions(patches=(Patch(step, (5, 3), part),)) for part in parts for step in range(3)]
    for does in (UNTOUCHED, CUT, Interventions(cut_steps=(1,)), Interventions(clamps=((1, 0.5),)), *put):
        shown = look(name, subject(cell, [3, 1, 2], does=does)._replace(prepared=prepared))
        assert shown.caption.endswith(".")


# length


@given(cells, st.sampled_from(["count", "recall"]), touched)
def test_length_is_the_share_of_right_answers_of_every_prompt_of_that_length(
    cell: CellName, task: str, does: Interventions
) -> None:
    seen = subject(cell, [1, 2], does=does)
    seen = seen._replace(task=SMALL.replace(task=task).task)
    shown = look("length", seen)
    for n, share in zip(shown.xs, shown.lines[0].ys, strict=True):
        prompts = [range(i, i + n) for i in range(12) if i + n - (task == "recall") < 12]
        right = 0
        for prompt in prompts:
            *_, last = seen.model.steps(torch.tensor(prompt), does=does.within(steps=len(shown.xs)))
            right += int(seen.model.head(last.state.h).argmax()) == (prompt[-1] + 1 if task == "count" else prompt[0])
        assert share == pytest.approx(right / len(prompts), abs=6e-5)
    assert (shown.wall, shown.marks, len(shown.xs)) == (4, [1, 2], 11 if task == "count" else 12)


@pytest.mark.parametrize(
    ("task", "asked", "nothing"), [("echo", {"steps_back": 3}, 3), ("parity", {"asked": "last"}, 3)]
)
def test_where_a_task_asks_nothing_length_shows_nothing(task: str, asked: dict[str, Any], nothing: int) -> None:
    recipe = recipe_of({"task": task, "vocab_size": 2, "length": 4, **asked})
    seen = subject("gru", [1, 2])._replace(model=SequenceModel.of(recipe), task=recipe.task)
    shares = look("length", seen).lines[0].ys
    assert shares[:3] == [None] * 3
    assert all(0.3 < share < 0.7 for share in shares[3:])  # untrained, of two numbers
    assert len(shares) == 16


def test_of_a_file_length_ends_where_its_sequences_do() -> None:
    seen = subject("rnn", [1, 2])
    seen = seen._replace(task=SMALL.replace(task="file", path="x").task)
    shown = look("length", seen)
    right = (seen.model(seen.sequences.x)[0].argmax(-1) == seen.sequences.y).float().mean(-1)
    assert shown.lines[0].ys == pytest.approx(right.tolist(), abs=6e-5)
    assert "its own 8 training sequences: none is longer" in shown.limits


# memory


def test_memory_is_a_ridge_regression_scored_on_what_it_was_not_fitted_to() -> None:
    torch.manual_seed(0)
    chosen = torch.randint(5, (600,))
    values = torch.nn.functional.one_hot(chosen, 5).float() @ torch.randn(5, 8) + 0.8 * torch.randn(600, 8)
    rows = torch.cat([values, torch.ones(600, 1)], 1).double()
    away = torch.arange(600) % memory.HELD_OUT == 0
    ridge = memory.RIDGE * float((rows[~away] ** 2).sum(0).mean())
    stacked = torch.cat([rows[~away], ridge**0.5 * torch.eye(9, dtype=torch.double)])
    targets = torch.cat([torch.nn.functional.one_hot(chosen[~away], 5).double(), torch.zeros(9, 5).double()])
    weights = torch.linalg.lstsq(stacked, targets).solution
    right = ((rows[away] @ weights).argmax(-1) == chosen[away]).double().mean()
    assert memory.probe(values, chosen, 5) == pytest.approx(float(right)) and 0.5 < right < 1


def test_what_is_erased_cannot_be_read_back() -> None:
    kept, cut = (lines(look("memory", subject("rnn", [1], does=does))) for does in (UNTOUCHED, CUT))
    assert kept["h"][0] == cut["h"][0] > 0.5 and kept["h"][1] > 2 * cut["h"][1]
    assert all(share < 0.12 for share in cut["h"][1:])
    assert cut["chance"] == [pytest.approx(1 / 12, abs=1e-4)] * 13


def test_a_network_too_large_is_not_probed() -> None:
    with pytest.raises(UserError, match="choose a smaller hidden_size"):
        look("memory", subject("rnn", [1])._replace(work=10**4))


# transplant


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_transplant_reads_on_from_the_other_sequences_state(cell: CellName) -> None:
    b = (3, 1, 4, 1)
    a = tuple((number + 6) % 12 for number in b)
    seen = subject(cell, [*b])
    shown: Grid = look("transplant", seen)
    ends = [seen.model.head(visited(seen.model, s)[-1, :5]) for s in (a, b)]
    of_a, of_b = (int(end.argmax()) for end in ends)
    if of_a == of_b:
        assert "nothing to carry over" in shown.caption
        return
    lead_a, lead_b = ((end[of_a] - end[of_b]).item() for end in ends)
    for row, name in enumerate(shown.rows):
        for t in range(4):
            h, c = (whole.clone() for whole in _state_after(seen.model, b[: t + 1]))
            other_h, other_c = _state_after(seen.model, a[: t + 1])
            units = slice(None) if not name.startswith("unit") else int(name.split()[1])
            if name != "c":
                h[units] = other_h[units]
            if name != "h":
                c[units] = other_c[units]
            end = _read_on(seen.model, h, c, b[t + 1 :])
            lead = (end[of_a] - end[of_b]).item()
            assert shown.values[row][t] == pytest.approx((lead - lead_b) / (lead_a - lead_b), abs=2e-3)
    assert shown.values[shown.rows.index("h")][-1] == pytest.approx(1, abs=1e-3)
    before = f"{100 * shown.values[0][2]:z.0f} %"
    assert "after step 4 brings: h 100 %" in shown.caption and f"; one step earlier: h {before}" in shown.caption
    earlier = look("transplant", seen._replace(moment=replace(seen.moment, step=2))).caption
    assert f"after step 3 brings: h {before}" in earlier and "one step earlier" not in earlier


def _state_after(model: SequenceModel, read: tuple[int, ...]) -> tuple[torch.Tensor, torch.Tensor]:
    *_, last = model.steps(torch.tensor(read))
    return last.state.h.detach(), (last.state.h if last.state.c is None else last.state.c).detach()


def _read_on(model: SequenceModel, h: torch.Tensor, c: torch.Tensor, rest: tuple[int, ...]) -> torch.Tensor:
    state = State(h, c if model.rnn.has_c else None)
    for step in model.steps(torch.tensor(rest), state) if rest else ():
        state = step.state
    return model.head(state.h)


def test_what_would_take_too_long_to_transplant_is_refused() -> None:
    with pytest.raises(UserError, match="type a shorter sequence"):
        look("transplant", subject("rnn", [1] * 9)._replace(work=10**3))


# gradient


@given(cells, st.lists(st.integers(0, 11), min_size=2, max_size=7), touched)
def test_gradient_is_that_of_autograd(cell: CellName, sequence: list[int], does: Interventions) -> None:
    seen = subject(cell, sequence, does=does)
    shown: Lines = look("gradient", seen)
    states = []
    for step in seen.model.steps(torch.tensor(sequence), does=does):
        states.append(step.state)
        for part in (step.state.h, step.state.c):
            if part is not None and part.requires_grad:
                part.retain_grad()
    logits = seen.model.head(states[-1].h)
    target = sequence[-1] + 1 if sequence[-1] < 11 else int(logits.argmax())
    torch.nn.functional.cross_entropy(logits, torch.tensor(target)).backward()
    for line, parts in zip(shown.lines, zip(*states, strict=True), strict=False):
        lengths = [0.0 if part.grad is None else float(part.grad.norm()) for part in parts]
        expected = [length / lengths[-1] for length in lengths]
        assert [y or 0 for y in line.ys] == pytest.approx(expected, rel=2e-2, abs=1e-6)
    seen.model.zero_grad()


# spectrum and map


@given(cells, sequences)
def test_a_jacobian_is_what_small_changes_do(cell: CellName, sequence: list[int]) -> None:
    model = TRAININGS[cell].model
    state = visited(model, sequence)[-1]
    found = jacobian(model, 3, state)
    whole = SequenceModel(cell, 12, 5).double()
    whole.load_state_dict(model.state_dict())
    for i in range(len(state)):
        change = torch.zeros(len(state), dtype=torch.double)
        change[i] = 1e-6
        up, down = (after(whole, 3, (state.double() + sign * change)[None])[0] for sign in (1, -1))
        assert torch.allclose((up - down) / 2e-6, found[:, i].double(), atol=2e-4)


def test_spectrum_of_elmans_cell_is_that_of_its_formula_and_of_an_erased_step_nothing() -> None:
    seen = subject("rnn", [3, 1, 4])
    shown: Plane = look("spectrum", seen)
    h = visited(seen.model, [3, 1, 4])[-1]
    by_hand = torch.linalg.eigvals(((1 - h**2)[:, None] * seen.model.rnn.weight_hh_l0).double())
    (here,) = [shape for shape in shown.shapes if shape.name == "this step"]
    assert sorted(map(abs, here.ys)) == pytest.approx(sorted(by_hand.imag.abs().tolist()), abs=1e-3)
    assert sorted(here.xs) == pytest.approx(sorted(by_hand.real.tolist()), abs=1e-3)
    cut: Plane = look("spectrum", subject("rnn", [3, 1, 4], does=CUT))
    assert "largest eigenvalue is 0.00 long; 0 of 5" in cut.caption


@pytest.mark.parametrize("lens", ["spectrum", "map"])
def test_every_cell_has_a_plane(lens: str) -> None:
    for cell in ("rnn", "lstm", "gru"):
        shown: Plane = look(lens, subject(cell, [3, 1, 4]))
        assert all(len(shape.xs) == len(shape.ys) for shape in shown.shapes) and shown.caption.endswith(".")


def test_map_is_the_plane_of_the_two_largest_principal_components() -> None:
    seen = subject("gru", [3, 1, 4])
    shown: Plane = look("map", seen)
    states = torch.stack([step.state.h for step in seen.model.steps(seen.sequences.x)]).flatten(0, 1).detach().double()
    spread, axes = torch.linalg.eigh(torch.cov(states.mT))
    share = float(spread[-2:].sum() / spread.sum())
    assert f"holds {100 * share:.0f} % of the variance of {len(states)} states" in shown.limits
    path = (visited(seen.model, [3, 1, 4]).double() - states.mean(0)) @ axes[:, [-1, -2]]
    (line,) = [shape for shape in shown.shapes if shape.kind == "path"]
    assert torch.allclose(torch.tensor([line.xs, line.ys]).abs(), path.mT.abs().float(), atol=2e-3)
    assert shown.mark == (line.xs[-1], line.ys[-1])


def test_where_small_weights_forget_all_there_is_one_stable_place() -> None:
    seen = subject("rnn", [3])
    model = SequenceModel("rnn", 12, 5)
    model.load_state_dict({name: 0.1 * value for name, value in seen.model.state_dict().items()})
    shown: Plane = look("map", seen._replace(model=model))
    assert "64 of 64 states come to rest, in 1 place, which is stable." in shown.caption
    (place,) = [shape for shape in shown.shapes if shape.name == "at rest"]
    at_rest = held(model, 3, torch.zeros(1, 5), 200)
    assert float(at_rest.speeds) < 1e-6 and len(place.xs) == 1


@pytest.mark.parametrize(
    ("count", "stable", "said"),
    [
        (1, 1, "in 1 place, which is stable."),
        (1, 0, "in 1 place, which is not stable."),
        (3, 0, "in 3 places, none of them stable."),
        (3, 2, "in 3 places, 2 of them stable."),
        (3, 3, "in 3 places, all of them stable."),
        (3, None, "in 3 places."),
    ],
)
def test_the_map_says_how_many_places_are_stable(count: int, stable: int | None, said: str) -> None:
    places = map_lens.Places(torch.zeros(count, 2), stable, torch.zeros(4, 2), torch.zeros(4, dtype=torch.bool))
    assert map_lens._caption("3", places, 0).endswith(said)


def test_what_grows_without_bound_leaves_the_map_and_is_counted() -> None:
    seen = subject("lstm", [3, 1])
    model = SequenceModel("lstm", 12, 5)
    model.load_state_dict({name: 0 * value for name, value in seen.model.state_dict().items()})
    bias = model.rnn.bias_ih_l0  # input, forget, candidate, output; one unit counts its steps, all others stay at 0
    with torch.no_grad():
        bias[0], bias[5], bias[10] = 99, 99, 99
        model.rnn.weight_ih_l0[16, 3] = 9  # a second axis
    shown: Plane = look("map", seen._replace(model=model))
    assert "64 states all still move; 64 end outside the picture." in shown.caption
    assert [shape.name for shape in shown.shapes] == ["states", "this sequence"]


# drivers


@given(cells, st.integers(0, 4))
def test_drivers_are_the_sequences_with_the_highest_and_the_lowest_value(cell: CellName, unit: int) -> None:
    seen = subject(cell, [3], unit)
    shown: Grid = look("drivers", seen)
    rows = seen.sequences.x.t().tolist()
    values = [[s.state.h[unit].item() for s in seen.model.steps(torch.tensor(row))] for row in rows]
    half = len(shown.rows) // 2
    assert [max(row) for row in shown.values[:half]] == pytest.approx(sorted(map(max, values))[::-1][:half], abs=6e-4)
    assert [min(row) for row in shown.values[half:]] == pytest.approx(sorted(map(min, values))[:half][::-1], abs=6e-4)
    assert shown.mark == (0, shown.values[0].index(max(shown.values[0])))
    for texts, row in zip(shown.texts, shown.values, strict=True):
        assert row == pytest.approx(values[rows.index([int(text) for text in texts])], abs=6e-4)


# The pictures


def test_a_picture_whose_parts_do_not_fit_is_refused() -> None:
    said: Any = {"caption": "", "limits": ""}
    with pytest.raises(ValueError, match="other places"):
        Lines(x_name="step", xs=[1, 2], lines=[NamedLine("h", [0.5])], **said)
    with pytest.raises(ValueError, match="do not rise"):
        Lines(x_name="step", xs=[2, 1], lines=[NamedLine("h", [0.5, 1])], **said)
    with pytest.raises(ValueError, match="no logarithm"):
        Lines(x_name="step", xs=[1], lines=[NamedLine("h", [0.0])], log=True, **said)
    with pytest.raises(ValueError, match="other rows or columns"):
        Grid(row_name="", rows=["a"], column_name="", columns=["b"], values=[[1.0, 2.0]], **said)
    with pytest.raises(ValueError, match="one coordinate"):
        Shape(name="", xs=[1.0], ys=[])
