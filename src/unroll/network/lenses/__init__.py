"""Ways of seeing a network, one file each: a pure function `look(subject) -> Picture`.

A lens is added by adding its file: its name is the file's, and `order` in it says where it stands among the others.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import NamedTuple

from unroll.moment import Moment
from unroll.network.model import SequenceModel
from unroll.network.training import Sequences
from unroll.picture import Picture


class Subject(NamedTuple):
    """What is looked at.

    Attributes:
        model: The network as it was at the moment's epoch.
        moment: The sequence, the step and what is done to the network.
        unit: The unit that is selected.
        sequences: The task's training sequences, or some drawn at random where they are many.
        drawn: How many were drawn; None where these are all.
    """

    model: SequenceModel
    moment: Moment
    unit: int
    sequences: Sequences
    drawn: int | None = None


Look = Callable[[Subject], Picture]


@cache
def lenses() -> dict[str, Look]:
    """Every lens by its name, in the order in which they are offered."""
    modules = [(name, import_module(f"{__name__}.{name}")) for _, name, _ in iter_modules(__path__)]
    return {name: module.look for name, module in sorted(modules, key=lambda found: (found[1].ORDER, found[0]))}
