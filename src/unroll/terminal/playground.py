"""The one main screen: turns what a person does into the session's doings, and draws every pane from what stands there.

Everything goes round one way: a pane says what a person did, the moment changes, the engine looks, the panes redraw.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from functools import lru_cache
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Container
from textual.css.query import NoMatches
from textual.geometry import Size
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static

from unroll.engine.trace import Window
from unroll.moment import Moment, SequenceError, parse_sequence
from unroll.recipe import Recipe, TaskConfig
from unroll.tasks import answer
from unroll.terminal import messages, splash, wording
from unroll.terminal.actions import ACTIONS
from unroll.terminal.compositor import SparingCompositor
from unroll.terminal.deeds import FIRST, TAB_OF, Deeds
from unroll.terminal.latest import Latest
from unroll.terminal.run_deeds import WELCOME
from unroll.terminal.session import Session
from unroll.terminal.splash import STARTING, TABS
from unroll.terminal.widgets.keys import Keys
from unroll.terminal.widgets.loss_curve import LossCurve
from unroll.terminal.widgets.next_number import NextNumber
from unroll.terminal.widgets.pane_tabs import PaneTabs
from unroll.terminal.widgets.prompt import Numbers, Prompt
from unroll.terminal.widgets.recipe_form import RecipeForm
from unroll.terminal.widgets.run_table import RunTable
from unroll.terminal.widgets.state_heatmap import StateHeatmap

WHOLE, LEAST = Size(*splash.WHOLE), Size(*splash.LEAST)
TRAIN_LABELS = {"ready": "▶ Train", "training": "‖ Pause", "paused": "▶ Go on"}
BETWEEN_KEYS = 0.02
"""Seconds after a key in which another is part of the same text, which no person has typed: pasted, or sent late."""
MAX_OVERLAID = 6
"""Earlier curves drawn behind the one that is shown, at most."""


class Playground(Deeds):
    """Recipe, runs, hidden state, loss, next number and the prompt."""

    AUTO_FOCUS = "StateHeatmap"
    BINDINGS: ClassVar = ACTIONS

    def __init__(self, recipe: Recipe, sequence: tuple[int, ...]) -> None:
        super().__init__()
        self._compositor = SparingCompositor()
        self.session = Session(self, recipe, sequence)
        self._last_focused: Widget | None = None
        self._typed: tuple[int, ...] | None = None
        self._listening = Latest(self.spawn, self._hear_out)

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
        loss.curve, loss.updates, loss.others = run.curve, len(run.curve.losses), tuple(overlaid[-MAX_OVERLAID:])
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
            sentence = wording.of_step(trace, step, run.recipe.task)
            self.query_one("#sentence", Static).update(sentence, layout=False)
        self._show_prompt()

    def _show_prompt(self) -> None:
        prompt = self.query_one(Prompt)
        if not self._is_in_prompt:
            prompt.remove_class("-invalid")
            prompt.write(_words(self.session.moment.sequence))
            prompt.point_at(self.session.moment.step)
        prompt.show_sampling(wording.of_sampling(self.session.sampling))

    # The prompt: what is typed is looked at as it is typed, and nobody else writes there meanwhile

    @property
    def _is_in_prompt(self) -> bool:
        """Whether a person is typing a sequence, though the window be too small now or another in front of it."""
        return isinstance(self._last_focused, Numbers)

    def _focus_moved(self, focused: Widget | None) -> None:
        if focused is None or self.has_class("-too-small"):
            return
        was_in_prompt, self._last_focused = self._is_in_prompt, focused
        if was_in_prompt and not self._is_in_prompt:
            self._leave_prompt()

    def _leave_prompt(self) -> None:
        """Take what was typed, or go back to what is looked at where that cannot be taken."""
        self.query_one(Prompt).remember()
        self._typed = self._read_prompt()
        if self._typed is None:
            self.say("", fault=False)
        self._take_typed()
        self._show_prompt()

    def _read_prompt(self) -> tuple[int, ...] | None:
        """The sequence in the prompt; None where there is none, which is said."""
        prompt = self.query_one(Prompt)
        recipe = self.session.run.recipe if self.session.run else self.session.recipe
        try:
            sequence = parse_sequence(prompt.text, recipe.task.vocab_size)
        except SequenceError as error:
            prompt.add_class("-invalid")
            self.say(str(error))
            return None
        if prompt.has_class("-invalid"):
            prompt.remove_class("-invalid")
            self.say("", fault=False)
        return sequence

    def _take_typed(self) -> None:
        typed, self._typed = self._typed, None
        if typed is not None:
            self.session.type(typed, self.query_one(Prompt).step)

    def on_prompt_edited(self, message: messages.PromptEdited) -> None:
        self._typed = self._read_prompt()
        self._listening.ask()

    async def _hear_out(self) -> None:
        """Look at what was typed once no key follows: the echo of a key waits for no picture."""
        prompt, edits = self.query_one(Prompt), -1
        while edits != prompt.edits:
            edits = prompt.edits
            await asyncio.sleep(BETWEEN_KEYS)
        self._take_typed()

    def on_prompt_entered(self, message: messages.PromptEntered) -> None:
        """Go on from the text on which enter was pressed; where another has been typed since, that is over."""
        prompt = self.query_one(Prompt)
        if message.edits != prompt.edits:
            return
        self._typed = self._read_prompt()
        if self._typed is not None:
            self._take_typed()
            going_on = self.session.carry_on(wanted=lambda: message.edits == prompt.edits)
            self.spawn(self._write_what_came(going_on, message.edits))

    async def _write_what_came(self, going_on: Coroutine[Any, Any, None], edits: int) -> None:
        """Write what was said into the prompt although a person is in it, for enter asked for that."""
        await going_on
        prompt = self.query_one(Prompt)
        if prompt.edits == edits:
            prompt.write(_words(self.session.moment.sequence))
            self.session.choose_step(prompt.step)  # on the new number, unless the caret has gone elsewhere meanwhile

    # What the panes say

    def on_step_chosen(self, message: messages.StepChosen) -> None:
        self.say("", fault=False)
        self.session.choose_step(message.step)

    def on_unit_chosen(self, message: messages.UnitChosen) -> None:
        self.looks_at_unit = True
        self.say("", fault=False)
        self.session.choose_unit(message.unit)

    def on_caret_moved(self, message: messages.CaretMoved) -> None:
        if message.step < len(self.session.moment.sequence):
            self.session.choose_step(message.step)

    def on_window_moved(self, message: messages.WindowMoved) -> None:
        trace = self.session.trace
        if trace is not None and not trace.holds(self.query_one(StateHeatmap).window):
            self.session.look()

    def on_epoch_chosen(self, message: messages.EpochChosen) -> None:
        self.say("", fault=False)
        self.session.choose_epoch(message.epoch)

    def on_recipe_edited(self, message: messages.RecipeEdited) -> None:
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


@lru_cache(maxsize=4)
def _words(sequence: tuple[int, ...]) -> str:
    return " ".join(map(str, sequence))
