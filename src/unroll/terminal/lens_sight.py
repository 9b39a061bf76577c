"""What the lens in sight shows of the session's moment, asked for anew when that or the network has changed."""

from asyncio import sleep
from collections.abc import Callable
from math import inf
from time import monotonic

from msgspec.structs import replace

from unroll.client.diagnosis import EngineError
from unroll.picture import Picture
from unroll.protocol.requests import Lens
from unroll.terminal.session import Session
from unroll.terminal.sparing import Latest

NOT_SEEN = "A lens is one more way of seeing the network: its picture comes with the first look."
REST_PER_LOOK = 9
"""While a network trains, the engine is left alone for this many times as long as a look took: it takes a tenth."""
REST_S, MAX_REST_S = 1.0, 4.0
"""From one look to the next in training at least, and at most: pictures that change cost bytes too."""


class LensSight:
    """The lens that was chosen, and its newest picture.

    Attributes:
        lens: Its name; empty until the engine has told which there are. `lenses`: the names of all.
        about: What it shows, in a sentence.
        picture: None until there is one, or where it is refused; then `refusal` says why.
    """

    def __init__(self, session: Session, is_in_sight: Callable[[], bool]) -> None:
        self.lens = self.about = self.refusal = ""
        self.lenses: tuple[str, ...] = ()
        self.picture: Picture | None = None
        self._session, self._is_in_sight = session, is_in_sight
        self._seen: tuple[Lens, str] | None = None
        self._rests_until = -inf
        self._by_step = True  # until it is known
        self._looking = Latest(session.display.spawn, self._look)
        self._is_unfinished = False

    @property
    def sentences(self) -> list[str]:
        """What the lens is, what is seen here, and what cannot be."""
        seen = [self.picture.caption, self.picture.limits] if self.picture else [self.refusal or NOT_SEEN]
        return [one for one in (self.about, *seen) if one]

    def choose(self, by: int) -> None:
        """Take the lens so many places on."""
        if self.lenses:
            self.show(self.lenses[(self.lenses.index(self.lens) + by) % len(self.lenses)])

    def show(self, lens: str) -> None:
        """Take the lens of this name."""
        self._by_step, self._rests_until, self.lens = True, -inf, lens
        self.look()

    def look(self) -> None:
        """Ask for a picture soon, if the lens is in sight and would show another. A training comes back to this."""
        rests = (self._session.is_training or self._is_unfinished) and monotonic() < self._rests_until
        if self._is_in_sight() and not rests and self._wanted() not in (None, self._seen):
            self._looking.ask()

    def _wanted(self) -> tuple[Lens, str] | None:
        """What to ask for, and of which network; None while there is none."""
        session, trace = self._session, self._session.trace
        if session.engine is None or session.run is None or trace is None or trace.moment.run != session.run.number:
            return None
        moment = session.moment if self._by_step else replace(session.moment, step=0)
        return Lens(moment=moment, lens=self.lens, unit=session.unit), trace.weights

    async def _look(self) -> None:
        wanted, engine, started = self._wanted(), self._session.engine, monotonic()
        if wanted is None or engine is None or wanted == self._seen:
            return
        try:
            found = await engine.ask(wanted[0])
        except EngineError as error:
            self.picture, self.refusal, self._is_unfinished = None, str(error), False
        else:
            if self.lens != wanted[0].lens:
                return  # another was chosen meanwhile, and is asked for next
            self.picture, self.refusal = found.picture, ""
            self.lens, self.about, self.lenses = found.lens, found.about, found.lenses
            self._by_step, self._is_unfinished = found.by_step, found.unfinished
            moment = wanted[0].moment if found.by_step else replace(wanted[0].moment, step=0)
            wanted = replace(wanted[0], moment=moment, lens=found.lens), wanted[1]
        self._seen = None if self._is_unfinished else wanted
        took = monotonic() - started
        self._rests_until = started + took + min(MAX_REST_S, max(REST_S, REST_PER_LOOK * took))
        if self._is_unfinished:
            self._session.display.spawn(self._look_again())
        self._session.display.changed()

    async def _look_again(self) -> None:
        """See how far what takes long has come, if the lens is still in sight."""
        await sleep(max(0.0, self._rests_until - monotonic()))
        self.look()
