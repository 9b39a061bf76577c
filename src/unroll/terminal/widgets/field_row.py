"""One field of the recipe form: its name and its control, on one line."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.widgets import Input, Label, Select

from unroll.recipe import Field, Value


class Line(Input, inherit_bindings=False):
    """A line of text, which leaves ↑/↓ to the form: they scroll nothing in it."""

    BINDINGS: ClassVar = Input.BINDINGS


class NumberLine(Line):
    """A line for a number, in which space is no letter: it trains, as elsewhere."""

    def on_key(self, event: events.Key) -> None:
        if event.key == "space":
            event.prevent_default()

    def check_consume_key(self, key: str, character: str | None) -> bool:
        return key != "space" and super().check_consume_key(key, character)


class Choice(Select[str], inherit_bindings=False):
    """A pick-one that enter opens: space trains, and ↑/↓ go to other fields."""

    BINDINGS: ClassVar = [Binding("enter", "show_overlay", "open", tooltip="Open the list; enter takes from it.")]


Control = Line | Choice


class FieldRow(Horizontal):
    """A field's name, marked when it is wrong or changed, and its control."""

    DEFAULT_CSS = """
    FieldRow {
        height: 1;
        & > Label { width: 15; color: $text-muted; }
        & > Input, & > Select { width: 1fr; }
        &:focus-within > Label { color: $accent; text-style: bold; }
        &.-changed > Label { color: $secondary; }
        &.-invalid > Label { color: $error; text-style: bold; }
    }
    """

    def __init__(self, name: str, control: Control) -> None:
        super().__init__(id=f"field-{name}")
        self.field_name = name
        self.control = control

    def compose(self) -> ComposeResult:
        yield Label(self.field_name)
        yield self.control

    @property
    def text(self) -> str:
        return str(self.control.value)

    def write(self, text: str) -> None:
        """Put a value in without telling anybody."""
        if text != self.text:
            with self.control.prevent(Input.Changed, Select.Changed):
                self.control.value = text

    def show(self, fault: bool, changed: bool) -> None:
        """Mark the field: wrong, or other than what was trained."""
        self.set_class(fault, "-invalid")
        if self.has_class("-changed") != changed:
            self.set_class(changed, "-changed")
            self.query_one(Label).update(f"{'•' if changed else ''}{self.field_name}")


def control(field: Field, value: Value) -> Control:
    """A pick-one for a choice, a line of text for all else."""
    if field.is_choice:
        return choice(field.words, str(value))
    kind = Line if field.kind is str else NumberLine
    return kind(str(value), compact=True, select_on_focus=False)


def choice(words: tuple[str, ...], value: str) -> Choice:
    """A compact pick-one of some words."""
    return Choice([(word, word) for word in words], value=value, allow_blank=False, compact=True)
