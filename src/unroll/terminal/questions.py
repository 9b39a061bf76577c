"""What is asked of a person over the playground, what may be answered, and what is done with the answer."""

import asyncio
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, get_args

import msgspec
from textual.screen import ModalScreen, Screen

from unroll import figures, permalink
from unroll.errors import FileError, UserError
from unroll.files import RESULTS
from unroll.machine import resident
from unroll.moment import MAX_TEMPERATURE, MAX_TOP_K, Sampling
from unroll.permalink import Link
from unroll.protocol.replies import Models, SavedModel
from unroll.protocol.requests import Delete, ListModels, Measure, ModelName, Save
from unroll.sweep.summary import Seed, outstanding
from unroll.terminal import export, permalink_texts, texts
from unroll.terminal.dialogs import Ask, Help, Pick, PickModel
from unroll.terminal.opened_sweep import PATHS, TRAINED_TOGETHER, of_seed
from unroll.terminal.runs import Run
from unroll.terminal.session import Session
from unroll.terminal.shapes import of_shapes
from unroll.terminal.widgets.sweep_pane import SweepPane
from unroll.tty.renderer import CellDiffApp

MAX_NAME = 64
MAX_PATH = 4096
MAX_ROW = 66
"""Characters of a row in a dialog."""
is_model_name = re.compile(get_args(ModelName)[1].pattern).fullmatch
"""Whether a saved model can have that name."""


class Questions:
    """Asks a person, and does with the answer what was asked for."""

    def __init__(
        self, screen: Screen[Any], session: Session, open_sweep: Callable[[str], object], link: Callable[[], Link]
    ) -> None:
        """`open_sweep` shows the results file that has a path; `link` gives the permalink of what is shown."""
        self._screen, self._session, self._display = screen, session, session.display
        self._open_sweep, self._link = open_sweep, link
        self._unsaved_name = ""

    def _ask(self, dialog: ModalScreen[str | None], take: Callable[[str], object]) -> None:
        """Open a dialog; nothing is done when a person cancels."""

        def answered(answer: str | None) -> None:
            if answer is not None:
                take(answer)

        self._screen.app.push_screen(dialog, answered)

    async def cost(self) -> None:
        """What the program takes."""
        measured, app = await self._session.ask(Measure()), self._screen.app
        if measured is not None and isinstance(app, CellDiffApp):
            sentences = texts.of_cost(resident(), app.bytes_written, app.frames, measured)
            app.push_screen(Help("What it costs", sentences, {}, "i"))

    async def shapes(self) -> None:
        """The shapes of what is shown."""
        run, moment = self._session.run, self._session.moment
        if run is None:
            self._display.note(texts.NO_NETWORK_YET)
            return
        sentences = of_shapes(run.recipe, len(moment.sequence), run.curve.plan.batch_size)
        self._screen.app.push_screen(Help(f"Shapes of this {run.recipe.model.cell}", sentences, {}, "a"))

    async def permalink(self) -> None:
        """A line that restores what is shown: it is copied, and told."""
        try:
            link = self._link()
        except UserError as error:
            self._display.say(str(error))
        else:
            text, app = permalink.write(link), self._screen.app
            app.copy_to_clipboard(text)
            needs = permalink_texts.of_copied(link, self._session.compared)
            app.push_screen(Help(permalink_texts.TITLE, [f'unroll "{text}"', needs], {}))

    async def stop(self) -> None:
        """Where training should stop."""
        session = self._session

        def take(text: str) -> None:
            session.stop = stop(text)
            self._display.note(texts.of_stop(*session.stop, session.recipe.train.epochs))

        epoch, accuracy = session.stop
        now = f"{epoch}" if epoch is not None else f"{accuracy * 100:g} %" if accuracy is not None else ""
        hint = "An epoch (12), an accuracy (99 %), or nothing to train to the end."
        self._ask(Ask("Stop training at", now, hint, stop), take)

    async def sampling(self) -> None:
        """How the next numbers are drawn."""
        session, now = self._session, self._session.sampling

        def take(text: str) -> None:
            session.sampling = sampling(text, session.sampling)
            self._display.changed()
            session.look()

        hint = "Temperature, top-k, top-p: 0.8, or 1 0 0.9; 0 turns it off."
        answer = f"{now.temperature:g} {now.top_k} {now.top_p:g}"
        self._ask(Ask("Sample what comes next with", answer, hint, lambda text: sampling(text, now)), take)

    def rename(self, run: Run) -> None:
        """Another name for a run."""

        def take(name: str) -> None:
            run.name = name
            self._display.changed()

        self._ask(Ask("Name of the run", run.name, f"1 to {MAX_NAME} characters.", run_name), take)

    async def save(self) -> None:
        """A name to save the network shown under."""
        models, run = await self._session.ask(ListModels()), self._session.run
        if models is not None and run is not None:
            name, taken = self._unsaved_name or free_name(run.name, models), [model.name for model in models.models]
            dialog = Ask("Save as", name, f"Into {models.folder}", lambda text: model_name(text, taken))
            self._ask(dialog, lambda name: self._display.spawn(self._save(name)))

    async def _save(self, name: str) -> None:
        """Save the network looked at under a name, which is offered again if that fails, and say where."""
        self._unsaved_name, run = name, self._session.run
        if run is None:
            return
        updates = run.curve.updates
        saved = await self._session.ask(Save(run=run.number, epoch=self._session.moment.epoch, name=name))
        if saved is not None:
            self._unsaved_name, run.saved = "", updates
            self._display.note(f"Saved in {saved.path}.")

    async def open(self) -> None:
        """A saved model to open, or to delete."""
        models = await self._session.ask(ListModels())
        if models is not None:
            hint = "It becomes a new run. del deletes the model; o opens any file by its path."
            names = [model.name for model in models.models]
            self._ask(PickModel("Open a model", names, rows_of(models.models), hint), self._picked)

    async def export(self) -> None:
        """A file to write what is shown to: its path stands there before, and is said after."""
        run = self._session.run
        if run is None:
            self._display.note(texts.NO_NETWORK_YET)
            return
        try:
            into = export.folder()
        except FileError as error:
            self._display.say(str(error))
            return
        places = {kind: export.free_place(into, run.name, kind) for kind in export.KINDS}
        wide = max(len(what) for what, _ in export.KINDS.values())
        rows = [f"{export.KINDS[kind][0]:{wide}}  {place.name}" for kind, place in places.items()]
        pick = Pick("Export", list(places), rows, f"Into {into}")
        spawn, later = self._display.spawn, self._screen.call_after_refresh  # a picture is one without the dialog
        self._ask(pick, lambda kind: later(lambda: spawn(self._export(run, kind, places[kind]))))

    async def _export(self, run: Run, kind: str, place: Path) -> None:
        """Write one kind of file, and say where it is."""
        try:
            if kind == "view":
                text: str | None = self._screen.app.export_screenshot(title="unroll")
            else:
                text = export.curve_table(run.curve) if kind == "curve" else await export.trace_table(self._session)
            if text is not None:
                await asyncio.to_thread(export.write, place, text)
                self._display.note(f"Exported to {place}.")
        except UserError as error:
            self._display.say(str(error))

    def _picked(self, answer: str) -> None:
        """Open a model; or ask for a path, or once more before one is deleted."""
        session, spawn = self._session, self._display.spawn
        what, _, name = answer.rpartition("/")
        if what == "delete":
            rows = [f"Keep {name}", f"Delete {name} for good"]
            sure = Pick("Delete a model", ["", name], rows, "What is deleted cannot be brought back.")
            self._ask(sure, lambda name: spawn(self._delete(name)) if name else None)
        elif what == "path":
            self._ask(Ask("Open a file", "", PATHS, path), self._open_path)
        else:
            spawn(session.open(name))

    async def _delete(self, model: str) -> None:
        if await self._session.ask(Delete(name=model)) is not None:
            self._display.note(f"Deleted the model {model}.")

    def _open_path(self, path: str) -> None:
        if path.endswith(RESULTS):
            self._open_sweep(path)
        else:
            self._display.spawn(self._session.open(None, path))

    def seed(self, cell: SweepPane.CellChosen, take: Callable[[Seed], object]) -> None:
        """Which seed of a sweep's cell is to be opened: the best, the median or the worst."""
        found = outstanding(cell.seeds, cell.figure)
        rows = [of_seed(word, seed, cell.figure) for word, seed in found.items()]
        pick = Pick(f"Open a seed of {cell.called}", list(found), rows, TRAINED_TOGETHER)
        self._ask(pick, lambda word: take(found[word]))


