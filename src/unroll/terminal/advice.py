"""The line of advice: what is to be said of the unit just chosen, else what is wrong with the run, else what to try."""

from msgspec.structs import replace

from unroll.moment import Moment
from unroll.terminal import hints, texts
from unroll.terminal.doctor import Doctor
from unroll.terminal.hints import Situation
from unroll.terminal.session import Session
from unroll.text import fitting


class Advice:
    """What to say next of a session.

    Attributes:
        of_unit: What is said of a unit; empty where none has just been chosen.
        is_finding: Whether what is said is what is wrong with the run.
    """

    def __init__(self, session: Session) -> None:
        self.of_unit, self.is_finding = "", False
        self._session, self._doctor = session, Doctor(session)
        self._chosen: Moment | None = None
        self._situation: Situation | None = None
        self._followed: frozenset[int] = frozenset()

    def explain_unit(self, explains: bool = True) -> None:
        """Say something of the selected unit for as long as nothing but the step changes; or no longer."""
        self._chosen = replace(self._session.moment, step=0) if explains else None

    def line(self, is_right: bool | None, width: int) -> str:
        """The line, where the answer on the screen is right or not, and so many columns are left for it."""
        session, trace = self._session, self._session.trace
        before, self._situation = self._situation, hints.situation(session, is_right)
        self._followed |= hints.followed(before, self._situation)
        found = self._doctor.finding()
        self.of_unit = ""
        if trace is not None and trace.detail is not None and self._chosen == replace(session.moment, step=0):
            self.of_unit = fitting(texts.of_unit(trace.detail, session.vocabulary), width)
        self.is_finding = bool(found) and not self.of_unit
        return self.of_unit or found or hints.hint(self._situation, self._followed)
