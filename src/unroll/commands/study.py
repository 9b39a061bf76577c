"""`unroll study`: what the lesson rests on, over many seeds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, get_args

import click

from unroll.commands.group import Commands
from unroll.commands.options import device_option, json_option
from unroll.commands.progress import progress
from unroll.commands.refusals import Misused
from unroll.recipe import CellName, Recipe

if TYPE_CHECKING:
    from unroll.network.ensemble import Ensemble
    from unroll.network.study import Spread

CELLS = get_args(CellName)


study = Commands(
    "study",
    help="Train many seeds, and print what they have in common.",
    places={
        "recall": "unroll.commands.study_recall:recall",
        "memory": "unroll.commands.study_memory:memory",
    },
)


def study_options(cells: str, seeds: int) -> Callable[[Any], Any]:
    """`--cells`, `--seeds`, `--device` and `--json`."""

    def add(command: Any) -> Any:
        command = json_option(device_option(command))
        command = click.option(
            "--seeds", type=click.IntRange(1, 1024), default=seeds, show_default=True, help="How many seeds, from 0."
        )(command)
        return click.option(
            "--cells",
            default=cells,
            show_default=True,
            help=f"Which cells, of {', '.join(CELLS)}, with commas between.",
        )(command)

    return add


def train_all(recipes: list[Recipe], seeds: int, device: str) -> Iterator[Ensemble]:
    """All seeds of each recipe, with a bar whose pace allows for longer sequences taking longer."""
    from unroll.network.study import trained

    done, total = 0.0, sum(map(_work, recipes))
    with progress(total) as show:
        for recipe in recipes:
            words = f"{recipe.task.task}, {recipe.model.cell}, {recipe.task.length} numbers"
            ahead = _work(recipe)

            def tell(part: float, start: float = done, words: str = words, ahead: float = ahead) -> None:
                show(start + part * ahead, words)

            yield trained(recipe, range(seeds), device, tell)
            done += _work(recipe)


def _work(recipe: Recipe) -> float:
    """How long a recipe takes, in some unit of its own."""
    size = recipe.task.vocab_size * recipe.task.length * recipe.train.epochs
    return size * {"rnn": 1.0, "lstm": 1.2, "gru": 1.2}[recipe.model.cell]


def cells_from(text: str) -> list[CellName]:
    """The cells that `--cells` names, each once."""
    words = text.replace(",", " ").split()
    unknown = [word for word in words if word not in CELLS]
    if unknown or not words:
        raise Misused(f"--cells cannot be {text!r:.24}: choose of {', '.join(CELLS)}, with commas between.")
    return list(dict.fromkeys(words))  # type: ignore[arg-type]  # they are


def figures(spread: Spread) -> dict[str, Any]:
    """Figures of several seeds as they stand in JSON."""
    return {
        "median": round(spread.middle, 4),
        "low": round(spread.low, 4),
        "high": round(spread.high, 4),
        "seeds": [round(value, 4) for value in spread.values],
    }


def seeds_in_words(seeds: int) -> str:
    """How many seeds, to stand in a heading."""
    return "one seed" if seeds == 1 else f"{seeds} seeds"
