"""Training: what the reference recipes reach, repeatability, snapshots, branches, divergence."""

import math
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from unroll.errors import RecipeError
from unroll.network import inspection
from unroll.network import training as training_module
from unroll.network.ensemble import Ensemble
from unroll.network.model import SequenceModel, fingerprint
from unroll.network.sequences import sequences
from unroll.network.training import Diverged, Training, order
from unroll.recipe import BLOCKS, PRESETS, Recipe, recipe_of
from unroll.tasks import TASKS, parts
from unroll.tasks.file import Windows

PUBLISHED = (
    "5.03 4.27 3.66 3.16 2.59 2.06 1.67 1.38 1.09 .90 .73 .59 .48 .37 .30 .24 .20 .17 .14 .13 .11 .10 .10 .09 .09"
)
SMALL = Recipe().replace(vocab_size=16, length=4, hidden_size=6, epochs=6, batch_size=3)


def trained(recipe: Recipe) -> Training:
    training = Training(recipe)
    for _ in training.updates():
        pass
    return training


def weights_of(model: SequenceModel) -> torch.Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


def counted(model: SequenceModel, *prompt: int) -> list[int]:
    """What the model says, feeding its answer back with the kept state, to the end of the vocabulary or a mistake."""
    said = [prompt[-1]]
    logits, state = model(torch.tensor(prompt))
    while logits[-1].argmax().item() == said[-1] + 1:
        said.append(said[-1] + 1)
        if said[-1] == model.vocab_size - 1:
            break
        logits, state = model(torch.tensor(said[-1:]), state)
    return said[1:]


def test_the_reference_data_holds_the_items_of_the_task():
    data = sequences(parts(Recipe().task).train)
    pairs = {tuple(x): tuple(y) for x, y in zip(data.x.t().tolist(), data.y.t().tolist(), strict=True)}
    assert len(pairs) == 122
    assert pairs[3, 4, 5, 6, 7, 8] == (4, 5, 6, 7, 8, 9)
    assert pairs[56, 57, 58, 59, 60, 61] == (57, 58, 59, 60, 61, 62)


LINES = st.lists(st.lists(st.integers(0, 9), min_size=2, max_size=9).map(tuple), min_size=1, max_size=6)


@given(LINES, st.integers(1, 8))
def test_the_windows_of_a_file_are_the_same_all_at_once_as_one_by_one(lines, length):
    windows = Windows(lines, length)
    pairs = [(line[i : i + length], line[i + 1 :][:length]) for line in lines for i in range(len(line) - 1)]
    whole = [(x, y) for x, y in pairs if len(y) == length]
    assert [(x, y) for x, y in ((item.inputs, item.targets) for item in windows) if None not in y] == whole
    at_once, one_by_one = sequences(windows), sequences([*windows])
    assert torch.equal(at_once.x, one_by_one.x)
    assert torch.equal(at_once.y, one_by_one.y)
    assert (at_once.masks is None) == (one_by_one.masks is None)
    if at_once.masks is not None:
        assert torch.equal(at_once.masks.asked, one_by_one.masks.asked)
        assert torch.equal(at_once.masks.counts, one_by_one.masks.counts)


@pytest.mark.parametrize("seed", range(10))
def test_the_default_recipe_answers_all_and_counts_from_7_8_9_10_to_127_without_a_mistake(seed):
    training = trained(Recipe().replace(seed=seed))
    assert training.accuracy() == 1.0
    assert counted(training.model, 7, 8, 9, 10) == list(range(11, 128))


def test_the_small_preset_learns_with_every_seed():
    ensemble = Ensemble(PRESETS["blank"], range(10))
    list(ensemble.updates())
    assert ensemble.accuracies() == [1.0] * 10


def test_the_loss_of_the_network_is_the_next_updates_over_all_data():
    training = Training(SMALL.replace(batch_size="full"))
    before = training.fit().loss
    assert next(training.updates()).loss == pytest.approx(before, rel=1e-5)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_the_other_cells_learn_to_count_by_the_default_recipe(cell):
    assert trained(Recipe().replace(cell=cell)).accuracy() == 1.0


