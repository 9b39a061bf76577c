"""The recipe as a form: every field of `recipe.FIELDS`, checked as it is typed. Says `Edited` and `PaceChosen`."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from textwrap import wrap
from typing import ClassVar, get_args

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Button, Input, Label, Select, Static

from unroll.errors import RecipeError
from unroll.protocol.replies import FileRead, Pace
from unroll.recipe import FIELDS, PRESETS, Plan, Recipe, Value, plan, preset_of, turned_to
from unroll.tasks import TASKS, sequences
from unroll.tasks.config import TaskName
from unroll.terminal import help_texts, texts
from unroll.terminal.bindings import both_ways
from unroll.terminal.cells import cut
from unroll.terminal.sparing import compact

OWN = "your own"
"""The preset of a recipe that is none of them."""
OF_FILE = ("path", "column", "levels")
"""The fields that say how a file is understood."""
LEAST_FIELDS, LEAST_SAID = 4, 4
"""Fields that stay in sight beside what is said of a file; and its lines that are said in any case."""
LEAST_HELP = 6
"""Lines of help under the button, without room for which the button stays at the bottom, under the help."""


class TextField(Input, inherit_bindings=False):
    """A line of text that leaves ↑/↓ to the form."""

    BINDINGS: ClassVar = Input.BINDINGS


class NumberField(TextField):
    """A line for a number, in which space trains, as elsewhere."""

    def on_key(self, event: events.Key) -> None:
        if event.key == "space":
            event.prevent_default()

    def check_consume_key(self, key: str, character: str | None) -> bool:
        return key != "space" and super().check_consume_key(key, character)


class Choice(Select[str], inherit_bindings=False):
    """A pick-one that enter opens: space trains, and ↑/↓ go to other fields."""

    BINDINGS: ClassVar = [Binding("enter", "show_overlay", "open", tooltip="Open the list; enter again selects.")]


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

    def __init__(self, name: str, value: str, words: Sequence[str] = ()) -> None:
        super().__init__(id=f"field-{name}")
        self.field_name, self.tooltip = name, Content(help_texts.help_of(name))
        kind = NumberField if name in FIELDS and FIELDS[name].kind is not str else TextField
        self.control: TextField | Choice = (
            Choice([(word, word) for word in words], value=value, allow_blank=False)
            if words
            else kind(value, select_on_focus=False, classes="-valid")
        )

        compact(self.control)

    def compose(self) -> ComposeResult:
        yield Label(self.field_name)
        yield self.control

    @property
    def text(self) -> str:
        return str(self.control.value)

    def write(self, text: str) -> None:
        """Set the value without a message."""
        if text != self.text:
            with self.control.prevent(Input.Changed, Select.Changed):
                self.control.value = text

    def show(self, fault: bool, changed: bool) -> None:
        """Mark the field as wrong, or as changed since training."""
        self.set_class(fault, "-invalid")
        if self.has_class("-changed") != changed:
            self.set_class(changed, "-changed")
            self.query_one(Label).update(f"{'•' if changed else ''}{self.field_name}")


class RecipeForm(VerticalScroll, can_focus=False):
    """Holds the recipe being edited; the last good one stays in force while a field is wrong.

    Attributes:
        file: How the recipe's file is understood, where it is on one and that is known.
    """

    @dataclass
    class Edited(Message):
        """The form holds another valid recipe."""

        recipe: Recipe

    @dataclass
    class PaceChosen(Message):
        """Training should go at another pace."""

        pace: Pace

    class Filled(Message):
        """All fields are there."""

    DEFAULT_CSS = """
    RecipeForm {
        scrollbar-gutter: stable;
        & > #train { width: 1fr; color: $accent; background: $panel; }
        & > #plan, & > #advice { color: $text-muted; }
        & > #advice { dock: bottom; height: auto; }
        & > #advice.-whole { dock: none; margin-top: 1; }
        &.-tight > #train { dock: bottom; }
        &.-tight > #advice { dock: bottom; margin: 0 0 1 0; }
        & > #advice.-faulty { color: $error; }
    }
    """

    BINDINGS: ClassVar = both_ways("up down", "go", "field", "The field above or below; tab works too.")

    train_label: reactive[str] = reactive("▶ Train")
    file: reactive[FileRead | None] = reactive(None)

    def __init__(self, recipe: Recipe, pace: Pace) -> None:
        super().__init__()
        self.recipe = self._loaded = self._trained = recipe
        self._unheard: list[Recipe] = []
        self._made: Plan | None = None
        self._pace = pace
        self._faults: dict[str, str] = {}
        self._rows: dict[str, FieldRow] = {}
        self._read = {name: str(value) for name, value in recipe.values().items()}
        self._helped = "preset"

    def on_mount(self) -> None:
        """The fields are three quarters of all widgets on the screen: mount them right after the first paint."""
        self.border_title = "4 Recipe"
        self.call_after_refresh(self._fill)

    async def _fill(self) -> None:
        rows = [FieldRow("preset", preset_of(self.recipe) or OWN, (OWN, *PRESETS))]
        for name, value in self.recipe.values().items():
            rows.append(FieldRow(name, str(value), FIELDS[name].words if FIELDS[name].is_choice else ()))
        rows.append(FieldRow("pace", self._pace, get_args(Pace)))
        train = Button(self.train_label, id="train", compact=True, action="screen.train", tooltip=texts.TRAINS)
        self._rows = {row.field_name: row for row in rows}
        await self.mount_all([*rows, train, Static(id="plan", markup=False), Static(id="advice", markup=False)])
        self._show()
        self.post_message(self.Filled())

    def watch_train_label(self, label: str) -> None:
        for button in self.query("#train").results(Button):
            button.label = label

    def watch_file(self) -> None:
        self._show()

    # What is typed in it

    def load(self, recipe: Recipe) -> None:
        """Show another recipe, without a message; what a person typed here comes back late and is none."""
        if recipe in self._unheard:
            del self._unheard[: self._unheard.index(recipe) + 1]
        elif recipe not in (self._loaded, self.recipe):
            self._unheard.clear()
            self.recipe = recipe
            self._write(recipe.values())
            self._faults, self._read = {}, {}
            self._show()
        self._loaded = recipe

    def compare_with(self, trained: Recipe, made: Plan) -> None:
        """Mark the fields that differ from this recipe, of which the engine has made a plan."""
        if (trained, made) != (self._trained, self._made):
            self._trained, self._made = trained, made
            self._show()

    def show_pace(self, pace: Pace) -> None:
        """Show another pace, without a message."""
        self._pace = pace
        self._write({"pace": pace})

    def _write(self, values: Mapping[str, Value]) -> None:
        for name in values.keys() & self._rows.keys():
            self._rows[name].write(str(values[name]))

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._edited()

    def on_select_changed(self, event: Select.Changed) -> None:
        event.stop()
        row = event.select.parent
        name = row.field_name if isinstance(row, FieldRow) else ""
        if name == "pace":
            self._pace = next(pace for pace in get_args(Pace) if pace == event.value)
            self.post_message(self.PaceChosen(self._pace))
        elif name == "task" and event.value != self.recipe.task.task:
            self._turn_to(next(task for task in get_args(TaskName) if task == event.value))
        elif name != "preset":
            self._edited()
        elif (preset := PRESETS.get(str(event.value), self.recipe)) != self.recipe:
            self._write(preset.values())
            self._edited()

    def _turn_to(self, task: TaskName) -> None:
        """Fill in what goes with another task."""
        with suppress(RecipeError):  # of a file that is still to be named
            self._write(turned_to(self.recipe, task).values())
        self._edited()

    def _edited(self) -> None:
        """Take the recipe that the fields say, if each is right and they go together."""
        before, self._read = self._read, {name: self._rows[name].text for name in FIELDS}
        if before == self._read:  # each field says that it has changed when it is mounted, too
            return
        self._faults = {}
        values: dict[str, Value] = {}
        for name in FIELDS:
            with self._keeping_faults():
                values[name] = FIELDS[name].parse(self._rows[name].text)
        if not self._faults:
            with self._keeping_faults():
                recipe = self.recipe.replace(**values)
                self._implied(recipe)
                if not self._faults and recipe != self.recipe:
                    self.recipe = recipe
                    self._unheard.append(recipe)
                    self.post_message(self.Edited(recipe))
        self._show()

    @contextmanager
    def _keeping_faults(self) -> Iterator[None]:
        try:
            yield
        except RecipeError as error:
            self._faults[error.field] = str(error)

    @property
    def fault(self) -> str:
        """What is wrong in the form, as a sentence; empty when nothing is."""
        return next(iter(self._faults.values()), "")

    def action_go(self, by: int) -> None:
        """Go to the field above or below; past either end, to the other."""
        go = self.screen.focus_next if by > 0 else self.screen.focus_previous
        go("RecipeForm *")

    def go_to_fault(self) -> None:
        """Focus the field that is wrong."""
        if self._faults:
            self._rows[next(iter(self._faults))].control.focus()

    # What is shown of it

    def _implied(self, recipe: Recipe) -> Plan | None:
        """What a recipe implies; None where only the engine knows, or where it is refused, which is a fault."""
        known, task = sequences(recipe.task), recipe.task
        if known is None:
            return self._made if recipe == self._trained else None
        with self._keeping_faults():
            return plan(recipe, known, held_out=TASKS[task.task].away(task))
        return None

    def _show(self) -> None:
        if not self._rows:
            return
        values, trained = self.recipe.values(), self._trained.values()
        implied = self._implied(self.recipe)
        used = ("task", *TASKS[self._rows["task"].text].fields)
        for name in FIELDS:
            self._rows[name].show(fault=name in self._all_faults, changed=values[name] != trained[name])
            self._rows[name].display = FIELDS[name].section != "task" or name in used
        self._rows["eigenvalues"].display = self._rows["cell"].text == "linear"
        self._rows["preset"].write(preset_of(self.recipe) or OWN)
        self.query_one("#plan", Static).update("" if implied is None else texts.of_plan(implied))
        self._advise()

    @property
    def _all_faults(self) -> dict[str, str]:
        """What is wrong, by its field: here, or in the file."""
        file = self.file
        return {**self._faults, **({file.field: file.refusal} if file and file.refusal else {})}

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    @on(events.Resize)
    def _advise(self) -> None:
        """Show what there is to say of the focused field, or of any fault, with Train always in sight.

        That is the field's fault; else how the file is understood, in its fields, and everywhere where there is room;
        else the field's help. The plan is shown where there is room for all.
        """
        if not self._rows:
            return
        row = next((row for row in self._rows.values() if row.has_focus_within), None)
        self._helped = self._helped if row is None else row.field_name
        faults = self._all_faults
        fault = (faults.get(row.field_name) if row else None) or next(iter(faults.values()), "")
        plan, help_ = self.query_one("#plan", Static), self.query_one("#advice", Static)
        read = self._file_lines(self.size.height)
        whole = "\n".join([*help_texts.of_field(self._helped, self.recipe), *([""] * bool(read)), *read])
        rows = sum(row.display for row in self._rows.values()) + 1
        room = self.size.height - rows - self._lines(str(plan.content))
        short = help_texts.short_help_of(row.field_name, self.recipe) if row else ""
        is_whole = not fault and self._lines(whole) < room
        implied = self._implied(self.recipe) if self._helped == "held_out" else None
        short += f" {texts.of_parts(implied)}." if implied and short else ""
        if read and self._helped in OF_FILE:
            short = "\n".join(self._file_lines(self.size.height - 1 - LEAST_FIELDS))
        advice = fault or (whole if is_whole else short)
        self.set_class(self.size.height < rows + LEAST_HELP, "-tight")
        plan.display = not fault and self._lines(advice) <= room  # it is the last good recipe's
        help_.set_class(is_whole, "-whole").set_class(bool(fault), "-faulty").update(advice)
        help_.display = bool(advice)
        if row is not None:  # the help may need more lines than the last, and cover the field
            self.call_after_refresh(row.scroll_visible, animate=False)

    def _file_lines(self, room: int) -> list[str]:
        """How the file is understood, and its first lines, each cut to the form's width; what is dispensable goes."""
        if self.file is None or self.file.refusal:
            return []
        said, first = list(self.file.sentences), [cut(f"› {line}", self._width) for line in self.file.first]
        while self._lines("\n".join([*said, *first])) > room and len(said) + len(first) > LEAST_SAID:
            (first.pop if len(first) > 2 else said.pop)(-1 if len(first) > 2 else 2)
        return [*said, *first]

    @property
    def _width(self) -> int:
        return max(1, self.scrollable_content_region.width)

    def _lines(self, text: str) -> int:
        """How many lines a text takes in the form."""
        return sum(len(wrap(line, self._width)) or 1 for line in text.splitlines())
