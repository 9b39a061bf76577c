"""The recipe as a form: every field with its limits, checked as it is typed. Says `RecipeEdited` and `PaceChosen`.

Fields, limits, defaults and help come from `recipe.FIELDS`; nothing about a field is said here.
"""

from __future__ import annotations

from typing import get_args

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.reactive import reactive
from textual.widgets import Button, Input, Label, Select, Static

from unroll.engine.protocol import Pace
from unroll.recipe import FIELDS, Field, Plan, Recipe, RecipeError, Value, plan, recipe_of
from unroll.tasks import sequences
from unroll.terminal.messages import PaceChosen, RecipeEdited, TrainPressed

PACE_HELP = "How fast training goes, in epochs a second. By hand, each press of space is one update."


class FieldRow(Horizontal):
    """A field's name and its control."""

    DEFAULT_CSS = """
    FieldRow {
        height: 1;
        & > Label { width: 15; color: $text-muted; }
        & > Input, & > Select { width: 1fr; }
        &:focus-within > Label { color: $accent; text-style: bold; }
        &.-invalid > Label { color: $error; text-style: bold; }
    }
    """

    def __init__(self, name: str, control: Input | Select[str]) -> None:
        super().__init__(id=f"field-{name}")
        self.field_name = name
        self.control = control

    def compose(self) -> ComposeResult:
        yield Label(self.field_name)
        yield self.control

    @property
    def text(self) -> str:
        return str(self.control.value)


def _control(field: Field, value: Value) -> Input | Select[str]:
    if field.is_choice:
        return choice(field.words, str(value))
    return Input(f"{value}", compact=True, select_on_focus=False)


def choice(words: tuple[str, ...], value: str) -> Select[str]:
    """A compact pick-one of some words."""
    return Select([(word, word) for word in words], value=value, allow_blank=False, compact=True)


class RecipeForm(VerticalScroll, can_focus=False):
    """Holds a recipe being written; the last good one stays in force while a field is wrong."""

    DEFAULT_CSS = """
    RecipeForm {
        & > #train { width: 1fr; color: $accent; background: $panel; }
        & > #plan, & > #advice { color: $text-muted; }
        & > #advice.-invalid { color: $error; }
    }
    """

    train_label: reactive[str] = reactive("▶ Train")

    def __init__(self, recipe: Recipe, pace: Pace) -> None:
        super().__init__()
        self.recipe = recipe
        self._pace = pace
        self._faults: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        for name, value in self.recipe.values().items():
            yield FieldRow(name, _control(FIELDS[name], value))
        yield FieldRow("pace", choice(get_args(Pace), self._pace))
        yield Button(self.train_label, id="train", compact=True)
        yield Static(id="plan")
        yield Static(id="advice")

    def on_mount(self) -> None:
        self.border_title = "Recipe"
        self._show_file_fields()
        self._show_plan()

    def watch_train_label(self, label: str) -> None:
        for button in self.query("#train").results(Button):
            button.label = label

    # What is written in it

    def _row(self, name: str) -> FieldRow:
        return self.query_one(f"#field-{name}", FieldRow)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._edited()

    def on_select_changed(self, event: Select.Changed) -> None:
        event.stop()
        row = event.select.parent
        if isinstance(row, FieldRow) and row.field_name == "pace":
            self._choose_pace(str(event.value))
        else:
            self._edited()

    def _choose_pace(self, name: str) -> None:
        pace = next(pace for pace in get_args(Pace) if pace == name)
        if pace != self._pace:
            self._pace = pace
            self.post_message(PaceChosen(pace))

    def _edited(self) -> None:
        self._faults = {}
        values = {name: value for name in FIELDS if (value := self._parsed(name)) is not None}
        if not self._faults:
            self._take(values)
        self._show_file_fields()
        self._show_faults()

    def _parsed(self, name: str) -> Value | None:
        try:
            return FIELDS[name].parse(self._row(name).text)
        except RecipeError as error:
            self._faults[name] = str(error)
            return None

    def _take(self, values: dict[str, Value]) -> None:
        try:
            recipe = recipe_of(values)
            implied = self._implied(recipe)
        except RecipeError as error:
            self.refuse(error.field, str(error))
            return
        self._show_plan(implied)
        if recipe != self.recipe:
            self.recipe = recipe
            self.post_message(RecipeEdited(recipe))

    def refuse(self, field: str, sentence: str) -> None:
        """Say what is wrong with a field."""
        self._faults[field] = sentence
        self._show_faults()

    # What is shown of it

    def _show_file_fields(self) -> None:
        reads_file = self._row("task").text == "file"
        for name in ("path", "held_out"):
            self._row(name).display = reads_file

    def _show_faults(self) -> None:
        for name in FIELDS:
            self._row(name).set_class(name in self._faults, "-invalid")
        self._advise()

    def _implied(self, recipe: Recipe) -> Plan | None:
        known = sequences(recipe.task)
        return None if known is None else plan(recipe, known)

    def _show_plan(self, implied: Plan | None = None) -> None:
        implied = implied or self._implied(self.recipe)
        self.query_one("#plan", Static).update("" if implied is None else in_words(implied))

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self._advise()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        self._advise()

    def _advise(self) -> None:
        focused = next((row.field_name for row in self.query(FieldRow) if row.has_focus_within), None)
        fault = self._faults.get(focused or "") or next(iter(self._faults.values()), None)
        advice = self.query_one("#advice", Static)
        advice.set_class(fault is not None, "-invalid")
        advice.update(fault or (self._help(focused) if focused else ""))

    def _help(self, name: str) -> str:
        return PACE_HELP if name == "pace" else f"{FIELDS[name].help} Takes {FIELDS[name].rule}."

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.post_message(TrainPressed())


def in_words(implied: Plan) -> str:
    """What a recipe implies, as a sentence."""
    return (
        f"{_many(implied.sequences, 'sequence')}, {implied.batch_size:,} a batch, "
        f"{_many(implied.updates_per_epoch, 'update')} an epoch, {implied.updates:,} in all, "
        f"{_many(implied.weights, 'weight')}."
    )


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
