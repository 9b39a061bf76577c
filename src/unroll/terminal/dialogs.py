"""What opens over the playground: a question with a line of text, a list to pick from, leaving, and help.

`Questions` asks them; `stop`, `sampling` and the like say what may be answered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest
from typing import Any, ClassVar, Protocol, get_args

import msgspec
from rich.table import Table
from textual.app import App, ComposeResult
from textual.binding import ActiveBinding, Binding
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static

from unroll.errors import UserError
from unroll.moment import MAX_TEMPERATURE, MAX_TOP_K, Sampling
from unroll.protocol.replies import Models
from unroll.protocol.requests import ListModels, ModelName
from unroll.terminal import texts
from unroll.terminal.runs import Run
from unroll.terminal.session import Display, Session

CONFIRM = "enter confirms · esc cancels"
CANCEL = Binding("escape", "dismiss", "Cancel", tooltip="Change nothing.")
MAX_NAME = 64
MAX_ROW = 66
"""Characters of a row in a dialog."""
is_model_name = re.compile(get_args(ModelName)[1].pattern).fullmatch
"""Whether a saved model can have that name."""

Check = Callable[[str], object]
"""Parses an answer; raises `UserError` where it is none."""


class Asking(Display, Protocol):
    """A display on which dialogs open."""

    session: Session

    @property
    def app(self) -> App[Any]:
        """What opens a dialog."""


class Ask(ModalScreen[str | None]):
    """Asks for a line of text that `check` accepts; gives it, or None when a person cancels."""

    BINDINGS: ClassVar = [CANCEL]

    def __init__(self, question: str, answer: str, hint: str, check: Check) -> None:
        super().__init__()
        self._question, self._answer, self._hint, self._check = question, answer, hint, check

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = self._question
            box.border_subtitle = CONFIRM
            yield Input(self._answer, compact=True)
            yield Static(self._hint, id="hint", markup=False)

    def on_input_changed(self, event: Input.Changed) -> None:
        fault = fault_of(self._check, event.value)
        hint = self.query_one("#hint", Static)
        hint.set_class(bool(fault), "-fault")
        hint.update(fault or self._hint)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if not fault_of(self._check, event.value):
            self.dismiss(event.value.strip())


class Pick(ModalScreen[str | None]):
    """Asks for one of some words; gives it, or None when a person cancels."""

    BINDINGS: ClassVar = [CANCEL]

    def __init__(self, question: str, words: Sequence[str], rows: Sequence[str], hint: str) -> None:
        """`rows` is how each word is shown."""
        super().__init__()
        self._question, self._words, self._rows, self._hint = question, words, rows, hint

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = self._question
            box.border_subtitle = CONFIRM
            yield OptionList(*self._rows, markup=False)
            yield Static(self._hint, id="hint", markup=False)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._words[event.option_index])


class Leave(ModalScreen[str | None]):
    """Asks whether a training should go on without the screen; gives `end`, `detach` or None to stay."""

    BINDINGS: ClassVar = [
        Binding("d", "dismiss('detach')", "Detach", tooltip="Quit, and let the training continue."),
        Binding("q", "dismiss('end')", "End it", tooltip="Quit, and end the training."),
        Binding("escape", "dismiss", "Stay", tooltip="Stay here."),
    ]
    CHOICES = (
        "d    let it continue: unroll attach returns to it\n"
        "q    end it: runs that are not saved are lost\n"
        "esc  stay here: space pauses, and q then keeps the runs for the next start"
    )

    def __init__(self, background: str) -> None:
        """`background` is the name of an engine that is in the background already."""
        super().__init__()
        self._title = f"{background} runs in the background" if background else "A network is training"

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = self._title
            yield Static(self.CHOICES, markup=False)


class Help(ModalScreen[None]):
    """Some sentences and a list of keys; any of escape, ?, enter, q and space closes it."""

    BINDINGS: ClassVar = [Binding("escape,question_mark,q,enter,space", "dismiss", "Close", show=False)]

    def __init__(self, title: str, sentences: Sequence[str], bindings: Mapping[str, ActiveBinding]) -> None:
        super().__init__()
        self._heading, self._sentences = title, sentences
        self._explained: dict[str, Binding] = {}
        for active in bindings.values():
            self._explained.setdefault(active.binding.tooltip, active.binding)
        self._explained.pop("", None)

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog") as box:
            box.border_title = self._heading
            box.border_subtitle = "↑/↓ scroll · esc closes"
            for sentence in self._sentences:
                yield Static(sentence, markup=False, classes="sentence")
            yield Static(self._table())

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        table.add_column(justify="right", style="bold", no_wrap=True)
        table.add_column()
        for sentence, binding in self._explained.items():
            table.add_row(self.app.get_key_display(binding), sentence)
        return table


class Questions:
    """Asks a person, and does with the answer what was asked for."""

    def __init__(self, screen: Asking) -> None:
        self._screen = screen
        self._session = screen.session
        self._unsaved_name = ""

    def _ask(self, dialog: ModalScreen[str | None], take: Callable[[str], object]) -> None:
        """Open a dialog; nothing is done when a person cancels."""

        def answered(answer: str | None) -> None:
            if answer is not None:
                take(answer)

        self._screen.app.push_screen(dialog, answered)

    def stop(self) -> None:
        """Where training should stop."""
        session = self._session

        def take(text: str) -> None:
            session.stop_epoch, session.stop_accuracy = stop(text)
            said = texts.of_stop(session.stop_epoch, session.stop_accuracy, session.recipe.train.epochs)
            self._screen.say(said, fault=False)

        epoch, accuracy = session.stop_epoch, session.stop_accuracy
        now = f"{epoch}" if epoch is not None else f"{accuracy * 100:g} %" if accuracy is not None else ""
        hint = "An epoch (12), an accuracy (99 %), or nothing to train to the end."
        self._ask(Ask("Stop training at", now, hint, stop), take)

    def sampling(self) -> None:
        """How the next numbers are drawn."""
        session, now = self._session, self._session.sampling

        def take(text: str) -> None:
            session.sampling = sampling(text, session.sampling)
            self._screen.changed()

        hint = "Temperature, then optionally top-k and top-p, such as 0.8 or 1 5 or 1 0 0.9; 0 takes the likeliest."
        answer = f"{now.temperature:g} {now.top_k} {now.top_p:g}"
        self._ask(Ask("Sample the next numbers with", answer, hint, lambda text: sampling(text, now)), take)

    def rename(self, run: Run) -> None:
        """Another name for a run."""

        def take(name: str) -> None:
            run.name = name
            self._screen.changed()

        self._ask(Ask("Name of the run", run.name, "Any name.", run_name), take)

    async def save(self) -> None:
        """A name to save the network shown under."""
        models, run = await self._session.ask(ListModels()), self._session.run
        if models is not None and run is not None:
            name, taken = self._unsaved_name or free_name(run.name, models), models.names
            dialog = Ask("Save as", name, f"Into {models.folder}", lambda text: model_name(text, taken))
            self._ask(dialog, lambda name: self._screen.spawn(self._save(name)))

    async def _save(self, name: str) -> None:
        """Save under a name, which is offered again if that fails."""
        self._unsaved_name = name
        if await self._session.save(name):
            self._unsaved_name = ""

    async def open(self) -> None:
        """A saved model to open."""
        models = await self._session.ask(ListModels())
        if models is not None and not models.names:
            self._screen.say(f"There is no saved model in {models.folder} yet: s saves one.", fault=False)
        elif models is not None:
            dialog = Pick("Open a model", models.names, rows_of(models), "It becomes a new run, beside the others.")
            self._ask(dialog, lambda name: self._screen.spawn(self._session.open(name)))


# What may be answered


def fault_of(parse: Check, text: str) -> str:
    """What is wrong with an answer, as a sentence; empty when `parse` takes it."""
    try:
        parse(text)
    except UserError as error:
        return str(error)
    return ""


def stop(text: str) -> tuple[int | None, float | None]:
    """An epoch or an accuracy at which training stops: `12`, `99 %`, or nothing."""
    text = text.strip()
    if not text:
        return None, None
    if match := re.fullmatch(r"(\d{1,3}(?:\.\d{1,6})?) ?%", text):
        share = float(match[1]) / 100
        if 0 < share <= 1:
            return None, share
    elif re.fullmatch(r"\d{1,6}", text) and int(text):
        return int(text), None
    raise UserError("Enter an epoch (12) or an accuracy (99 %).")


def sampling(text: str, now: Sampling) -> Sampling:
    """Temperature, top-k and top-p, as many as are given."""
    words = text.replace(",", " ").split()
    try:
        kinds = zip(("temperature", "top_k", "top_p"), (float, int, float), words, strict=False)
        given = {name: kind(word) for name, kind, word in kinds}
        if len(words) <= 3:
            return msgspec.convert({**given, "seed": now.seed}, Sampling)
    except msgspec.ValidationError:
        pass
    except ValueError:
        raise UserError("Enter a temperature such as 0.8, then optionally top-k and top-p.") from None
    limits = f"a temperature from 0 to {MAX_TEMPERATURE:g}, top-k from 0 to {MAX_TOP_K:,}, top-p above 0 and up to 1"
    raise UserError(f"Enter {limits}.")


def run_name(text: str) -> str:
    """A name in the table of runs."""
    if not text.strip() or len(text) > MAX_NAME or not text.isprintable():
        raise UserError(f"A run's name has 1 to {MAX_NAME} visible characters.")
    return text.strip()


def model_name(text: str, taken: Sequence[str]) -> str:
    """A name for a saved model that replaces none."""
    text = text.strip()
    if not is_model_name(text):
        raise UserError(
            f"A model's name starts with a letter or a digit, then has only letters, digits, . _ -; at most {MAX_NAME}."
        )
    if text in taken:
        raise UserError(f"There is already a model {text}: choose another name.")
    return text


def free_name(run: str, models: Models) -> str:
    """A model's name made of a run's, in characters that files take.

    It starts with `my-` where it would be that of a model that comes with unroll, and ends with a number where it is
    taken.
    """
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", run).strip("-._")[:MAX_NAME] or "model"
    taken = models.names
    if (name, "") in zip(taken, models.folders, strict=False):
        name = f"my-{name}"
    names = [name, *(f"{name[: MAX_NAME - 5]}-{number}" for number in range(2, len(taken) + 3))]
    return next(free for free in names if free not in taken)


def rows_of(models: Models) -> list[str]:
    """Each model's name, and where it is from."""
    wide = max(map(len, models.names), default=0)
    room = MAX_ROW - wide
    rows = []
    for name, folder in zip_longest(models.names, models.folders, fillvalue=""):
        whence = "not a saved network" if name in models.others else folder or "comes with unroll"
        rows.append(f"{name:{wide}}  {whence if len(whence) <= room else '…' + whence[1 - room :]}")
    return rows
