"""A moment is what is looked at: a run, at an epoch, on a sequence, at a step, under interventions.

Everything on the screen is a function of one moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from unroll.errors import UserError
from unroll.recipe import MAX_EPOCHS, MAX_HIDDEN
from unroll.tasks.config import MAX_VOCAB

MAX_STEPS = 1024
MAX_CLAMP = 1000.0
"""A clamped unit is held within this of 0: far beyond what any cell reaches by itself."""
MAX_TEMPERATURE = 100.0
MAX_TOP_K = 4096
MAX_SEED = 2**31 - 1
Seed = Annotated[int, Meta(ge=0, le=MAX_SEED)]

RunNumber = Annotated[int, Meta(ge=0, le=10**9)]
Epoch = Annotated[int, Meta(ge=0, le=10 * MAX_EPOCHS)]
"""An epoch; one beyond the recipe's end can be asked for, and is refused by its run."""
Number = Annotated[int, Meta(ge=0, le=MAX_VOCAB - 1)]
Step = Annotated[int, Meta(ge=0, le=MAX_STEPS - 1)]
Unit = Annotated[int, Meta(ge=0, le=MAX_HIDDEN - 1)]
MAX_PATCHES = 16
PatchPart = Literal["whole", "cell", "unit"]
Clamp = Annotated[float, Meta(ge=-MAX_CLAMP, le=MAX_CLAMP)]


class Patch(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Another sequence's state put in place of the one after a step (from 0).

    Attributes:
        source: What the same network reads, untouched, to come to that state.
        part: The `whole` state, an LSTM's `cell` state alone, or one `unit` of it all.
        unit: Which; 0 for another part.
    """

    step: Step
    source: Annotated[tuple[Number, ...], Meta(min_length=1, max_length=MAX_STEPS)]
    part: PatchPart = "whole"
    unit: Unit = 0


class Interventions(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is done to the network while it reads.

    Attributes:
        cut_steps: Steps (from 0) before which the hidden state is set to zero.
        cut_all: The same before every step.
        cut_cell: Whether an LSTM's cell state is erased with the hidden state.
        clamps: `(unit, value)` pairs, one a unit: it is held at the value at every step; 0 switches it off.
        patches: States put in, one a step at most.
    """

    cut_steps: Annotated[tuple[Step, ...], Meta(max_length=MAX_STEPS)] = ()
    cut_all: bool = False
    cut_cell: bool = False
    clamps: Annotated[tuple[tuple[Unit, Clamp], ...], Meta(max_length=MAX_HIDDEN)] = ()
    patches: Annotated[tuple[Patch, ...], Meta(max_length=MAX_PATCHES)] = ()

    def __post_init__(self) -> None:
        if len(dict(self.clamps)) < len(self.clamps):
            raise ValueError("a unit is held at two values")
        if len({patch.step for patch in self.patches}) < len(self.patches):
            raise ValueError("two states are put in after a step")

    def cuts(self, step: int) -> bool:
        """Whether the hidden state is erased before this step."""
        return self.cut_all or step in self.cut_steps

    @property
    def silenced(self) -> frozenset[int]:
        """The units held at 0."""
        return frozenset(unit for unit, value in self.clamps if value == 0)

    def toggle_cut(self, step: int) -> Interventions:
        """Erase the memory before a step, or restore it; where it was erased at every step, restore it everywhere."""
        if self.cut_all:
            return replace(self, cut_all=False, cut_steps=())
        return replace(self, cut_steps=tuple(sorted({*self.cut_steps} ^ {step})))

    def toggle_cut_all(self) -> Interventions:
        """Erase the memory before every step, or restore it everywhere."""
        return replace(self, cut_all=not self.cut_all, cut_steps=())

    def toggle_silence(self, unit: int) -> Interventions:
        """Switch a unit off, or on again."""
        others = tuple((u, value) for u, value in self.clamps if u != unit)
        return replace(self, clamps=others if len(others) < len(self.clamps) else (*others, (unit, 0.0)))

    def patch(self, step: int, patch: Patch | None) -> Interventions:
        """Put a state in after a step, in place of any that was there; or none."""
        others = tuple(one for one in self.patches if one.step != step)
        return replace(self, patches=others if patch is None else (*others, patch))

    def within(self, steps: int, units: int = MAX_HIDDEN, vocab_size: int = MAX_VOCAB) -> Interventions:
        """The same without what lies beyond a shorter sequence, a smaller network or another vocabulary."""
        return replace(
            self,
            cut_steps=tuple(step for step in self.cut_steps if step < steps),
            clamps=tuple(clamp for clamp in self.clamps if clamp[0] < units),
            patches=tuple(
                patch
                for patch in self.patches
                if patch.step < steps and patch.unit < units and max(patch.source) < vocab_size
            ),
        )


UNTOUCHED = Interventions()


class Moment(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is looked at. An `epoch` of None rides on the newest; steps count from 0."""

    run: RunNumber
    sequence: Annotated[tuple[Number, ...], Meta(min_length=1, max_length=MAX_STEPS)]
    step: Step = 0
    epoch: Epoch | None = None
    interventions: Interventions = UNTOUCHED


class Sampling(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How the next number is chosen from the network's logits.

    Attributes:
        temperature: Divides the logits: below 1 bolder, above 1 more even; 0 always takes the likeliest number.
        top_k: Only the k likeliest numbers can be chosen; 0 allows all.
        top_p: Only the fewest likeliest numbers whose probabilities add up to this can be chosen (Holtzman et al.
            2019); 1 allows all.
        seed: Fixes the draw.
    """

    temperature: Annotated[float, Meta(ge=0, le=MAX_TEMPERATURE)] = 0.0
    top_k: Annotated[int, Meta(ge=0, le=MAX_TOP_K)] = 0
    top_p: Annotated[float, Meta(gt=0, le=1)] = 1.0
    seed: Seed = 0


ARGMAX = Sampling()
"""Always the likeliest number."""


def check_sequence(sequence: Sequence[int], vocab_size: int) -> None:
    """Raises `UserError` where it is empty, too long, or holds a number that is not in the vocabulary."""
    if not sequence:
        raise UserError(f"The sequence is empty: type whole numbers from 0 to {vocab_size - 1}.")
    if len(sequence) > MAX_STEPS:
        raise UserError(f"The sequence has {len(sequence):,} numbers: type at most {MAX_STEPS:,}.")
    for number in sequence:
        if not 0 <= number < vocab_size:
            raise UserError(f"{number!s:.20} is not in the vocabulary: type whole numbers from 0 to {vocab_size - 1}.")
