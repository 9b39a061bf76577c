"""Saved models: writes a run's network to a file, and makes a run of such a file."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import get_args

from unroll.engine.inspect import check_epoch
from unroll.engine.runs import LiveRun, LiveRuns
from unroll.errors import CheckpointError, FileError, UserError
from unroll.files import at_home, reason
from unroll.network import checkpoint
from unroll.network.training import Training
from unroll.paths import SUFFIX, check_no_link, models_by_name, saving_folder, shipped_models
from unroll.protocol.replies import MAX_MODELS, Models, Origin, SavedModel
from unroll.protocol.requests import ModelName
from unroll.series import NO_HISTORY, Series
from unroll.text import encodable, shown_path

NAME = re.compile(get_args(ModelName)[1].pattern)


def save_model(run: LiveRun, epoch: int | None, name: str) -> Path:
    """Save a run's network with its history as it was after an epoch, and the optimizer where the file has room.

    The epoch really saved is the nearest that is kept.

    Raises:
        UserError: the run has no such epoch.
        FileError: the file cannot be written, or would be too large.
    """
    training, optimizer = run.training, None
    if epoch is not None:
        check_epoch(run, epoch)
        if epoch < training.epoch and training.snapshots.epochs:
            training = training.branch(epoch, training.recipe)
    path = _made_folder() / f"{name}{SUFFIX}"
    check_no_link(path)
    history = run.series.until(training.update).history(training.accuracy(), training.held_out_accuracy())
    with suppress(CheckpointError):  # no room for it
        checkpoint.check_size(training.recipe, with_optimizer=True)
        optimizer = training.saved_state()
    checkpoint.save(path, checkpoint.Checkpoint(training.model, training.recipe, history, optimizer, training.digest))
    return path


def _made_folder() -> Path:
    folder = saving_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(
            f"{shown_path(folder)} cannot be made ({reason(error)}): "
            "make a folder saved_models where unroll is started."
        ) from None
    return folder


def open_model(runs: LiveRuns, name: str | None, path: str, device: str) -> LiveRun:
    """A run of a saved model, by its name, or of any file by its path.

    Raises:
        UserError: there is no such model, or there are too many runs.
        FileError: the file is no saved network.
        RecipeError: its data cannot be read any more.
    """
    return run_as_saved(runs, at_home(path) if name is None else _model(name), device, "model")


def _model(name: str) -> Path:
    file = models_by_name().get(name)
    if file is None:
        raise UserError(f"There is no saved network {shown_path(name)}: save one first, or list those there are.")
    return file


def run_as_saved(runs: LiveRuns, file: Path, device: str, origin: Origin) -> LiveRun:
    """A run that stands where a saved one did; a model that was saved without an optimizer trains no further.

    Raises:
        UserError, FileError, RecipeError: as `open_model` does.
    """
    saved = checkpoint.load(file)
    training = Training(saved.recipe, device)
    history = saved.history if saved.history.updates <= training.plan.updates else NO_HISTORY
    series = Series.of(history, training.plan.updates_per_epoch)
    training.model.load_state_dict(saved.model.state_dict())
    training.go_on_from(saved.optimizer or training.saved_state(), series.updates)
    at_rest = origin == "model" and (saved.optimizer is None or not training.update)
    over = at_rest or training.update >= training.plan.updates
    run = runs.add(training, "finished" if over else "paused", series, origin)
    run.digest = saved.file if origin == "model" else run.digest
    if over:
        run.accuracy, run.held_out = saved.history.accuracy, saved.history.held_out_accuracy
    if saved.digest not in ("", training.digest):
        run.remark(
            f"{shown_path(saved.recipe.task.path)} has changed since: scores and training use what is in it now."
        )
        runs.wake(run)
    return run


def list_models(number: int) -> Models:
    """The models that can be opened, as the answer to a request of that number."""
    files = [(name, file) for name, file in models_by_name().items() if NAME.match(name)][:MAX_MODELS]
    try:
        folder = encodable(saving_folder())
    except FileError:  # without a home folder there are still those that come with the program
        folder = ""
    return Models(id=number, models=[_listed(name, file) for name, file in files], folder=folder)


def _listed(name: str, file: Path) -> SavedModel:
    folder = "" if file.parent == shipped_models() else encodable(file.parent)
    if (told := checkpoint.glance(file)) is None:
        return SavedModel(name=name, folder=folder)
    recipe, history = told
    return SavedModel(
        name=name, folder=folder, task=recipe.task.task, cell=recipe.model.cell, accuracy=history.accuracy
    )
