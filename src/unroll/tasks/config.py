"""What a recipe says of its task: its fields, their limits and their help."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

TaskName = Literal[
    "count", "recall", "recall-any", "long-lag", "long-lag-2a", "reber", "anbn", "parity", "echo", "modular", "file"
]
Asked = Literal["every", "last"]

MAX_VOCAB = 4096
ENDS = (".", "·", "|", "$", "#", "<end>")
"""The symbol at the end of a file's sequence whose length says something: the first that the file does not have."""
MAX_SYMBOL = 40
"""Letters of a symbol at most."""

Symbol = Annotated[str, Meta(min_length=1, max_length=MAX_SYMBOL)]


class TaskConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be learned."""

    task: Annotated[TaskName, Meta(description="What the network must predict.")] = "count"
    vocab_size: Annotated[
        int,
        Meta(
            ge=2,
            le=MAX_VOCAB,
            description="How many numbers, 0 to vocab_size - 1, or symbols there are.",
        ),
    ] = 128
    length: Annotated[int, Meta(ge=1, le=512, description="How many numbers or symbols a training sequence has.")] = 6
    sequences: Annotated[
        int, Meta(ge=2, le=100_000, description="How many sequences are drawn at random, with those held out.")
    ] = 1280
    steps_back: Annotated[
        int, Meta(ge=0, le=511, description="For task echo: how many steps ago the number to say was read.")
    ] = 5
    asked: Annotated[Asked, Meta(description="Where an answer is asked for: at every step, or at the last only.")] = (
        "every"
    )
    path: Annotated[str, Meta(max_length=4096, description="For task file: the file of sequences to read.")] = ""
    column: Annotated[
        str, Meta(max_length=200, description="For a table: the column to read, by its name or its number from 1.")
    ] = ""
    levels: Annotated[
        int, Meta(ge=0, le=256, description="How many levels a file's decimals are put into; 0 for 16 where needed.")
    ] = 0
    held_out: Annotated[
        float, Meta(ge=0, le=0.9, description="The share of the sequences kept out of training, scored separately.")
    ] = 0.0
    symbols: Annotated[tuple[Symbol, ...], Meta(max_length=MAX_VOCAB)] = ()
    """What each number stands for, in a file of words; empty where it is the number itself, or the task says it."""

    def __post_init__(self) -> None:
        if not all(map(str.isprintable, self.symbols)) or len({*self.symbols}) < len(self.symbols):
            raise ValueError("symbols that cannot be shown, or of which two are the same")
