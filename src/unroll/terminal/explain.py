"""What each pane and each field is, in three plain sentences, with the numbers of the network that is shown."""

from __future__ import annotations

from math import exp, log

from unroll.recipe import FIELDS, PURPOSES, CellName, Recipe, preset_of
from unroll.tasks import TASKS
from unroll.terminal.runs import Run
from unroll.terminal.texts import percent
from unroll.terminal.widgets.recipe_form import RecipeForm

STEP: dict[CellName, str] = {
    "rnn": "hₜ = tanh(W_ih xₜ + b_ih + W_hh hₜ₋₁ + b_hh)",
    "lstm": "cₜ = f ⊙ cₜ₋₁ + i ⊙ g,   hₜ = o ⊙ tanh(cₜ)",
    "gru": "hₜ = (1 − z) ⊙ n + z ⊙ hₜ₋₁",
}
"""A step of each cell. Elman 1990; Hochreiter & Schmidhuber 1997 and Gers 2000; Cho 2014."""
GATES: dict[CellName, str] = {
    "rnn": "",
    "lstm": "i, f, o = σ(…): what to write, what to keep, what to show; g = tanh(…): what could be written.",
    "gru": "r, z = σ(…): what of the past to heed, what of it to keep; n = tanh(…): the state it could have.",
}
FIELD_MORE: dict[str, str] = {
    "task": "count asks for the number after the last one, recall for the first of all, file for what follows in it.",
    "vocab_size": "A number goes in as a column of V places, all 0 but one, and comes out as V logits.",
    "length": "Longer sequences ask more of the memory, if the task needs any: try recall.",
    "path": "One sequence a line, or one long series on a single line, with spaces or commas between.",
    "held_out": "Accuracy on what was never trained on tells learning from learning by heart.",
    "cell": "An rnn writes its whole state anew each step; an lstm and a gru have gates that let it stand.",
    "hidden_size": "The loop that x cuts has D·D weights, four times as many in an lstm, three times in a gru.",
    "init": "With normal weights the loop starts so strong that it never learns to run past its training length.",
    "epochs": "The learning rate falls to 0 by the last of them, so more of them also fall more slowly.",
    "batch_size": "What is left over of an epoch's shuffled sequences is dropped until the next.",
    "learning_rate": "Too small and nothing is learned in time; too large and the loss leaps, or is no number.",
    "seed": "The same recipe with the same seed gives the same losses, to the bit, on one machine.",
    "preset": "A field that is other than what was trained is marked with •.",
    "pace": "It changes nothing of what is learned, and it can change while training goes on.",
}


def of_field(name: str, recipe: Recipe) -> list[str]:
    """A field: what it is, what it takes and has now, and what comes of it."""
    values = recipe.values()
    now = [f"Here it is {values[name]}."] if name in FIELDS else []
    if name == "preset":
        now = [_of_preset(preset_of(recipe))]
    return [RecipeForm.help(name), *now, FIELD_MORE[name]]


def _of_preset(name: str) -> str:
    return f"Here it is {name}. {PURPOSES[name]}" if name else "Here it is your own: no preset has these values."


def of_pane(pane: str, recipe: Recipe, run: Run | None) -> list[str]:
    """A pane, by its widget's name."""
    v, d, cell = recipe.task.vocab_size, recipe.model.hidden_size, recipe.model.cell
    task = TASKS.get(recipe.task.task)
    last = run.curve.last()[0] if run is not None else None
    figure = "nothing yet" if last is None else f"{last:.3f} nats, a chance of {percent(exp(-last))} on average"
    return {
        "StateHeatmap": [
            f"All that this {cell} knows of the past is these {d} values, one a row: {STEP[cell]}.",
            f"Each column is one step: orange is above 0, blue below, and the signs say how far. {GATES[cell]}".strip(),
            "x cuts the loop before a step, so that hₜ₋₁ is 0 there; z silences a unit: what changes needed it.",
        ],
        "LossCurve": [
            "The loss is how surprised the network was by the right answers: L = −ln p(right), the mean of a batch.",
            f"One who knows nothing of {v} numbers scores ln {v} = {log(v):.2f}; this run's newest epoch {figure}.",
            "←/→ walk back through the training: every pane then shows the network as it was then; "
            "of a long one not every epoch is kept, and 13→16 says that 16 is the nearest to 13.",
        ],
        "NextNumber": [
            f"The head makes {v} logits of the hidden state, z = W h + b, the softmax makes chances: e^zₖ / Σ e^zⱼ.",
            f"The likeliest stand first; ✓ is the right answer. {task.asks if task else 'It should say what follows.'}",
            task.teaches if task else "What it says of numbers it never saw shows what it has learned of the others.",
        ],
        "RunTable": [
            "Every training keeps its row: its state, number, name, newest loss and accuracy.",
            "Choosing one shows its network and its curve; the others' curves stay behind it, faint.",
            "= marks the run that D compares with, r renames, del deletes and u brings back.",
        ],
        "Prompt": [
            f"Type whole numbers from 0 to {v - 1}; the answer follows as you type, at the caret.",
            "Enter appends what the network says and goes on from the kept state, as c does; C does it ten times.",
            f"It was trained on sequences of {recipe.task.length}: B types a longer one, R one of its own.",
        ],
    }[pane]
