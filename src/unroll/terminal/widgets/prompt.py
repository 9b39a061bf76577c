"""The prompt: the sequence as it is typed. Says `PromptEdited` at every change and `PromptEntered` at enter."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Label

from unroll.terminal.messages import PromptEdited, PromptEntered


class Prompt(Horizontal):
    """One line of numbers; whether they are good is for whoever listens to say."""

    DEFAULT_CSS = """
    Prompt {
        height: 1;
        & > Label { width: 2; color: $accent; text-style: bold; }
        & > Input { width: 1fr; background: transparent; }
        &.-invalid > Label { color: $error; }
    }
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        yield Label("›")
        yield Input(self._text, placeholder="numbers, with spaces between", compact=True, select_on_focus=False)

    @property
    def text(self) -> str:
        return self.query_one(Input).value

    def write(self, text: str) -> None:
        """Put a text in, the caret at its end, without telling anybody."""
        field = self.query_one(Input)
        with field.prevent(Input.Changed):
            field.value = text
        field.cursor_position = len(text)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(PromptEdited(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(PromptEntered())
