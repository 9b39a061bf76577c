"""Many runs of one recipe that differ in their seed alone, trained together; member s equals the run of seed s.

Every operation works on all members of a group at once, which saves the cost of calling it for each. A group is as
large as a processor's cache allows for its logits: beyond that, memory costs more than fewer calls save.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from unroll.network.adam import Adam, Snapshot, views
from unroll.network.bptt import Score, Tape, backpropagate
from unroll.network.model import SequenceModel
from unroll.network.sequences import Sequences
from unroll.network.training import Training, order
from unroll.recipe import Plan, Recipe

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

    def __init__(
        self, recipe: Recipe, seeds: Sequence[int], device: str = "cpu", alike: Training | None = None
    ) -> None:
        """Untrained members; `alike` is a run of that recipe, if there is one, whose sequences are theirs too.

        Raises:
            RecipeError: two fields of the recipe do not go together, or its file cannot be used.
        """
        training = alike or Training(recipe, device)
        self.recipe = recipe
        self.seeds = list(seeds)
        self.plan = training.plan
        self.update = 0
        self._data, self._held_out = training.data, training.held_out
        size, tapes = group_size(recipe, self.plan, len(self.seeds), device), dict[int, Tape]()
        firsts = range(0, len(self.seeds), size)
        self._groups = [Group(recipe, self.seeds[i : i + size], device, tapes) for i in firsts]

    @property
    def groups(self) -> int:
        """How many groups an update is made of."""
        return len(self._groups)

    def updates(self) -> Iterator[EnsembleUpdate]:
        """Make the remaining updates, one for each `next`; a loss may be NaN."""
        return (made for made in self.slices() if made is not None)

    def slices(self) -> Iterator[EnsembleUpdate | None]:
        """The same in smaller parts, one group's update for each `next`; None until that of the last."""
        while self.update < self.plan.updates:
            epoch, place = divmod(self.update, self.plan.updates_per_epoch)
            scores: list[Score] = []
            for group in self._groups:
                if scores:
                    yield None
                scores.append(group.learn(self._data, self.plan.batch_size, epoch, place))
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


def group_size(recipe: Recipe, plan: Plan, seeds: int, device: str) -> int:
    """How many of so many seeds are computed together: a member's last bits may depend on it."""
    logits = 4 * recipe.task.length * plan.batch_size * recipe.task.vocab_size
    return seeds if device != "cpu" else max(1, GROUP_BYTES // logits)


class Group:
    """Members that are computed together."""

    def __init__(self, recipe: Recipe, seeds: Sequence[int], device: str, tapes: dict[int, Tape] | None = None) -> None:
        """Untrained members; `tapes` are those of the other groups, by their number of members."""
        self.recipe = recipe
        self.seeds = seeds
        self.model = SequenceModel.of(recipe, seeds).to(device)
        self._adam = Adam(self.model)
        self._tapes = {} if tapes is None else tapes
        self._columns = torch.empty(0)

    def learn(self, data: Sequences, size: int, epoch: int, place: int) -> Score:
        """One update of every member; their losses and accuracies."""
        if place == 0:
            columns = torch.stack([order(seed, epoch, data.total) for seed in self.seeds])
            self._columns = columns.to(data.x.device)
        x, y, masks = data.at(self._columns[:, place * size : (place + 1) * size])
        if len(self.seeds) not in self._tapes:
            self._tapes[len(self.seeds)] = Tape(self.model, x)
        score = backpropagate(self.model, x, y, self._tapes[len(self.seeds)], masks)
        self._adam.step(self.recipe.train.rate(epoch))
        return score

    def snapshot(self, place: int, model: SequenceModel, steps: int) -> Snapshot:
        """A member's weights and optimizer after so many steps, laid out as those of `model`, a network alone."""

        def part(whole: Tensor) -> Tensor:
            flat = whole.new_empty(whole.numel() // len(self.seeds))
            for mine, all_members in zip(views(model, flat), views(self.model, whole), strict=True):
                mine.copy_(all_members[place])
            return flat

        return Snapshot(part(self._adam.weights), part(self._adam.m), part(self._adam.v), steps)

    def clear(self) -> None:
        """Free the memory that only an update needs; the next update allocates it again."""
        self._tapes.clear()


class MemberTraining(Training):
    """One member of an ensemble as a run of its own: to the bit what it is there, with its curve and its epochs."""

    def __init__(self, recipe: Recipe, seeds: Sequence[int], index: int, device: str = "cpu") -> None:
        """The untrained member at a place among the seeds.

        Raises:
            RecipeError: as `Ensemble` does.
        """
        super().__init__(recipe.replace(seed=seeds[index]), device)
        size = group_size(recipe, self.plan, len(seeds), device)
        first = index // size * size
        self._group: Group | None = Group(recipe, seeds[first : first + size], device)
        self._place = index - first

    def _score(self, epoch: int, place: int) -> tuple[float, float]:
        assert self._group is not None, "there is no update after the last"
        losses, accuracies = self._group.learn(self.data, self.plan.batch_size, epoch, place)
        return losses[self._place].item(), accuracies[self._place].item()

    def _step(self, epoch: int) -> None:
        assert self._group is not None, "there is no update after the last"
        self._adam.restore(self._group.snapshot(self._place, self.model, self.update + 1))

    def clear(self) -> None:
        if self._group is not None:
            self._group.clear()
        if self.update == self.plan.updates:
            self._group = None
