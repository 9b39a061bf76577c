"""Seeds trained together: each as a run of its own, and all of them through the lens `seeds`."""

from itertools import pairwise
from statistics import fmean
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from unroll.errors import UserError
from unroll.moment import Moment
from unroll.network import ensemble as ensemble_module
from unroll.network.ensemble import Ensemble, MemberTraining
from unroll.network.lenses import Subject, lenses, seeds
from unroll.network.model import fingerprint
from unroll.network.training import Diverged, Training, accuracy_of
from unroll.picture import Lines
from unroll.recipe import Recipe, recipe_of
from unroll.series import Series

SMALL = recipe_of({"vocab_size": 12, "length": 4, "hidden_size": 5, "epochs": 4})
ONE_NETWORK = 4 * 4 * 4 * 12
"""Bytes of its logits."""


@settings(max_examples=12)
@given(st.sampled_from(["rnn", "lstm", "linear"]), st.integers(1, 3), st.data())
def test_a_member_trained_as_a_run_is_to_the_bit_what_it_is_among_the_others(cell: Any, group: int, data: Any) -> None:
    recipe, of = SMALL.replace(cell=cell), data.draw(st.lists(st.integers(0, 99), min_size=1, max_size=5, unique=True))
    index = data.draw(st.integers(0, len(of) - 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ensemble_module, "GROUP_BYTES", group * ONE_NETWORK)
        member, together = MemberTraining(recipe, of, index), Ensemble(recipe, of)
    for made, of_all in zip(member.updates(), together.updates(), strict=True):
        assert (made.loss, made.accuracy) == (of_all.losses[index], of_all.accuracies[index])
        assert fingerprint(member.model) == fingerprint(together.member(index))
        member.clear()  # as a pause does
    assert member.recipe == recipe.replace(seed=of[index])
    assert member.snapshots.epochs == [*range(recipe.train.epochs + 1)]
    assert fingerprint(member.at(4)[0]) == fingerprint(member.model) != fingerprint(member.at(2)[0])


def test_a_branch_off_a_member_goes_on_with_its_optimizer() -> None:
    member = MemberTraining(SMALL, range(4), 2)
    losses = [made.loss for made in member.updates()]
    branch = member.branch(2, member.recipe)
    assert [made.loss for made in branch.updates()] == pytest.approx(losses[4:], abs=1e-4)


def test_a_member_diverges_as_a_run_does() -> None:
    member = MemberTraining(SMALL, range(3), 1)
    updates = member.updates()
    next(updates)
    assert member._group is not None
    member._group.model.head.bias.data[1, 0] = torch.inf
    with pytest.raises(Diverged, match="update 2"):
        next(updates)
    assert all(bool(weight.isfinite().all()) for weight in member.model.parameters())


def seen(recipe: Recipe, prepared: Any, series: Series | None = None) -> Lines:
    training = Training(recipe)
    subject = Subject(training.model, Moment(1, (3,)), recipe.task, training.data, series=series, prepared=prepared)
    shown: Any = lenses()["seeds"].look(subject)
    return shown


def finished(recipe: Recipe) -> Any:
    prepared = seeds.prepare(Training(recipe))
    for _ in prepared:
        pass
    return prepared


@pytest.mark.parametrize("points", [100, 3])
def test_seeds_shows_what_an_ensemble_does_in_plain_loops(monkeypatch: pytest.MonkeyPatch, points: int) -> None:
    monkeypatch.setattr(seeds, "POINTS", points)
    series, own = Series(2), Training(SMALL.replace(seed=7))
    for made in own.updates():
        series.add(made.loss, made.accuracy)
    shown = seen(SMALL.replace(seed=7), finished(SMALL.replace(seed=7)), series)
    together = Ensemble(SMALL, range(32))
    losses = [update.losses for update in together.updates()]
    edges = [*range(0, 8, -(-8 // points)), 8]
    means = [[fmean(update[seed] for update in losses[a:b]) for seed in range(32)] for a, b in pairwise(edges)]
    found = {line.name: line.ys for line in shown.lines}
    assert shown.xs == edges[1:]
    assert found["this run"] == pytest.approx([row[7] for row in means], rel=1e-2)
    for name, rank in {"25 %": 8, "median": 15, "75 %": 23}.items():
        assert found[name] == pytest.approx([sorted(row)[rank] for row in means], rel=1e-2)
    by_loss = sorted(range(32), key=lambda seed: -means[-1][seed])
    assert [(one.place, one.seed) for one in shown.ranked] == [(seed, seed) for seed in by_loss]
    assert found["worst"] == pytest.approx([row[by_loss[0]] for row in means], rel=1e-2)
    rights = [accuracy_of(together.member(seed), own.data) for seed in by_loss]
    assert [one.right for one in shown.ranked] == pytest.approx(rights, abs=1e-4)
    assert shown.caption.startswith(f"Solved by {sum(right >= 0.99 for right in rights)} of 32 seeds.")


def test_seeds_says_how_far_it_is_and_holds_nothing_against_a_run_that_has_not_come_so_far() -> None:
    prepared = seeds.prepare(Training(SMALL))
    assert seen(SMALL, prepared).caption == "Update 0 of 8, 32 seeds."
    for _ in range(3):
        next(prepared)
    shown = seen(SMALL, prepared, Series(2))
    assert shown.caption.startswith("Update 3 of 8, 32 seeds. Loss: median 2.") and "this run" not in shown.caption
    assert [line.ys for line in shown.lines if line.name == "this run"] == [[None] * 3]
    assert {one.right for one in shown.ranked} == {None}


def test_seeds_that_diverge_are_the_worst_and_have_no_loss() -> None:
    prepared = finished(SMALL)
    prepared.losses[-1][[4, 9]] = torch.inf
    shown = seen(SMALL, prepared)
    assert {one.seed for one in shown.ranked[:2]} == {4, 9}
    assert [one.loss for one in shown.ranked[:2]] == [None, None]
    assert [line.ys[-1] for line in shown.lines if line.name == "worst"] == [None]


def test_a_loss_that_is_no_number_once_is_none_ever_after() -> None:
    prepared = seeds.prepare(Training(SMALL))
    for update, loss in enumerate([1.0, torch.nan, 1.0], 1):
        prepared._take(update, torch.full((32,), loss))
    assert [float(row[0]) for row in prepared.losses] == [1.0, torch.inf, torch.inf]


def test_networks_that_are_too_large_to_train_several_of_are_refused() -> None:
    with pytest.raises(UserError, match="too large"):
        seeds.prepare(Training(Recipe().replace(vocab_size=4096, hidden_size=1024, batch_size=1)))
