"""Slow motion: the step cursor goes through the sequence by itself, and at the slowest each step is told in parts.

It has a timer only while it plays. Any other choice of a step or a sequence stops it.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple, get_args

from textual.timer import Timer

from unroll.terminal import texts
from unroll.terminal.session import Session

Part = Literal["input", "state", "logits", "answer"]
"""What happens in a step, one after another."""


class Speed(NamedTuple):
    """How long each part of a step stands, which parts are told, and this in words."""

    seconds: float
    parts: tuple[Part, ...]
    words: str


SPEEDS = (
    Speed(2.5, get_args(Part), "a part of a step every 2.5 s"),
    Speed(4.0, ("answer",), "a step every 4 s"),
    Speed(2.0, ("answer",), "a step every 2 s"),
    Speed(1.0, ("answer",), "a step a second"),
    Speed(0.5, ("answer",), "2 steps a second"),
    Speed(0.25, ("answer",), "4 steps a second"),
)
"""From the slowest to the fastest."""


class SlowMotion:
    """Moves a session's step cursor while it plays.

    Attributes:
        speed: The place in `SPEEDS`; it stays from one time to the next.
    """

    def __init__(self, session: Session, set_timer: Callable[[float, Callable[[], None]], Timer]) -> None:
        self.speed = 3
        self._session, self._set_timer = session, set_timer
        self._timer: Timer | None = None
        self._place: tuple[tuple[int, ...], int] = (), 0
        self._part = 0

    @property
    def is_playing(self) -> bool:
        return self._timer is not None

    @property
    def part(self) -> Part:
        """The part of the step that is told now; of a cursor that stands still, the answer."""
        return SPEEDS[self.speed].parts[self._part] if self.is_playing else "answer"

    def toggle(self) -> None:
        """Play from the cursor on, from the first step if it is on the last; or stop."""
        moment = self._session.moment
        if self.is_playing:
            self.stop()
        elif self._session.trace is not None or self._session.has_engine():
            self._go(moment.step if moment.step < len(moment.sequence) - 1 else 0)
            self._say()

    def stop(self) -> None:
        """Leave the cursor where it is."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
            self._session.display.changed()

    def faster(self, by: int) -> None:
        """Play faster, or with a negative number slower, from now on."""
        self.speed = max(0, min(self.speed + by, len(SPEEDS) - 1))
        self._go(self._session.moment.step)
        self._say()

    def follow(self) -> None:
        """Stop where the cursor has been moved by anything else."""
        if self.is_playing and self._place != (self._session.moment.sequence, self._session.moment.step):
            self.stop()

    def tick(self) -> None:
        """Tell the next part of this step, or go to the next step; at the end, stop."""
        moment = self._session.moment
        if self._part + 1 < len(SPEEDS[self.speed].parts):
            self._part += 1
            self._wait()
            self._session.display.changed()
        elif moment.step + 1 < len(moment.sequence):
            self._go(moment.step + 1)
        else:
            self.stop()
            self._session.display.note(texts.PLAYED_THROUGH)

    def _go(self, step: int) -> None:
        """Be at a step, at the first of its parts."""
        self._place, self._part = (self._session.moment.sequence, step), 0
        self._wait()
        if step == self._session.moment.step:
            self._session.display.changed()
        else:
            self._session.choose_step(step)

    def _wait(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._set_timer(SPEEDS[self.speed].seconds, self.tick)

    def _say(self) -> None:
        self._session.display.note(f"Playing, {SPEEDS[self.speed].words}: + and - change the speed, p stops.")
