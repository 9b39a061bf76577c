"""What is learned: a task is a file of this folder.

Every task trains on sequences of L numbers. After each of them the network is asked for an answer (teacher forcing), or
for none; where several are right, an answer is right when it is one of them, and the loss follows the one that came.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache

from unroll.tasks.anbn import AnBn
from unroll.tasks.config import TaskConfig
from unroll.tasks.count import Count
from unroll.tasks.echo import Echo
from unroll.tasks.file import File
from unroll.tasks.long_lag import LongLag, LongLag2a
from unroll.tasks.modular import Modular
from unroll.tasks.parity import Parity
from unroll.tasks.reber import Reber
from unroll.tasks.recall import Recall, RecallAny
from unroll.tasks.task import Item, Parts, Task

__all__ = ["TASKS", "Item", "Parts", "Task", "answers", "parts", "sequences"]

TASKS: Mapping[str, Task] = {
    task.name: task
    for task in (
        Count(), Recall(), RecallAny(), LongLag(), LongLag2a(), Reber(), AnBn(), Parity(), Echo(), Modular(), File()
    )
}  # fmt: skip
"""Every task by its name, in the order in which a form offers them."""


def sequences(config: TaskConfig) -> int | None:
    """How many sequences a task trains on; None for a file, which must be read first."""
    return TASKS[config.task].count(config)


def parts(config: TaskConfig) -> Parts:
    """A task's sequences; those held out are not trained on.

    Raises:
        RecipeError: the file cannot be read, no sequence of that length is in it, or `held_out` leaves nothing to
            train on or nothing to score.
    """
    return TASKS[config.task].parts(config)


@lru_cache(maxsize=8)
def answers(config: TaskConfig, sequence: tuple[int, ...]) -> Sequence[Collection[int]]:
    """After each number of a sequence all right answers; none where nothing is asked, or nobody can know."""
    return list(TASKS[config.task].answers(config, sequence))