# What may be answered


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
    given = dict(zip(("temperature", "top_k", "top_p", "more"), words, strict=False))
    try:
        return msgspec.convert({**given, "seed": now.seed}, Sampling, strict=False)
    except msgspec.ValidationError:
        raise UserError(
            f"Temperature 0 to {MAX_TEMPERATURE:g}; then top-k 0 to {MAX_TOP_K:,}; then top-p above 0, up to 1."
        ) from None


def visible(what: str, most: int, text: str) -> str:
    """A text of 1 to `most` visible characters, such as a run's name."""
    if not text.strip() or len(text) > most or not text.isprintable():
        raise UserError(f"{what} has 1 to {most:,} visible characters.")
    return text.strip()


run_name = partial(visible, "A run's name", MAX_NAME)
path = partial(visible, "A path", MAX_PATH)


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
    taken = {model.name: model.folder for model in models.models}
    if taken.get(name) == "":
        name = f"my-{name}"
    names = [name, *(f"{name[: MAX_NAME - 5]}-{number}" for number in range(2, len(taken) + 3))]
    return next(free for free in names if free not in taken)


def rows_of(models: Sequence[SavedModel]) -> list[str]:
    """Each model's name, its task, cell and accuracy, and where it is from."""
    wide = max((len(model.name) for model in models), default=0)
    rows = []
    for model in models:
        what, whence = "not a saved network", model.folder or "comes with unroll"
        if model.task and model.cell:
            right = "" if model.accuracy is None else figures.share(model.accuracy, 0)
            what = f"{model.task:6}  {model.cell:4}  {right:>7}"
        row = f"{model.name:{wide}}  {what}  "
        room = max(1, MAX_ROW - len(row))
        rows.append(row + (whence if len(whence) <= room else "…" + whence[len(whence) + 1 - room :]))
    return rows