def test_the_blogs_initialisation_learns_its_own_length_along_the_published_curve():
    curves = []
    for seed in range(20):
        training = Training(Recipe().replace(init="normal", seed=seed))
        losses = [update.loss for update in training.updates()]
        curves.append([sum(pair) / 2 for pair in zip(losses[::2], losses[1::2], strict=True)])
        assert training.accuracy() >= 0.99
    for published, ours in zip(map(float, PUBLISHED.split()), zip(*curves, strict=True), strict=True):
        assert min(ours) - 0.005 <= published <= max(ours) + 0.005  # it is printed to two decimals


@pytest.mark.parametrize("cell", [*BLOCKS])
def test_a_recipe_determines_every_loss_and_weight_to_the_bit(cell):
    torch.manual_seed(1)
    first = Training(SMALL.replace(cell=cell))
    losses = list(first.updates())
    torch.manual_seed(2)
    again = Training(SMALL.replace(cell=cell))
    assert list(again.updates()) == losses
    assert torch.equal(weights_of(first.model), weights_of(again.model))
    assert list(Training(SMALL.replace(cell=cell, seed=1)).updates()) != losses


def test_pausing_between_any_two_updates_changes_nothing():
    whole = list(Training(SMALL).updates())
    training, parts = Training(SMALL), []
    while training.update < training.plan.updates:
        parts.append(next(training.updates()))
        training.accuracy()
    assert parts == whole


def test_an_epoch_takes_every_sequence_at_most_once_in_an_order_of_its_own(monkeypatch):
    taken = []
    learn = training_module.backpropagate
    monkeypatch.setattr(training_module, "backpropagate", lambda *given: taken.append(given[1][0]) or learn(*given))
    trained(Recipe().replace(seed=5, epochs=3, batch_size=50))
    columns = order(5, 2, 122)
    assert torch.equal(torch.cat(taken[4:]), columns[:100])  # item i begins with i
    assert sorted(columns.tolist()) == list(range(122))
    assert len({tuple(order(seed, epoch, 122).tolist()) for seed in range(9) for epoch in range(9)}) == 81


def test_the_update_says_the_accuracy_of_its_batch_at_the_last_step():
    training = Training(SMALL.replace(batch_size="full", epochs=10))
    for _ in range(10):
        before = training.accuracy()
        assert next(training.updates()).accuracy == pytest.approx(before)


def test_the_newest_network_is_given_alive_and_an_earlier_epoch_as_it_was():
    training, seen = Training(SMALL), {}
    seen[0] = weights_of(training.model)
    for update in training.updates():
        if update.update % training.plan.updates_per_epoch == 0:
            seen[int(training.epoch)] = weights_of(training.model)
    assert training.at()[0] is training.model
    assert training.at()[1] == training.at(99)[1] == 6.0
    for epoch, weights in seen.items():
        model, given = training.at(epoch)
        assert given == epoch
        assert torch.equal(weights_of(model), weights)


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_a_branch_under_the_same_recipe_repeats_the_run_to_the_bit(cell):
    whole = Training(SMALL.replace(cell=cell))
    losses = list(whole.updates())
    branch = whole.branch(2, whole.recipe)
    assert branch.epoch == 2.0
    assert list(branch.updates()) == losses[branch.plan.updates_per_epoch * 2 :]
    assert torch.equal(weights_of(branch.model), weights_of(whole.model))


def test_a_branch_under_another_rate_goes_its_own_way_and_leaves_the_run_alone():
    whole = trained(SMALL)
    before = weights_of(whole.model)
    branch = whole.branch(3, SMALL.replace(learning_rate=0.5, seed=9))
    for _ in branch.updates():
        pass
    assert not torch.equal(weights_of(branch.model), before)
    assert torch.equal(weights_of(whole.model), before)
    assert torch.equal(weights_of(branch.at(1)[0]), weights_of(whole.at(1)[0]))


@pytest.mark.parametrize("updates", [8, 9])
def test_a_saved_state_goes_on_to_the_bit_and_labels_no_epoch_wrongly(updates):
    whole = Training(SMALL)
    going = whole.updates()
    for _ in range(updates):
        next(going)
    other = Training(SMALL)
    other.go_on_from(whole.saved_state(), updates)
    assert other.snapshots.epochs == ([2] if updates == 8 else [])
    assert other.at(1)[1] == (2.0 if updates == 8 else 2.25)
    branch = other.branch(2, SMALL)
    assert branch.update == updates
    assert list(branch.updates()) == list(other.updates()) == list(going)
    assert torch.equal(weights_of(other.model), weights_of(whole.model))


