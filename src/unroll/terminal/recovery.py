"""How runs outlast an engine, a connection and a session: what a new engine is asked first, and what comes of it.

A recording is played back from here too: an engine that knows what is asked next.

An engine that went on alone still has its runs. One that died has left its autosave, a second old at most; what is not
in it is trained again, because a recipe is enough. An earlier session with unsaved runs is offered.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from msgspec.structs import asdict, replace

from unroll.client.client import Conversation
from unroll.client.diagnosis import EngineDied, EngineError
from unroll.errors import UserError
from unroll.permalink import Link
from unroll.protocol.replies import Begun, Created, CutOff, Origin, Resumed
from unroll.protocol.requests import Advance, Begin, Branch, Create, Forget, Look, Open, Pause, Play, Request, Resume
from unroll.recipe import Recipe
from unroll.terminal import permalink_texts, texts
from unroll.terminal.runs import Run
from unroll.terminal.session import Session

ORIGINS: dict[Origin, str] = {
    "recipe": "",
    "branch": "was branched from another run",
    "model": "was opened from a file",
    "member": "was trained together with other seeds",
}
"""How a run came about whose own story is lost."""


MAX_PAUSE_S = 1.5
"""How long a pause in a recording lasts when it is played back, at most."""


class Recovery:
    """Brings runs back into a session."""

    def __init__(self, session: Session) -> None:
        self.offered: list[CutOff] = []
        """The earlier sessions that can be restored."""
        self._session, self._note = session, session.display.note
        self._name = ""
        self._shown: Run | None = None
        self._to_retrain: list[Run] = []

    async def engine_came(self, engine: Conversation, wanted: Link | None = None) -> None:
        """An engine is ready: show the runs it has, or the moment that is wanted, or an untrained network."""
        session = self._session
        self._shown = session.run or self._shown
        session.run = None  # its number was another engine's: nothing is asked of it until there is one again
        session.engine = engine
        try:
            begun = await engine.ask(Begin(own=self._name or None))
        except EngineDied:
            raise
        except EngineError:  # a recording may have no answer
            begun = Begun(id=0, session="")
        lost, shown = [*session.runs.rows, *self._to_retrain], self._shown
        refusal = ""
        if begun.runs:
            self._take_in(begun.runs, lost, shown)
        elif any(earlier.session == self._name for earlier in begun.cut_off):
            await self._restore_own(lost, shown)
        elif wanted is not None and not session.runs.has_trained:
            refusal = await self._restore_moment(engine, wanted)
        else:
            session.forget_runs()
            await self._train_again(lost, shown)
        if session.run is None and await session.create() is None:
            session.recipe = Recipe()  # the one that was wanted is refused, which has been said
            await session.create()
        self.offer(begun)
        if refusal:
            session.display.say(refusal)
        await session.engine_came()

    def offer(self, begun: Begun) -> None:
        """Tell of the last session that can be restored."""
        self._name, own = begun.session, self._name
        self.offered = [earlier for earlier in begun.cut_off if earlier.session != own]
        left_out = texts.LEFT_OUT if begun.left_out else ""
        if said := " ".join(filter(None, (self.sentence, begun.sentence, left_out))):
            self._note(said)

    @property
    def sentence(self) -> str:
        """What can be restored, and how; empty where nothing can."""
        return texts.of_cut_off(self.offered[0], len(self.offered)) if self.offered else ""

    async def resume(self) -> None:
        """Restore the session that is offered first, beside the runs that are here."""
        if not self._session.has_engine():
            return
        if not self.offered:
            self._note(texts.NOTHING_TO_RESTORE)
            return
        resumed = await self._session.ask(Resume(session=self.offered.pop(0).session))
        if resumed is not None:
            for created in resumed.runs:
                self._session.recipe = created.recipe
                self._session.enter(_run_of(created, []))
            self._note(texts.of_resumed(resumed))

    def to_link(self) -> Link:
        """What a permalink needs to restore this screen.

        Raises:
            UserError: neither its recipe nor a file makes this run again, or it is between two epochs.
        """
        session, run, moment = self._session, self._session.run, self._session.moment
        if run is None:
            raise UserError(session.absence or texts.NO_NETWORK_YET)
        if run.origin and not run.model:
            raise UserError(f"{run.name} {run.origin}, so its recipe cannot restore it: s saves a file to share.")
        is_moving = moment.epoch is None and run.state == "training"
        if moment.epoch is None and not is_moving and run.curve.updates % run.curve.plan.updates_per_epoch:
            raise UserError(texts.BETWEEN_EPOCHS)
        trace, epoch = session.trace, run.epochs_done if moment.epoch is None else moment.epoch
        if trace is None or (trace.moment.run, trace.moment.epoch) != (run.number, moment.epoch):
            trace = None
        elif moment.epoch is not None or is_moving:
            epoch = int(trace.epoch)  # the nearest that is kept, or that of what is seen
        weights, loss = ("", None) if trace is None or trace.epoch != epoch else (trace.weights, trace.loss)
        seen = session.unit, session.view, session.difference
        there = replace(moment, epoch=epoch)
        link = Link(run.recipe, there, weights, *seen, loss=loss, model=run.model, digest=run.digest)
        return link._replace(sampling=replace(session.sampling, seed=0))

    async def _restore_moment(self, engine: Conversation, link: Link) -> str:
        """Train at full speed up to a moment of the recipe's run, or open its model, and look at it.

        Gives a sentence where a file that it needs is not there, or is another one; then nothing is trained.
        """
        run, epoch = await self.bring(engine, link), link.moment.epoch or 0
        if isinstance(run, str):
            return run
        self._session.look_at(run, link)
        if epoch > run.epochs_done:
            self._session.tell(Play(run=run.number, pace="full", stop_epoch=epoch))
        return ""

    async def bring(self, engine: Conversation, link: Link) -> Run | str:
        """Show a permalink's network, untrained or from its file; or why that is not there, or is another one."""
        session, request = self._session, _opening(link.model) if link.model else Create(recipe=link.recipe)
        try:
            created = await engine.ask(request)
        except EngineDied:
            raise
        except EngineError as error:
            return permalink_texts.of_missing(link, str(error))
        is_other = link.digest not in ("", created.digest)
        if is_other and link.model:
            session.tell(Forget(run=created.run))
            return permalink_texts.of_other_file(link, created.digest)
        session.recipe = created.recipe
        run = session.enter(Run.opened(created, link.model) if link.model else Run.of(created))
        return permalink_texts.of_other_file(link, created.digest) if is_other else run

    async def _restore_own(self, lost: Sequence[Run], shown: Run | None) -> None:
        """The runs of this session's autosave, and the others by their recipes."""
        resumed = await self._session.ask(Resume(session=self._name))
        kept = resumed.runs if resumed else []
        self._take_in(kept, lost, shown)
        self._note(texts.of_resumed(resumed or Resumed(id=0, runs=[])))
        numbers = {created.was for created in kept}
        await self._train_again([run for run in lost if run.number not in numbers], shown)

    def _take_in(self, created: Sequence[Created], lost: Sequence[Run], shown: Run | None) -> None:
        """Show an engine's runs instead of those that were here, under the names, numbers and mark that they had."""
        session = self._session
        marked = session.compared
        session.forget_runs()
        for one in created:
            session.runs.add(_run_of(one, lost))
            session.pace = one.pace or session.pace
            session.stop = session.stop if one.stop == (None, None) else one.stop
        session.compared = next((run for run in session.runs.rows if marked and run.ordinal == marked.ordinal), None)
        numbers = [one.was or one.run for one in created]
        if shown is not None and shown.number in numbers:
            session.show_run(session.runs.rows[numbers.index(shown.number)])
        elif created:
            session.choose_run(session.runs.rows[-1])

    async def _train_again(self, lost: Sequence[Run], shown: Run | None) -> None:
        """Bring back every trained run that its recipe determines."""
        session = self._session
        trained = [run for run in lost if run.curve.updates]
        self._to_retrain = [run for run in trained if not run.origin]
        if gone := [run.name for run in trained if run.origin]:
            self._note(texts.of_lost(gone))
        while self._to_retrain:
            old = self._to_retrain[0]
            created = await session.ask(Create(recipe=old.recipe))
            if created is None:
                return
            run = Run.of(created, old.name, ordinal=old.ordinal)
            session.runs.add(run)
            session.tell(Play(run=run.number, pace="full", stop_epoch=max(1, old.epochs_done)))
            if session.run is None or old is shown:
                session.show_run(run)
            del self._to_retrain[0]


