"""The runs of one session: each training with its recipe, its history, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass, field

from unroll.protocol.replies import Created, Progress, State
from unroll.recipe import Plan, Recipe
from unroll.terminal.curve import Curve


@dataclass(eq=False)
class Run:
    """One training.

    Attributes:
        number: The engine's number for it.
        ordinal: The number that a person sees: which of the session's runs it is, from 1; 0 before it is one of them.
        accuracy: Over all sequences at the last step; known when it has finished. `held_out` likewise.
        origin: How it came to be when not by its recipe alone: a branch, or a model that was opened. Such a run cannot
            be made again from one line.
        saved: The updates it had when it was last saved, or opened.
        overlaid: Whether its curve is drawn, faint, behind the one that is shown.
    """

    number: int
    name: str
    recipe: Recipe
    plan: Plan
    curve: Curve
    state: State = "ready"
    accuracy: float | None = None
    held_out: float | None = None
    origin: str = ""
    overlaid: bool = True
    ordinal: int = 0
    saved: int = 0

    @classmethod
    def of(cls, created: Created, name: str = "", origin: str = "") -> Run:
        """A run as the engine made it."""
        recipe, plan = created.recipe, created.plan
        history = created.history
        curve = Curve(plan, recipe.train, recipe.task.vocab_size, history)
        name = name or f"{recipe.task.task} {recipe.model.cell}"
        figures = history.accuracy, history.held_out_accuracy
        run = cls(created.run, name, recipe, plan, curve, created.state, *figures, origin)
        run.saved = run.curve.updates if created.origin == "model" else 0
        return run

    def advance(self, progress: Progress) -> None:
        """Take in what the engine said of it, but no more updates than are planned."""
        self.state = progress.state
        room = max(0, self.plan.updates - self.curve.updates)
        self.curve.extend(progress.losses[:room], progress.accuracies[:room])
        if progress.accuracy is not None:
            self.accuracy, self.held_out = progress.accuracy, progress.held_out

    @property
    def is_over(self) -> bool:
        return self.state in ("finished", "diverged")

    @property
    def epochs_done(self) -> int:
        """Whole epochs trained."""
        return self.curve.updates // self.plan.updates_per_epoch

    @property
    def updates_to_epoch_end(self) -> int:
        """How many updates complete the epoch under way."""
        each = self.plan.updates_per_epoch
        return each - self.curve.updates % each


MAX_DELETED = 20
"""Deleted runs that can be brought back."""


@dataclass
class Runs:
    """All runs in the order in which they were made, and the last ones deleted, for a change of mind."""

    rows: list[Run] = field(default_factory=list)
    deleted: list[tuple[int, Run]] = field(default_factory=list)

    def by_number(self, number: int) -> Run | None:
        return next((run for run in self.rows if run.number == number), None)

    def add(self, run: Run) -> None:
        """Put a run behind the others, under the number that it brings, or else the next."""
        taken = {0, *(other.ordinal for other in self.rows), *(other.ordinal for _, other in self.deleted)}
        if run.ordinal in taken:
            run.ordinal = max(taken) + 1
        self.rows.append(run)

    def delete(self, run: Run) -> Run | None:
        """Take a run out; gives the one deleted long before it, which can now be forgotten for good."""
        self.deleted.append((self.rows.index(run), run))
        self.rows.remove(run)
        return self.deleted.pop(0)[1] if len(self.deleted) > MAX_DELETED else None

    def restore(self) -> Run | None:
        """Put the last deleted run back in its place."""
        if not self.deleted:
            return None
        place, run = self.deleted.pop()
        self.rows.insert(place, run)
        return run

    def beside(self, run: Run) -> Run | None:
        """The run next to one that goes: the one above it, or else below."""
        place = self.rows.index(run)
        others = [*reversed(self.rows[:place]), *self.rows[place + 1 :]]
        return others[0] if others else None
