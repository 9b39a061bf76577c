"""One person's session: the moment, the runs, and all that is asked of the engine. No screen."""

from collections.abc import Sequence
from itertools import takewhile
from random import Random
from typing import Any, NamedTuple, TypeVar

from msgspec.structs import asdict, replace

from unroll.client.client import Conversation
from unroll.client.diagnosis import EngineError
from unroll.moment import ARGMAX, MAX_STEPS, UNTOUCHED, Moment, Sampling
from unroll.permalink import Link
from unroll.protocol import requests
from unroll.protocol.replies import Answer, Pace, Progress
from unroll.protocol.requests import Look, Request
from unroll.protocol.trace import Trace
from unroll.recipe import Recipe
from unroll.tasks import TASKS
from unroll.terminal import permalink_texts, texts, views
from unroll.terminal.display import Display
from unroll.terminal.file_sight import FileSight
from unroll.terminal.runs import NetworkScore, Run, Runs
from unroll.terminal.sparing import Latest
from unroll.vocabulary import Vocabulary

A = TypeVar("A", bound=Answer)
TOP = 7
"""Candidates that are asked for: six are shown, and a seventh tells whether there are others."""


class Comparison(NamedTuple):
    """What a moment is compared with: another, or None, and what the values and the answers there are called."""

    against: Moment | None = None
    baseline: str = ""
    versus: str = ""


