"""What a network does at every step, and how a training went, as tables and as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO

from unroll.recipe import TrainConfig
from unroll.series import History

Row = Sequence[object]


def as_csv(rows: Iterable[Row]) -> str:
    """Rows as CSV, the heading first."""
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def of_steps(steps: Sequence[Mapping[str, object]], states: Mapping[str, Sequence[Sequence[float]]]) -> Iterator[Row]:
    """A row a step: what is said of it by name, then every unit's values by a letter, such as h under `h0`, `h1` ..."""
    yield [*steps[0], *(f"{letter}{unit}" for letter, values in states.items() for unit in range(len(values[0])))]
    for place, step in enumerate(steps):
        yield [*step.values(), *(f"{value:.6g}" for values in states.values() for value in values[place])]


def of_history(history: History, updates_per_epoch: int, train: TrainConfig) -> Iterator[Row]:
    """A row for every update; of a long training for every so many together: means, and the loss's bounds."""
    yield "update", "epoch", "updates", "loss", "accuracy", "lowest_loss", "highest_loss", "learning_rate"
    losses = zip(history.losses, history.lowest or history.losses, history.highest or history.losses, strict=True)
    for place, ((loss, lowest, highest), accuracy) in enumerate(zip(losses, history.accuracies, strict=True)):
        last = min((place + 1) * history.stride, history.updates)
        rate = train.rate((last - 1) // updates_per_epoch)
        epoch, together = round(last / updates_per_epoch, 4), last - place * history.stride
        yield last, epoch, together, loss, accuracy, lowest, highest, f"{rate:.6g}"
