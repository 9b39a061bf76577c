"""The one main screen: turns what a person does into the session's doings, and draws every pane from what stands there.

Everything goes round one way: a pane says what a person did, the moment changes, the engine looks, the panes redraw.
"""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Container
from textual.css.query import NoMatches
from textual.geometry import Size
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static

from unroll.moment import Moment
from unroll.protocol.trace import Window
from unroll.recipe import Recipe, TaskConfig
from unroll.tasks import answer
from unroll.terminal import messages, splash, texts
from unroll.terminal.bindings import ACTIONS
from unroll.terminal.deeds import FIRST, TAB_OF
from unroll.terminal.prompting import Prompting
from unroll.terminal.run_deeds import WELCOME
from unroll.terminal.session import Session
from unroll.terminal.splash import STARTING, TABS
from unroll.terminal.widgets.footer import Keys
from unroll.terminal.widgets.loss_curve import LossCurve
from unroll.terminal.widgets.next_number import NextNumber
from unroll.terminal.widgets.pane_tabs import PaneTabs
from unroll.terminal.widgets.prompt import Prompt
from unroll.terminal.widgets.recipe_form import RecipeForm
from unroll.terminal.widgets.run_table import RunTable
from unroll.terminal.widgets.state_heatmap import StateHeatmap
from unroll.tty.textual_patches import draw_sparingly

WHOLE, LEAST = Size(*splash.WHOLE), Size(*splash.LEAST)
TRAIN_LABELS = {"ready": "▶ Train", "training": "‖ Pause", "paused": "▶ Go on"}
MAX_OVERLAID = 6
"""Earlier curves drawn behind the one that is shown, at most."""


