"""What is looked at: the moment, the trace that answers it, and the two cursors that walk about. No screen.

Whoever shows it is told `changed` and draws everything from what stands here; `say` brings one sentence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from msgspec.structs import replace

from unroll.client.diagnosis import EngineError
from unroll.moment import MAX_STEPS, UNTOUCHED, Interventions, Moment, Sampling
from unroll.protocol.replies import Answer
from unroll.protocol.requests import Continue, Look, Request
from unroll.protocol.trace import Trace, Window
from unroll.terminal.coalesce import Latest
from unroll.terminal.runs import Run

if TYPE_CHECKING:
    from unroll.client.client import Conversation

A = TypeVar("A", bound=Answer)
NOTHING_TO_COMPARE = "There is nothing to compare with: cut or silence something, or mark a run with = in the runs."
ITSELF = "This is the marked run itself: choose another in the runs, and D shows the difference."


class Audience(Protocol):
    """Who shows a sitting."""

    def changed(self) -> None:
        """Something of the sitting is another than before."""

    def say(self, sentence: str, fault: bool = True) -> None:
        """A person should read this."""

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do this beside all else."""

    def window(self) -> tuple[Window, int]:
        """The steps and units that are on the screen, and how many candidates."""


class Looking:
    """The moment on one engine's runs, and what can be done with it."""

    def __init__(self, audience: Audience, sequence: tuple[int, ...]) -> None:
        self.moment = Moment(0, sequence, len(sequence) - 1)
        self.unit = 0
        self.view = "hidden"
        self.difference = False
        self.compared: Run | None = None
        self.sampling = Sampling()
        self.run: Run | None = None
        self.trace: Trace | None = None
        self.engine: Conversation | None = None
        self.absence = ""
        """Why there is no engine, with the way out; empty where there is one, or one is starting."""
        self.baseline = ""
        """What the trace's values are the difference from; empty where they are the values themselves."""
        self._audience = audience
        self._looking = Latest(audience.spawn, self._look)
        self._going_on = asyncio.Lock()
        self._typed = 0

    async def ask(self, request: Request[A]) -> A | None:
        """The engine's answer; None where it refused, which is then said."""
        if not self.has_engine() or self.engine is None:
            return None
        try:
            return await self.engine.ask(request)
        except EngineError as error:
            if self.has_engine():  # else it is said already what that means
                self._audience.say(str(error))
            return None

    def has_engine(self) -> bool:
        """Whether there is an engine; if not, what can be done about it is said."""
        if self.engine is None:
            self._audience.say(self.absence or "The engine is starting: a moment, please.", fault=bool(self.absence))
        return self.engine is not None

    def say(self, sentence: str, fault: bool = False) -> None:
        """A person should read this."""
        self._audience.say(sentence, fault)

    def tell(self, request: Request[Any]) -> None:
        """Ask, and do not wait; what is refused is said."""

        async def tell() -> None:
            await self.ask(request)

        self._audience.spawn(tell())

    # Looking

    def look(self) -> None:
        """Bring the trace up to the moment, soon."""
        self._looking.ask()

    async def _look(self) -> None:
        if self.engine is None or self.run is None:
            return
        request = self._look_request()
        baseline = self._baseline if request.difference else ""
        looked = await self.ask(request)
        if looked is not None and replace(looked.trace.moment, step=0) == replace(self.moment, step=0):
            self.trace = looked.trace
            self.view = looked.trace.view
            self.baseline = baseline
            self._audience.changed()

    def _look_request(self) -> Look:
        window, top = self._audience.window()
        touched = self.moment.interventions != UNTOUCHED
        return Look(
            moment=self.moment,
            view=self.view,
            window=window,
            unit=self.unit,
            against=self._against(),
            difference=self.difference and self._against() is not None,
            score=touched,
            top=top,
        )

    def _against(self) -> Moment | None:
        """What the trace is compared with: the same untouched, or else another run."""
        if self.moment.interventions != UNTOUCHED:
            return replace(self.moment, interventions=UNTOUCHED)
        other = self.compared
        if self.difference and other is not None and other is not self.run:
            return replace(self.moment, run=other.number, epoch=None)
        return None

    @property
    def _baseline(self) -> str:
        touched = self.moment.interventions != UNTOUCHED
        return "before" if touched or self.compared is None else f"run {self.compared.ordinal}"

    def _move(self, **changes: Any) -> None:
        """Another moment, and a look at it."""
        self.moment = replace(self.moment, **changes)
        self._audience.changed()
        self.look()

    # The two cursors, and what is done to the network

    def choose_step(self, step: int) -> None:
        step = max(0, min(step, len(self.moment.sequence) - 1))
        if step != self.moment.step:
            self._move(step=step)

    def choose_unit(self, unit: int) -> None:
        self.unit = unit
        self._audience.changed()
        self.look()

    def choose_epoch(self, epoch: int | None) -> None:
        """Look at the network as it was; None, or past the last, rides on the newest."""
        run = self.run
        if run is None:
            return
        if epoch is not None:
            epoch = max(0, epoch)
            if epoch > run.epochs_done or (epoch == run.epochs_done and run.state == "training"):
                epoch = None
        self._move(epoch=epoch)

    @property
    def before_title(self) -> str:
        """What the second half of the next-number pane shows."""
        untouched = self.moment.interventions == UNTOUCHED
        other = self.compared if untouched else None
        return "untouched" if other is None else f"run {other.ordinal}, {other.name}"

    def announce(self) -> None:
        """Something was changed from outside."""
        self._audience.changed()

    def choose_view(self, view: str) -> None:
        self.view = view
        self.look()

    def toggle_difference(self) -> None:
        if not self.has_engine():
            return
        self.difference = not self.difference
        if self.difference and self._against() is None:
            self.difference = False
            self._audience.say(ITSELF if self.compared is not None else NOTHING_TO_COMPARE, False)
        self.look()

    def intervene(self, interventions: Interventions) -> None:
        """Do this to the network while it reads."""
        if not self.has_engine():
            return
        if interventions == UNTOUCHED and self.compared is None:
            self.difference = False
        self._move(interventions=interventions)

    # The sequence

    def type(self, sequence: tuple[int, ...], step: int | None = None) -> None:
        """Look at another sequence, at its last step where none is given."""
        self._typed += sequence != self.moment.sequence
        self._turn_to(sequence, step)

    def _turn_to(self, sequence: tuple[int, ...], step: int | None = None) -> None:
        last = len(sequence) - 1
        cuts = tuple(s for s in self.moment.interventions.cut_steps if s <= last)
        interventions = replace(self.moment.interventions, cut_steps=cuts)
        step = last if step is None else max(0, min(step, last))
        if (sequence, step) != (self.moment.sequence, self.moment.step):
            self._move(sequence=sequence, step=step, interventions=interventions)

    def carry_on(
        self, count: int = 1, until_wrong: bool = False, wanted: Callable[[], bool] = lambda: True
    ) -> Coroutine[Any, Any, None]:
        """Append what the network says, one or many, going on from the kept state.

        The sequence is the one that stands now, with what is still to be appended to it: nothing is appended when
        another has been typed by then, or where that is no more `wanted`.
        """
        typed = self._typed
        return self._carry_on(count, until_wrong, lambda: self._typed == typed and wanted())

    async def _carry_on(self, count: int, until_wrong: bool, wanted: Callable[[], bool]) -> None:
        async with self._going_on:
            if not wanted():
                return
            room = MAX_STEPS - len(self.moment.sequence)
            if room <= 0:
                self._audience.say(f"The sequence has {MAX_STEPS:,} numbers, the most it can have: type a shorter one.")
                return
            count = min(count, room)
            request = Continue(moment=self.moment, count=count, until_wrong=until_wrong, sampling=self.sampling)
            said = await self.ask(request)
            if said is not None and wanted() and self.moment.run == request.moment.run:
                self.sampling = replace(self.sampling, seed=self.sampling.seed + 1)
                self._turn_to((*self.moment.sequence, *said.numbers))
