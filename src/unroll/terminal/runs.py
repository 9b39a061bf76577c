"""A run as the terminal knows it: its number in the engine, its recipe, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass

from unroll.engine.protocol import Created, Progress, State
from unroll.recipe import Plan, Recipe
from unroll.terminal.curve import Curve


@dataclass
class Run:
    """One training, with its recipe and history. `accuracy` is over all sequences, known when it has finished."""

    number: int
    recipe: Recipe
    plan: Plan
    curve: Curve
    state: State = "ready"
    accuracy: float | None = None

    @classmethod
    def of(cls, created: Created) -> Run:
        """A run as the engine made it, untrained."""
        recipe, plan = created.recipe, created.plan
        return cls(created.run, recipe, plan, Curve(plan, recipe.train.epochs, recipe.task.vocab_size))

    def advance(self, progress: Progress) -> None:
        """Take in what the engine said of it."""
        self.state = progress.state
        self.curve.extend(progress.losses, progress.accuracies)
        if progress.accuracy is not None:
            self.accuracy = progress.accuracy

    @property
    def is_over(self) -> bool:
        return self.state in ("finished", "diverged")

    @property
    def updates_to_epoch_end(self) -> int:
        """How many updates complete the epoch under way."""
        each = self.plan.updates_per_epoch
        return each - len(self.curve.losses) % each
