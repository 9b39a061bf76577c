"""The one main screen: owns the moment that is looked at, and hands every pane its part of the trace that answers it.

Everything goes round one way: a pane says what a person did, the moment changes, the engine looks, the panes redraw.
"""

from __future__ import annotations

from typing import ClassVar

from msgspec.structs import replace
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container
from textual.geometry import Size
from textual.screen import Screen
from textual.widgets import Footer, Input, Static

from unroll.engine.conversation import Conversation, EngineDied, EngineError
from unroll.engine.protocol import Advance, Create, Hello, Look, Pace, Pause, Play, Progress
from unroll.engine.trace import Trace, Window
from unroll.moment import MAX_STEPS, Moment, SequenceError, parse_sequence
from unroll.recipe import Recipe
from unroll.tasks import answer
from unroll.terminal import wording
from unroll.terminal.latest import Latest
from unroll.terminal.messages import (
    PaceChosen,
    PromptEdited,
    PromptEntered,
    RecipeEdited,
    StepChosen,
    TabChosen,
    TrainPressed,
    UnitChosen,
    WindowMoved,
)
from unroll.terminal.runs import Run
from unroll.terminal.widgets.loss_curve import LossCurve
from unroll.terminal.widgets.next_number import NextNumber
from unroll.terminal.widgets.pane_tabs import PaneTabs
from unroll.terminal.widgets.prompt import Prompt
from unroll.terminal.widgets.recipe_form import RecipeForm
from unroll.terminal.widgets.state_heatmap import StateHeatmap

TABS = ("State", "Loss", "Recipe")
WHOLE, LEAST = Size(120, 40), Size(80, 24)
"""The size from which all panes are shown at once, and the one below which none is."""
STARTING = "starting the engine …"
WELCOME = "space trains · ←/→ steps · / types a sequence · c counts on · ? keys"


