"""What is done with runs as wholes: what their table wishes, saving, opening, lines of text, leaving and coming back.

Also the one line for sentences, which every deed speaks through.
"""

from __future__ import annotations

from collections.abc import Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from textual.css.query import NoMatches
from textual.screen import Screen
from textual.widgets import Static

from unroll import permalink
from unroll.errors import UserError
from unroll.memory import resident
from unroll.protocol.requests import Measure
from unroll.terminal import answers, messages, texts
from unroll.terminal.dialogs import Ask, Pick
from unroll.terminal.help import Help
from unroll.terminal.splash import STARTING
from unroll.terminal.widgets.run_table import RunTable
from unroll.text import printable
from unroll.tty.renderer import CellDiffApp

if TYPE_CHECKING:
    from unroll.terminal.session import Session

WELCOME = "space trains · ←/→ steps · x cuts the loop · / types a sequence · ? explains"
"""What a person can do first; it goes when something has been trained."""
NO_ENGINE = "no engine"


class RunDeeds(Screen[None]):
    """A screen that shows a session: its one line for sentences, and what is done with its runs."""

    session: Session
    notice = ""
    fault = False
    looks_at_unit = False
    _unsaved = ""

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do this beside all else."""
        self.run_worker(work)

    def say(self, sentence: str, fault: bool = True) -> None:
        """Put one sentence under the prompt, until another is said."""
        self.notice, self.fault = printable(sentence), fault
        with suppress(NoMatches):  # leaving, with an answer still on its way
            self.show_notice()

    def show_notice(self) -> None:
        """Show what was said last, else why there is no engine, else what is done to it or a unit, else a hint."""
        session, notice = self.session, self.query_one("#notice", Static)
        said = self.notice or session.absence
        notice.set_class(self.fault if self.notice else bool(said), "-fault")
        notice.update(said or self._meaning() or ("" if session.has_trained else WELCOME), layout=False)
        self.query_one(RunTable).gives_way = bool(said) and said == session.comeback.offer
        if session.trace is None:
            self.query_one("#sentence", Static).update(NO_ENGINE if session.absence else STARTING, layout=False)

    def _meaning(self) -> str:
        """What the interventions mean, else the unit that was chosen."""
        trace = self.session.trace
        if trace is None:
            return ""
        unit = trace.detail if self.looks_at_unit else None
        meaning = texts.of_interventions(trace, self.session.moment.step)
        return meaning or ("" if unit is None else texts.of_unit(unit))

    def on_run_chosen(self, message: messages.RunChosen) -> None:
        self.session.choose_run(message.number)

    def on_run_deleted(self, message: messages.RunDeleted) -> None:
        name = self.session.delete(message.number)
        self.say(f"Deleted {name}: u in the runs brings it back.", fault=False)

    def on_run_restored(self, message: messages.RunRestored) -> None:
        name = self.session.restore()
        self.say(f"{name} is back." if name else "No deleted run is left to bring back.", fault=False)

    def on_run_marked(self, message: messages.RunMarked) -> None:
        self.session.compare(message.number)

    def on_run_overlaid(self, message: messages.RunOverlaid) -> None:
        self.session.overlay(message.number)

    def on_run_renamed(self, message: messages.RunRenamed) -> None:
        run = self.session.runs.by_number(message.number)
        if run is None:
            return

        def take(name: str | None) -> None:
            if name is not None:
                run.name = name
                self.session.announce()

        self.app.push_screen(Ask("Name of the run", run.name, "Any words.", answers.fault_of(answers.run_name)), take)

    def action_save(self) -> None:
        self.spawn(self._ask_name())

    async def _ask_name(self) -> None:
        """Which models there are is the engine's to know."""
        models, run = await self.session.models(), self.session.run
        if models is None or run is None:
            return

        def take(name: str | None) -> None:
            if name is not None:
                self.spawn(self._save(name))

        check = answers.fault_of(lambda text: answers.new_name(text, models.names))
        name = self._unsaved or answers.free_name(answers.file_name(run.name), models)
        self.app.push_screen(Ask("Save as", name, f"Into {models.folder}", check), take)

    async def _save(self, name: str) -> None:
        """Save under a name, which is offered again where that fails."""
        self._unsaved = name
        if await self.session.save(name):
            self._unsaved = ""

    def action_open(self) -> None:
        self.spawn(self._ask_model())

    async def _ask_model(self) -> None:
        models = await self.session.models()
        if models is None:
            return
        if not models.names:
            self.say(f"There is no saved model in {models.folder} yet: s saves one.", fault=False)
            return

        def take(name: str | None) -> None:
            if name is not None:
                self.spawn(self.session.open(name))

        hint = "It becomes a run of its own, beside the others."
        self.app.push_screen(Pick("Open a model", models.names, answers.of_models(models), hint), take)

    def action_resume(self) -> None:
        self.spawn(self.session.comeback.resume())

    def action_detach(self) -> None:
        if not self.session.has_engine():
            return
        if any(run.state == "training" for run in self.session.runs.rows):
            self.spawn(self._go_on_alone())
        else:
            self.say("Nothing trains that could go on alone: space trains, s saves, q leaves.", fault=False)

    async def _go_on_alone(self) -> None:
        name = await self.session.comeback.detach()
        if name:
            self.post_message(messages.Detached(name))

    def action_cost(self) -> None:
        self.spawn(self._tell_cost())

    async def _tell_cost(self) -> None:
        """What both processes take, and the line between this one and the person."""
        measured, app = await self.session.ask(Measure()), self.app
        if measured is not None and isinstance(app, CellDiffApp):
            sentences = texts.of_cost(resident(), app.bytes_written, app.frames, measured)
            self.app.push_screen(Help("What it costs", sentences, {}))

    def action_copy_line(self) -> None:
        try:
            text = permalink.write(*self.session.to_write())
        except UserError as error:
            self.say(str(error))
            return
        self.app.copy_to_clipboard(text)
        how = "It is copied, where the terminal allows that; the weights come back by training again."
        self.app.push_screen(Help("A line that brings this screen back", [f'unroll "{text}"', how], {}))
