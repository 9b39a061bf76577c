"""`unroll train`: trains a network by a recipe, and saves it."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from unroll import figures
from unroll.commands import options as shared
from unroll.commands.common import Misused, Refused, print_json, progress, refusals
from unroll.files import check_place
from unroll.paths import place_to_save
from unroll.recipe import DeviceName, Recipe
from unroll.tasks import TASKS, Task
from unroll.text import encodable, shown_path
from unroll.vocabulary import Vocabulary

if TYPE_CHECKING:
    from unroll.network.training import Fit, Training
    from unroll.series import History

EXAMPLES = """
unroll train
unroll train --task recall --cell lstm --epochs 100 --save my-recall
unroll train --hidden-size 128 --epochs 20000 --background
unroll train --task file --path names --length 9 --cell gru
unroll train --task file --path numbers.txt --length 8 --held-out 0.2 --json
"""


@click.command(epilog=shared.example(EXAMPLES))
@shared.recipe_options
@click.option("--save", metavar="PATH", help="Where to save the network; a bare name goes to your own models.")
@shared.force_option
@click.option("--optimizer", is_flag=True, help="Also save the optimizer's state, so that training can continue.")
@click.option("--background", is_flag=True, help="Train in the background; unroll attach opens it.")
@shared.device_option
@shared.json_option
def train(
    save: str | None, force: bool, optimizer: bool, background: bool, device: DeviceName, as_json: bool, **options: Any
) -> None:
    """Train a network, and print how well it does.

    On one machine the same options give the same network, to the bit. Another kind of processor, torch or number of
    threads rounds sums differently, and training carries that on: accuracies differ too. "The blog" is christianb93's
    Learning how to count, with its notebook rnn/LearningHowToCount.ipynb in christianb93/MLLM.
    """
    with refusals():
        recipe = shared.recipe_from(options)
        if optimizer and save is None:
            raise Misused("--optimizer does nothing without --save: add --save NAME.")
        if background:
            if save is not None or as_json:
                raise Misused("--background takes neither --save nor --json: open the training with unroll attach.")
            _start_in_background(recipe, device)
            return
        from unroll.network import checkpoint
        from unroll.network.training import Training

        place = None
        if save is not None:  # checked before training rather than after it
            checkpoint.check_size(recipe, optimizer)
            place = place_to_save(save)
            check_place(place, force)
        training = Training(recipe, shared.on_device(device))
        started = perf_counter()
        history = run_training(training)
        seconds = perf_counter() - started
        if place is not None:
            state = training.saved_state() if optimizer else None
            found = checkpoint.Checkpoint(training.model, recipe, history, state, training.digest)
            checkpoint.save(place, found)
    _print(training, history, seconds, place, as_json)


def _start_in_background(recipe: Recipe, device: DeviceName) -> None:
    import asyncio

    from unroll.client.client import start_training
    from unroll.client.diagnosis import EngineDied, EngineError, cause

    try:
        detached = asyncio.run(start_training(recipe, device))
    except EngineError as error:
        last = cause(error.last_lines) if isinstance(error, EngineDied) else ""
        raise Refused(f"{error} {last}".rstrip()) from None
    click.echo(f"Training in the background; open it with: unroll attach {detached.name}")
    if detached.sentence:
        click.echo(f"Warning: {detached.sentence}", err=True)


def run_training(training: Training) -> History:
    """Make all updates, with a progress bar; raises `Refused` when training diverges."""
    from unroll.network.training import Diverged
    from unroll.series import Series

    series = Series(training.plan.updates_per_epoch)
    try:
        with progress(training.plan.updates, "training") as show:
            for update in training.updates():
                series.add(update.loss, update.accuracy)
                show(update.update, f"loss {figures.loss(update.loss)}")
    except Diverged as diverged:
        raise Refused(str(diverged)) from None
    return series.history(training.accuracy(), training.held_out_accuracy())


def _print(training: Training, history: History, seconds: float, place: Path | None, as_json: bool) -> None:
    """How the trained network does, on all training sequences and on those held out."""
    recipe, plan, fit, away = training.recipe, training.plan, training.fit(), training.held_out_fit()
    if as_json:
        whole = {"recipe": recipe, "plan": plan, "seconds": round(seconds, 3), "saved": place and encodable(place)}
        print_json({**whole, **fit._asdict(), "held_out": away and away._asdict(), "history": history})
        return
    many, task, word = figures.count, TASKS[recipe.task.task], Vocabulary.of(recipe.task).word
    rows = {
        "task": f"{task.name}, {many(plan.sequences, 'sequence')} of {task.length_of(recipe.task)}",
        "left out": f"{many(plan.short_lines, 'line')} of one {word} only" if plan.short_lines else "",
        "network": f"{recipe.model.cell}, {many(recipe.model.hidden_size, 'unit')}, {many(plan.weights, 'weight')}",
        "training": f"{many(plan.updates, 'update')} in {seconds:.2f} s",
        "loss": _of_loss(fit),
        "accuracy": _of_accuracy(history.accuracy, task, fit, word),
        "held out": f"{many(plan.held_out, 'sequence')}{f' ({plan.whence})' if plan.whence else ''}" if away else "",
        "  loss": _of_loss(away) if away else "",
        "  accuracy": _of_accuracy(history.held_out_accuracy, task, away, word) if away else "",
        "saved": shown_path(place) if place else "",
    }
    for name, value in rows.items():
        if value:
            click.echo(f"{name:12}{value}")


def _of_loss(fit: Fit) -> str:
    perplexity = figures.perplexity(fit.loss)
    return f"{figures.loss(fit.loss)} nats, the mean of all steps asked: a perplexity of {perplexity}"


def _of_accuracy(accuracy: float | None, task: Task, fit: Fit, word: str) -> str:
    asked = f"{figures.share(fit.steps_right)} of all {word}s asked for"
    return f"{figures.share(accuracy or 0.0)} of the sequences are right {task.right_where}, {asked}"
