"""Making a run that goes on from an epoch of another, its history and its optimizer with it."""

from __future__ import annotations

from unroll.engine.checking import check_epoch
from unroll.engine.past import Past
from unroll.engine.run import Run
from unroll.errors import RecipeError, UserError
from unroll.network.training import Training
from unroll.recipe import Recipe


def branch(run: Run, epoch: int, recipe: Recipe) -> tuple[Training, Past]:
    """The training of a branch and its past.

    Raises:
        UserError: there is no such epoch, or none is kept any more.
        RecipeError: the recipe changes more than a branch may, or leaves nothing to train.
    """
    check_epoch(run, epoch)
    if recipe.train.batch_size != run.training.recipe.train.batch_size:
        raise RecipeError("batch_size", "A branch keeps its batch_size: change learning_rate, epochs or seed.")
    try:
        training = run.training.branch(epoch, recipe)
    except LookupError:
        raise UserError(
            "No epoch of this run is kept any more: train it to the end of an epoch, or create another run."
        ) from None
    if training.update >= training.plan.updates:
        raise RecipeError(
            "epochs",
            f"epochs cannot be {recipe.train.epochs:,} for a branch from epoch {int(training.epoch):,}: choose more.",
        )
    return training, run.past.until(training.update)