def test_a_branch_refuses_another_network():
    with pytest.raises(RecipeError, match="keeps its task and its network"):
        trained(SMALL).branch(1, SMALL.replace(hidden_size=7))


def test_a_loss_that_is_no_number_says_where_and_leaves_the_last_good_weights():
    training = Training(SMALL)
    updates = training.updates()
    for _ in range(4):
        next(updates)
    good = weights_of(training.model)
    next(updates)
    with torch.no_grad():
        training.model.head.bias[0] = math.inf
    with pytest.raises(Diverged, match=r"update 6: the learning rate 0\.1 .* smaller") as caught:
        next(updates)
    assert caught.value.update == 6
    assert torch.equal(weights_of(training.model), good)
    with pytest.raises(Diverged, match="update 6"):
        next(training.updates())


def test_a_run_can_come_back_from_a_loss_far_above_that_of_guessing():
    recipe = Recipe().replace(cell="gru", learning_rate=50.0, epochs=100)
    losses = [update.loss for update in Training(recipe).updates()]
    assert max(losses) > 100 * math.log(recipe.task.vocab_size)
    assert losses[-1] < 0.1


def test_a_loss_too_large_to_record_ends_a_training(monkeypatch):
    lost = torch.tensor(2e6), torch.tensor(0.0)
    monkeypatch.setattr(training_module, "backpropagate", lambda *given: lost)
    with pytest.raises(Diverged, match="rose to 2,000,000, more than the 1,000,000 that can be recorded, at update 1"):
        next(Training(SMALL).updates())


def test_weights_that_break_in_an_epochs_last_update_never_become_a_snapshot():
    training = Training(SMALL.replace(epochs=1, batch_size="full"))
    training._adam.gradient.fill_(0)
    training._adam.m.fill_(math.inf)
    with pytest.raises(Diverged, match="update 1"):
        next(training.updates())
    assert training.snapshots.epochs == [0]
    assert weights_of(training.model).isfinite().all()


@pytest.mark.parametrize("cell", [*BLOCKS])
def test_a_member_of_an_ensemble_goes_the_way_of_the_run_of_its_seed(cell):
    """Sums over a whole group may round differently, hence a tolerance; 1e-4 after 12 updates at lr 0.1."""
    recipe = SMALL.replace(cell=cell, epochs=3)
    ensemble = Ensemble(recipe, [5, 6, 7])
    rows = list(ensemble.updates())
    for member, seed in enumerate(ensemble.seeds):
        alone = Training(recipe.replace(seed=seed))
        updates = list(alone.updates())
        assert_close([row.losses[member] for row in rows], [update.loss for update in updates], atol=1e-4, rtol=0)
        assert_close([row.accuracies[member] for row in rows], [update.accuracy for update in updates])
        assert_close(weights_of(ensemble.member(member)), weights_of(alone.model), atol=1e-3, rtol=0)
        assert ensemble.accuracies()[member] == pytest.approx(alone.accuracy())


LEARNED = [name for name, task in TASKS.items() if task.start]


@pytest.mark.parametrize("task", LEARNED)
def test_what_a_task_starts_from_learns_it(task):
    training = trained(PRESETS[task])
    assert (training.accuracy() if training.held_out_accuracy() is None else training.held_out_accuracy()) >= 0.98


SETS_AND_GAPS = {
    "reber": {"vocab_size": 7, "length": 12},
    "echo": {"steps_back": 3, "vocab_size": 5, "length": 6},
    "parity": {"vocab_size": 2, "length": 6, "asked": "last"},
    "anbn": {"vocab_size": 3, "length": 8, "batch_size": "full"},
}


def asked_of(task: str, **changes: object) -> Recipe:
    more = {} if task == "anbn" else {"sequences": 24, "batch_size": 8}
    return recipe_of({"task": task, "hidden_size": 6, "epochs": 3, **more, **SETS_AND_GAPS[task], **changes})


