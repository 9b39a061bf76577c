"""What panes say upward. A message names what happened, never what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from unroll.protocol.requests import Pace
from unroll.recipe import Recipe


@dataclass
class StepChosen(Message):
    """A step of the sequence, from 0, was pointed at."""

    step: int


@dataclass
class UnitChosen(Message):
    """A hidden unit, from 0, was pointed at."""

    unit: int


@dataclass
class WindowMoved(Message):
    """A heatmap shows other steps or units than before, and may lack their values."""


@dataclass
class PromptEdited(Message):
    """A person changed the text of the prompt."""


@dataclass
class PromptEntered(Message):
    """Enter was pressed in the prompt, when its text had been changed so many times."""

    edits: int


@dataclass
class RecipeEdited(Message):
    """The form holds another valid recipe."""

    recipe: Recipe


@dataclass
class PaceChosen(Message):
    """Training should go at another pace."""

    pace: Pace


@dataclass
class TrainPressed(Message):
    """The form's button was pressed."""


@dataclass
class TabChosen(Message):
    """A tab of the narrow screen was chosen."""

    tab: str


@dataclass
class EpochChosen(Message):
    """An epoch of the training was pointed at; None for whichever is the newest."""

    epoch: int | None


@dataclass
class RunChosen(Message):
    """A run of the table, by its number, should be shown."""

    number: int


@dataclass
class RunDeleted(Message):
    """A run should go from the table."""

    number: int


@dataclass
class RunRestored(Message):
    """The run that was deleted last should come back."""


@dataclass
class RunRenamed(Message):
    """A run should have another name; a person is to be asked which."""

    number: int


@dataclass
class RunMarked(Message):
    """A run is what others are to be compared with."""

    number: int


@dataclass
class RunOverlaid(Message):
    """A run's curve should be drawn behind the others, or no more."""

    number: int


@dataclass
class CaretMoved(Message):
    """The prompt's caret stands on the number of another step."""

    step: int


@dataclass
class Detached(Message):
    """The engine goes on alone, under this name: it is time to leave."""

    name: str
