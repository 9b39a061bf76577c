"""A lesson's place in the playground: which scene it is at, whether the screen still shows it, and the way back there.

A scene is restored through the session as a person would: the run of its recipe, or a new one that trains at full
speed up to its epoch, then the sequence, the step and what is done to the network. It plays by itself on a timer.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from msgspec.structs import replace
from textual.timer import Timer

from unroll.client.diagnosis import EngineDied
from unroll.errors import FileError
from unroll.permalink import Link
from unroll.protocol.requests import Forget, Pause, Play
from unroll.recipe import Recipe
from unroll.tasks import answers
from unroll.terminal import texts
from unroll.terminal.lens_sight import LensSight
from unroll.terminal.recovery import Recovery
from unroll.terminal.runs import Run
from unroll.terminal.session import Session
from unroll.terminal.sparing import Latest
from unroll.terminal.widgets.tour_card import Card
from unroll.tour import lesson as lessons
from unroll.tour.lesson import Evidence, Lesson, PaneName, Scene
from unroll.vocabulary import Vocabulary

SECONDS = 10.0
"""How long a scene stands when a lesson plays by itself."""
POLL_S = 0.5
"""How often it is looked whether a network has come as far as is waited for."""
IDLE_S = 60.0
"""It plays on after so long without a key."""


class Tour:
    """A lesson that is shown; `lesson` is None while there is none, `place` counts its scenes from 0."""

    def __init__(
        self,
        session: Session,
        recovery: Recovery,
        lens: LensSight,
        stage: Callable[[PaneName], None],
        set_timer: Callable[[float, Callable[[], None]], Timer],
    ) -> None:
        """`stage` clears the playground of whatever is open over it, and brings a pane in sight."""
        self.lesson: Lesson | None = None
        self.place = 0
        self._session, self._recovery, self._lens = session, recovery, lens
        self._stage, self._set_timer = stage, set_timer
        self._restoring = Latest(session.display.spawn, self._restore)
        self._is_owed = self._is_due = False  # the scene is still to be asked for; is still on its way
        self._seconds = 0.0
        self._timer: Timer | None = None
        self._waited = self._began = self._is_taken = False
        self._stale: set[Recipe] = set()

    @property
    def scene(self) -> Scene | None:
        return self.lesson.scenes[self.place] if self.lesson else None

    # Where one is

    def begin(self, lesson: Lesson, seconds: float = 0.0) -> None:
        """Show a lesson from its first scene; by itself, again and again, where each stands for some `seconds`."""
        self.lesson, self._seconds, self._is_taken = lesson, seconds, False
        self._turn_to(0)

    def leave(self) -> None:
        """Show no lesson any more; what is on the screen stays."""
        self.lesson, self._seconds = None, 0.0
        self._wait()
        self._session.display.changed()
        self._session.display.note(texts.TOUR_LEFT)

    def step(self, by: int) -> None:
        """Go to the next scene or the one before; behind the last, to the next lesson."""
        place = self.place + by
        if self.lesson is None:
            self._session.display.note(texts.NO_TOUR)
        elif place < 0:
            self._session.display.note(texts.FIRST_SCENE)
        elif place < len(self.lesson.scenes):
            self._turn_to(place)
        elif following := self._following():
            self.lesson = following
            self._turn_to(0)
        else:
            self._session.display.note(texts.of_end(""))

    def _following(self) -> Lesson | None:
        """The lesson that comes after this one; None where none does, or it cannot be read, which is said."""
        path = lessons.next_after(self.lesson.name) if self.lesson else None
        try:
            return lessons.read(path) if path else None
        except FileError as error:
            self._session.display.say(str(error))
            return None

    def restore(self) -> None:
        """Show the scene as it is meant, whatever has become of the screen."""
        self._turn_to(self.place)

    def engine_came(self) -> None:
        """There is an engine, perhaps after another's death: what it owes to the scene is asked of it."""
        self._wait()
        if self._is_due:
            self._restoring.ask()

    def _turn_to(self, place: int) -> None:
        self.place, self._began = place, False
        self._is_owed = self._is_due = True
        if self._session.engine is not None:
            self._wait()
            self._restoring.ask()
        elif self._session.absence:
            self._session.display.say(self._session.absence)
        self._session.display.changed()

    # How a scene is brought about

    async def _restore(self) -> None:
        scene, session = self.scene, self._session
        if scene is None:
            return
        self._stage(scene.pane)
        session.compared, session.stop, session.pace = None, (None, None), "8/s"
        link, run = scene.link, await self._run(scene.link)
        if scene is not self.scene:
            return
        if run is None:
            self._is_owed = self._is_due = session.engine is None
            return
        epoch = link.moment.epoch or 0
        if run.state == "training" and run.epochs_done >= epoch:
            await session.ask(Pause(run=run.number))
        session.explains_unit = False
        self._lens.show(link.lens or lessons.LENSES[0])
        self._keep_curves(run)
        session.look_at(run, link, _epoch_of(run, epoch))
        if run.epochs_done < epoch and await session.ask(Play(run=run.number, pace="full", stop_epoch=epoch)):
            run.state = "training"  # as its first progress will say
        self._is_owed = session.engine is None
        session.display.changed()

    def _keep_curves(self, run: Run) -> None:
        """Draw behind a run's curve those of the lesson's scenes so far, and no other's."""
        scenes = self.lesson.scenes[: self.place + 1] if self.lesson else ()
        for one in self._session.runs.rows:
            one.overlaid = one is run or any(_is_of(one, scene.link) for scene in scenes)

    async def _run(self, link: Link) -> Run | None:
        """Show the run of a scene that has come furthest, or bring one; None where that cannot be, which is said."""
        session, engine = self._session, self._session.engine
        found = [run for run in session.runs.rows if _is_of(run, link)]
        if found and link.recipe not in self._stale:
            run = max(found, key=lambda run: (run.epochs_done, run is session.run))
            if run is not session.run:
                session.choose_run(run)
                session.display.note("")  # that its sequence is another goes without saying
            session.recipe = run.recipe
            return run
        with suppress(EngineDied):  # what has come of that is said by those who listen to it
            brought = await self._recovery.bring(engine, link) if engine else ""
            if isinstance(brought, Run):
                self._stale.discard(link.recipe)
                for old in (run for run in found if run in session.runs.rows):
                    session.runs.rows.remove(old)
                    session.tell(Forget(run=old.number))
                session.display.note("")
                return brought
            session.display.say(brought)
        return None

    # What is said of it

    @property
    def is_under_way(self) -> bool:
        """Whether the scene's network is still on its way to the scene's epoch."""
        scene, run = self.scene, self._session.run
        if scene is None or run is None or not _is_of(run, scene.link):
            return False
        return self._is_due and run.epochs_done < (scene.link.moment.epoch or 0)

    def follow(self) -> None:
        """The screen has changed: note when the scene has been brought about, or given up by another deed."""
        run = self._session.run
        if self._is_due and not self._is_owed and self._session.engine is not None:
            self._is_due = run is not None and run.state == "training" and self.is_under_way
            if not self._is_due and self.lesson and self.scene is self.lesson.scenes[-1] and not self.is_playing:
                following = self._following()
                self._session.display.note(texts.of_end(following.title if following else ""))

    def _shows(self, scene: Scene) -> bool:
        """Whether the screen shows the scene, whatever pane is in sight."""
        session, link, run = self._session, scene.link, self._session.run
        if run is None or not _is_of(run, link):
            return False
        there = replace(link.moment, run=run.number, epoch=session.moment.epoch)
        epoch = run.curve.epoch if session.moment.epoch is None else session.moment.epoch
        is_there = scene.until is not None or epoch == (link.moment.epoch or 0)
        seen = session.view, session.difference, session.unit, replace(session.sampling, seed=0), session.compared
        meant = link.view, link.difference, link.unit, link.sampling, None
        is_seen_so = scene.pane != "lens" or link.lens in ("", self._lens.lens)
        return is_there and is_seen_so and session.moment == there and seen == meant

    def card(self, of_unit: str = "") -> Card | None:
        """What stands on the card; what is to be said of a unit that a person has chosen takes the last line."""
        lesson, scene, run = self.lesson, self.scene, self._session.run
        if lesson is None or scene is None:
            return None
        is_away = not (self._is_due or self._shows(scene))
        label, below = ("Try:", scene.suggestion) if scene.suggestion else ("", "")
        if self.is_under_way and run is not None:
            label, below = "Training:", texts.of_way_to_epoch(run, scene.link.moment.epoch or 0)
        elif of_unit:
            label, below = "", of_unit
        elif scene.until is not None and not is_away and scene.until.holds(self.evidence):
            label, below = "✓", texts.of_brought_about(scene.until.text)
        place = f"{self.place + 1} of {len(lesson.scenes)}"
        return Card(place, lesson.title, is_away, scene.text, label, below, self.is_playing)

    @property
    def evidence(self) -> Evidence:
        """What the conditions of a scene are about."""
        session, trace, run, picture = self._session, self._session.trace, self._session.run, self._lens.picture
        if trace is None or run is None:
            return Evidence("", False, 0, None)
        step, row = session.moment.step, session.moment.step - trace.window.first_step
        if not (0 <= row < len(trace.candidates) and trace.moment.sequence == session.moment.sequence):
            return Evidence("", False, trace.epoch, None)
        first, task = trace.candidates[row][0].number, run.recipe.task
        answer, is_right = Vocabulary.of(task).shown(first), first in answers(task, trace.moment.sequence)[step]
        accuracy = trace.score[0] if trace.score else run.curve.last()[1]
        return Evidence(answer, is_right, trace.epoch, accuracy, picture.caption if picture else "")

    # By itself

    @property
    def is_playing(self) -> bool:
        """Whether it goes on by itself, and nobody has taken over."""
        return self._seconds > 0 and not self._is_taken

    def tick(self) -> None:
        """The time of a scene is over: train what it waits for, or go on; after the last scene, once more."""
        scene, session = self.scene, self._session
        if scene is None or self.lesson is None:
            return
        self._is_taken = False
        session.display.changed()
        if session.is_training or session.engine is None:
            self._wait_for_network()
        elif self._waited:  # there is something new to see
            self._waited = False
            self._wait()
        elif not self._shows(scene) and not self._began:  # whoever had the keys is gone
            self._turn_to(self.place)
        elif scene.until is not None and not self._began:
            self._began = True
            self._wait_for_network()
            session.display.spawn(session.train())
        elif self.place + 1 < len(self.lesson.scenes):
            self._turn_to(self.place + 1)
        else:
            self._stale = {one.link.recipe for one in self.lesson.scenes}
            self._turn_to(0)

    def interrupt(self) -> None:
        """A person has taken a key: it plays on when none has followed for a while."""
        if self._seconds:
            was_playing, self._is_taken = self.is_playing, True
            self._wait()
            if was_playing:
                self._session.display.changed()

    def _wait_for_network(self) -> None:
        """Look again soon whether a network has come as far as is waited for."""
        self._waited = True
        self._wait(POLL_S)

    def _wait(self, seconds: float = 0.0) -> None:
        """Have the timer go off when the scene's time is over, or after some seconds; not where nothing plays."""
        if self._timer is not None:
            self._timer.stop()
        seconds = IDLE_S if self._is_taken else seconds or self._seconds
        self._timer = self._set_timer(seconds, self.tick) if self._seconds else None


def _is_of(run: Run, link: Link) -> bool:
    """Whether a run is the one that a permalink is of."""
    is_made_so = run.model == link.model and bool(run.model) == bool(run.origin)
    return is_made_so and run.recipe.values() == link.recipe.values() and link.digest in ("", run.digest)


def _epoch_of(run: Run, epoch: int) -> int | None:
    """The epoch of a run to look at: the newest where that is the one, or will be."""
    is_past = run.epochs_done > epoch or (
        run.epochs_done == epoch and run.curve.updates % run.curve.plan.updates_per_epoch
    )
    return epoch if is_past else None