@pytest.mark.parametrize("task", SETS_AND_GAPS)
def test_where_some_steps_ask_nothing_an_ensemble_goes_the_way_of_each_seed(task):
    ensemble = Ensemble(asked_of(task), [5, 6])
    rows = list(ensemble.updates())
    for member, seed in enumerate(ensemble.seeds):
        alone = Training(asked_of(task, seed=seed))
        updates = list(alone.updates())
        assert_close([row.losses[member] for row in rows], [update.loss for update in updates], atol=1e-4, rtol=0)
        assert_close([row.accuracies[member] for row in rows], [update.accuracy for update in updates])
        assert ensemble.accuracies()[member] == pytest.approx(alone.accuracy())


@pytest.mark.parametrize("task", SETS_AND_GAPS)
def test_accuracy_and_loss_are_those_counted_item_by_item(task, monkeypatch):
    training = trained(asked_of(task, learning_rate=0.03, epochs=30))
    items, right, losses, hits = parts(training.recipe.task).train, 0, [], []
    for item in items:
        logits = training.model(torch.tensor(item.inputs))[0]
        asked = [t for t, target in enumerate(item.targets) if target is not None]
        losses += [-logits[t].log_softmax(-1)[item.targets[t]].item() for t in asked]
        allowed = {t: item.answers[t] if item.answers else [item.targets[t]] for t in asked}
        hit = {t: int(logits[t].argmax()) in allowed[t] for t in asked}
        right += all(hit[t] for t in (asked if item.all_count else asked[-1:]))
        hits += hit.values()
    for _ in range(2):
        assert training.accuracy() == pytest.approx(right / len(items))
        assert training.fit().loss == pytest.approx(sum(losses) / len(losses), rel=1e-4)
        assert training.fit().steps_right == pytest.approx(sum(hits) / len(hits))
        monkeypatch.setattr(inspection, "READ_AT_ONCE", 12 * 24 * 5)


def test_groups_of_an_ensemble_keep_the_order_of_the_seeds(monkeypatch):
    monkeypatch.setattr("unroll.network.ensemble.GROUP_BYTES", 2 * 4 * 4 * 3 * 16)
    ensemble = Ensemble(SMALL, range(5))
    first = next(ensemble.updates())
    assert [len(group.seeds) for group in ensemble._groups] == [2, 2, 1]
    for seed in range(5):
        expected = next(Training(SMALL.replace(seed=seed)).updates())
        assert first.losses[seed] == pytest.approx(expected.loss, abs=1e-6)
        assert_close(weights_of(SequenceModel.of(SMALL, [seed])).shape, weights_of(ensemble.member(seed)).shape)


def test_the_learning_rate_falls_in_a_line_by_a_step_an_epoch():
    rates = [Recipe().train.rate(epoch) for epoch in range(26)]
    assert rates[0] == 0.1
    assert rates[25] == 0
    assert_close([a - b for a, b in pairwise(rates)], [0.004] * 25)


@pytest.mark.parametrize("cell", [*BLOCKS])
def test_large_data_is_scored_in_parts_as_in_one_go(monkeypatch, cell):
    run = Training(Recipe().replace(cell=cell))
    for _, _made in zip(range(8), run.updates(), strict=False):
        pass
    whole, fit = run.accuracy(), run.fit()
    monkeypatch.setattr(inspection, "READ_AT_ONCE", 6 * 32 * 5)
    assert run.accuracy() == whole
    assert run.fit() == pytest.approx(fit)
    assert 0 < whole < 1


def test_cleared_between_updates_training_goes_on_to_the_bit():
    run, other = Training(SMALL), trained(SMALL)
    for _ in run.updates():
        run.clear()
    assert torch.equal(weights_of(run.model), weights_of(other.model))


def test_a_fingerprint_tells_networks_apart_by_one_last_bit_and_not_by_where_they_lie():
    training, other = trained(SMALL), trained(SMALL)
    found = fingerprint(training.model)
    assert found == fingerprint(other.model) == fingerprint(training.at(SMALL.train.epochs)[0])
    assert found != fingerprint(training.at(1)[0])
    weight = other.model.rnn.weight_ih_l0.data
    weight[3, 5] = torch.nextafter(weight[3, 5], torch.tensor(9.0))
    assert found != fingerprint(other.model)
