"""Many runs of one recipe that differ in their seed alone, trained together; member s equals the run of seed s.

Every operation works on all members of a group at once, which saves the cost of calling it for each. A group is as
large as a processor's cache allows for its logits: beyond that, memory costs more than fewer calls save.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch

from unroll.network.adam import Adam
from unroll.network.bptt import Score, Tape, backpropagate
from unroll.network.model import SequenceModel
from unroll.network.training import Sequences, order, sequences
from unroll.recipe import Recipe, plan
from unroll.tasks import parts

GROUP_BYTES = 3 * 2**20
"""Bytes of logits that a group may have on a CPU; other devices train all members as one group."""


class EnsembleUpdate(NamedTuple):
    """One update of every member: its number from 1, and each member's loss and accuracy, in the order of the seeds."""

    update: int
    losses: list[float]
    accuracies: list[float]


class Ensemble:
    """Runs of `recipe` under every one of `seeds`, at the same update.

    Attributes:
        recipe, seeds: Which runs.
        plan: What the recipe implies for each run.
        update: Updates made so far.
    """

    def __init__(self, recipe: Recipe, seeds: Sequence[int], device: str = "cpu") -> None:
        """Untrained members.

        Raises:
            RecipeError: two fields of the recipe do not go together, or its file cannot be used.
        """
        train, held_out, short_lines = parts(recipe.task)
        self.recipe = recipe
        self.seeds = list(seeds)
        self.plan = plan(recipe, len(train), short_lines)
        self.update = 0
        self._data = sequences(train, device)
        self._held_out = sequences(held_out, device) if held_out else None
        logits = 4 * recipe.task.length * self.plan.batch_size * recipe.task.vocab_size
        size = len(self.seeds) if device != "cpu" else max(1, GROUP_BYTES // logits)
        self._groups = [Group(recipe, self.seeds[i : i + size], device) for i in range(0, len(self.seeds), size)]

    def updates(self) -> Iterator[EnsembleUpdate]:
        """Make the remaining updates, one for each `next`; a loss may be NaN."""
        while self.update < self.plan.updates:
            epoch, place = divmod(self.update, self.plan.updates_per_epoch)
            scores = [group.learn(self._data, self.plan.batch_size, epoch, place) for group in self._groups]
            self.update += 1
            losses, accuracies = (torch.cat(part).tolist() for part in zip(*scores, strict=True))
            yield EnsembleUpdate(self.update, losses, accuracies)

    def accuracies(self) -> list[float]:
        """The part of all training sequences, 0 to 1, that each member answers right."""
        return self._accuracies(self._data)

    def held_out_accuracies(self) -> list[float]:
        """The same of the sequences held out; empty where there are none."""
        return [] if self._held_out is None else self._accuracies(self._held_out)

    @torch.no_grad()
    def _accuracies(self, data: Sequences) -> list[float]:
        x, y, masks = data
        found: list[float] = []
        for group in self._groups:
            logits, _ = group.model(x.expand(len(group.seeds), -1, -1))
            said = logits.argmax(-1)
            right = said[:, -1] == y[-1] if masks is None else masks.hits(said, y).all(1)
            found += right.float().mean(-1).tolist()
        return found

    def member(self, index: int) -> SequenceModel:
        """A copy of one member's network by its place among the seeds; raises `IndexError` beyond them."""
        group, place = divmod(index, len(self._groups[0].seeds))
        weights = self._groups[group].model.state_dict()
        model = SequenceModel.unset(self.recipe).to(self._data.x.device)
        model.load_state_dict({name: value[place] for name, value in weights.items()})
        return model


class Group:
    """Members that are computed together."""

    def __init__(self, recipe: Recipe, seeds: Sequence[int], device: str) -> None:
        self.recipe = recipe
        self.seeds = seeds
        self.model = SequenceModel.of(recipe, seeds).to(device)
        self._adam = Adam(self.model)
        self._tape: Tape | None = None
        self._columns = torch.empty(0)

    def learn(self, data: Sequences, size: int, epoch: int, place: int) -> Score:
        """One update of every member; their losses and accuracies."""
        if place == 0:
            columns = torch.stack([order(seed, epoch, data.total) for seed in self.seeds])
            self._columns = columns.to(data.x.device)
        x, y, masks = data.at(self._columns[:, place * size : (place + 1) * size])
        self._tape = self._tape or Tape(self.model, x)
        score = backpropagate(self.model, x, y, self._tape, masks)
        self._adam.step(self.recipe.train.rate(epoch))
        return score
