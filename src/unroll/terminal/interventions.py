"""What a person does to the network while it reads: erases its memory, switches units off, puts a kept state in."""

from msgspec.structs import replace

from unroll.moment import MAX_PATCHES, UNTOUCHED, Interventions, Patch
from unroll.terminal import texts
from unroll.terminal.session import Session


class Intervening:
    """Does it at the cursor of a session; erasing and switching off once more takes that back."""

    def __init__(self, session: Session) -> None:
        self._session, self._note = session, session.display.note
        self._kept: tuple[int, ...] | None = None
        """What is read to come to the state that was kept; None before one was."""

    @property
    def _done(self) -> Interventions:
        return self._session.moment.interventions

    def _do(self, interventions: Interventions) -> None:
        session = self._session
        if session.has_engine():
            if interventions == UNTOUCHED and session.compared is None:
                session.difference = False
            session.move(interventions=interventions)

    def erase(self) -> None:
        """Erase the memory before this step."""
        self._do(self._done.toggle_cut(self._session.moment.step))

    def erase_everywhere(self) -> None:
        """Erase the memory before every step."""
        self._do(self._done.toggle_cut_all())

    def erase_cell(self) -> None:
        """Erase an LSTM's cell state with the hidden state."""
        run, trace = self._session.run, self._session.trace
        if run is not None and trace is not None and not trace.has_cell_state:
            self._note(f"The {run.recipe.model.cell} has no cell state to erase.")
        else:
            self._do(replace(self._done, cut_cell=not self._done.cut_cell))

    def switch_off(self) -> None:
        """Switch off the selected unit; one that is held at another value is let go."""
        unit = self._session.unit
        held = dict(self._done.clamps).get(unit)
        self._do(self._done.toggle_silence(unit))
        if held:
            self._note(f"Unit {unit} is no longer held at {held:g}; z switches it off.")

    def undo(self) -> None:
        """Take back all that is done."""
        self._do(UNTOUCHED)

    def keep(self) -> None:
        """Keep the state under the cursor, as the sequence that leads to it, to be put into another."""
        session = self._session
        self._kept = session.moment.sequence[: session.moment.step + 1]
        self._note(texts.of_kept(self._kept, session.vocabulary))

    def put(self) -> None:
        """Put the kept state in after this step: whole; then an LSTM's cell state alone, the selected unit, nothing."""
        step, trace, does = self._session.moment.step, self._session.trace, self._done
        if self._kept is None or trace is None:
            self._note(texts.NOTHING_KEPT)
            return
        ways = [Patch(step, self._kept), *([Patch(step, self._kept, "cell")] if trace.has_cell_state else [])]
        ways.append(Patch(step, self._kept, "unit", self._session.unit))
        present = next((patch for patch in does.patches if patch.step == step), None)
        place = ways.index(present) + 1 if present in ways else 0
        if place == 0 and present is None and len(does.patches) == MAX_PATCHES:
            self._note(texts.TOO_MANY_PATCHES)
            return
        self._do(does.patch(step, ways[place] if place < len(ways) else None))
