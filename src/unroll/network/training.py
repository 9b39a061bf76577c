"""Training as a generator of updates: to pause is not to ask for the next one.

An epoch takes the training sequences in a new order, in whole batches, and drops the rest. Adam follows the gradient
of the cross-entropy over all positions that are asked, at the learning rate of `TrainConfig.rate`. On one machine a
recipe determines every weight after every update, to the bit; another kind of processor, torch or number of threads
rounds sums differently, and training carries that on.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from functools import cached_property
from hashlib import sha256
from typing import NamedTuple, NoReturn

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from unroll.errors import RecipeError
from unroll.moment import UNTOUCHED, Interventions
from unroll.network.adam import Adam, Snapshot, put
from unroll.network.bptt import Tape, backpropagate
from unroll.network.inspection import at_once
from unroll.network.model import SequenceModel
from unroll.network.sequences import Sequences, sequences
from unroll.recipe import Recipe, plan
from unroll.series import MAX_LOSS
from unroll.tasks import parts

UNASKED = -1
"""The target, for torch's own loss, of a step where nothing is asked."""
SNAPSHOT_BYTES = 64 * 2**20
"""Bytes that the snapshots of one run may take."""


class Update(NamedTuple):
    """One update made: its number from 1, and how its batch was answered just before it.

    Attributes:
        loss: Cross-entropy in nats, the mean over all positions of the batch that are asked.
        accuracy: The part of the batch answered right where `Task.right_where` says.
    """

    update: int
    loss: float
    accuracy: float


class Diverged(ArithmeticError):  # noqa: N818 -- it says what happened
    """The loss is not finite, or too large to record; the sentence says where, the likely reason and what to do.

    No lower bound would do: a GRU at a rate of 50 or 100 has come back from a loss of 1,500 to all answers right.

    Attributes:
        update: The update, counted from 1, that could not be made or kept.
    """

    def __init__(self, update: int, loss: float, learning_rate: float) -> None:
        self.update = update
        what = "The loss was no longer a number"
        if math.isfinite(loss):
            what = f"The loss rose to {loss:,.0f}, more than the {MAX_LOSS:,.0f} that can be recorded,"
        super().__init__(
            f"{what} at update {update}: the learning rate {learning_rate:g} is probably too large; "
            "continue from an earlier epoch, or train again, with a smaller one."
        )


