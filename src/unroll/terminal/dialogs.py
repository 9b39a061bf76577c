"""A question with a one-line answer, over the playground."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static

Check = Callable[[str], str]
"""What is wrong with an answer, as a sentence; empty when nothing is."""


class Ask(ModalScreen[str | None]):
    """Asks for a line of text; gives it, or None when a person thinks better of it."""

    BINDINGS: ClassVar = [Binding("escape", "dismiss", "Never mind", tooltip="Change nothing.")]

    def __init__(self, question: str, answer: str, hint: str, check: Check) -> None:
        super().__init__()
        self._question, self._answer, self._hint, self._check = question, answer, hint, check

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = self._question
            box.border_subtitle = "enter takes it · escape changes nothing"
            yield Input(self._answer, compact=True)
            yield Static(self._hint, id="hint", markup=False)

    def on_input_changed(self, event: Input.Changed) -> None:
        fault = self._check(event.value)
        hint = self.query_one("#hint", Static)
        hint.set_class(bool(fault), "-fault")
        hint.update(fault or self._hint)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if not self._check(event.value):
            self.dismiss(event.value.strip())


class Pick(ModalScreen[str | None]):
    """Asks for one of some words; gives it, or None."""

    BINDINGS: ClassVar = [Binding("escape", "dismiss", "Never mind", tooltip="Change nothing.")]

    def __init__(self, question: str, words: Sequence[str], rows: Sequence[str], hint: str) -> None:
        """`rows` is how each word is shown."""
        super().__init__()
        self._question, self._words, self._rows, self._hint = question, words, rows, hint

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = self._question
            box.border_subtitle = "enter takes it · escape changes nothing"
            yield OptionList(*self._rows, markup=False)
            yield Static(self._hint, id="hint", markup=False)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._words[event.option_index])


class Leave(ModalScreen[str | None]):
    """Asks whether a training that is under way should go on; gives `end`, `detach` or None to stay."""

    BINDINGS: ClassVar = [
        Binding("d", "dismiss('detach')", "Detach", tooltip="Leave, and let it go on."),
        Binding("q", "dismiss('end')", "End it", tooltip="Leave, and end it."),
        Binding("escape", "dismiss", "Stay", tooltip="Stay here."),
    ]
    CHOICES = "d       let it go on: unroll attach comes back\nq       end it\nescape  stay"

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = "A training is under way"
            yield Static(self.CHOICES, markup=False)