class Playground(Screen[None]):
    """Recipe, hidden state, loss, next number and the prompt."""

    AUTO_FOCUS = "StateHeatmap"
    BINDINGS: ClassVar = [
        Binding("space", "train", "train/pause", tooltip="Train, pause, go on; by hand, one update."),
        Binding("c", "carry_on", "count on", tooltip="Append the number it expects and go on from the kept state."),
        Binding("slash", "prompt", "prompt", key_display="/", tooltip="Type a sequence."),
        Binding("escape", "state", "back", tooltip="Leave a field for the hidden state."),
        Binding("n", "advance_update", "update", tooltip="Make one update, then pause."),
        Binding("e", "advance_epoch", "epoch", tooltip="Train to the end of the epoch, then pause."),
        *[
            Binding(str(n), f"tab('{tab}')", tab, show=False, tooltip=f"Go to {tab.lower()}.")
            for n, tab in enumerate(TABS, 1)
        ],
    ]

    def __init__(self, recipe: Recipe, sequence: tuple[int, ...]) -> None:
        super().__init__()
        self.recipe = recipe
        self.moment = Moment(0, sequence, len(sequence) - 1)
        self.pace: Pace = "8/s"
        self.engine: Conversation | None = None
        self.run_shown: Run | None = None
        self.trace: Trace | None = None
        self._looking = Latest(self, self._look)
        self._continuing = Latest(self, self._carry_on)
        self._to_continue = 0

    def compose(self) -> ComposeResult:
        yield Static(id="too-small")
        yield PaneTabs(TABS)
        with Container(id="panes"):
            yield RecipeForm(self.recipe, self.pace)
            yield StateHeatmap()
            yield LossCurve()
            yield NextNumber()
        yield Prompt(" ".join(map(str, self.moment.sequence)))
        yield Static(STARTING, id="sentence", markup=False)
        yield Static(WELCOME, id="notice", markup=False)
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        self.add_class("-tab-state")
        self.on_resize()

    def on_resize(self) -> None:
        """Fit the terminal's size; before the first layout too, so that the first paint is the right one."""
        size = self.app.size
        self.set_class(size.width >= WHOLE.width and size.height >= WHOLE.height, "-whole")
        self.set_class(size.width < LEAST.width or size.height < LEAST.height, "-too-small")
        self.query_one("#too-small", Static).update(
            f"unroll needs {LEAST.width} columns and {LEAST.height} rows; "
            f"this terminal has {size.width} and {size.height}."
        )

    # The engine comes, speaks and goes

    async def engine_came(self, engine: Conversation, hello: Hello) -> None:
        """An engine is ready: show it an untrained network of the form's recipe."""
        self.engine = engine
        self.say("")
        await self._create(self.recipe)

    def engine_went(self, died: EngineDied) -> None:
        """The engine is gone; what stands on the screen stays."""
        self.engine = None
        self.say(" ".join([str(died), *died.last_lines[-1:]]), fault=True)

    def progressed(self, progress: Progress) -> None:
        """A run has come further, or changed its state."""
        run = self.run_shown
        if run is None or progress.run != run.number:
            return
        run.advance(progress)
        self.query_one(LossCurve).grown()
        self._show_state(run)
        if progress.sentence:
            self.say(progress.sentence, fault=True)
        self._looking.ask()

    async def _create(self, recipe: Recipe) -> bool:
        """Show an untrained network of this recipe; False where the engine refuses it, or there is none."""
        if self.engine is None:
            return False
        try:
            run = Run.of(await self.engine.ask(Create(recipe=recipe)))
        except EngineError as error:
            self.say(str(error), fault=True)
            return False
        self.run_shown = run
        self.query_one(LossCurve).curve = run.curve
        self._show_state(run)
        self._fit_sequence(run)
        self.moment = replace(self.moment, run=run.number, epoch=None)
        self._looking.ask()
        return True

    def _fit_sequence(self, run: Run) -> None:
        """Drop from the sequence what the run's vocabulary does not have."""
        kept = tuple(n for n in self.moment.sequence if n < run.recipe.task.vocab_size) or (0,)
        if kept != self.moment.sequence:
            self._ask_of(kept)
            self.query_one(Prompt).write(" ".join(map(str, kept)))

    # Looking

    async def _look(self) -> None:
        if self.engine is None or self.run_shown is None:
            return
        heatmap = self.query_one(StateHeatmap)
        rows = max(self.query_one(NextNumber).size.height, 1)
        try:
            looked = await self.engine.ask(Look(moment=self.moment, window=heatmap.window, top=rows))
        except EngineError as error:
            self.say(str(error), fault=True)
            return
        if replace(looked.trace.moment, step=0) == replace(self.moment, step=0):
            self._show(looked.trace)

    def _show(self, trace: Trace) -> None:
        self.trace = trace
        self.query_one(StateHeatmap).trace = trace
        self._show_step()

    def _show_step(self) -> None:
        """Move every pane to the moment's step: nothing here waits for the engine."""
        trace, run, step = self.trace, self.run_shown, self.moment.step
        if trace is None or run is None:
            return
        self.query_one(StateHeatmap).step = step
        row, following = step - trace.window.first_step, self.query_one(NextNumber)
        if 0 <= row < len(trace.candidates):
            following.candidates = trace.candidates[row]
            following.after = trace.moment.sequence[step]
            following.answer = answer(run.recipe.task, trace.moment.sequence, step)
            self.query_one("#sentence", Static).update(wording.of_step(trace, step, run.recipe.task))

    def _show_state(self, run: Run) -> None:
        labels = {"ready": "▶ Train", "training": "‖ Pause", "paused": "▶ Go on"}
        self.query_one(RecipeForm).train_label = labels.get(run.state, "▶ Train again")

    def say(self, text: str, fault: bool = False) -> None:
        """Put one line under the sentence: a fault, or the hint of what one can do."""
        notice = self.query_one("#notice", Static)
        notice.set_class(fault, "-fault")
        notice.update(text or WELCOME)

    # The sequence

    def _ask_of(self, sequence: tuple[int, ...]) -> None:
        self.moment = replace(self.moment, sequence=sequence, step=len(sequence) - 1)
        self._looking.ask()

    def on_prompt_edited(self, message: PromptEdited) -> None:
        recipe = self.run_shown.recipe if self.run_shown else self.recipe
        prompt = self.query_one(Prompt)
        try:
            sequence = parse_sequence(message.text, recipe.task.vocab_size)
        except SequenceError as error:
            prompt.add_class("-invalid")
            self.say(str(error), fault=True)
            return
        if prompt.has_class("-invalid"):
            prompt.remove_class("-invalid")
            self.say("")
        if sequence != self.moment.sequence:
            self._ask_of(sequence)

    def on_prompt_entered(self, message: PromptEntered) -> None:
        if not self.query_one(Prompt).has_class("-invalid"):
            self.action_carry_on()

    def on_step_chosen(self, message: StepChosen) -> None:
        self.moment = replace(self.moment, step=message.step)
        self._show_step()

    def on_unit_chosen(self, message: UnitChosen) -> None:
        self.query_one(StateHeatmap).unit = message.unit

    def on_window_moved(self, message: WindowMoved) -> None:
        if self.trace is not None and not _holds(self.trace, self.query_one(StateHeatmap).window):
            self._looking.ask()

    def action_carry_on(self) -> None:
        self._to_continue += 1
        self._continuing.ask()

    async def _carry_on(self) -> None:
        while self._to_continue and self.engine is not None and self.run_shown is not None:
            self._to_continue -= 1
            await self._append_expected(self.engine)
        self._to_continue = 0

    async def _append_expected(self, engine: Conversation) -> None:
        sequence = self.moment.sequence
        if len(sequence) >= MAX_STEPS:
            self.say(f"The sequence has {MAX_STEPS:,} numbers, the most it can have: type a shorter one.", fault=True)
            return
        last = Window(first_step=len(sequence) - 1, steps=1, units=1)
        try:
            looked = await engine.ask(Look(moment=self.moment, window=last, top=1))
        except EngineError as error:
            self.say(str(error), fault=True)
            return
        self._ask_of((*sequence, looked.trace.candidates[0][0].number))
        self.query_one(Prompt).write(" ".join(map(str, self.moment.sequence)))

    # Training

    def on_recipe_edited(self, message: RecipeEdited) -> None:
        self.recipe = message.recipe
        if self.run_shown is None or not self.run_shown.curve.losses:
            self.run_worker(self._create(self.recipe), group="create", exclusive=True)

    def on_pace_chosen(self, message: PaceChosen) -> None:
        self.pace = message.pace
        run = self.run_shown
        if run is not None and run.state == "training":
            self._tell(Pause(run=run.number) if self.pace == "by hand" else Play(run=run.number, pace=self.pace))

    def on_train_pressed(self, message: TrainPressed) -> None:
        self.action_train()

    def action_train(self) -> None:
        run = self.run_shown
        if run is not None and run.state == "training":
            self._tell(Pause(run=run.number))
        else:
            self._train()

    def action_advance_update(self) -> None:
        self._train(updates=1)

    def action_advance_epoch(self) -> None:
        self._train(updates=self.run_shown.updates_to_epoch_end if self.run_shown else 0)

    def _train(self, updates: int = 0) -> None:
        self.run_worker(self._train_on(updates), group="train", exclusive=True)

    async def _train_on(self, updates: int) -> None:
        """Train so many updates, or on and on; anew where the recipe has changed or the run is over."""
        run = self.run_shown
        if self.engine is None or run is None:
            self.say("The engine is still starting: a moment, please.")
            return
        if (run.is_over or run.recipe != self.recipe) and not await self._create(self.recipe):
            return
        by_hand = self.pace == "by hand"
        self._tell(Advance(updates=updates or 1) if updates or by_hand else Play(pace=self.pace))

    def _tell(self, request: Play | Pause | Advance) -> None:
        self.run_worker(self._ask(request), group="tell")

    async def _ask(self, request: Play | Pause | Advance) -> None:
        try:
            if self.engine is not None:
                await self.engine.ask(request)
        except EngineError as error:
            self.say(str(error), fault=True)

    # Moving about

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only the keys that would do something where the focus is."""
        if action == "prompt":  # Textual does not know that an Input takes the key named "slash"
            return not isinstance(self.focused, Input)
        return not isinstance(self.focused, StateHeatmap) if action == "state" else True

    def action_prompt(self) -> None:
        self.query_one(Prompt).query_one(Input).focus()

    def action_state(self) -> None:
        self.action_tab("State")

    def action_tab(self, tab: str) -> None:
        self.on_tab_chosen(TabChosen(tab))

    def on_tab_chosen(self, message: TabChosen) -> None:
        for tab in TABS:
            self.set_class(tab == message.tab, f"-tab-{tab.lower()}")
        self.query_one(PaneTabs).active = message.tab
        pane = {"State": "StateHeatmap", "Loss": "LossCurve", "Recipe": "RecipeForm Select"}[message.tab]
        self.call_after_refresh(self.query(pane).first().focus)


def _holds(trace: Trace, window: Window) -> bool:
    """Whether a trace has the values of all that a window shows."""
    held, total = trace.window, len(trace.moment.sequence)
    steps, units = min(window.first_step + window.steps, total), min(window.first_unit + window.units, trace.units)
    return (
        held.first_step <= window.first_step
        and held.first_unit <= window.first_unit
        and steps <= held.first_step + held.steps
        and units <= held.first_unit + held.units
    )
