"""Ways of seeing a network, one file each: a pure function `look(subject) -> Picture`.

A lens is added by adding its file: its name is the file's, its first sentence says what it shows, and `ORDER` in it
says where it stands among the others; `BY_STEP` is set where a picture is of one step. What takes long is
computed by the iterator that its `prepare(training)` gives, a slice for each `next`: `look` shows how far that is.
What many lenses draw from, sequences that the network may or may not know, is here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import NamedTuple

import torch
from torch import Tensor

from unroll import figures
from unroll.moment import Moment
from unroll.network.model import SequenceModel
from unroll.network.sequences import Sequences
from unroll.network.training import Training
from unroll.picture import Picture
from unroll.series import Series
from unroll.tasks.config import TaskConfig
from unroll.vocabulary import Vocabulary


class Subject(NamedTuple):
    """What is looked at.

    Attributes:
        model: The network as it was at the moment's epoch.
        moment: The sequence, the step and what is done to the network.
        task: What it was trained on; its `length` is L.
        sequences: The training sequences, or some of them drawn at random where they are many.
        drawn: How many were drawn; None where these are all.
        work: Multiplications that a look may cost, roughly.
        unit: The unit that is selected.
        series: How its training went, where that is known.
        prepared: What the lens has prepared; None for those that prepare nothing.
    """

    model: SequenceModel
    moment: Moment
    task: TaskConfig
    sequences: Sequences
    drawn: int | None = None
    work: int = 10**9
    unit: int = 0
    series: Series | None = None
    prepared: Iterator[None] | None = None

    @property
    def vocabulary(self) -> Vocabulary:
        """What its numbers stand for."""
        return Vocabulary.of(self.task)

    def affordable(self, steps: int) -> int:
        """How many sequences of so many steps may be read, at least one."""
        each = steps * (self.model.rnn.work + self.model.head.weight.numel())
        return max(1, self.work // each)


class KnownLens(NamedTuple):
    """A way of seeing: what it shows, in a sentence, how, and whether another step makes another picture.

    `prepare` gives what computes the rest first, for a run; None where there is nothing that takes long.
    """

    about: str
    by_step: bool
    look: Callable[[Subject], Picture]
    prepare: Callable[[Training], Iterator[None]] | None


@cache
def lenses() -> dict[str, KnownLens]:
    """Every lens by its name, in the order in which they are offered."""
    modules = [(name, import_module(f"{__name__}.{name}")) for _, name, _ in iter_modules(__path__)]
    modules.sort(key=lambda found: (found[1].ORDER, found[0]))
    return {
        name: KnownLens(
            _about(module.__doc__ or ""),
            getattr(module, "BY_STEP", False),
            module.look,
            getattr(module, "prepare", None),
        )
        for name, module in modules
    }


def _about(text: str) -> str:
    """The first sentence of a lens's description, without its name."""
    said = " ".join(text.partition(": ")[2].partition(".\n")[0].split())
    return f"{said[:1].upper()}{said[1:]}."


def many(subject: Subject) -> str:
    """How many training sequences there are, or are drawn from them."""
    return figures.count(subject.sequences.total, "training sequence") + (
        "" if subject.drawn is None else " (a sample)"
    )


def random_sequences(vocab_size: int, steps: int, count: int) -> Tensor:
    """Sequences `(steps, count)` of numbers drawn one by one, the same at every look: none tells of another."""
    return torch.randint(vocab_size, (steps, count), generator=torch.Generator().manual_seed(0))
