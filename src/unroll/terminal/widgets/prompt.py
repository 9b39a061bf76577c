"""The prompt: the sequence as it is typed, and what was typed before.

It parses what is typed once no key follows, marks what is wrong and says so (`TextRead`), and says `SequenceTyped` for
every sequence that can be shown. What a person is typing is never overwritten; while nobody is, it shows the moment.
"""

import asyncio
import re
from dataclasses import dataclass
from typing import ClassVar

from rich.highlighter import Highlighter
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.geometry import Size
from textual.message import Message
from textual.reactive import Reactive
from textual.suggester import Suggester
from textual.widgets import Input, Label

from unroll.errors import UserError
from unroll.terminal.bindings import both_ways
from unroll.terminal.sparing import Latest, compact
from unroll.vocabulary import Vocabulary

MAX_HISTORY = 100
SAID, STEP = "numbers--said", "numbers--step"
DEBOUNCE_S = 0.02
"""Seconds after a key in which the next one belongs to the same text: no person types it, it is pasted or sent late."""


class Numbers(Input):
    """A line of numbers or symbols; numbers may be pasted with anything between them, over many lines."""

    @dataclass
    class Entered(Message):
        """Enter was pressed on the text that has had this many `edits`."""

        edits: int

    COMPONENT_CLASSES = {SAID, STEP}
    DEFAULT_CSS = """
    Numbers {
        & .numbers--said { color: $secondary; text-style: underline; }
        & .numbers--step { color: $accent; text-style: bold; }
    }
    """
    BINDINGS: ClassVar = [
        Binding("enter", "submit", "append", tooltip="Append what the network says comes next."),
        *both_ways("up down", "recall", "history", "An earlier or a later sequence."),
        Binding("ctrl+u", "delete_left_all", "clear", tooltip="Clear the line."),
        Binding("alt+backspace", "delete_left_word", show=False),  # a browser keeps ctrl+w
    ]

    virtual_size: Reactive[Size] = Reactive(Size(0, 0))
    """The length of the text. In Textual's own field a change of it lays the whole screen out anew, at every key."""

    edits = 0
    """How many times a person has changed the text: whatever was asked about it holds while this stays the same."""

    def __init__(self, vocabulary: Vocabulary, text: str) -> None:
        super().__init__(text, select_on_focus=False, classes="-valid")
        self.read_by(vocabulary)
        compact(self)
        self.highlighter = self.marks = Marks(self)
        self._place = 0
        self.remember()

    def read_by(self, vocabulary: Vocabulary) -> None:
        """Take symbols of another vocabulary from now on; what was typed before is of no use."""
        self.vocabulary, self._history = vocabulary, list[str]()
        self.placeholder = vocabulary.rule if vocabulary.symbols else "numbers, with spaces between"
        self.suggester = Completion(vocabulary) if vocabulary.symbols and not vocabulary.is_letters else None

    def watch_value(self) -> None:
        self.edits += 1

    def write(self, text: str) -> None:
        """Replace the text without a message, for no person did it. A caret at the end of the text stays there."""
        edits, was_at_end = self.edits, self.cursor_position == len(self.value)
        with self.prevent(Input.Changed):
            self.value = text
        self.edits = edits
        if was_at_end:
            self.cursor_position = len(text)
        self.remember()

    def remember(self) -> None:
        """Keep the text in the history, once, unless it is empty."""
        if text := self.value.strip():
            self._history = [*(earlier for earlier in self._history if earlier != text), text][-MAX_HISTORY:]
            self._place = len(self._history) - 1

    def action_recall(self, by: int) -> None:
        if not self._history:
            return
        self._place = max(0, min(self._place + by, len(self._history) - 1))
        self.value = self._history[self._place]
        self.cursor_position = len(self.value)

    async def action_submit(self) -> None:
        """Say on which text enter was pressed: what is typed right after may be here before the message arrives."""
        self.remember()
        self.cursor_position = len(self.value)
        self.post_message(self.Entered(self.edits))

    def on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        if self.vocabulary.symbols:
            self.insert_text_at_cursor(" ".join(event.text.split()))
            return
        before, after = self.value[: self.cursor_position][-1:], self.value[self.cursor_position :][:1]
        apart = (" " if before.isdigit() else "", " " if after.isdigit() else "")
        self.insert_text_at_cursor(pasted(event.text).join(apart))


