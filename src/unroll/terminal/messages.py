"""What panes say upward. A message names what happened, never what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from unroll.engine.protocol import Pace
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
    """The text of the prompt changed."""

    text: str


@dataclass
class PromptEntered(Message):
    """Enter was pressed in the prompt."""


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
