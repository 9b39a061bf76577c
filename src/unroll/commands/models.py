"""`unroll models`: lists the saved networks, and makes those that come with the program."""

from pathlib import Path
from typing import Any

import click

from unroll import figures
from unroll.commands.common import print_json, refusals
from unroll.commands.options import example, json_option
from unroll.errors import FileError
from unroll.files import check_place
from unroll.paths import SUFFIX, delete_model, model_files, shipped_models
from unroll.recipe import Recipe
from unroll.text import encodable, shown_path

RECALL = Recipe().replace(task="recall", vocab_size=512, length=14, epochs=100, batch_size="full")
"""So long that the LSTM holds what Elman's cell loses."""
SHIPPED = {
    "count-rnn": Recipe(),
    "count-lstm": Recipe().replace(cell="lstm"),
    "recall-rnn": RECALL.replace(init="normal-bias"),
    "recall-lstm": RECALL.replace(cell="lstm"),
}
"""The networks that come with the program, by name."""


@click.command(epilog=example("unroll models\nunroll models --json\nunroll models --delete mine"))
@click.option(
    "--make",
    "folder",
    metavar="FOLDER",
    help="Train the networks that come with unroll, and replace those in a folder.",
)
@click.option("--delete", "name", metavar="NAME", help="Delete one of your own saved networks.")
@json_option
def models(folder: str | None, name: str | None, as_json: bool) -> None:
    """List the saved networks: those that come with unroll, then your own (see: unroll train --save)."""
    with refusals():
        if name is not None:
            click.echo(f"Deleted {shown_path(delete_model(name))}.")
            return
        files = model_files() if folder is None else _make(Path(folder))
    rows = [row for file in files if (row := _row(file)) is not None]
    if as_json:
        print_json(rows)
        return
    if not rows:
        click.echo("There are no saved networks yet: make one with unroll train --save NAME.", err=True)
        return
    wide = max(4, *(len(row["name"]) for row in rows))
    click.echo(f"{'name':{wide}}  task    cell  units  numbers  length  accuracy  file")
    for row in rows:
        accuracy = "" if row["accuracy"] is None else figures.share(row["accuracy"])
        click.echo(
            f"{shown_path(row['name']):{wide}}  {row['task']:6}  {row['cell']:4}  {row['hidden_size']:5}"
            f"  {row['vocab_size']:7}  {row['length']:6}  {accuracy:>8}  {shown_path(row['path'])}"
        )


def _make(folder: Path) -> list[Path]:
    """Train and save every shipped network; their files."""
    from unroll.commands.train import run_training
    from unroll.network.checkpoint import Checkpoint, save
    from unroll.network.training import Training

    files = [folder / f"{name}{SUFFIX}" for name in SHIPPED]
    for file, recipe in zip(files, SHIPPED.values(), strict=True):
        check_place(file)
        training = Training(recipe)
        history = run_training(training)
        save(file, Checkpoint(training.model, recipe, history))
    return files


def _row(file: Path) -> dict[str, Any] | None:
    """A file as a row of the list; None, after a sentence on standard error, for one that cannot be used."""
    from unroll.network.checkpoint import load

    try:
        saved = load(file)
    except FileError as error:
        click.echo(f"Skipped: {error}", err=True)
        return None
    task, model = saved.recipe.task, saved.recipe.model
    return {
        "name": encodable(file.stem),
        "task": task.task,
        "cell": model.cell,
        "hidden_size": model.hidden_size,
        "vocab_size": task.vocab_size,
        "length": task.length,
        "accuracy": saved.history.accuracy,
        "own": file.parent != shipped_models(),
        "path": encodable(file),
    }