class Session:
    """The moment on one engine's runs, and everything that can be done with them.

    Attributes:
        said: The steps of the sequence whose numbers the network itself said.
        times_typed: How often another sequence has been typed, or has come with a permalink.
        unit: The selected unit, from 0; its details are asked for once `explains_unit`.
        stop: The epoch or the accuracy (0..1) at which training stops.
        compared: The run that others are compared with.
        file: How the form's file is understood.
        run: The run that is shown; None while there is no engine.
        trace: The newest look at the moment, or at the one before it while a look is under way.
        background: The name of an engine that was in the background when it came, and stays there; else empty.
        absence: Why there is no engine, with the way out; empty where there is one, or one is starting.
        baseline: What the trace's values are the difference from; empty where they are the values themselves.
        versus: What the trace's candidates are compared with; empty where they are not.
        is_sampled: Whether the trace's candidates have the chances with which they are drawn.
    """

    def __init__(self, display: Display, recipe: Recipe, sequence: tuple[int, ...]) -> None:
        self.recipe = recipe
        self.moment = Moment(0, sequence, len(sequence) - 1)
        self.said: frozenset[int] = frozenset()
        self.times_typed = 0
        self.unit, self.explains_unit = 0, False
        self.view, self.difference = "hidden", False
        self.sampling = Sampling()
        self.pace: Pace = "8/s"
        self.stop: tuple[int | None, float | None] = (None, None)
        self.runs = Runs()
        self.run: Run | None = None
        self.compared: Run | None = None
        self.trace: Trace | None = None
        self.baseline = self.versus = ""
        self.is_sampled = False
        self._expected: tuple[int, Link] | None = None
        """A permalink and its run, until its network is there."""
        self.engine: Conversation | None = None
        self.absence = self.background = ""
        self.display = display
        self._looking = Latest(display.spawn, self._look)
        self._creating = Latest(display.spawn, self._create_edited)
        self.file = FileSight(display, self.ask, lambda: self.recipe.task)
        self._answered: Look | None = None
        self._typed_in: dict[tuple[str, ...], tuple[int, ...]] = {}
        """The sequence typed last in each vocabulary's symbols; `_stands_in` was shown of it last, or in its place."""
        self._stands_in: tuple[int, ...] = ()
        self._trains_at_start = False

    @property
    def recipe_shown(self) -> Recipe:
        """The recipe of the run that is shown; the form's while there is none."""
        return self.run.recipe if self.run else self.recipe

    @property
    def vocabulary(self) -> Vocabulary:
        """What the numbers of the run that is shown stand for."""
        return Vocabulary.of(self.recipe_shown.task)

    @property
    def is_worth_keeping_on(self) -> bool:
        """Whether any run trains, or the engine was in the background before."""
        return bool(self.background) or any(run.state == "training" for run in self.runs.rows)

    @property
    def is_training(self) -> bool:
        """Whether the run that is shown trains."""
        return self.run is not None and self.run.state == "training"

    @property
    def own(self) -> NetworkScore | None:
        """How well the network that is looked at does itself; None between two epochs, or while it trains."""
        run, trace = self.run, self.trace
        if run is None or trace is None or trace.loss is None or trace.score is None or trace.steps_right is None:
            return None
        shown = trace.moment.run, trace.moment.epoch
        is_whole = trace.epoch.is_integer() and (self.moment.epoch is not None or trace.epoch == run.curve.epoch)
        is_own = is_whole and shown == (run.number, self.moment.epoch)
        return NetworkScore(trace.loss, trace.score[1], trace.steps_right) if is_own else None

    # The engine

    async def ask(self, request: Request[A]) -> A | None:
        """The engine's answer; None where it refused, which is then said."""
        if self.has_engine() and self.engine is not None:
            try:
                return await self.engine.ask(request)
            except EngineError as error:
                if self.has_engine():  # otherwise its end has been explained already
                    self.display.say(str(error))
        return None

    def tell(self, request: Request[Any]) -> None:
        """Ask in the background; a refusal is said."""
        self.display.spawn(self.ask(request))

    def has_engine(self) -> bool:
        """Whether there is an engine; if not, what can be done about it is said."""
        if self.engine is None:
            self.display.say(self.absence or texts.ENGINE_STARTS, fault=bool(self.absence))
        return self.engine is not None

    async def engine_came(self) -> None:
        """There is an engine with a run: start the training that was asked for before."""
        if self._trains_at_start:
            self._trains_at_start = False
            await self.train()

    def engine_went(self, absence: str = "") -> None:
        """There is no engine any more, and why, unless another is starting; what was on the screen stays."""
        self.engine, self.absence = None, absence
        for run in self.runs.rows:
            if run.state == "training":
                run.state = "paused"
        self.display.changed()

    def forget_runs(self) -> None:
        """Take all runs off the table: the engine that had them is gone."""
        self.runs, self.run, self.compared = Runs(), None, None

    def progressed(self, progress: Progress) -> None:
        """A run has advanced, or changed its state."""
        run = self.runs.by_number(progress.run)
        if run is None:
            return
        run.advance(progress)
        if progress.sentence:
            self.display.say(progress.sentence, fault=progress.state == "diverged")
        if run is self.run:
            self.display.changed()
            if self.moment.epoch is None:
                self.look()

    # Runs

    async def create(self) -> Run | None:
        """Show an untrained network; None where the engine refuses the recipe."""
        wanted = self.recipe
        if not await self.file.can_be_trained(wanted.task):
            return None
        created = await self.ask(requests.Create(recipe=wanted))
        if created is None:
            return None
        run = self.enter(Run.of(created))
        if self.recipe == wanted:
            self.recipe = created.recipe  # a file's vocabulary is known once it is read
        return run

    async def _create_edited(self) -> None:
        """Show a network by the form, unless one was made, or trained, while its file was named."""
        await self.file.named()
        run = self.run
        if run is None or (run.recipe != self.recipe and not run.curve.updates):
            await self.create()
        else:
            self.file.look()

    async def branch(self) -> None:
        """Train on from the epoch looked at, with its optimizer, under the form's recipe."""
        run = self.run
        if not self.has_engine() or run is None:
            return
        epoch = run.epochs_done if self.moment.epoch is None else self.moment.epoch
        created = await self.ask(requests.Branch(run=run.number, epoch=epoch, recipe=self.recipe))
        if created is not None:
            self.enter(Run.of(created, f"{run.name} @{epoch}", f"was branched from {run.name} at epoch {epoch}"))
            await self._start()

    async def open(self, name: str | None, path: str = "") -> None:
        """Show a saved model as a run of its own, by its name or by the path of its file."""
        created = await self.ask(requests.Open(name=name, path=path))
        if created is not None:
            self.recipe = created.recipe
            self.enter(Run.opened(created, name or (path if "/" in path else f"./{path}")))

    async def open_member(self, recipe: Recipe, seeds: Sequence[int], index: int, apart: str = "") -> Run | None:
        """Show one of several seeds that were trained together, trained again as a run of its own; None if refused.

        `apart` is what tells it from such runs of the same task and cell.
        """
        created = await self.ask(requests.Member(recipe=recipe, seeds=tuple(seeds), index=index))
        if created is not None:
            self.recipe = created.recipe
            name = f"seed {seeds[index]} {recipe.task.task} {recipe.model.cell} {apart}".rstrip()
            return self.enter(Run.of(created, name, f"was trained together with others ({texts.of_seeds(seeds)})"))
        return None

    def enter(self, run: Run) -> Run:
        """Put a run on the table and show it; an untrained one that was shown is removed."""
        if self.run is not None and not self.run.curve.updates and self.run in self.runs.rows:
            self.runs.rows.remove(self.run)
            self.tell(requests.Forget(run=self.run.number))
        self.runs.add(run)
        self.show_run(run)
        return run

    def show_run(self, run: Run) -> None:
        """Look at a run at its newest epoch, with what of the sequence and interventions its sizes allow."""
        self.file.look()
        before, self.run, units = self.vocabulary, run, run.recipe.model.hidden_size
        self.unit = min(self.unit, units - 1)
        sequence = self._fitting(before)
        step, does = (
            min(self.moment.step if sequence == self.moment.sequence else MAX_STEPS, len(sequence) - 1),
            self.moment.interventions.within(len(sequence), units, run.recipe.task.vocab_size),
        )
        self.move(run=run.number, epoch=None, sequence=sequence, step=step, interventions=does)

    def _fitting(self, before: Vocabulary) -> tuple[int, ...]:
        """What the run has of the sequence typed last in its symbols; where nothing, which is said, one of its task."""
        now, shown = self.vocabulary, self.moment.sequence
        if shown != self._stands_in:
            self._typed_in[before.symbols] = shown
        kept = tuple(number for number in self._typed_in.get(now.symbols, ()) if number < now.size)
        if not kept:
            self.display.note(texts.OWN_SEQUENCE)
            task = self.recipe_shown.task
            kept = tuple(next(TASKS[task.task].examples(task, task.length, Random(0)), now.opening))
        self._stands_in = kept
        return kept

    def choose_run(self, run: Run) -> None:
        """Look at a run of the table; the form shows its recipe."""
        self.recipe = run.recipe
        self.show_run(run)

    def compare(self, run: Run) -> None:
        """Compare others with this run from now on, or no longer, and say which."""
        self.compared = None if run is self.compared else run
        self.difference = self.difference and self.comparison.against is not None
        self.display.note(texts.of_mark(self.compared))
        self.move()

    def delete(self, run: Run) -> None:
        """Take a run off the table, from where `restore` brings it back."""
        if run.state == "training":
            self.tell(requests.Pause(run=run.number))
        place = self.runs.rows.index(run)
        forgotten = self.runs.delete(run)
        if forgotten is not None:
            self.tell(requests.Forget(run=forgotten.number))
        self.compared = None if self.compared is run else self.compared
        if run is self.run:
            self.run = None
            if self.runs.rows:
                self.choose_run(self.runs.rows[max(0, place - 1)])
            else:
                self._creating.ask()
        self.display.changed()
        self.display.note(f"Deleted {run.name}: U in the runs brings it back.")

    def restore(self) -> None:
        """Bring back the run that was deleted last."""
        run = self.runs.restore()
        if run is not None:
            self.choose_run(run)
        self.display.note(f"{run.name} is back." if run else "There is no deleted run to bring back.")

    # Training

    def edit(self, recipe: Recipe) -> None:
        """Take another recipe: at once for an untrained network, with the next training for a trained one."""
        before, self.recipe = self.vocabulary, recipe
        if self.run is None and (sequence := self._fitting(before)) != self.moment.sequence:
            self.turn_to(sequence)
        if self.run is None or not self.run.curve.updates:
            self._creating.ask()
        else:
            self.file.look()
        self.display.changed()

    def choose_pace(self, pace: Pace) -> None:
        """Train at another pace from now on."""
        self.pace = pace
        if self.run is not None and self.is_training:
            self.tell(requests.Pause(run=self.run.number) if pace == "by hand" else self._play(self.run))

    async def pause(self) -> None:
        """Pause the run that is shown."""
        if self.run is not None:
            await self.ask(requests.Pause(run=self.run.number))

    async def train(self, updates: int = 0) -> None:
        """Train some updates, or until something stops it; anew if the recipe has changed or the run is over."""
        run = self.run
        is_new = run is not None and (run.is_over or run.recipe != self.recipe)
        if run is not None and is_new and run.recipe == self.recipe and not run.origin:
            self.display.note(texts.SAME_NETWORK)
        if not is_new or await self.create():
            await self._start(updates)

    async def _start(self, updates: int = 0) -> None:
        run = self.run
        if run is None:
            self._trains_at_start |= not self.absence and not updates
            if not self.absence:
                self.display.note(texts.ENGINE_STARTS if updates else texts.TRAINING_WAITS)
            return
        if self.moment.epoch is not None:
            self.move(epoch=None)
        if updates or self.pace == "by hand":
            await self.ask(requests.Advance(run=run.number, updates=updates or 1))
        else:
            await self.ask(self._play(run))

    def _play(self, run: Run) -> requests.Play:
        epoch, accuracy = self.stop
        return requests.Play(run=run.number, pace=self.pace, stop_epoch=epoch, stop_accuracy=accuracy)

    # Looking

    def look(self) -> None:
        """Ask for a new trace of the moment, soon."""
        self._looking.ask()

    def look_if_needed(self) -> None:
        """Look, unless the trace in hand holds all that is on the screen."""
        wanted, answered = self._look_request(), self._answered
        if self.trace is not None and answered is not None and self.trace.holds(wanted.window):
            if wanted.unit is None:
                answered = replace(answered, unit=None, moment=replace(answered.moment, step=wanted.moment.step))
            against = answered.against and replace(answered.against, step=wanted.moment.step)
            if wanted == replace(answered, window=wanted.window, against=against):
                return
        self.look()

    async def _look(self) -> None:
        if self.engine is None or self.run is None:
            return
        request, comparison = self._look_request(), self.comparison
        looked = await self.ask(request)
        if looked is not None and replace(request.moment, step=0) == replace(self.moment, step=0):
            self.trace, self._answered = looked.trace, request
            self.view = looked.trace.view if request.view == self.view else self.view  # another was chosen meanwhile
            self.baseline, self.versus = comparison.baseline if request.difference else "", comparison.versus
            self.is_sampled = request.sampling.temperature > 0
            self._compare_with_expected(looked.trace)
            self.display.changed()

    def _compare_with_expected(self, trace: Trace) -> None:
        """Say so where a permalink's network has come out otherwise here; its loss is known once it is at rest."""
        if self._expected is None:
            return
        run, link = self._expected
        if (run, float(link.moment.epoch or 0)) != (trace.moment.run, trace.epoch):
            return
        is_other = link.weights not in ("", trace.weights)
        if is_other and link.loss is not None and trace.loss is None:
            return
        self._expected = None
        if is_other:
            self.display.note(permalink_texts.of_other_network(link.loss, trace.loss))

    def _look_request(self) -> Look:
        against, is_touched = self.comparison.against, self.moment.interventions != UNTOUCHED
        return Look(
            moment=self.moment,
            view=self.view,
            window=self.display.window(),
            unit=self.unit if self.explains_unit else None,
            against=against,
            difference=self.difference and against is not None and self.view != "attribution",
            score=is_touched or self.moment.epoch is not None or not self.is_training,
            top=TOP,
            sampling=replace(self.sampling, seed=0) if self.sampling.temperature else ARGMAX,
        )

    @property
    def comparison(self) -> Comparison:
        """What the moment is compared with: itself untouched, or else the marked run."""
        moment, marked = self.moment, self.compared
        if moment.interventions != UNTOUCHED:
            return Comparison(replace(moment, interventions=UNTOUCHED), "before", "untouched")
        if marked is None or marked is self.run or not self.can_read(marked):
            return Comparison()
        called = f"run {marked.ordinal}"
        return Comparison(replace(moment, run=marked.number, epoch=None), called, f"{called}, {marked.name}")

    def can_read(self, other: Run) -> bool:
        """Whether another run's network has the numbers of this sequence, and they stand for the same there."""
        theirs = Vocabulary.of(other.recipe.task)
        return max(self.moment.sequence) < theirs.size and theirs.symbols == self.vocabulary.symbols

    def move(self, said: frozenset[int] = frozenset(), **changes: Any) -> None:
        """Turn to another moment, and look at it; `said` are steps whose numbers the network has just said."""
        before, self.moment = self.moment.sequence, replace(self.moment, **changes)
        kept = sum(
            1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, self.moment.sequence, strict=False))
        )
        self.said = said.union(step for step in self.said if step < kept)
        self.display.changed()
        self.look()

    def look_at(self, run: Run, link: Link, epoch: int | None = None) -> None:
        """Look at a permalink's moment in a run, at the newest epoch or another, as it was seen; where the network has
        come out otherwise than the permalink's, that is said when it is there."""
        moment = replace(link.moment, run=run.number, epoch=epoch)
        self._expected = run.number, link
        self.unit, self.view, self.sampling = link.unit, link.view, link.sampling
        self.difference = link.difference and moment.interventions != UNTOUCHED
        self.times_typed += moment.sequence != self.moment.sequence
        self.move(**asdict(moment))

    # The two cursors

    def choose_step(self, step: int) -> None:
        """Move the cursor in the sequence: a redraw, and a look only for what the trace lacks."""
        step = max(0, min(step, len(self.moment.sequence) - 1))
        if step != self.moment.step:
            self.moment = replace(self.moment, step=step)
            self.display.changed()
            self.look_if_needed()

    def choose_unit(self, unit: int) -> None:
        """Select a unit, whose details are shown from now on."""
        self.unit, self.explains_unit = unit, True
        self.display.changed()
        self.look_if_needed()

    def choose_epoch(self, epoch: int | None) -> None:
        """Look at the network as it was; None, or past the last, follows the newest."""
        if self.run is not None:
            newest = self.run.epochs_done - self.is_training
            self.move(epoch=None if epoch is None or epoch > newest else epoch)

    def turn_view(self, by: int) -> None:
        """Show the view after the present one, or before it."""
        names = self.trace.views if self.trace else ("hidden",)
        self.choose_view(names[(names.index(self.view) + by) % len(names)])

    def choose_view(self, view: str) -> None:
        """Show a view, and say what it is."""
        if self.has_engine():
            self.view = view
            self.display.note(views.told(view))
            self.look()

    def toggle_difference(self) -> None:
        """Show the difference from the untouched network or from the marked run, or the values themselves."""
        if not self.has_engine():
            return
        self.difference = not self.difference and self.view != "attribution"
        if self.view == "attribution":
            self.display.note(texts.NO_DIFFERENCE_OF_LEADS)
        if self.difference and self.comparison.against is None:
            self.difference = False
            self.display.note(texts.COMPARED_WITH_ITSELF if self.compared else texts.NOTHING_TO_COMPARE)
        self.look()

    # The sequence

    def type(self, sequence: tuple[int, ...], step: int | None = None) -> None:
        """Look at another sequence, at its last step unless one is given."""
        self.times_typed += sequence != self.moment.sequence
        self.turn_to(sequence, step)

    def turn_to(self, sequence: tuple[int, ...], step: int | None = None, said: frozenset[int] = frozenset()) -> None:
        """Look at another sequence that nobody typed; `said` as in `move`."""
        last = len(sequence) - 1
        step = last if step is None else max(0, min(step, last))
        if sequence == self.moment.sequence:
            self.choose_step(step)
        else:
            does = self.moment.interventions.within(steps=len(sequence))
            self.move(said, sequence=sequence, step=step, interventions=does)