async def play_back(session: Session, script: Sequence[tuple[float, Request[Any]]]) -> None:
    """Do what was asked when a recording was made, at the times that it was asked, with shorter pauses."""
    session.display.note(texts.PLAYS_BACK)
    last = script[0][0]
    for at, request in script:
        await asyncio.sleep(min(at - last, MAX_PAUSE_S))
        last = at
        await _do(session, request)
    session.display.note(texts.PLAYED_BACK)


async def _do(session: Session, request: Request[Any]) -> None:
    match request:
        case Create():
            if session.run is None or session.run.curve.updates or session.run.recipe != request.recipe:
                session.recipe = request.recipe
                await session.create()
        case Open():
            await session.open(request.name, request.path)
        case Branch():
            session.recipe = request.recipe
            session.move(run=request.run, epoch=request.epoch)
            await session.branch()
        case Play() | Advance() | Pause():
            session.pace = request.pace if isinstance(request, Play) else session.pace
            await session.ask(request)
        case Look():
            _look(session, request)


def _look(session: Session, look: Look) -> None:
    session.view, session.difference, session.sampling = look.view, look.difference, look.sampling
    if look.unit is not None:
        session.unit, session.explains_unit = look.unit, True
    if look.against is not None and look.against.run != look.moment.run:
        session.compared = session.runs.by_number(look.against.run)
    session.run = session.runs.by_number(look.moment.run) or session.run
    if session.run is not None:
        session.recipe = session.run.recipe
    session.move(**{**asdict(look.moment), "step": min(look.moment.step, len(look.moment.sequence) - 1)})


def _run_of(created: Created, lost: Sequence[Run]) -> Run:
    """A run that comes back, under the name, the number and with the story of the one it was."""
    old = next((run for run in lost if run.number == (created.was or created.run)), None)
    if old is None:
        return Run.of(created, origin=ORIGINS[created.origin])
    run = Run.of(created, old.name, old.origin, old.ordinal)
    run.model, run.digest = old.model, old.digest
    return run


def _opening(model: str) -> Open:
    return Open(path=model) if "/" in model else Open(name=model)