class Training:
    """One run: a recipe, its network, and how far it has been trained.

    Attributes:
        recipe: All that determines the run.
        plan: What the recipe implies: sequences, batch size, updates.
        device: Where it computes, as torch names it.
        data, held_out: The sequences to train on, and those held out; None where there are none.
        model: The newest network, changed in place by every update.
        update: Updates made so far.
        snapshots: The epochs that are kept: those that `at` and `branch` give exactly.
    """

    def __init__(self, recipe: Recipe, device: str = "cpu") -> None:
        """An untrained network, at update 0.

        Raises:
            RecipeError: two fields of the recipe do not go together, or its file cannot be used.
        """
        train, held_out, short_lines, whence = parts(recipe.task)
        self.recipe = recipe
        self.plan = plan(recipe, len(train), short_lines, len(held_out), whence)
        self.device = device
        self.model = SequenceModel.of(recipe).to(device)
        self.update = 0
        self.data = sequences(train, device)
        self.held_out = sequences(held_out, device) if held_out else None
        self._adam = Adam(self.model)
        self._good = self._adam.weights.clone()
        self._diverged: Diverged | None = None
        self._tape: Tape | None = None
        self._ordered, self._columns = -1, torch.empty(0)
        self.snapshots = Snapshots()
        self.snapshots.add(0, self._adam.snapshot())

    @property
    def epoch(self) -> float:
        """Epochs trained so far, whole or in part."""
        return self.update / self.plan.updates_per_epoch

    def updates(self) -> Iterator[Update]:
        """Make the remaining updates, one for each `next`.

        Raises:
            Diverged: the loss is not finite or too large to record; `model` then holds the weights of the last good
                update. Asking again raises it again.
        """
        while self.update < self.plan.updates:
            yield self._make_update()

    def _make_update(self) -> Update:
        if self._diverged is not None:
            raise self._diverged
        epoch, place = divmod(self.update, self.plan.updates_per_epoch)
        loss, accuracy = self._score(epoch, place)
        if not loss <= MAX_LOSS:
            self._give_up(loss)
        self._good.copy_(self._adam.weights)
        self._step(epoch)
        if place == self.plan.updates_per_epoch - 1:
            if not math.isfinite(self._adam.weights.sum().item()):
                self._give_up(math.nan)
            self.snapshots.add(epoch + 1, self._adam.snapshot())
        self.update += 1
        return Update(self.update, loss, accuracy)

    def _score(self, epoch: int, place: int) -> tuple[float, float]:
        """Loss and accuracy of a batch, whose gradient is then at hand."""
        if self._ordered != epoch:
            self._ordered = epoch
            self._columns = order(self.recipe.train.seed, epoch, self.data.total).to(self.device)
        size = self.plan.batch_size
        x, y, masks = self.data.at(self._columns[place * size : (place + 1) * size])
        self._tape = self._tape or Tape(self.model, x)
        loss, accuracy = backpropagate(self.model, x, y, self._tape, masks)
        return loss.item(), accuracy.item()

    def _step(self, epoch: int) -> None:
        self._adam.step(self.recipe.train.rate(epoch))

    def _give_up(self, loss: float) -> NoReturn:
        self._adam.weights.copy_(self._good)
        self._diverged = Diverged(self.update + 1, loss, self.recipe.train.learning_rate)
        raise self._diverged

    @cached_property
    def digest(self) -> str:
        """Tells a file's sequences from others, as a file may change; empty for the other tasks."""
        if self.recipe.task.task != "file":
            return ""
        held_out = self.held_out or ()
        return sha256(b"".join(part.cpu().numpy().tobytes() for part in (*self.data[:2], *held_out[:2]))).hexdigest()

    @cached_property
    def baselines(self) -> tuple[float, float, float]:
        """Without learning: the part right by repeating, by always saying one number; and the least constant loss."""
        return baselines_of(self.data)

    def clear(self) -> None:
        """Free the memory that only an update needs; the next update allocates it again."""
        self._tape = None

    def accuracy(self) -> float:
        """The part of all training sequences, 0 to 1, answered right where `Task.right_where` says."""
        return accuracy_of(self.model, self.data)

    def fit(self) -> Fit:
        """How the steps asked of all training sequences are answered."""
        return fit(self.model, self.data)

    def held_out_accuracy(self) -> float | None:
        """The accuracy on the sequences held out; None when there are none."""
        return None if self.held_out is None else accuracy_of(self.model, self.held_out)

    def held_out_fit(self) -> Fit | None:
        """How the steps asked of the sequences held out are answered; None when there are none."""
        return None if self.held_out is None else fit(self.model, self.held_out)

    def at(self, epoch: int | None = None) -> tuple[SequenceModel, float]:
        """The network as it was after an epoch, and which epoch that is: the nearest that is kept.

        None, an epoch not yet trained, or any epoch while none is kept give the newest network: `model` itself, which
        further training changes.
        """
        if epoch is None or epoch >= self.epoch or not self.snapshots.epochs:
            return self.model, self.epoch
        found, snapshot = self.snapshots.nearest(epoch)
        model = SequenceModel.unset(self.recipe).to(self.device)
        put(model, snapshot.weights)
        return model, float(found)

    def branch(self, epoch: int, recipe: Recipe) -> Training:
        """A new run that continues from an epoch, weights and optimizer, by a recipe with other training fields.

        It starts at the nearest epoch that is kept, and where none is kept at the newest network, be it in the middle
        of an epoch (`branch.epoch` says where); an unchanged recipe repeats this run to the bit.

        Raises:
            RecipeError: the recipe changes the task or the network.
        """
        if recipe.task != self.recipe.task or recipe.model != self.recipe.model:
            raise RecipeError("cell", "A branch keeps its task and its network: change learning_rate, epochs or seed.")
        branch = Training(recipe, self.device)
        found, update, snapshot = 0, self.update, self.saved_state()
        if self.snapshots.epochs:
            found, snapshot = self.snapshots.nearest(epoch)
            update = found * branch.plan.updates_per_epoch
        branch.go_on_from(snapshot, update)
        branch.snapshots = self.snapshots.until(found)
        return branch

    def saved_state(self) -> Snapshot:
        """The newest weights and the optimizer's state: with `update`, all that continuing needs."""
        return self._adam.snapshot()

    def go_on_from(self, saved: Snapshot, update: int) -> None:
        """Continue from a state that was saved after `update` updates by this recipe; the rest repeats to the bit."""
        self._adam.restore(saved)
        self._good.copy_(saved.weights)
        self.update = update
        self.snapshots = Snapshots()
        if self.epoch.is_integer():
            self.snapshots.add(int(self.epoch), self._adam.snapshot())


def order(seed: int, epoch: int, count: int) -> Tensor:
    """The order in which an epoch takes its `count` sequences.

    A function of seed and epoch alone, so that training can resume at any epoch without a generator's state.
    """
    generator = torch.Generator().manual_seed(zlib.crc32(f"{seed} {epoch}".encode()))
    return torch.randperm(count, generator=generator)


