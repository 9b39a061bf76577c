"""The prompt: the sequence as it is typed, and what was typed before.

Says `PromptEdited` at every change, `CaretMoved` when the caret stands on another number, `PromptEntered` at enter.
"""

from __future__ import annotations

import re
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.geometry import Size
from textual.reactive import Reactive
from textual.widgets import Input, Label

from unroll.terminal.messages import CaretMoved, PromptEdited, PromptEntered

MAX_HISTORY = 100


class Numbers(Input):
    """A line of numbers that takes them pasted with anything between, over many lines."""

    BINDINGS: ClassVar = [
        Binding("enter", "submit", "count on", tooltip="Append the number it expects, and go on from the kept state."),
        Binding("up", "recall(-1)", "history", key_display="↑/↓", tooltip="An earlier or a later sequence."),
        Binding("down", "recall(1)", show=False),
        Binding("ctrl+u", "delete_left_all", "clear", tooltip="Clear the line up to the caret."),
    ]

    virtual_size: Reactive[Size] = Reactive(Size(0, 0))
    """How long the text is. In Textual's own field a change of it lays the whole screen out anew, at every key."""

    edits = 0
    """How many times a person has changed the text: what is asked about it holds for as long as this stays."""

    def __init__(self, text: str) -> None:
        super().__init__(text, placeholder="numbers, with spaces between", compact=True, select_on_focus=False)
        self._history = [text]
        self._place = 0

    def watch_value(self) -> None:
        self.edits += 1

    def write(self, text: str) -> None:
        """Put a text in without telling anybody: no person did it. A caret at the end of the text stays at the end."""
        edits, was_at_end = self.edits, self.cursor_position == len(self.value)
        with self.prevent(Input.Changed):
            self.value = text
        self.edits = edits
        if was_at_end:
            self.cursor_position = len(text)
        self.remember()

    def remember(self) -> None:
        """Keep the text in the history, once, if it is any."""
        text = self.value.strip()
        if not text:
            return
        if text in self._history:
            self._history.remove(text)
        self._history = [*self._history, text][-MAX_HISTORY:]
        self._place = len(self._history) - 1

    def action_recall(self, by: int) -> None:
        self._place = max(0, min(self._place + by, len(self._history) - 1))
        self.value = self._history[self._place]
        self.cursor_position = len(self.value)

    async def action_submit(self) -> None:
        """Say on which text enter was pressed; what is typed right after it may be here before that is heard."""
        self.remember()
        self.cursor_position = len(self.value)
        self.post_message(PromptEntered(self.edits))

    def on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        before, after = self.value[: self.cursor_position][-1:], self.value[self.cursor_position :][:1]
        apart = (" " if before.isdigit() else "", " " if after.isdigit() else "")
        self.insert_text_at_cursor(pasted(event.text).join(apart))


def pasted(text: str) -> str:
    """The numbers of a pasted text; where it holds letters, fractions or negative numbers, all its words."""
    if re.search(r"[^\W\d_]|\d\.\d|(?<![\d)\]]) ?-\d", text):
        return " ".join(text.split())
    return " ".join(re.findall(r"\d+", text))


class Prompt(Horizontal):
    """One line of numbers; whether they are good is for whoever listens to say."""

    DEFAULT_CSS = """
    Prompt {
        height: 1;
        & > Label { width: 2; color: $accent; text-style: bold; }
        & > Input { width: 1fr; background: transparent; }
        & > #sampling { width: auto; color: $text-muted; padding: 0 1; }
        &.-invalid > Label { color: $error; }
    }
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text
        self._pointed = ("", 0, 0)

    def compose(self) -> ComposeResult:
        yield Label("›")
        yield Numbers(self._text)
        yield Label("", id="sampling")

    def on_mount(self) -> None:
        self.watch(self._field, "selection", self._caret_moved)

    @property
    def _field(self) -> Numbers:
        return self.query_one(Numbers)

    @property
    def text(self) -> str:
        return self._field.value

    @property
    def edits(self) -> int:
        """How many times a person has changed the text."""
        return self._field.edits

    def write(self, text: str) -> None:
        """Put a text in without telling anybody."""
        if text != self.text:
            self._text = text
            with self.prevent(CaretMoved):
                self._field.write(text)

    def open(self) -> None:
        """Take the focus; a caret at the end stands behind a space, so that what is typed is a number of its own."""
        if self._field.cursor_position == len(self.text):
            self.write(f"{self.text.rstrip()} ".lstrip())
        self._field.focus()

    def remember(self) -> None:
        """Keep the text in the history."""
        self._field.remember()

    def point_at(self, step: int) -> None:
        """Put the caret behind a number, without telling anybody; at once where it stands there already."""
        place = (self.text, step, self._field.cursor_position)
        if place == self._pointed:
            return
        ends = [match.end() for match in re.finditer(r"[^\s,;]+", self.text)]
        if step < len(ends) and self.step != step:
            with self.prevent(CaretMoved):
                self._field.cursor_position = ends[step] - len(str(self.text[: ends[step]].split()[-1]))
                self._field.cursor_position = ends[step]  # from its start, so that all of the number scrolls into view
        self._pointed = (self.text, step, self._field.cursor_position)

    @property
    def step(self) -> int:
        """The step whose number the caret stands on, or behind."""
        started = re.findall(r"[^\s,;]+", self.text[: self._field.cursor_position])
        return max(0, len(started) - 1)

    def show_sampling(self, words: str) -> None:
        """How the next numbers are drawn, at the end of the line."""
        label = self.query_one("#sampling", Label)
        if label.content != words:
            label.update(words)

    def _caret_moved(self) -> None:
        if self._field.has_focus and self.text == self._text:
            self.post_message(CaretMoved(self.step))

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.text != self._text:
            self._text = self.text
            self.post_message(PromptEdited())
