"""What `?` says of each pane and field, with the numbers of the network that is shown."""

from math import exp, log

from unroll import figures
from unroll.recipe import FIELDS, PURPOSES, CellName, Recipe, preset_of
from unroll.tasks import TASKS
from unroll.tasks.config import TaskConfig
from unroll.terminal import views
from unroll.terminal.runs import NetworkScore, Run
from unroll.vocabulary import Vocabulary

STEP: dict[CellName, str] = {
    "rnn": "hₜ = tanh(W_ih xₜ + b_ih + W_hh hₜ₋₁ + b_hh)",
    "lstm": "cₜ = f ⊙ cₜ₋₁ + i ⊙ g,   hₜ = o ⊙ tanh(cₜ)",
    "gru": "hₜ = (1 − z) ⊙ n + z ⊙ hₜ₋₁",
    "mingru": "hₜ = (1 − w) ⊙ hₜ₋₁ + w ⊙ v",
    "linear": "hₜ = λ ⊙ hₜ₋₁ + v",
}
"""A step of each cell. Elman 1990; Hochreiter & Schmidhuber 1997, Gers 2000; Cho 2014; Feng 2024; Grazzi 2024."""
GATES: dict[CellName, str] = {
    "rnn": "",
    "lstm": "i, f, o = σ(…): what to write, what to keep, what to show; g = tanh(…): what could be written.",
    "gru": "r, z = σ(…): how much of the past to use, and to keep; n = tanh(…): the candidate state.",
    "mingru": "w = σ(W_w xₜ + b_w): how much to write; v = W_v xₜ + b_v: what to write. Neither sees hₜ₋₁.",
    "linear": "λ, the eigenvalue: what a unit is multiplied by; v = W_v xₜ + b_v: what is added. Neither sees hₜ₋₁.",
}
FIELD_MORE: dict[str, str] = {
    "sequences": "They are drawn once, the same for every seed; R types another of the same kind.",
    "steps_back": "What was read before that is no longer needed, so the state may forget it.",
    "asked": "Asked at every step, an error is corrected where it is made; at the last, far from there.",
    "vocab_size": "A number goes in as V places, all 0 but one that is 1; V logits come out, one a number. Put in "
    "as one scaled number, 10 / 128, it would hardly stand apart from 9 and 11, whose answers are others.",
    "length": "In task recall the first number must be kept over more steps the longer a sequence is.",
    "path": "A sequence, a number or a name a line; CSV, FASTA, OEIS, SPMF, JSON: unroll data FILE shows how it reads.",
    "column": "A table with a heading, or with decimals, is read one column at a time: unroll data FILE shows them.",
    "levels": "Each level has about as many of the values; where they are divided, unroll data FILE says.",
    "held_out": "Accuracy on sequences it never trained on tells learning from memorising.",
    "cell": "An rnn rewrites its whole state at each step; the others can keep it, mingru and linear unit by unit.",
    "hidden_size": "There are D·D recurrent weights in an rnn, four times as many in an lstm, three times in a gru.",
    "init": "From normal weights, a network often fails on sequences longer than in training. With forget-bias an lstm "
    "keeps its cell state from the start; other cells start uniform.",
    "eigenvalues": "Parity cannot be learned with 0..1 and can with −1..1: a unit must be able to change its sign.",
    "epochs": "The learning rate falls to 0 by the last one, so with more epochs it also falls more slowly.",
    "batch_size": "Each epoch shuffles the sequences; those left over, too few for a batch, wait for the next epoch.",
    "learning_rate": "Too small, and learning takes too long; too large, and the loss jumps or diverges.",
    "seed": "On one machine, the same recipe with the same seed gives exactly the same losses.",
    "preset": "• marks fields changed since training.",
    "pace": "It does not change what is learned, and can be changed during training.",
}
EXTRA_HELP = {
    "preset": "A recipe to start from: choosing one fills in every field.",
    "pace": "How fast training goes, in epochs a second. By hand, each press of space is one update.",
}


def help_of(name: str) -> str:
    """A field of the form in a sentence, and what it takes."""
    return f"{FIELDS[name].help} Takes {FIELDS[name].rule}." if name in FIELDS else EXTRA_HELP.get(name, "")


def short_help_of(name: str, recipe: Recipe) -> str:
    """The same, where there is little room; of a preset, what the chosen one is for."""
    return (name == "preset" and PURPOSES.get(preset_of(recipe), "")) or help_of(name)


def of_field(name: str, recipe: Recipe) -> list[str]:
    """A field: what it is, what it takes, its current value, and what that leads to."""
    now = [f"Current value: {recipe.values()[name]}."] if name in FIELDS else []
    if name == "preset":
        preset = preset_of(recipe)
        why = PURPOSES.get(preset, "No preset has these values.")
        now = [f"Current value: {preset or 'your own'}. {why}"]
    more = TASKS[recipe.task.task].asks if name == "task" else FIELD_MORE[name]
    return [help_of(name), *now, more]