class Completion(Suggester):
    """Offers the symbol that the last word begins; the right arrow takes it."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._vocabulary = vocabulary

    async def get_suggestion(self, value: str) -> str | None:
        return self._vocabulary.completed(value)


class Marks(Highlighter):
    """Tells the symbols of a field apart: those that the network said, and the one of the step that is shown."""

    def __init__(self, field: Numbers) -> None:
        self._field, self._shown = field, (-1, frozenset[int]())

    def show(self, step: int, said: frozenset[int]) -> None:
        """Mark these steps from now on, from 0."""
        if self._shown != (step, said):
            self._shown = step, said
            self._field.refresh()

    def highlight(self, text: Text) -> None:
        """Mark what is marked in a text; in the field that has the focus, the caret shows the step."""
        step, said = self._shown
        step = -1 if self._field.has_focus else step
        for place, span in enumerate(self._field.vocabulary.spans(text.plain)):
            for look in [SAID] * (place in said) + [STEP] * (place == step):
                text.stylize(self._field.get_component_rich_style(look), *span)


def pasted(text: str) -> str:
    """The numbers of a pasted text; where it holds letters, fractions or negative numbers, all its words."""
    if re.search(r"[^\W\d_]|\d\.\d|(?<![\d)\]]) ?-\d", text):
        return " ".join(text.split())
    return " ".join(re.findall(r"\d+", text))


class Prompt(Horizontal):
    """One line of a vocabulary's numbers or symbols."""

    @dataclass
    class SequenceTyped(Message):
        """A person typed a sequence; the caret is on the number of `step`, from 0."""

        sequence: tuple[int, ...]
        step: int

    @dataclass
    class TextRead(Message):
        """The text is invalid, and `fault` says why; or it is valid again, and `fault` is empty."""

        fault: str

    @dataclass
    class Entered(Message):
        """Enter was pressed on a sequence, which `SequenceTyped` gave before; it holds while `edits` is the same."""

        edits: int

    @dataclass
    class CaretMoved(Message):
        """The caret is on the number of another step, from 0."""

        step: int

    DEFAULT_CSS = """
    Prompt {
        height: 1;
        & > Label { width: 2; color: $accent; text-style: bold; }
        & > Input { width: 1fr; background: transparent; }
        & > #sampling { width: auto; color: $text-muted; padding: 0 1; }
        &.-invalid > Label { color: $error; }
    }
    """

    def __init__(self, sequence: tuple[int, ...], vocabulary: Vocabulary) -> None:
        super().__init__()
        self._vocabulary = vocabulary
        self._text = vocabulary.line(sequence)
        self._field = Numbers(vocabulary, self._text)
        self._moment = sequence, len(sequence) - 1
        self._is_occupied = False
        self._typed: tuple[int, ...] | None = None  # valid, and not handed on yet
        self._taken = sequence  # handed on last, or shown last
        self._awaited: tuple[int, ...] | None = None  # handed on, and not in the moment yet
        self._edits_read = 0
        self._debouncing = Latest(self.run_worker, self._debounce)

    def compose(self) -> ComposeResult:
        yield Label("›")
        yield self._field
        yield Label("", id="sampling")

    def on_mount(self) -> None:
        self.watch(self._field, "selection", self._caret_moved)

    @property
    def text(self) -> str:
        return self._field.value

    @property
    def edits(self) -> int:
        return self._field.edits

    @property
    def step(self) -> int:
        """The step whose number the caret is on, or behind, from 0."""
        caret = self._field.cursor_position
        return max(0, sum(start < caret for start, _ in self._vocabulary.spans(self.text)) - 1)

    # What is shown in it

    def read_by(self, vocabulary: Vocabulary) -> None:
        """Take and show symbols of another vocabulary from now on."""
        if vocabulary != self._vocabulary:
            self._vocabulary = vocabulary
            self._field.read_by(vocabulary)
            if self._is_occupied:
                self._write(vocabulary.line(self._moment[0]) + vocabulary.gap)

    def show(self, sequence: tuple[int, ...], step: int, sampling: str, said: frozenset[int] = frozenset()) -> None:
        """Show a moment's sequence, unless a person is typing another, and how the next numbers are drawn.

        `said` are the steps whose numbers the network said.
        """
        self._field.marks.show(step, said)
        label = self.query_one("#sampling", Label)
        if label.content != sampling:
            label.update(sampling)
        self._moment = sequence, step
        if self._awaited not in (None, sequence):
            return
        self._awaited = None
        if not self._is_occupied:
            self._revert(sequence, step)
        elif sequence != self._taken and self._is_all_taken:  # an action from the palette, say, has changed it
            self._write(self._vocabulary.line(sequence) + self._vocabulary.gap)
            self._taken = sequence
            if self.step != step:  # the caret has left the end, where the new numbers are
                self.post_message(self.CaretMoved(self.step))

    def _revert(self, sequence: tuple[int, ...], step: int) -> None:
        """Show a sequence, whatever is in the field, the caret behind the number of a step."""
        self.remove_class("-invalid")
        self._write(self._vocabulary.line(sequence))
        if self.step != step and step < len(sequence):
            with self.prevent(self.CaretMoved):
                start, end = self._vocabulary.spans(self.text)[step]
                self._field.cursor_position = start
                self._field.cursor_position = end  # from its start, so that all of it scrolls into view
        self._taken = sequence

    @property
    def _is_all_taken(self) -> bool:
        """Whether the whole text has been handed on: nothing of it is half typed or invalid."""
        return self._typed is None and self.edits == self._edits_read and not self.has_class("-invalid")

    def _write(self, text: str) -> None:
        if text != self.text:
            self._text = text
            with self.prevent(self.CaretMoved):
                self._field.write(text)

    # A person comes, types and leaves

    def open(self) -> None:
        """Take the focus, the caret behind the text, where what is typed is a new number."""
        self._write(f"{self.text.rstrip()}{self._vocabulary.gap}".lstrip())
        self._field.focus()
        self._field.cursor_position = len(self.text)
        self.post_message(self.CaretMoved(self.step))

    def drop(self) -> None:
        """Take what stands there as read: nothing that is half typed is handed on."""
        self._text, self._typed, self._edits_read = self.text, None, self.edits
        self.remove_class("-invalid")

    def occupy(self, is_occupied: bool) -> None:
        """A person is typing here from now on, or has left: what was typed is taken, or dropped if it is invalid."""
        if is_occupied == self._is_occupied:
            return
        self._is_occupied = is_occupied
        if is_occupied:
            self._edits_read = self.edits
            return
        self._field.remember()
        if self._is_all_taken:  # said again, it would undo what is being appended to it
            self._revert(self._taken, self.step)
            return
        self._parse()
        left = self._moment if self._typed is None else (self._typed, self.step)
        if self._typed is None:
            self.post_message(self.TextRead(""))
        self._hand_on()
        self._revert(*left)

    def _parse(self) -> None:
        """Take the sequence in the field, to be handed on; where it is invalid, mark it and say why."""
        self._edits_read, self._typed, fault = self.edits, None, ""
        try:
            self._typed = self._vocabulary.parse(self.text)
        except UserError as error:
            fault = str(error)
        if fault or self.has_class("-invalid"):
            self.post_message(self.TextRead(fault))
        self.set_class(bool(fault), "-invalid")

    def _hand_on(self) -> None:
        """Say what was typed, once."""
        typed, self._typed = self._typed, None
        if typed is not None:
            self._taken = typed
            self._awaited = typed if typed != self._moment[0] else None
            self.post_message(self.SequenceTyped(typed, self.step))

    async def _debounce(self) -> None:
        """Hand on what was typed once no key follows: the echo of a key waits for no picture."""
        edits = -1
        while edits != self.edits:
            edits = self.edits
            await asyncio.sleep(DEBOUNCE_S)
        self._hand_on()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.text != self._text:
            self._text = self.text
            self._parse()
            self._debouncing.ask()

    def on_numbers_entered(self, message: Numbers.Entered) -> None:
        """Go on from the text on which enter was pressed, unless another has been typed since."""
        message.stop()
        if message.edits == self.edits:
            if not self._is_all_taken:
                self._parse()
                self._hand_on()
            if not self.has_class("-invalid"):
                self.post_message(self.Entered(message.edits))

    def _caret_moved(self) -> None:
        if self._field.has_focus and self.text == self._text:
            self.post_message(self.CaretMoved(self.step))
