"""What each key of the playground does: the `action_` of every binding in `actions`, and what the table wishes."""

from __future__ import annotations

import random
from typing import get_args

from msgspec.structs import replace

from unroll.moment import UNTOUCHED
from unroll.protocol.requests import Pace
from unroll.tasks import sequences
from unroll.terminal import answers, explain, texts
from unroll.terminal.curve import METRICS
from unroll.terminal.dialogs import Ask
from unroll.terminal.help import Help
from unroll.terminal.run_deeds import RunDeeds
from unroll.terminal.splash import TABS
from unroll.terminal.widgets.field_row import FieldRow
from unroll.terminal.widgets.loss_curve import LossCurve
from unroll.terminal.widgets.pane_tabs import PaneTabs
from unroll.terminal.widgets.prompt import Prompt
from unroll.terminal.widgets.recipe_form import RecipeForm
from unroll.terminal.widgets.state_heatmap import StateHeatmap

PANES = {
    "StateHeatmap": "Hidden state",
    "LossCurve": "Loss",
    "NextNumber": "Next number",
    "RunTable": "Runs",
    "Prompt": "Prompt",
}
"""The panes that explain themselves, by their widgets' names."""
FIRST = {"State": "StateHeatmap", "Loss": "LossCurve", "Recipe": "RecipeForm Select", "Runs": "RunTable"}
"""What has the focus when a pane is gone to."""
TAB_OF = {"Runs": "Recipe"}
"""The tab of a pane that has none of its own name."""
PACES: tuple[Pace, ...] = get_args(Pace)


class Deeds(RunDeeds):
    """What is done in training, in asking and to the network."""

    # Training

    def action_train(self) -> None:
        if self.session.is_training or self._form_is_good():
            self.say("", fault=False)
            self.session.train_or_pause()

    def action_advance_update(self) -> None:
        if self._form_is_good():
            self.session.train(updates=1)

    def action_advance_epoch(self) -> None:
        if self._form_is_good():
            self.session.train(updates=self.session.run.updates_to_epoch_end if self.session.run else 1)

    def _form_is_good(self) -> bool:
        """Whether what the form says can be trained; if not, say why and go there."""
        form = self.query_one(RecipeForm)
        if form.fault:
            self.action_tab("Recipe")
            self.call_after_refresh(form.go_to_fault)
            self.say(form.fault)
        return not form.fault

    def action_pace(self, by: int) -> None:
        place = max(0, min(PACES.index(self.session.pace) + by, len(PACES) - 1))
        self.session.choose_pace(PACES[place])
        self.query_one(RecipeForm).choose_pace(PACES[place])
        self.say(f"Pace: {PACES[place].replace('/s', ' epochs a second')}.", fault=False)

    def action_stop(self) -> None:
        def take(text: str | None) -> None:
            if text is not None:
                self.session.stop_epoch, self.session.stop_accuracy = answers.stop(text)
                epochs = self.session.recipe.train.epochs
                self.say(texts.of_stop(self.session.stop_epoch, self.session.stop_accuracy, epochs), fault=False)

        hint = "An epoch such as 12, an accuracy such as 99 %, or nothing to train to the end."
        now = answers.of_stop(self.session.stop_epoch, self.session.stop_accuracy)
        self.app.push_screen(Ask("Stop training at", now, hint, answers.fault_of(answers.stop)), take)

    def action_branch(self) -> None:
        self.spawn(self.session.branch())

    # Asking and stepping

    def action_carry_on(self, count: int) -> None:
        self.spawn(self.session.carry_on(count))

    def action_until_wrong(self) -> None:
        self.spawn(self.session.carry_on(count=10**6, until_wrong=True))

    def action_random_item(self) -> None:
        """A sequence as the task has them."""
        task = self.session.recipe.task if self.session.run is None else self.session.run.recipe.task
        start = random.randrange(max(1, sequences(task) or task.vocab_size - task.length))
        self.session.type(tuple(range(start, start + task.length)))

    def action_beyond(self) -> None:
        """A sequence twice as long as those of the training, or as long as the vocabulary lets it be."""
        task = self.session.recipe.task if self.session.run is None else self.session.run.recipe.task
        length = min(2 * task.length + 1, task.vocab_size)
        start = random.randrange(max(1, task.vocab_size - length))
        self.session.type(tuple(range(start, start + length)))

    def action_sampling(self) -> None:
        def take(text: str | None) -> None:
            if text is not None:
                self.session.sampling = answers.sampling(text, self.session.sampling)
                self.session.announce()

        hint = "temperature, top-k, top-p: such as 0.8, or 1 5, or 1 0 0.9; 0 takes the likeliest."
        now = answers.of_sampling(self.session.sampling)
        check = answers.fault_of(lambda text: answers.sampling(text, self.session.sampling))
        self.app.push_screen(Ask("Draw the next numbers with", now, hint, check), take)

    # What is done to the network, and what is shown of it

    def action_cut(self) -> None:
        self.session.intervene(self.session.moment.interventions.toggle_cut(self.session.moment.step))

    def action_cut_all(self) -> None:
        self.session.intervene(self.session.moment.interventions.toggle_cut_all())

    def action_cut_cell(self) -> None:
        run, does = self.session.run, self.session.moment.interventions
        if run is not None and run.recipe.model.cell != "lstm":
            self.say(f"This {run.recipe.model.cell} has no cell state to cut: only an lstm keeps one.", fault=False)
        else:
            self.session.intervene(replace(does, cut_cell=not does.cut_cell))

    def action_silence(self) -> None:
        self.session.intervene(self.session.moment.interventions.toggle_silence(self.session.unit))

    def action_untouch(self) -> None:
        self.session.intervene(UNTOUCHED)

    def action_view(self, by: int) -> None:
        views = self.session.trace.views if self.session.trace else ("hidden",)
        self.session.choose_view(views[(views.index(self.session.view) + by) % len(views)])

    def action_difference(self) -> None:
        self.session.toggle_difference()

    def action_log(self) -> None:
        loss = self.query_one(LossCurve)
        loss.log_scale = not loss.log_scale

    def action_metric(self) -> None:
        loss = self.query_one(LossCurve)
        loss.metric = METRICS[(METRICS.index(loss.metric) + 1) % len(METRICS)]

    # Moving about

    def action_explain(self) -> None:
        """What is in focus, in the words of the network that is shown."""
        run = self.session.run
        recipe = self.session.recipe if run is None else run.recipe
        nodes = [] if self.focused is None else [self.focused, *self.focused.ancestors]
        field = next((node for node in nodes if isinstance(node, FieldRow)), None)
        if field is not None:
            title, sentences = field.field_name, explain.of_field(field.field_name, self.session.recipe)
        else:
            pane = next((node for node in nodes if type(node).__name__ in PANES), self.query_one(StateHeatmap))
            title, sentences = PANES[type(pane).__name__], explain.of_pane(type(pane).__name__, recipe, run)
        self.app.push_screen(Help(title, sentences, self.active_bindings))

    def action_prompt(self) -> None:
        self.query_one(Prompt).open()

    def action_back(self) -> None:
        self.action_tab("State")

    def action_tab(self, tab: str) -> None:
        """Go to a pane; where there are tabs, to the one it stands on."""
        chosen = TAB_OF.get(tab, tab)
        self.remove_class(*[f"-tab-{name.lower()}" for name in TABS if name != chosen], update=False)
        self.add_class(f"-tab-{chosen.lower()}")
        self.query_one(PaneTabs).active = chosen
        self.call_after_refresh(self.query(FIRST[tab]).first().focus)
