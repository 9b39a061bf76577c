"""How runs outlast an engine, a line and a sitting: what an engine that comes is asked first, and what that gives.

An engine that has gone on alone has its runs still. One that died has left its journal, a second old at most; what is
not in it is trained again, for a recipe is enough. A sitting that was cut off is offered.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from unroll.client.diagnosis import EngineDied, EngineError
from unroll.moment import Moment
from unroll.protocol.replies import Begun, Created, CutOff, Origin
from unroll.protocol.requests import Begin, Create, Detach, End, Play, Resume
from unroll.terminal import texts
from unroll.terminal.runs import Run

if TYPE_CHECKING:
    from unroll.client.client import Conversation
    from unroll.terminal.session import Session

ORIGINS: dict[Origin, str] = {"recipe": "", "branch": "was branched off another run", "model": "was opened from a file"}
"""How a run came to be whose own story is lost."""


class Comeback:
    """Brings runs back into a session."""

    def __init__(self, session: Session) -> None:
        self.offered: list[CutOff] = []
        """The sittings that were cut off and can be resumed."""
        self._session = session
        self._sitting = ""
        self._shown: Run | None = None
        self._owed: list[Run] = []

    async def engine_came(self, engine: Conversation, wanted: Moment | None = None) -> None:
        """An engine is ready: show what runs it has, or a moment that is wanted, or an untrained network."""
        session = self._session
        self._shown = session.run or self._shown
        session.run = None  # its number was another engine's: until there is one again, nothing is asked of it
        session.engine = engine
        begun = await self._begin(engine)
        lost, shown = [*session.runs.rows, *self._owed], self._shown
        if begun.runs:
            self._take_in(begun.runs, lost, shown)
        elif any(sitting.session == self._sitting for sitting in begun.cut_off):
            await self._bring_back(lost, shown)
        elif wanted is not None and not session.has_trained:
            await session.bring_back(wanted)
        else:
            session.forget_runs()
            await self._train_again(lost, shown)
        if session.run is None:
            await session.create()
        self._offer(begun)

    async def _begin(self, engine: Conversation) -> Begun:
        """What the engine has to say first; a recording may have nothing."""
        try:
            return await engine.ask(Begin())
        except EngineDied:
            raise
        except EngineError:
            return Begun(id=0, session="")

    def _offer(self, begun: Begun) -> None:
        """Tell of the last sitting that was cut off."""
        self._sitting, own = begun.session, self._sitting
        self.offered = [sitting for sitting in begun.cut_off if sitting.session != own]
        if self.offered:
            self._session.say(self.offer)

    @property
    def offer(self) -> str:
        """What can be resumed, and how; empty where nothing can."""
        return texts.of_cut_off(self.offered[0]) if self.offered else ""

    async def resume(self) -> None:
        """Bring back the sitting that is offered first, beside whatever is here."""
        if not self._session.has_engine():
            return
        if not self.offered:
            self._session.say("No sitting was cut off: there is nothing to resume.")
            return
        resumed = await self._session.ask(Resume(session=self.offered.pop(0).session))
        if resumed is not None:
            for created in resumed.runs:
                run = _run_of(created, [])
                self._session.recipe = run.recipe
                self._session.enter(run)
            self._session.say(texts.of_resumed(resumed.runs))

    async def detach(self) -> str:
        """Let the engine go on alone; gives the name under which it is found again, or nothing when it cannot."""
        detached = await self._session.ask(Detach())
        return "" if detached is None else detached.name

    async def end(self) -> None:
        """Tell the engine that nothing need be kept."""
        if self._session.engine is not None:
            with suppress(EngineError):
                await self._session.engine.ask(End())

    async def _bring_back(self, lost: Sequence[Run], shown: Run | None) -> None:
        """The runs of this sitting's journal, and the others by their recipes."""
        resumed = await self._session.ask(Resume(session=self._sitting))
        kept = resumed.runs if resumed else []
        self._take_in(kept, lost, shown)
        self._session.say(texts.of_resumed(kept))
        numbers = {created.was for created in kept}
        await self._train_again([run for run in lost if run.number not in numbers], shown)

    def _take_in(self, created: Sequence[Created], lost: Sequence[Run], shown: Run | None) -> None:
        """Show an engine's runs instead of those that were here, under the names, numbers and mark that they had."""
        session = self._session
        marked = session.compared
        session.forget_runs()
        for one in created:
            session.runs.add(_run_of(one, lost))
        session.compared = next((run for run in session.runs.rows if marked and run.ordinal == marked.ordinal), None)
        numbers = [one.was or one.run for one in created]
        if shown is not None and shown.number in numbers:
            session.show_run(session.runs.rows[numbers.index(shown.number)])
        elif created:
            session.choose_run(created[-1].run)

    async def _train_again(self, lost: Sequence[Run], shown: Run | None) -> None:
        """Bring back every trained run that its recipe determines."""
        session = self._session
        self._owed = [run for run in lost if run.curve.updates and not run.origin]
        while self._owed:
            old = self._owed[0]
            created = await session.ask(Create(recipe=old.recipe))
            if created is None:
                return
            run = Run.of(created, old.name)
            run.ordinal = old.ordinal
            session.runs.add(run)
            session.tell(Play(run=run.number, pace="full", stop_epoch=max(1, old.epochs_done)))
            if session.run is None or old is shown:
                session.show_run(run)
            del self._owed[0]


def _run_of(created: Created, lost: Sequence[Run]) -> Run:
    """A run that comes back, under the name, the number and with the story of the one it was."""
    old = next((run for run in lost if run.number == (created.was or created.run)), None)
    run = Run.of(created, old.name if old else "", old.origin if old else ORIGINS[created.origin])
    run.ordinal = old.ordinal if old else 0
    return run
