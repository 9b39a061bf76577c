"""The one main screen: what a person does becomes what the session does, and every pane is drawn from the session."""

from __future__ import annotations

from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, get_args

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.css.query import NoMatches
from textual.events import Event, Resize
from textual.geometry import Size
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static
from textual.worker import Worker

from unroll.errors import UserError
from unroll.moment import MAX_STEPS
from unroll.permalink import Link
from unroll.protocol.replies import Pace
from unroll.protocol.trace import Window
from unroll.recipe import Recipe
from unroll.tasks import answers
from unroll.terminal import banner, hints, layout, texts
from unroll.terminal.advice import Advice
from unroll.terminal.beside import Beside
from unroll.terminal.bindings import ACTIONS
from unroll.terminal.interventions import Intervening
from unroll.terminal.lens_sight import Chosen, LensSight, shown
from unroll.terminal.recovery import Recovery
from unroll.terminal.runs import METRICS
from unroll.terminal.session import Session
from unroll.terminal.slow_motion import SlowMotion
from unroll.terminal.splash import STARTING
from unroll.terminal.tour import Tour
from unroll.terminal.widgets.bars import Keys, ScreenHeader
from unroll.terminal.widgets.lens_pane import LensPane
from unroll.terminal.widgets.loss_curve import LossCurve, Shown
from unroll.terminal.widgets.next_number import NextNumber
from unroll.terminal.widgets.panes import Panes
from unroll.terminal.widgets.prompt import Numbers, Prompt
from unroll.terminal.widgets.recipe_form import RecipeForm
from unroll.terminal.widgets.run_table import RunTable
from unroll.terminal.widgets.state_heatmap import StateHeatmap
from unroll.terminal.widgets.tour_card import HEIGHT, TourCard
from unroll.terminal.writing import Writing
from unroll.text import printable
from unroll.tty.textual_patches import draw_sparingly

if TYPE_CHECKING:
    from unroll.sweep.summary import Seed
    from unroll.terminal.lessons import Lessons
    from unroll.terminal.opened_sweep import OpenedSweep
    from unroll.terminal.questions import Questions
    from unroll.terminal.widgets.sweep_pane import SweepPane
    from unroll.tour.lesson import PaneName

TRAIN_LABELS = {"ready": "▶ Train", "training": "‖ Pause", "paused": "▶ Go on"}
MAX_OVERLAID = 5
"""Earlier curves drawn behind the one that is shown, at most."""
MARGINS = 4
"""Columns beside a line of text."""
PACES: tuple[Pace, ...] = get_args(Pace)


