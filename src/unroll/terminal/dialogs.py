"""What opens over the playground: a question with a line of text, a list to pick from, leaving, and help."""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from rich.table import Table
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.events import Key
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static

from unroll.errors import UserError
from unroll.terminal import texts

CONFIRM = "enter confirms · esc cancels"
KEY_WIDTH = 6
"""Columns for the names of keys in help."""

Check = Callable[[str], object]
"""Parses an answer; raises `UserError` where it is none."""


class Dialog(ModalScreen[str | None]):
    """A box over the playground; gives an answer, or None when a person cancels."""

    BINDINGS: ClassVar = [Binding("escape", "dismiss", "Cancel", tooltip="Change nothing.")]
    Box: type[Widget] = Vertical

    def __init__(self, title: str, under: str, *contents: Widget) -> None:
        super().__init__()
        self._heading, self._under, self._contents = title, under, contents

    def compose(self) -> ComposeResult:
        with self.Box(classes="dialog") as box:
            box.border_title, box.border_subtitle = self._heading, self._under
            yield from self._contents


class Ask(Dialog):
    """Asks for a line of text that `check` accepts."""

    def __init__(self, question: str, answer: str, hint: str, check: Check) -> None:
        super().__init__(question, CONFIRM, Input(answer, compact=True), Static(hint, id="hint", markup=False))
        self._hint, self._check = hint, check

    def on_input_changed(self, event: Input.Changed) -> None:
        fault = fault_of(self._check, event.value)
        hint = self.query_one("#hint", Static)
        hint.set_class(bool(fault), "-fault")
        hint.update(fault or self._hint)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if not fault_of(self._check, event.value):
            self.dismiss(event.value.strip())


class Pick(Dialog):
    """Asks for one of some words; `rows` is how each is shown."""

    def __init__(self, question: str, words: Sequence[str], rows: Sequence[str], hint: str) -> None:
        super().__init__(question, CONFIRM, OptionList(*rows, markup=False), Static(hint, id="hint", markup=False))
        self._words = words

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._words[event.option_index])


class PickModel(Pick):
    """Asks for a saved model, by its name; or gives `delete/NAME`, or `path/` for one that is not listed."""

    BINDINGS: ClassVar = [
        Binding("delete,backspace", "delete", "Delete", tooltip="Delete the model, if you are sure."),
        Binding("o", "dismiss('path/')", "Open", tooltip="Open a file by its path."),
    ]

    def action_delete(self) -> None:
        place = self.query_one(OptionList).highlighted
        if place is not None:
            self.dismiss(f"delete/{self._words[place]}")


class Leave(Dialog):
    """Asks whether a training should go on without the screen; gives `end`, `detach` or None to stay."""

    BINDINGS: ClassVar = [
        Binding("d", "dismiss('detach')", "Detach", tooltip="Quit, and let the training continue."),
        Binding("q", "dismiss('end')", "Quit", tooltip="Quit, and end the training."),
    ]

    def __init__(self, background: str) -> None:
        """`background` is the name of an engine that is in the background already."""
        title = f"{background} runs in the background" if background else "A network is training"
        ways = texts.WAYS_TO_LEAVE + ("" if background else texts.PAUSE_KEEPS)
        super().__init__(title, "", Static(ways, markup=False))


class Help(Dialog):
    """Some sentences, and groups of keys by what each does; escape, ?, enter and the `key` that opened it close it."""

    BINDINGS: ClassVar = [Binding("question_mark,f1,enter", "dismiss", "Close", show=False)]
    Box = VerticalScroll

    def __init__(
        self, title: str, sentences: Sequence[str], groups: Mapping[str, Mapping[str, str]], key: str = ""
    ) -> None:
        said = [Static(sentence, markup=False, classes="sentence") for sentence in sentences]
        super().__init__(title, "esc closes", *said)
        self._key = key
        for name, keys in groups.items():
            if keys:
                self._contents += Static(name, markup=False, classes="group"), Static(_table(keys), classes="keys")

    def on_mount(self) -> None:
        self.call_after_refresh(self.on_resize)

    def on_key(self, event: Key) -> None:
        if event.key == self._key:
            event.stop()  # else it would come to the playground and open this again
            self.dismiss()

    def on_resize(self) -> None:
        """Say that there is more than fits."""
        box = self.query_one(VerticalScroll)
        box.border_subtitle = f"{'↑/↓ scroll · ' if box.max_scroll_y else ''}esc closes"


def _table(keys: Mapping[str, str]) -> Table:
    """Keys by what each does; a column of all groups has one width."""
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", style="bold", no_wrap=True, min_width=KEY_WIDTH)
    table.add_column()
    for sentence, key in keys.items():
        table.add_row(key, sentence)
    return table


def fault_of(parse: Check, text: str) -> str:
    """What is wrong with an answer, as a sentence; empty when `parse` takes it."""
    try:
        parse(text)
    except UserError as error:
        return str(error)
    return ""
