"""One person's sitting: the runs, their training, the saved models, and the moment that is looked at. No screen.

All talk with the engine is here and in `looking`, so that nothing else need know there is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from unroll.errors import UserError
from unroll.moment import Moment
from unroll.protocol.replies import Models, Progress
from unroll.protocol.requests import Advance, Branch, Create, Forget, ListModels, Open, Pace, Pause, Play, Save
from unroll.recipe import Recipe
from unroll.terminal import texts
from unroll.terminal.coalesce import Latest
from unroll.terminal.looking import Audience, Looking
from unroll.terminal.recovery import Comeback
from unroll.terminal.runs import Run, Runs

if TYPE_CHECKING:
    from unroll.client.client import Conversation


class Session(Looking):
    """Runs and what can be done with them."""

    def __init__(self, audience: Audience, recipe: Recipe, sequence: tuple[int, ...]) -> None:
        super().__init__(audience, sequence)
        self.recipe = recipe
        self.pace: Pace = "8/s"
        self.stop_epoch: int | None = None
        self.stop_accuracy: float | None = None
        self.runs = Runs()
        self._eager = False
        self.comeback = Comeback(self)
        self._creating = Latest(audience.spawn, self._create_blank)

    @property
    def has_trained(self) -> bool:
        """Whether any run has been trained."""
        return any(run.curve.updates for run in self.runs.rows)

    # The engine

    async def engine_came(self, engine: Conversation, wanted: Moment | None = None) -> None:
        """An engine is ready: show what it has, what was here before, or an untrained network."""
        await self.comeback.engine_came(engine, wanted)
        if self._eager:
            self._eager = False
            self.train()

    def engine_went(self, absence: str = "") -> None:
        """There is none any more, and why, unless another is starting; what was seen stays."""
        self.engine, self.absence = None, absence
        for run in self.runs.rows:
            if run.state == "training":
                run.state = "paused"
        self._audience.changed()

    def forget_runs(self) -> None:
        """Take all runs off the table: the engine that had them is gone."""
        self.runs, self.run, self.compared = Runs(), None, None

    def progressed(self, progress: Progress) -> None:
        """A run has come further, or changed its state."""
        run = self.runs.by_number(progress.run)
        if run is None:
            return
        run.advance(progress)
        if progress.sentence:
            self.say(progress.sentence, fault=progress.state == "diverged")
        if run is self.run:
            self._audience.changed()
            if self.moment.epoch is None:
                self.look()

    # Runs

    async def create(self) -> Run | None:
        """Show an untrained network; None where the engine refuses the recipe. An untrained one before it goes."""
        created = await self.ask(Create(recipe=self.recipe))
        return None if created is None else self.enter(Run.of(created))

    async def branch(self) -> None:
        """Go on from the epoch looked at, with its optimizer, under the recipe of the form."""
        run = self.run
        if not self.has_engine() or run is None:
            return
        epoch = run.epochs_done if self.moment.epoch is None else self.moment.epoch
        created = await self.ask(Branch(run=run.number, epoch=epoch, recipe=self.recipe))
        if created is not None:
            self.enter(Run.of(created, f"{run.name} ⑂{epoch}", f"branched off {run.name} at epoch {epoch}"))
            self._start(0)

    async def open(self, name: str) -> None:
        created = await self.ask(Open(name=name))
        if created is not None:
            run = self.enter(Run.of(created, name, f"was opened from {name}"))
            self.recipe = run.recipe
            self._audience.changed()

    async def save(self, name: str) -> bool:
        """Save the network looked at, and say where; whether that was done."""
        if not self.has_engine() or self.run is None:
            return False
        saved = await self.ask(Save(run=self.run.number, epoch=self.moment.epoch, name=name))
        if saved is not None:
            self.say(f"Saved in {saved.path}.")
        return saved is not None

    async def models(self) -> Models | None:
        return await self.ask(ListModels())

    def enter(self, run: Run) -> Run:
        """Put a run on the table and show it; an untrained one that was shown goes."""
        if self.run is not None and not self.run.curve.updates and self.run in self.runs.rows:
            self.runs.rows.remove(self.run)
            self.tell(Forget(run=self.run.number))
        self.runs.add(run)
        self.show_run(run)
        return run

    def show_run(self, run: Run) -> None:
        """Look at a run, at its newest, on what of the sequence its vocabulary has."""
        self.run = run
        sequence = tuple(n for n in self.moment.sequence if n < run.recipe.task.vocab_size) or (0,)
        step = min(self.moment.step, len(sequence) - 1)
        self.unit = min(self.unit, run.recipe.model.hidden_size - 1)
        units = range(run.recipe.model.hidden_size)
        does = self.moment.interventions
        kept = tuple(c for c in does.clamps if c[0] in units)
        cuts = tuple(s for s in does.cut_steps if s < len(sequence))
        interventions = replace(does, clamps=kept, cut_steps=cuts)
        self._move(run=run.number, epoch=None, sequence=sequence, step=step, interventions=interventions)

    def choose_run(self, number: int) -> None:
        """Look at a run of the table; the form shows its recipe."""
        run = self.runs.by_number(number)
        if run is not None:
            self.recipe = run.recipe
            self.show_run(run)

    def compare(self, number: int) -> None:
        """Compare others with this run from now on, or no more, and say which."""
        run = self.runs.by_number(number)
        self.compared = None if run is self.compared else run
        self.difference = self.difference and self._against() is not None
        self.say(texts.of_mark(None if self.compared is None else self.compared.ordinal))
        self._move()

    def overlay(self, number: int) -> None:
        """Draw a run's curve behind the others, or no more."""
        run = self.runs.by_number(number)
        if run is not None:
            run.overlaid = not run.overlaid
            self._audience.changed()

    def delete(self, number: int) -> str:
        """Take a run off the table, from where `restore` brings it back; gives its name."""
        run = self.runs.by_number(number)
        if run is None:
            return "nothing"
        if run.state == "training":
            self.tell(Pause(run=run.number))
        beside = self.runs.beside(run)
        forgotten = self.runs.delete(run)
        if forgotten is not None:
            self.tell(Forget(run=forgotten.number))
        self.compared = None if self.compared is run else self.compared
        if run is self.run:
            self._show_instead(beside)
        self._audience.changed()
        return run.name

    def _show_instead(self, beside: Run | None) -> None:
        self.run = beside
        if beside is None:
            self._creating.ask()
        else:
            self.choose_run(beside.number)

    async def _create_blank(self) -> None:
        await self.create()

    def restore(self) -> str:
        """Bring back the run that was deleted last; gives its name, or nothing."""
        run = self.runs.restore()
        if run is None:
            return ""
        self.choose_run(run.number)
        return run.name

    # Training

    def edit(self, recipe: Recipe) -> None:
        """Another recipe is wanted: at once for an untrained network, with the next training for a trained one."""
        self.recipe = recipe
        if self.run is None or not self.run.curve.updates:
            self._creating.ask()
        self._audience.changed()

    def choose_pace(self, pace: Pace) -> None:
        """Go at another pace, at once."""
        self.pace = pace
        if self.run is not None and self.is_training:
            self.tell(Pause(run=self.run.number) if pace == "by hand" else self._play(self.run))

    @property
    def is_training(self) -> bool:
        """Whether the run that is shown trains."""
        return self.run is not None and self.run.state == "training"

    def train_or_pause(self) -> None:
        if self.run is not None and self.is_training:
            self.tell(Pause(run=self.run.number))
        else:
            self.train()

    def train(self, updates: int = 0) -> None:
        """Train so many updates, or on and on; anew where the recipe has changed or the run is over."""
        self._audience.spawn(self._train(updates))

    async def _train(self, updates: int) -> None:
        run = self.run
        if run is not None and (run.is_over or run.recipe != self.recipe) and not await self.create():
            return
        self._start(updates)

    def _start(self, updates: int) -> None:
        run = self.run
        if run is None:
            if not self.absence:
                self._eager = True
                self.say("Training starts as soon as the engine does.")
            return
        if self.moment.epoch is not None:
            self._move(epoch=None)
        by_hand = self.pace == "by hand"
        self.tell(Advance(run=run.number, updates=updates or 1) if updates or by_hand else self._play(run))

    def _play(self, run: Run) -> Play:
        return Play(run=run.number, pace=self.pace, stop_epoch=self.stop_epoch, stop_accuracy=self.stop_accuracy)

    # One line of text

    def to_write(self) -> tuple[Recipe, Moment]:
        """The recipe and the moment that a line needs to bring this screen back.

        Raises:
            UserError: this run is not made by its recipe alone, or stands between two epochs.
        """
        run, epoch = self.run, self.moment.epoch
        if run is None:
            raise UserError(self.absence or "There is no network to write a line of yet: a moment, please.")
        if run.origin:
            raise UserError(f"{run.name} {run.origin}, so a recipe cannot bring it back: save the model instead.")
        if epoch is None and run.curve.updates % run.plan.updates_per_epoch:
            raise UserError("This network stands between two epochs: e trains to the end of the epoch.")
        return run.recipe, replace(self.moment, epoch=run.epochs_done if epoch is None else epoch)

    async def bring_back(self, moment: Moment) -> None:
        """Train at full speed up to a moment of the recipe's run, and look at it."""
        run = await self.create()
        if run is None:
            return
        self.unit = moment.interventions.clamps[0][0] if moment.interventions.clamps else 0
        self._move(sequence=moment.sequence, step=moment.step, interventions=moment.interventions)
        if moment.epoch:
            self.tell(Play(run=run.number, pace="full", stop_epoch=moment.epoch))