class Playground(Screen[None]):
    """Recipe, runs, hidden state, loss, next number and the prompt.

    Attributes:
        notice: The sentence under the prompt; empty where the session has nothing to say. `fault`: it is an error.
    """

    AUTO_FOCUS = "StateHeatmap"
    BINDINGS: ClassVar = ACTIONS

    @dataclass
    class Opening(Message):
        """A dialog opens once this is done: keys from here on are for it."""

        work: Worker[object]

    def __init__(self, recipe: Recipe, sequence: tuple[int, ...]) -> None:
        super().__init__()
        draw_sparingly(self)
        self.session = Session(self, recipe, sequence)
        self.recovery = Recovery(self.session)
        self.writing, self.intervening = Writing(self.session), Intervening(self.session)
        self._advice, chosen = Advice(self.session), Chosen()
        self._beside = Beside(self.session, chosen, self._is_in_sight)
        self.lens = LensSight(self.session, chosen, lambda: shown(self.session), lambda: self._is_in_sight("Lens"))
        self._lenses = {"Lens": self.lens, layout.BESIDE_LENS: self._beside.lens}
        self.slow_motion = SlowMotion(self.session, self.set_timer)
        self.tour = Tour(self.session, self.recovery, self.lens, self._stage, self.set_timer)
        self._sweep: OpenedSweep | None = None
        self._heatmap, self._lens_pane, self._following = StateHeatmap(), LensPane(), NextNumber()
        self._header = ScreenHeader()
        form = RecipeForm(recipe, self.session.pace)
        panes = (self._heatmap, LossCurve(), self._lens_pane, form, RunTable(), self._following)
        self._panes = Panes(dict(zip(layout.PANES, panes, strict=True)), Size(*layout.LEAST))
        self.notice, self.fault = "", False
        self._last_focused: Widget | None = None
        self._fitted = Size(0, 0)
        self._pace_shown = self.session.pace

    # Layout and focus

    def compose(self) -> ComposeResult:
        session = self.session
        self._fit(self.app.size)
        yield Static(id="too-small")
        yield self._header
        yield self._panes
        yield TourCard(self.tour.card())
        yield Prompt(session.moment.sequence, session.vocabulary)
        yield Static(STARTING, id="sentence", markup=False)
        yield Static(hints.STARTING, id="hint", markup=False)
        yield Static(id="notice", markup=False)
        yield Keys()

    def on_mount(self) -> None:
        self.on_resize()
        self.watch(self, "focused", self._focus_moved)
        self.watch(self._panes, "arranged", self._arranged, init=False)

    def on_resize(self) -> None:
        size, last = self.app.size, self._last_focused
        self._fit(size)
        self._show_notice()
        if self.has_class("-too-small"):
            self.query_one("#too-small", Static).update(texts.of_size(layout.LEAST, size))
        elif last is not None and last.is_attached:
            self._panes.keep_in_sight(last)

    def _fit(self, size: Size) -> None:
        """Give the panes their places, or show one sentence. Called before there are any: the first paint is right."""
        self._fitted = size
        self.set_class(layout.is_too_small(*size), "-too-small")
        is_touring = self.tour.lesson is not None
        self.set_class(is_touring, "-touring")
        self._panes.fit(size - Size(0, HEIGHT - 1) if is_touring else size)  # the hint gives its line
        self._arranged()

    def _arranged(self) -> None:
        """Say in the header what there is to choose from."""
        arranged = self._panes.arranged
        self._header.tabs, self._header.active = arranged.tabs, arranged.tab
        self._header.alone = texts.MAXIMISED if self._panes.alone else ""
        self._header.styles.height = layout.header_rows(self.app.size.width)
        for sight in self._lenses.values():
            sight.look()

    def _is_in_sight(self, pane: str) -> bool:
        return pane in self._panes.arranged.places

    async def on_event(self, event: Event) -> None:
        """As any screen's, but a resize to the size that it has, of which a start brings three, changes nothing."""
        if not (isinstance(event, Resize) and event.size == self._fitted == self.outer_size):
            await super().on_event(event)

    def update_node_styles(self, animate: bool = True) -> None:
        """As any screen's, but not before the first paint: every widget has its style since it was mounted."""
        if self.outer_size:
            super().update_node_styles(animate)

    def _focus_moved(self, focused: Widget | None) -> None:
        """A person stays where they are while another window, or one too small, hides it."""
        if focused is not None and not self.has_class("-too-small"):
            self._last_focused = focused
            self.query_one(Prompt).occupy(isinstance(focused, Numbers))
            self._name_keys()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only the keys that would do something where the focus is."""
        if action == "prompt":  # Textual does not know that these take the key named "slash"
            return not isinstance(self.focused, Input | OptionList)
        is_at_home = isinstance(self.focused, StateHeatmap) and self.tour.lesson is None
        is_back = bool(self._panes.alone) or not is_at_home
        return is_back if action == "back" else True

    # What the session asks of its display

    def spawn(self, work: Coroutine[Any, Any, object]) -> None:
        """Run a coroutine in the background."""
        self.run_worker(work)

    def window(self) -> Window:
        """The steps and units that are on the screen."""
        return self._heatmap.window_of(self.session.moment.sequence, self.session.moment.step)

    def say(self, sentence: str, fault: bool = True) -> None:
        """Put one sentence under the prompt, until another is said."""
        before = self.notice, self.fault
        self.notice, self.fault = printable(sentence), fault
        if before != (self.notice, self.fault):
            with suppress(NoMatches):  # quitting, with an answer still on its way
                self._show_notice()

    def note(self, sentence: str) -> None:
        """Say something that is no error."""
        self.say(sentence, fault=False)

    def hush(self) -> None:
        """Take back what was said last."""
        self.note("")

    def changed(self) -> None:
        """Draw every pane from the session; what has not changed is not painted again."""
        with suppress(NoMatches):  # quitting: the panes go one by one, with an answer still on its way
            self.slow_motion.follow()
            if self._sweep is not None:
                self._sweep.compare()
            self._show_training()
            self._show_state()
            self._panes.show_beside(self._beside.panes if self._beside.run else None)
            self._beside.draw(self._heatmap.density)
            self.lens.draw(self._lens_pane)
            prompt, session = self.query_one(Prompt), self.session
            prompt.read_by(session.vocabulary)
            prompt.show(session.moment.sequence, session.moment.step, texts.of_sampling(session.sampling), session.said)
            self._show_notice()
            self._show_hint()
            self._show_tour()

    # Drawing

    def _show_training(self) -> None:
        session, run = self.session, self.session.run
        form, table, loss = self.query_one(RecipeForm), self.query_one(RunTable), self.query_one(LossCurve)
        form.load(session.recipe)
        form.file = session.file.read
        if session.pace != self._pace_shown:  # not at every redraw: a choice may be still on its way from the form
            self._pace_shown = session.pace
            form.show_pace(session.pace)
        table.runs = session.runs.rows
        if run is None:
            return
        self._header.status = texts.of_status(run, session.pace)
        self._panes.show_units(run.recipe.model.hidden_size)
        form.compare_with(run.recipe, run.curve.plan)
        edited = run.recipe != session.recipe and run.state != "training"
        form.train_label = "▶ Train" if edited else TRAIN_LABELS.get(run.state, "▶ Train again")
        self._name_keys()
        table.shown = run.number
        table.marked = session.compared.number if session.compared else 0
        overlaid = [other for other in session.runs.rows if other.overlaid and other is not run]
        loss.run, *others = (Shown(one.ordinal, one.name, one.curve) for one in (run, *overlaid[-MAX_OVERLAID:]))
        loss.updates, loss.others = run.curve.updates, tuple(others)
        loss.epoch, loss.shown = session.moment.epoch, session.trace.epoch if session.trace else None
        loss.own, loss.several = session.own, self.lens.several(run.recipe)

    def _name_keys(self) -> None:
        """What some keys do now."""
        leaves = self.tour.lesson is not None and not self._panes.alone and isinstance(self.focused, StateHeatmap)
        train = self.query_one(RecipeForm).train_label.split(" ", 1)[1].lower()
        self.query_one(Keys).words = {"train": train, **({"back": "leave"} if leaves else {})}

    def _show_state(self) -> None:
        session, trace, run = self.session, self.session.trace, self.session.run
        if trace is None or run is None or trace.moment.run != run.number:
            return
        heatmap, following, sequence = self._heatmap, self._following, trace.moment.sequence
        heatmap.answers, heatmap.baseline = answers(run.recipe.task, sequence), session.baseline
        step = min(session.moment.step, len(sequence) - 1)  # the trace of a longer one may be still on its way
        heatmap.said = session.said
        heatmap.vocabulary = vocabulary = session.vocabulary
        heatmap.trace, heatmap.step, heatmap.unit = trace, step, session.unit
        row = step - trace.window.first_step
        if 0 <= row < len(trace.candidates):
            following.candidates, following.vocabulary = trace.candidates[row], vocabulary
            following.banner, following.versus = banner.lines(trace, step, run.recipe.task), session.versus
            following.after, following.answers = sequence[step], heatmap.answers[step]
            following.is_sampled = session.is_sampled
            is_wrong = self.query_one(Prompt).has_class("-invalid")
            said = texts.of_part(self.slow_motion.part, trace, step, run.recipe)
            said = said or texts.of_step(trace, step, run.recipe.task, session.is_sampled)
            self._write("#sentence", texts.NO_SEQUENCE if is_wrong else said)

    def _show_notice(self) -> None:
        """Show what was said last, or why there is no engine."""
        session, notice = self.session, self.query_one("#notice", Static)
        said = self.notice or session.absence
        notice.set_class(self.fault if self.notice else bool(said), "-fault")
        notice.set_class(cell_len(said) > self.app.size.width - MARGINS, "-long")
        self._write("#notice", said)
        if session.trace is None:
            self._write("#sentence", texts.NO_ENGINE if session.absence else STARTING)

    def _show_hint(self) -> None:
        line = self._advice.line(self._is_right(), self.app.size.width - MARGINS)
        self.query_one("#hint").set_class(self._advice.is_finding, "-finding")
        self._write("#hint", line)

    def _show_tour(self) -> None:
        """Say where the lesson is, with room of its own as long as there is one."""
        self.tour.follow()
        self.query_one(TourCard).card = self.tour.card(self._advice.of_unit)
        if self.has_class("-touring") != (self.tour.lesson is not None):
            self._fit(self.app.size)

    def _is_right(self) -> bool | None:
        """Whether the answer on the screen is right; None where none is."""
        shown = self._following
        return shown.candidates[0].number in shown.answers if shown.answers and shown.candidates else None

    def _write(self, line: str, text: str) -> None:
        """Fill one of the lines of text, if it says something else."""
        static = self.query_one(line, Static)
        if static.content != text:
            static.update(text, layout=static.has_class("-long") or static.size.height > 1)

    # What the panes say

    def on_state_heatmap_step_chosen(self, message: StateHeatmap.StepChosen) -> None:
        self.hush()
        self.session.choose_step(message.step)

    def on_state_heatmap_unit_chosen(self, message: StateHeatmap.UnitChosen) -> None:
        self.hush()
        self._advice.explain_unit()
        self.session.choose_unit(message.unit)

    def on_state_heatmap_view_chosen(self, message: StateHeatmap.ViewChosen) -> None:
        self.session.choose_view(message.view)

    def on_state_heatmap_window_moved(self, message: StateHeatmap.WindowMoved) -> None:
        self._beside.look()
        trace = self.session.trace
        if trace is not None and not trace.holds(self._heatmap.window):
            self.session.look()

    def on_next_number_number_chosen(self, message: NextNumber.NumberChosen) -> None:
        self.hush()
        self.writing.go_on_with(message.number)

    def on_loss_curve_epoch_chosen(self, message: LossCurve.EpochChosen) -> None:
        self.hush()
        self.session.choose_epoch(message.epoch)

    def on_lens_pane_lens_chosen(self, message: LensPane.LensChosen) -> None:
        self._turn_lens(message.by)

    def _turn_lens(self, by: int) -> None:
        for name, sight in self._lenses.items():
            if self._is_in_sight(name):
                sight.choose(by)
                return

    def on_lens_pane_member_chosen(self, message: LensPane.MemberChosen) -> None:
        marked = self._beside.run if self.focused is self._beside.lens_pane else None
        recipe = marked.recipe if marked else self.session.recipe_shown
        self.spawn(self.session.open_member(recipe, message.seeds, message.index))

    def on_recipe_form_edited(self, message: RecipeForm.Edited) -> None:
        self.hush()
        self.session.edit(message.recipe)

    def on_recipe_form_pace_chosen(self, message: RecipeForm.PaceChosen) -> None:
        self.session.choose_pace(message.pace)

    def on_prompt_text_read(self, message: Prompt.TextRead) -> None:
        self.say(message.fault, fault=bool(message.fault))
        self.changed()

    def on_prompt_sequence_typed(self, message: Prompt.SequenceTyped) -> None:
        if message.sequence != self.session.moment.sequence:
            self.hush()
        self.session.type(message.sequence, message.step)

    def on_prompt_entered(self, message: Prompt.Entered) -> None:
        prompt = self.query_one(Prompt)
        self.spawn(self.writing.append(wanted=lambda: prompt.edits == message.edits))

    def on_prompt_caret_moved(self, message: Prompt.CaretMoved) -> None:
        if message.step < len(self.session.moment.sequence):
            self.session.choose_step(message.step)

    def on_run_table_asked(self, message: RunTable.Asked) -> None:
        session, run = self.session, self.session.runs.by_number(message.number)
        if message.what == "restore":
            session.restore()
        elif run is not None:
            match message.what:
                case "choose":
                    session.choose_run(run)
                case "delete":
                    session.delete(run)
                case "compare":
                    session.compare(run)
                case "rename":
                    self.questions.rename(run)
                case "overlay":
                    run.overlaid = not run.overlaid
                    self.changed()

    # Dialogs: imported when the first opens, for that takes a hundredth of the start

    @cached_property
    def questions(self) -> Questions:
        """What is asked of a person."""
        from unroll.terminal.questions import Questions

        return Questions(self, self.session, lambda path: self.spawn(self.open_sweep(path)), self._link)

    # Lessons

    @cached_property
    def lessons(self) -> Lessons:
        """What is asked about lessons."""
        from unroll.terminal.lessons import Lessons

        return Lessons(self, self.tour, self._link)

    def _stage(self, pane: PaneName) -> None:
        """Clear the way to a scene: nothing is open, half typed or playing, and its pane is in sight."""
        while self.app.screen is not self:
            self.app.pop_screen()
        self.slow_motion.stop()
        self.query_one(Prompt).drop()
        self._advice.explain_unit(False)
        loss = self.query_one(LossCurve)
        loss.metric, loss.log_scale = METRICS[0], False
        self._panes.go_to(pane.capitalize())

    def action_tour(self) -> None:
        """Return to the scene; or choose a lesson."""
        if self.tour.lesson is not None:
            self.tour.restore()
        else:
            self.lessons.choose()

    def action_scene(self, by: int) -> None:
        self.tour.step(by)

    def action_mark(self) -> None:
        self.lessons.record(self._panes.of(self.focused) or "State")

    # The runs

    def action_ask(self, what: str) -> None:
        """Open a dialog of `Questions`, which may need an answer of the engine first."""
        self.post_message(self.Opening(self.run_worker(getattr(self.questions, what)())))

    async def open_sweep(self, path: str) -> None:
        """Show what is in a sweep's results file, which is read here: the engine may be elsewhere."""
        from unroll.terminal.opened_sweep import OpenedSweep

        sweep = self._sweep or OpenedSweep(self.session)
        try:
            await sweep.read(path)
        except UserError as error:
            self.say(str(error))
        else:
            self._sweep = sweep
            self._panes.add(layout.SWEEP, sweep.pane)
            self.action_tab(layout.SWEEP)

    def on_sweep_pane_cell_chosen(self, message: SweepPane.CellChosen) -> None:
        def take(seed: Seed) -> None:
            if self._sweep is not None:
                self.action_tab("State")
                self.spawn(self._sweep.train(seed))

        self.questions.seed(message, take)

    def action_resume(self) -> None:
        self.spawn(self.recovery.resume())

    def _link(self) -> Link:
        return self.recovery.to_link()._replace(lens=self.lens.lens)

    # Training

    def action_train(self) -> None:
        session = self.session
        if session.is_training or self._form_is_good():
            self.hush()
            self.spawn(session.pause() if session.is_training else session.train())

    def action_advance(self, to: str) -> None:
        """Make one `update`, or all to the end of the `epoch`."""
        if self._form_is_good():
            run = self.session.run
            self.spawn(self.session.train(run.updates_to_epoch_end if run and to == "epoch" else 1))

    def _form_is_good(self) -> bool:
        """Whether the form's recipe can be trained; if not, say why and go there."""
        form = self.query_one(RecipeForm)
        if form.fault:
            self.action_tab("Recipe")
            self.call_after_refresh(form.go_to_fault)
            self.say(form.fault)
        return not form.fault

    def action_pace(self, by: int) -> None:
        if self.slow_motion.is_playing:
            self.slow_motion.faster(by)
            return
        pace = PACES[max(0, min(PACES.index(self.session.pace) + by, len(PACES) - 1))]
        self.session.choose_pace(pace)
        self.changed()
        self.note(f"Pace: {pace.replace('/s', ' epochs a second')}.")

    def action_branch(self) -> None:
        self.spawn(self.session.branch())

    # The sequence

    def action_carry_on(self, count: int) -> None:
        """Append some of the network's answers; with 0, until one is wrong."""
        self.spawn(self.writing.append(count or MAX_STEPS, until_wrong=not count))

    def action_type_random(self, longer: bool) -> None:
        self.writing.type_example(longer)

    # What is done to the network, and what is shown of it

    def action_do(self, how: str) -> None:
        """Do to the network what a method of `Intervening` does."""
        getattr(self.intervening, how)()

    def action_play(self) -> None:
        self.slow_motion.toggle()

    def action_view(self, by: int) -> None:
        self.session.turn_view(by)

    def action_density(self) -> None:
        self.note(texts.DENSITIES[self._heatmap.turn_density()])

    def action_lens(self, by: int) -> None:
        """Bring the lens in sight, and where it is already, show the next one."""
        if any(self._is_in_sight(name) for name in self._lenses):
            self._turn_lens(by)
        else:
            self.action_tab("Lens")

    def action_difference(self) -> None:
        """Switch it; where its pane is not in sight, say what that did."""
        session, before = self.session, self.session.difference
        session.toggle_difference()
        if session.difference != before and not self._heatmap.display:
            self.note(texts.of_difference(session.comparison.baseline) if session.difference else texts.VALUES_AGAIN)

    def action_log(self) -> None:
        loss = self.query_one(LossCurve)
        loss.log_scale = not loss.log_scale

    def action_metric(self) -> None:
        loss = self.query_one(LossCurve)
        loss.metric = METRICS[(METRICS.index(loss.metric) + 1) % len(METRICS)]

    # Moving about

    def action_explain(self) -> None:
        """Explain the focused pane or field."""
        from unroll.terminal.explanation import explanation

        def of_lens() -> list[str]:
            return self._lenses[self._panes.of(self.focused)].sentences

        self.app.push_screen(explanation(self, self.session, of_lens))

    def action_prompt(self) -> None:
        self.query_one(Prompt).open()

    def action_back(self) -> None:
        if self._panes.alone:
            self.action_maximise()
        elif isinstance(self.focused, StateHeatmap) and self.tour.lesson is not None:
            self.tour.leave()
        else:
            self.action_tab("State")

    def action_maximise(self) -> None:
        """Let the focused pane have all the room, or take that back."""
        pane = "" if self._panes.alone else self._panes.of(self.focused)
        if self._panes.alone == layout.SWEEP:
            self.action_tab("State")
        elif pane or self._panes.alone:
            self._panes.maximise(pane)
        else:
            self.note(texts.NO_PANE)

    def action_tab(self, pane: str) -> None:
        """Go to a pane; where others stand in its place, it takes theirs. From the marked run's, 7 goes back."""
        if pane == layout.BESIDE_STATE and self.focused in self._beside.panes.values():
            self._panes.go_to("State")
        elif pane == layout.BESIDE_STATE and (refusal := self._beside.refusal):
            self.note(refusal)
        elif pane == layout.SWEEP and self._sweep is None:
            self.note(texts.NO_SWEEP)
        else:
            self._panes.go_to(pane)

    def on_screen_header_tab_chosen(self, message: ScreenHeader.TabChosen) -> None:
        self.action_tab(message.tab)