PANES = {
    "StateHeatmap": "Hidden state",
    "LossCurve": "Loss",
    "LensPane": "Lens",
    "NextNumber": "Next number",
    "SweepPane": "Sweep",
    "RunTable": "Runs",
    "Prompt": "Prompt",
}
"""The panes that `?` explains: their titles, by their widgets' names."""


def of_pane(
    pane: str, recipe: Recipe, run: Run | None, view: str = "hidden", own: NetworkScore | None = None
) -> list[str]:
    """A pane, by its widget's name, in three parts; the heatmap with this view, the loss with the network's own."""
    v, d, cell = recipe.task.vocab_size, recipe.model.hidden_size, recipe.model.cell
    task, vocabulary = TASKS[recipe.task.task], Vocabulary.of(recipe.task)
    last = run.curve.last()[0] if run is not None else None
    figure = "nothing yet"
    if last is not None:
        chance = figures.probability(exp(-last))
        figure = f"{figures.loss(last)} nats: a geometric mean of {chance} for the right answer, "
        figure += f"a perplexity of {figures.perplexity(last)}"
    if own is not None:
        figure += (
            f". The network shown has a loss of {figures.loss(own.loss)}, a perplexity of "
            f"{figures.perplexity(own.loss)}: {figures.share(own.steps_right)} of all {vocabulary.word}s asked for are "
            f"right, and {figures.share(own.right)} of the sequences, which must be right {task.right_where}"
        )
    signs = "" if views.is_gate(view) else "+ is above 0, - below; "
    held_out = " Held out: the accuracy on sequences kept out of training." if recipe.task.held_out else ""
    knows = f"the {2 * d} values of h and c are" if cell == "lstm" else f"the {d} values of h are"
    return {
        "StateHeatmap": [
            f"{views.VIEWS.get(view, views.HIDDEN)}; {signs}more signs, or a stronger colour, mean further from 0.",
            f"Between steps, {knows} all that this {cell} knows of the past: {STEP[cell]}. {GATES[cell]}".strip(),
            "x erases the memory before a step: hₜ₋₁ is 0 there. "
            "Switch a unit off with z; whatever changes depended on it. "
            "v shows another view, such as attribution: what each unit adds to the expected answer's lead.",
        ],
        "LossCurve": [
            "The loss is how surprised the network was by the right answers: L = −ln p(right), averaged over a batch. "
            "At 3/25 means the network's own figures over its training sequences, in 3/25 the means over that "
            "epoch's batches; lr is its learning rate.",
            f"Pure guessing scores ln {v} = {log(v):.2f}; this run's newest epoch {figure}.",
            "←/→ go back through the training: every pane then shows the network as it was. "
            "Long runs keep only some epochs: 13→16 means epoch 16 is shown in place of 13. "
            "Where the lens seeds was seen for this recipe, its median and the middle half of its seeds stand behind.",
        ],
        "NextNumber": [
            f"The head makes {v} logits of the hidden state, z = W h + b; the softmax, probabilities: e^zₖ / Σ e^zⱼ.",
            f"The likeliest come first; ✓ is a right answer. {task.asks} "
            f"A sequence counts as right if it is right {task.right_where}. "
            "Of a pair of bars, ▀ is now and ▄ what it is compared with: the network untouched, or the marked run. "
            "enter or a click appends a candidate.",
            task.teaches,
        ],
        "SweepPane": [
            "A cell has one figure of its seeds, those of all recipes with the values at its row and its column: m "
            "shows another figure, A other fields across and down.",
            "enter, or a click on the chosen cell, trains its best, median or worst seed again, with the seeds that "
            "were trained together with it: on the same kind of processor, by the same versions, it is the same "
            "network to the bit.",
        ],
        "RunTable": [
            "Every training has a row: its state, number and name, and the loss and accuracy during its newest epoch; "
            "of a finished one, the accuracy over all its sequences. "
            f"○ is ready, ▶ in training, ‖ paused, ● finished, ✗ diverged.{held_out}",
            "Choosing one shows its network and its curve; a ~ says that another's curve stays behind it, in a colour.",
            "= marks the run that D compares with, N renames, del deletes and U brings back.",
        ],
        "Prompt": [
            f"Type {vocabulary.rule}; the answer follows as you type, at the cursor.",
            f"enter appends the predicted {vocabulary.word}, as c does elsewhere; C appends the next ten.",
            f"A training sequence has {task.length_of(recipe.task)}: {_samples(recipe.task)}",
        ],
    }[pane]


def _samples(task: TaskConfig) -> str:
    """How to type a sequence of a task, and which numbers are in none."""
    if "path" in TASKS[task.task].fields:
        return f"R types one of those in {task.path}."
    rare = TASKS[task.task].never(task)
    return f"R types one, B a longer one of the same kind.{f' In training, {rare}.' if rare else ''}"