@torch.no_grad()
def accuracy_of(model: SequenceModel, data: Sequences, does: Interventions = UNTOUCHED) -> float:
    """The part of the sequences, 0 to 1, answered right at the steps that count, under interventions.

    Large data is scored in parts, so that the cell's inputs of all steps stay small.
    """
    parts = data.split(at_once(model, len(data.x)))
    return sum(int(are_right(model, part, does).sum()) for part in parts) / data.total


@torch.no_grad()
def are_right(model: SequenceModel, data: Sequences, does: Interventions = UNTOUCHED) -> Tensor:
    """Whether each sequence is answered right, `(N,)`; no step is kept but the last, or what it answers."""
    x, y, masks = data
    if masks is None:
        for step in model.steps(x, does=does):
            h = step.state.h
        said: Tensor = model.head(h).argmax(-1)
        return said == y[-1]
    said = torch.stack([model.head(step.state.h).argmax(-1) for step in model.steps(x, does=does)])
    return masks.hits(said, y).all(0)


class Fit(NamedTuple):
    """How all steps asked are answered, each counted alike.

    Attributes:
        loss: The mean cross-entropy, in nats.
        steps_right: The part, 0 to 1, that is answered right.
    """

    loss: float
    steps_right: float


def baselines_of(data: Sequences) -> tuple[float, float, float]:
    """The part of the sequences right by repeating each number read, and by always saying the one that is right most
    often where it counts; and the entropy, in nats, of all targets together."""
    x, y, masks = data
    asked, counting = (y, y[-1]) if masks is None else (y[masks.asked], y[masks.asked & masks.counts])
    common = torch.full_like(x, int(counting.mode().values))
    hits = [said[-1] == y[-1] if masks is None else masks.hits(said, y).all(0) for said in (x, common)]
    chances = asked.flatten().bincount().double() / asked.numel()
    entropy = -torch.xlogy(chances, chances).sum()
    return hits[0].double().mean().item(), hits[1].double().mean().item(), max(0.0, entropy.item())


@torch.no_grad()
def fit(model: SequenceModel, data: Sequences) -> Fit:
    """How a network answers; large data is read in parts."""
    total, right, asked = 0.0, 0, data.y.numel() if data.masks is None else int(data.masks.asked.sum())
    for x, y, masks in data.split(at_once(model, len(data.x), model.vocab_size)):
        logits, wanted = model(x)[0], y if masks is None else y.where(masks.asked, UNASKED)
        total += cross_entropy(logits.flatten(0, 1), wanted.flatten(), ignore_index=UNASKED, reduction="sum").item()
        said = logits.argmax(-1)
        right += int((said == y if masks is None else masks.are_right(said, y) & masks.asked).sum())
    return Fit(total / asked, right / asked)


class Snapshots:
    """Snapshots by epoch: the newest, and all multiples of a stride, which doubles when the budget is reached."""

    def __init__(self, budget: int = SNAPSHOT_BYTES) -> None:
        self._budget = budget
        self._stride = 1
        self._kept: dict[int, Snapshot] = {}

    @property
    def epochs(self) -> list[int]:
        """The epochs that are kept, in order."""
        return list(self._kept)

    def add(self, epoch: int, snapshot: Snapshot) -> None:
        """Keep the snapshot of a later epoch than any before, and drop what no longer fits."""
        if self._kept:
            newest = next(reversed(self._kept))
            if newest % self._stride:
                del self._kept[newest]
        self._kept[epoch] = snapshot
        while len(self._kept) > 1 and self.nbytes > self._budget:
            self.thin()

    @property
    def nbytes(self) -> int:
        """Bytes of all snapshots, including those shared with a branch."""
        return len(self._kept) * next(iter(self._kept.values())).nbytes if self._kept else 0

    def thin(self) -> None:
        """Keep every second epoch of those kept, and the newest; of a single one, none."""
        if len(self._kept) < 2:
            self._kept = {}
            return
        self._stride *= 2
        newest = next(reversed(self._kept))
        evenly = range(0, newest if newest >= self._stride else 0, self._stride)
        self._kept = {e: kept for e, kept in self._kept.items() if e in evenly or e == newest}

    def nearest(self, epoch: int) -> tuple[int, Snapshot]:
        """The epoch kept nearest to `epoch`, the earlier of two equally near, and its snapshot.

        Raises:
            LookupError: there is none.
        """
        if not self._kept:
            raise LookupError("No epoch is kept yet: train to the end of one.")
        found = min(self._kept, key=lambda kept: abs(kept - epoch))
        return found, self._kept[found]

    def until(self, epoch: int) -> Snapshots:
        """The same snapshots up to an epoch, sharing their memory: what a branch starts with."""
        past = Snapshots(self._budget)
        past._stride = self._stride
        past._kept = {e: kept for e, kept in self._kept.items() if e <= epoch}
        return past
