"""What the lens in sight shows of a moment, asked for anew when that or the network has changed."""

from asyncio import sleep
from collections.abc import Callable
from math import inf
from time import monotonic

from msgspec.structs import replace

from unroll.client.diagnosis import EngineError
from unroll.moment import Moment
from unroll.picture import Lines, Picture
from unroll.protocol.requests import Lens
from unroll.recipe import Recipe
from unroll.terminal.session import Session
from unroll.terminal.sparing import Latest
from unroll.terminal.widgets.lens_pane import LensPane

NOT_SEEN = "A lens is one more way of seeing the network: its picture comes with the first look."
REST_PER_LOOK = 9
"""While a network trains, the engine is left alone for this many times as long as a look took: it takes a tenth."""
REST_S, MAX_REST_S = 1.0, 4.0
"""From one look to the next in training at least, and at most: pictures that change cost bytes too."""


Subject = tuple[Moment, int, str]
"""What is looked at: a moment, the unit, and the fingerprint of the network."""


class Chosen:
    """Which lens is chosen, for every run that is seen through it.

    Attributes:
        lens: Its name; empty until the engine has told which there are. `lenses`: the names of all.
    """

    def __init__(self) -> None:
        self.lens = ""
        self.lenses: tuple[str, ...] = ()


def shown(session: Session) -> Subject | None:
    """The session's own moment; None while there is none to look at."""
    run, trace = session.run, session.trace
    if run is None or trace is None or trace.moment.run != run.number:
        return None
    return session.moment, session.unit, trace.weights


class LensSight:
    """A run through the lens that was chosen, and its newest picture.

    Attributes:
        about: What the lens shows, in a sentence.
        pictured: The lens that the picture, or the refusal, is of.
        is_unfinished: Whether there will be more to see in it.
        picture: None until there is one, or where it is refused; then `refusal` says why.
    """

    def __init__(
        self,
        session: Session,
        chosen: Chosen,
        subject: Callable[[], Subject | None],
        is_in_sight: Callable[[], bool],
    ) -> None:
        self.chosen = chosen
        self.about = self.refusal = self.pictured = ""
        self.picture: Picture | None = None
        self._session, self._subject, self._is_in_sight = session, subject, is_in_sight
        self._seen: tuple[Lens, str] | None = None
        self._several: tuple[Recipe, Lines] | None = None
        self._rests_until = -inf
        self._by_step = True  # until it is known
        self._looking = Latest(session.display.spawn, self._look)
        self.is_unfinished = False

    @property
    def sentences(self) -> list[str]:
        """What the lens is, what is seen here, and what cannot be."""
        seen = [self.picture.caption, self.picture.limits] if self.picture else [self.refusal or NOT_SEEN]
        return [one for one in (self.about, *seen) if one]

    @property
    def lens(self) -> str:
        """The name of the lens that was chosen."""
        return self.chosen.lens

    def choose(self, by: int) -> None:
        """Take the lens so many places on."""
        if lenses := self.chosen.lenses:
            self.show(lenses[(lenses.index(self.lens) + by) % len(lenses)])

    def show(self, lens: str) -> None:
        """Take the lens of this name."""
        self._by_step, self._rests_until, self.chosen.lens = True, -inf, lens
        self.look()

    def look(self) -> None:
        """Ask for a picture soon, if the lens is in sight and would show another. A training comes back to this."""
        rests = (self._session.is_training or self.is_unfinished) and monotonic() < self._rests_until
        if self._is_in_sight() and not rests and self._wanted() not in (None, self._seen):
            self._looking.ask()

    def draw(self, pane: LensPane, refusal: str = "") -> None:
        """Draw what is seen, and look again where it has changed; `refusal` says why there can be nothing to see."""
        pane.picture, pane.refusal = self.picture, refusal or self.refusal
        pane.lens, pane.lenses = self.pictured, self.chosen.lenses
        pane.step = self._session.moment.step
        self.look()

    def _wanted(self) -> tuple[Lens, str] | None:
        """What to ask for, and of which network; None while there is none."""
        subject = self._subject()
        if self._session.engine is None or subject is None:
            return None
        moment, unit, weights = subject
        moment = moment if self._by_step else replace(moment, step=0)
        return Lens(moment=moment, lens=self.chosen.lens, unit=unit), weights

    async def _look(self) -> None:
        wanted, engine, started = self._wanted(), self._session.engine, monotonic()
        if wanted is None or engine is None or wanted == self._seen:
            return
        try:
            found = await engine.ask(wanted[0])
        except EngineError as error:
            self.picture, self.refusal, self.is_unfinished = None, str(error), False
            self.pictured = self.lens
        else:
            if self.chosen.lens != wanted[0].lens:
                return  # another was chosen meanwhile, and is asked for next
            self.picture, self.refusal = found.picture, ""
            self.pictured = found.lens
            self._keep_several(wanted[0].moment, found.picture)
            self.about, self.chosen.lens, self.chosen.lenses = found.about, found.lens, found.lenses
            self._by_step, self.is_unfinished = found.by_step, found.unfinished
            moment = wanted[0].moment if found.by_step else replace(wanted[0].moment, step=0)
            wanted = replace(wanted[0], moment=moment, lens=found.lens), wanted[1]
        self._seen = None if self.is_unfinished else wanted
        took = monotonic() - started
        self._rests_until = started + took + min(MAX_REST_S, max(REST_S, REST_PER_LOOK * took))
        if self.is_unfinished:
            self._session.display.spawn(self._look_again())
        self._session.display.changed()

    def _keep_several(self, moment: Moment, picture: Picture) -> None:
        run = self._session.run
        if run is None or run.number != moment.run or not isinstance(picture, Lines):
            return
        if picture.ranked and picture.xs:
            self._several = _any_seed(run.recipe), picture

    def several(self, recipe: Recipe) -> Lines | None:
        """What was last seen of several trainings by a recipe, whatever its seed; None where nothing was."""
        if self._several is None or self._several[0] != _any_seed(recipe):
            return None
        return self._several[1]

    async def _look_again(self) -> None:
        """See how far what takes long has come, if the lens is still in sight."""
        await sleep(max(0.0, self._rests_until - monotonic()))
        self.look()


def _any_seed(recipe: Recipe) -> Recipe:
    return replace(recipe, train=replace(recipe.train, seed=0))