class Playground(Prompting):
    """Recipe, runs, hidden state, loss, next number and the prompt."""

    AUTO_FOCUS = "StateHeatmap"
    BINDINGS: ClassVar = ACTIONS

    def __init__(self, recipe: Recipe, sequence: tuple[int, ...]) -> None:
        super().__init__()
        draw_sparingly(self)
        self.session = Session(self, recipe, sequence)

    @property
    def moment(self) -> Moment:
        """What is looked at."""
        return self.session.moment

    def compose(self) -> ComposeResult:
        session = self.session
        self.add_class("-tab-state")
        self._fit(self.app.size)
        yield Static(id="too-small")
        yield PaneTabs(TABS)
        with Container(id="panes"):
            with Container(id="left"):
                yield RecipeForm(session.recipe, session.pace)
                yield RunTable()
            yield StateHeatmap()
            with Container(id="right"):
                yield LossCurve()
                yield NextNumber()
        yield Prompt(" ".join(map(str, session.moment.sequence)))
        yield Static(STARTING, id="sentence", markup=False)
        yield Static(WELCOME, id="notice", markup=False)
        yield Keys()

    def on_mount(self) -> None:
        self.on_resize()
        self.watch(self, "focused", self._focus_moved)

    def on_resize(self) -> None:
        size = self.app.size
        self._fit(size)
        self.query_one("#too-small", Static).update(
            f"unroll needs {LEAST.width} columns and {LEAST.height} rows; "
            f"this terminal has {size.width} and {size.height}."
        )
        if not self.has_class("-too-small") and self._last_focused is not None and self._last_focused.is_attached:
            self._keep_in_sight(self._last_focused)

    def _keep_in_sight(self, focused: Widget) -> None:
        """Go where the focus was, if a size has taken it: too small a one, or one whose tabs hid it."""
        names = {type(node).__name__ for node in focused.ancestors_with_self}
        tab = next((TAB_OF.get(tab, tab) for tab, first in FIRST.items() if first.split()[0] in names), "")
        is_hidden = tab != "" and not self.has_class("-whole") and not self.has_class(f"-tab-{tab.lower()}")
        if is_hidden:
            self.action_tab(tab)
        if is_hidden or focused is not self.focused:
            self.call_after_refresh(focused.focus)

    def _fit(self, size: Size) -> None:
        """Show all panes, or tabs, or one sentence. Before there are any, so that the first paint is the right one."""
        self.set_class(size.width >= WHOLE.width and size.height >= WHOLE.height, "-whole")
        self.set_class(size.width < LEAST.width or size.height < LEAST.height, "-too-small")

    # The session's audience

    def window(self) -> tuple[Window, int]:
        return self.query_one(StateHeatmap).window, max(1, self.query_one(NextNumber).size.height)

    def changed(self) -> None:
        """Draw every pane from what stands in the session; what is as before is not painted again."""
        with suppress(NoMatches):  # leaving: the panes go one by one, with an answer still on its way
            self._show_training()
            self._show_state()
            self.show_notice()

    def _show_training(self) -> None:
        session, run = self.session, self.session.run
        form, table, loss = self.query_one(RecipeForm), self.query_one(RunTable), self.query_one(LossCurve)
        form.load(session.recipe)
        table.runs = session.runs.rows
        if run is None:
            return
        form.compare_with(run.recipe)
        edited = run.recipe != session.recipe and run.state != "training"
        form.train_label = "▶ Train" if edited else TRAIN_LABELS.get(run.state, "▶ Train again")
        self.query_one(Keys).words = {"train": form.train_label.split(" ", 1)[1].lower()}
        table.shown = run.number
        table.marked = session.compared.number if session.compared else 0
        overlaid = [other.curve for other in session.runs.rows if other.overlaid and other is not run]
        loss.curve, loss.updates, loss.others = run.curve, run.curve.updates, tuple(overlaid[-MAX_OVERLAID:])
        loss.epoch, loss.shown = session.moment.epoch, session.trace.epoch if session.trace else None

    def _show_state(self) -> None:
        session, trace, run = self.session, self.session.trace, self.session.run
        if trace is None or run is None or trace.moment.run != run.number:
            return
        heatmap, following, sequence = self.query_one(StateHeatmap), self.query_one(NextNumber), trace.moment.sequence
        heatmap.answers, heatmap.baseline = _answers(run.recipe.task, sequence), session.baseline
        step = min(session.moment.step, len(sequence) - 1)  # the trace of a longer one may be still on its way
        heatmap.trace, heatmap.step, heatmap.unit = trace, step, session.unit
        row = step - trace.window.first_step
        if 0 <= row < len(trace.candidates):
            following.candidates = trace.candidates[row]
            following.before = trace.before[row] if trace.before else ()
            following.before_title = session.before_title
            following.after, following.answer = sequence[step], heatmap.answers[step]
            sentence = texts.of_step(trace, step, run.recipe.task)
            self.query_one("#sentence", Static).update(sentence, layout=False)
        self._show_prompt()

    # What the panes say

    def on_step_chosen(self, message: messages.StepChosen) -> None:
        self.say("", fault=False)
        self.session.choose_step(message.step)

    def on_unit_chosen(self, message: messages.UnitChosen) -> None:
        self.looks_at_unit = True
        self.say("", fault=False)
        self.session.choose_unit(message.unit)

    def on_window_moved(self, message: messages.WindowMoved) -> None:
        trace = self.session.trace
        if trace is not None and not trace.holds(self.query_one(StateHeatmap).window):
            self.session.look()

    def on_epoch_chosen(self, message: messages.EpochChosen) -> None:
        self.say("", fault=False)
        self.session.choose_epoch(message.epoch)

    def on_recipe_edited(self, message: messages.RecipeEdited) -> None:
        self.say("", fault=False)
        self.session.edit(message.recipe)

    def on_pace_chosen(self, message: messages.PaceChosen) -> None:
        self.session.choose_pace(message.pace)

    def on_train_pressed(self, message: messages.TrainPressed) -> None:
        self.action_train()

    def on_tab_chosen(self, message: messages.TabChosen) -> None:
        self.action_tab(message.tab)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only the keys that would do something where the focus is."""
        if action == "prompt":  # Textual does not know that these take the key named "slash"
            return not isinstance(self.focused, Input | OptionList)
        return not isinstance(self.focused, StateHeatmap) if action == "back" else True


@lru_cache(maxsize=4)
def _answers(task: TaskConfig, sequence: tuple[int, ...]) -> tuple[int | None, ...]:
    """The right answer at every step: the same at every look, while a network trains."""
    return tuple(answer(task, sequence, step) for step in range(len(sequence)))
