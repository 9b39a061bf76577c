"""What a network is asked to learn, as plain integers: which sequences there are, and the right answer at each step.

Every task trains on *windows* of consecutive numbers with a target at every step (teacher forcing).
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from unroll.recipe import TaskConfig


class Item(Struct, frozen=True):
    """One training sequence: `inputs[t]` is seen, `targets[t]` should be answered."""

    inputs: Sequence[int]
    targets: Sequence[int]


class Task(Struct, frozen=True):
    """A task in words: what it asks, and what one learns from watching a network learn it."""

    name: str
    asks: str
    teaches: str


TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        Task(
            "count",
            "Say the number that comes next.",
            "Counting on needs only the last number: a network can do it with no memory at all.",
        ),
        Task(
            "recall",
            "Say the first number of the sequence, at every step.",
            "The first number is long gone from the input: only the hidden state can still hold it.",
        ),
    )
}


def sequences(config: TaskConfig) -> int | None:
    """How many training sequences a task has; None where only reading its file can tell."""
    return None if config.task == "file" else config.vocab_size - config.length


def items(config: TaskConfig) -> list[Item]:
    """Every training sequence of a task: for `count` and `recall`, item i starts at i and there are `V - L` of them."""
    length = config.length
    starts = range(config.vocab_size - length)
    if config.task == "recall":
        return [Item(range(i, i + length), (i,) * length) for i in starts]
    return [Item(range(i, i + length), range(i + 1, i + length + 1)) for i in starts]


def answer(config: TaskConfig, sequence: Sequence[int], step: int) -> int | None:
    """The right answer after `sequence[: step + 1]`, or None where the task has none (counting past the vocabulary)."""
    if config.task == "recall":
        return sequence[0]
    following = sequence[step] + 1
    return following if config.task == "count" and following < config.vocab_size else None
