"""The marked run's network beside the one that is shown: on the same sequence, at the same step, under the same hands.

It is looked at with its own newest network, and judged by its own task; cell, size, task and epochs may be others.
"""

from collections.abc import Callable

from msgspec.structs import replace

from unroll.moment import Moment
from unroll.protocol.requests import Look
from unroll.protocol.trace import Trace
from unroll.tasks import answers
from unroll.terminal import layout, texts
from unroll.terminal.lens_sight import Chosen, LensSight, Subject
from unroll.terminal.runs import Run
from unroll.terminal.session import Session
from unroll.terminal.sparing import Latest
from unroll.terminal.widgets.heatmap_layout import Density
from unroll.terminal.widgets.lens_pane import LensPane
from unroll.terminal.widgets.state_heatmap import StateHeatmap
from unroll.vocabulary import Vocabulary


class Beside:
    """The marked run: its heatmap and its lens, in their panes.

    Attributes:
        trace: The newest look at it; None until there is one, or where it cannot read the sequence.
    """

    def __init__(self, session: Session, chosen: Chosen, is_in_sight: Callable[[str], bool]) -> None:
        self.heatmap, self.lens_pane = StateHeatmap(), LensPane()
        self.panes = {layout.BESIDE_STATE: self.heatmap, layout.BESIDE_LENS: self.lens_pane}
        self.lens = LensSight(session, chosen, lambda: self._subject, lambda: is_in_sight(layout.BESIDE_LENS))
        self.trace: Trace | None = None
        self._session = session
        self._seen: tuple[Look, object] | None = None
        self._looking = Latest(session.display.spawn, self._look)

    @property
    def run(self) -> Run | None:
        """The marked run, where it is another than the one that is shown."""
        marked = self._session.compared
        return None if marked is self._session.run else marked

    def draw(self, density: Density) -> None:
        """Draw both panes, and ask for what they lack; `density` is the heatmap's of the run that is shown."""
        run, trace, heatmap, session = self.run, self._trace_now, self.heatmap, self._session
        if run is not None:
            self.lens_pane.called = heatmap.called = f"7 run {run.ordinal}"
            heatmap.vocabulary, heatmap.refusal = Vocabulary.of(run.recipe.task), self.refusal
            if heatmap.refusal:
                heatmap.trace = None
            elif trace is not None:
                heatmap.answers = answers(run.recipe.task, trace.moment.sequence)
                heatmap.said, heatmap.density = session.said, density
                heatmap.trace, heatmap.step = trace, session.moment.step
                heatmap.unit = min(session.unit, trace.units - 1)
            self.lens.draw(self.lens_pane, heatmap.refusal)
        self.look()

    def look(self) -> None:
        """Ask for a trace soon, if the moment, the network or the window has changed."""
        if self.run is None:
            self.trace = self._seen = None
        elif self._wanted() not in (None, self._seen):
            self._looking.ask()

    def _wanted(self) -> tuple[Look, object] | None:
        """What to ask for, and how far its training is; None where it cannot be asked for."""
        run, moment = self.run, self._session.moment
        if run is None or self._session.engine is None or not self._session.can_read(run):
            return None
        does = moment.interventions.within(
            len(moment.sequence), run.recipe.model.hidden_size, run.recipe.task.vocab_size
        )
        there = Moment(run.number, moment.sequence, interventions=does)
        return Look(moment=there, view=self._session.view, window=self.heatmap.window, top=1), run.curve.updates

    async def _look(self) -> None:
        wanted = self._wanted()
        if wanted is None or wanted == self._seen:
            return
        looked = await self._session.ask(wanted[0])
        if looked is not None and looked.trace.moment.run == (self.run.number if self.run else 0):
            self.trace, self._seen = looked.trace, wanted
            self._session.display.changed()

    @property
    def _trace_now(self) -> Trace | None:
        """The trace, at the step that is shown; None where it is of another sequence."""
        moment = self._session.moment
        if self.trace is None or self.trace.moment.sequence != moment.sequence:
            return None
        return replace(self.trace, moment=replace(self.trace.moment, step=moment.step))

    @property
    def _subject(self) -> Subject | None:
        """What a lens looks at; None where there is nothing to see, or will be."""
        trace, wanted = self._trace_now, self._wanted()
        if trace is None or wanted is None:
            return None
        moment = replace(wanted[0].moment, step=trace.moment.step)
        return moment, min(self._session.unit, trace.units - 1), trace.weights

    @property
    def refusal(self) -> str:
        """Why there is nothing to see; empty where there is, or will be."""
        run, session = self.run, self._session
        if run is None:
            return texts.NOTHING_BESIDE
        return (
            "" if session.can_read(run) else texts.of_unreadable(run, max(session.moment.sequence), session.vocabulary)
        )
