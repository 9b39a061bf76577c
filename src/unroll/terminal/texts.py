"""The sentences on the screen, and what `?` says of each pane and field, with the numbers of the network shown."""

import sys
import time
from collections.abc import Sequence
from math import ceil, exp, log
from typing import NamedTuple

from unroll import figures
from unroll.moment import MAX_PATCHES, MAX_STEPS, UNTOUCHED, Interventions, Sampling
from unroll.protocol.replies import CutOff, Measured, Pace, Resumed
from unroll.protocol.trace import Trace, UnitDetail
from unroll.recipe import FIELDS, PURPOSES, CellName, Plan, Recipe, preset_of
from unroll.tasks import TASKS, answers
from unroll.tasks.config import TaskConfig
from unroll.terminal import views
from unroll.terminal.runs import NetworkScore, Run
from unroll.vocabulary import Vocabulary

MAX_NAMED = 4
"""Units that a sentence names at most."""
KEPT = "The runs that you did not save are kept: r restores them at the next start."
MAXIMISED = "maximised: f shows all"
NO_PANE = "f maximises the pane that has the focus: go to one by its number first."
NOTHING_TO_COMPARE = (
    "There is nothing to compare with: erase or switch off something, or mark a run with = in the runs."
)
NO_SEQUENCE = "No answer: the prompt holds no valid sequence."
NO_SWEEP = "No sweep is open: o and then o opens its FILE.jsonl, as unroll FILE.jsonl does."
NO_DIFFERENCE_OF_LEADS = "Attributions to different pairs of answers cannot be subtracted: v shows another view."
OWN_SEQUENCE = "This network has another vocabulary, so it reads a sequence of its own task."
NOTHING_BESIDE = "No other run is marked: = in the runs marks one, and 7 shows it beside this one."
NOTHING_KEPT = "No state is kept: h keeps the one at this step; on another sequence, j puts it in."
TOO_MANY_PATCHES = f"{MAX_PATCHES} states are put in, the most at a time: u takes them out."
COMPARED_WITH_ITSELF = "This is the marked run itself: choose another run, and D shows the difference."
VALUES_AGAIN = "The hidden state (1) shows its values again."
NO_ENGINE = "no engine"
ENGINE_STARTS = "The engine is starting, one moment."
TRAINS = "Start or pause training, as space does."
NOTHING_TRAINS = "Nothing is training: space trains, s saves, q quits."
TRAINING_WAITS = "Training starts as soon as the engine is ready."
SAME_NETWORK = "The same recipe trains the same network: change the seed for another."
SEQUENCE_FULL = f"A sequence can have at most {MAX_STEPS:,} steps: type a shorter one."
WAYS_TO_LEAVE = (
    "d    let it continue: unroll attach returns to it\nq    end it: runs that are not saved are lost\nesc  stay here"
)
PAUSE_KEEPS = ": space pauses, and q then keeps the runs for the next start"
LEFT_OUT = "Some earlier runs are left out: what is saved of them cannot be read."
PLAYS_BACK = "A recording plays. The first key stops it; keys are answered from it."
PLAYED_THROUGH = "This was the last step: p plays again from the first."
PLAYED_BACK = "The recording ends here. Keys are answered from it where they can be."
NO_NETWORK_YET = "There is no network yet, one moment."
TRAINS_ON = "The network trains on: space pauses it, or choose an epoch, and its trace can be exported."
BETWEEN_EPOCHS = "This network is between two epochs: e trains to the end of the epoch."
NOTHING_TO_RESTORE = "No earlier session has unsaved runs: there is nothing to restore."
LESSONS_HINT = "Two minutes each: . goes on, , goes back; do anything meanwhile."
NO_TOUR = "No lesson is shown: g starts one."
TOUR_LEFT = "You have left the lesson; g chooses one."
FIRST_SCENE = "This is the first scene: . goes on to the next."


def of_size(least: tuple[int, int], size: tuple[int, int]) -> str:
    """Why nothing is shown on a terminal of so many columns and rows."""
    return f"unroll needs {least[0]} columns and {least[1]} rows; this terminal has {size[0]} and {size[1]}."


class Part(NamedTuple):
    """A part of the status: a word, what it is of, and how soon it goes where there is no room (the highest first)."""

    label: str
    text: str
    rank: int


def of_status(run: Run, pace: Pace) -> tuple[Part, ...]:
    """A run and how far it has come, every figure as wide as it can become."""
    total, (loss, accuracy) = f"{run.recipe.train.epochs:,}", run.curve.last()
    return (
        Part("run", f"{run.ordinal} {run.name}", 4),
        Part("epoch", f"{ceil(run.curve.epoch):>{len(total)},}/{total}", 0),
        Part("loss", f"{'–' if loss is None else figures.loss(loss):>6}", 1),
        Part("accuracy", f"{'–' if accuracy is None else figures.share(accuracy, 0):>5}", 1),
        Part("held out", "" if run.held_out is None else f"{figures.share(run.held_out, 0):>5}", 3),
        Part("", f"{run.state:<8}", 2),
        Part("", f"{pace:<7}", 5),
    )


def of_step(trace: Trace, step: int, task: TaskConfig, is_sampled: bool = False) -> str:
    """What the network expects after a step, and whether that is right; empty when the trace does not hold the step."""
    row = step - trace.window.first_step
    if not 0 <= row < len(trace.candidates):
        return ""
    sequence, first = trace.moment.sequence, trace.candidates[row][0]
    right, chance = answers(task, sequence)[step], figures.probability(first.probability)
    vocabulary = Vocabulary.of(task)
    if vocabulary.is_over(sequence[: step + 1]):
        end = vocabulary.said(sequence[step])
        return f"step {step + 1}/{len(sequence)}: {end} ends the sequence; c begins another"
    verdict = "" if not right else "  ✓" if first.number in right else f"  ✗ should be {vocabulary.either(right)}"
    says = f"{'is likeliest to draw' if is_sampled else 'expects'} {vocabulary.said(first.number)}"
    return f"step {step + 1}/{len(sequence)}: after {vocabulary.said(sequence[step])} it {says}, {chance}{verdict}"


# The banner: what is done to the network, what that does here, and to all sequences

MAX_KEPT_SHOWN = 6
Wordings = tuple[str, ...]
"""A line in several wordings, the longest first: a pane takes the first for which it is wide enough."""


def of_part(part: str, trace: Trace, step: int, recipe: Recipe) -> str:
    """What a step reads (its `input`), its new `state` or its `logits`; empty for another part, or without figures."""
    row = step - trace.window.first_step
    if not 0 <= row < len(trace.arithmetic):
        return ""
    sequence, done, figure = trace.moment.sequence, trace.moment.interventions, trace.arithmetic[row]
    held = f", {figures.count(len(done.clamps), 'unit')} held" if done.clamps else ""
    whence, say = " from 0" if not step or done.cuts(step) else "", Vocabulary.of(recipe.task).said
    said = {
        "input": f"reads {say(sequence[step])}",
        "state": f"h moves {figure.moved:.2f}{whence}{held}: {STEP[recipe.model.cell]}",
        "logits": f"logits z = W h + b: {figure.best_logit:.2f} for {say(figure.best)}, the largest; "
        f"then {figure.rival_logit:.2f} for {say(figure.rival)}",
    }
    return f"step {step + 1}/{len(sequence)}: {said[part]}" if part in said else ""


def banner(trace: Trace, step: int, task: TaskConfig) -> list[Wordings]:
    """Three lines: what is done to the network, and what it then answers at a step, and for all sequences."""
    done = trace.moment.interventions
    keeps_cell = "cell state" in trace.views and not done.cut_cell
    return [_of_deeds(done, keeps_cell, Vocabulary.of(task)), _of_answers(trace, step, task), _of_score(trace)]


def _of_deeds(done: Interventions, keeps_cell: bool, vocabulary: Vocabulary) -> Wordings:
    cuts, units, put = _of_cuts(done, keeps_cell), _of_units(done), _of_patches(done, vocabulary)
    if put and (cuts or units):
        others = "; ".join(part for part in (cuts and "memory erased", units and units[-1]) if part)
        return f"{put[0]}; {others}", f"{put[-1]}; {others}", f"{put[-1]}, and more is done"
    if not (cuts and units):
        return cuts or units or put or ("nothing is done to the network",)
    erased = "h erased, c kept" if keeps_cell else "memory erased"
    return (
        f"{cuts[0]}; {units[0]}",
        f"{erased}; {units[-1]}",
        f"{erased}; {figures.count(len(done.clamps), 'unit')} set",
    )


def _of_cuts(done: Interventions, keeps_cell: bool) -> Wordings:
    steps = [step + 1 for step in done.cut_steps]
    if done.cut_all:
        where: Wordings = ("at every step",)
    elif steps == [1]:
        return "erased before step 1: it was empty there", "nothing to erase before step 1"
    elif len(steps) == 1:
        where = (f"before step {steps[0]}",)
    elif steps:
        where = f"before steps {', '.join(map(str, steps[:MAX_NAMED]))}", f"before {len(steps)} steps"
        where = where[len(steps) > MAX_NAMED :]
    else:
        return ()
    if not keeps_cell:
        return tuple(f"memory erased {place}" for place in where)
    return *(f"hidden state erased {place}, cell state kept" for place in where), f"h erased {where[-1]}, c kept"


def _of_patches(done: Interventions, vocabulary: Vocabulary) -> Wordings:
    """Which states are put in."""
    if not done.patches:
        return ()
    if len(done.patches) > 1:
        return (f"{len(done.patches)} other states put in",)
    (patch,) = done.patches
    what = {"whole": "state", "cell": "cell state", "unit": f"unit {patch.unit}"}[patch.part]
    read = vocabulary.line(patch.source)
    return (
        f"{what} after {read} put in after step {patch.step + 1}",
        f"{what} after … {vocabulary.said(patch.source[-1])} put in at step {patch.step + 1}",
        f"{what} put in at step {patch.step + 1}",
    )


def _of_units(done: Interventions) -> Wordings:
    off, held = sorted(done.silenced), [clamp for clamp in sorted(done.clamps) if clamp[1]]
    if off and held:
        return f"{figures.count(len(off), 'unit')} switched off, {len(held)} held", f"{len(off)} off, {len(held)} held"
    if off:
        return (*_named(off, "switched off"), *_named(off, "off"), f"{figures.count(len(off), 'unit')} off")
    if held:
        at = {f"at {value:g}" for _, value in held}
        named = _named([unit for unit, _ in held], f"held {at.pop()}") if len(at) == 1 else ()
        return (*named, f"{figures.count(len(held), 'unit')} held")
    return ()


def _named(units: Sequence[int], how: str) -> Wordings:
    """A few units by their numbers, or no wording at all."""
    named = ", ".join(map(str, units))
    return (f"{'unit' if len(units) == 1 else 'units'} {named} {how}",) if len(units) <= MAX_NAMED else ()


def _of_answers(trace: Trace, step: int, task: TaskConfig) -> Wordings:
    """What is answered at a step, before and now; empty where the trace does not hold the step."""
    row, sequence = step - trace.window.first_step, trace.moment.sequence
    if not 0 <= row < len(trace.candidates):
        return ("",)
    candidates, right = trace.candidates[row], answers(task, sequence)[step]
    now, vocabulary = candidates[0].number, Vocabulary.of(task)
    if trace.moment.interventions == UNTOUCHED:
        verdict = "" if not right else ", right" if now in right else f", wrong: {vocabulary.either(right)} is right"
        return (f"here: {vocabulary.said(now)}{verdict}",)
    if _is_too_late(trace.moment.interventions, step):
        return f"here: {vocabulary.said(now)}; c acts from the next step on", "here: c acts one step later"
    before = max(candidates, key=lambda one: one.before or 0).number
    verdict = "the same" if now == before else "another"
    if right:
        is_still = (now in right) == (before in right)
        verdict = f"{'still' if is_still else 'now'} {'right' if now in right else 'wrong'}"
    return (f"here: {vocabulary.said(before)} → {vocabulary.said(now)}, {verdict}",)


def _is_too_late(done: Interventions, step: int) -> bool:
    """Whether all that is done is a cell state put in after this step, or later: it answers by h, which is there."""
    is_all = done.patches and not (done.cut_all or done.cut_steps or done.clamps)
    return bool(is_all) and all(patch.part == "cell" and patch.step >= step for patch in done.patches)


def _of_score(trace: Trace) -> Wordings:
    """How many training sequences are answered right, before and now; empty where that was not asked for."""
    if trace.score is None:
        return ("",)
    now, before = (figures.share(part, 1 if part < 0.02 else 0) for part in trace.score)
    said = now if trace.moment.interventions == UNTOUCHED else f"{before} → {now}"
    if trace.drawn is None:
        return f"training sequences: {said} right", f"training set: {said}"
    return f"{trace.drawn:,} training sequences: {said} right", f"some of training: {said}"


# The steps, units and runs


def of_unit(detail: UnitDetail, vocabulary: Vocabulary) -> Wordings:
    """One unit: its value, its gates, and its share of the lead of the predicted number."""
    unit = f"unit {detail.unit}: h {detail.value:+z.3f}"
    parts = [unit]
    if detail.cell_state is not None:
        parts.append(f"c {detail.cell_state:+z.3f}")
    for name, value in detail.gates.items():
        short = views.short(name)
        parts.append(f"{short} {value:.2f}" if views.is_gate(name) else f"{short} {value:+z.2f}")
    number, rival = vocabulary.said(detail.number), vocabulary.said(detail.rival)
    lead = f"{number}'s lead of {detail.lead:.2f} over {rival}"
    adds = f"adds {detail.share:+z.2f} to {lead}"
    return f"{', '.join(parts)}; {adds}", f"{unit}; {adds}"


def of_parts(implied: Plan) -> str:
    """How many sequences are trained on, and how many are held out."""
    away = f", and {implied.held_out:,} held out" if implied.held_out else ""
    return f"{figures.count(implied.sequences, 'sequence')}{away}{f' ({implied.whence})' if implied.whence else ''}"


def of_plan(implied: Plan) -> str:
    """What a recipe implies, as a sentence."""
    return (
        f"{of_parts(implied)}, {implied.batch_size:,} a batch, "
        f"{figures.count(implied.updates_per_epoch, 'update')} an epoch, {implied.updates:,} in all, "
        f"{figures.count(implied.weights, 'weight')}."
        + (f" {figures.count(implied.short_lines, 'line')} too short and left out." if implied.short_lines else "")
    )


def of_unreadable(run: Run, number: int, vocabulary: Vocabulary) -> str:
    """Why the marked run cannot read a sequence, whose largest number this is."""
    if vocabulary.symbols != Vocabulary.of(run.recipe.task).symbols:
        return f"Run {run.ordinal} has other symbols: it cannot read this sequence."
    return f"Run {run.ordinal} knows numbers to {run.recipe.task.vocab_size - 1} only: {number} is not among them."


def of_kept(read: Sequence[int], vocabulary: Vocabulary) -> str:
    """Which state has been kept, and what can be done with it."""
    shown = f"{'… ' if len(read) > MAX_KEPT_SHOWN else ''}{vocabulary.line(read[-MAX_KEPT_SHOWN:])}"
    return f"Kept the state after {shown}. On another sequence, j puts it in after the step shown."


def of_stop(epoch: int | None, accuracy: float | None, epochs: int) -> str:
    """Where training stops, by the answer of a person and the epochs of the recipe."""
    if epoch is not None and epoch > epochs:
        return f"Epoch {epoch:,} is past the recipe's end: training stops at epoch {epochs:,}."
    if epoch is not None:
        return f"Training stops at epoch {epoch:,}."
    if accuracy is not None:
        return f"Training stops after the first epoch with at least {accuracy * 100:g} % right."
    return "Training runs to the end."


def of_way_to_epoch(run: Run, epoch: int) -> str:
    """How far a run is on its way to an epoch."""
    done = f"{min(run.epochs_done, epoch):>{len(f'{epoch:,}')},}/{epoch:,}"
    return f"the scene needs epoch {epoch:,} of this network, which is at {done}"


def of_end(following: str) -> str:
    """That a lesson's last scene is shown, and which lesson comes after it; none where that is empty."""
    leave = "escape leaves it" if following else "escape leaves it, and g then chooses another"
    return f"The lesson ends here: {f'. goes on to {following}, ' if following else ''}{leave}."


def of_brought_about(condition: str) -> str:
    """That a scene has what it waited for."""
    return f"{condition} is reached: . goes on"


def of_recorded(path: str, scenes: int) -> str:
    """What has been recorded, and how it is played."""
    return f"{figures.count(scenes, 'scene')} in {path}. It is played by: unroll tour {path}"


def of_cut_off(earlier: CutOff, sessions: int) -> str:
    """Which earlier session can be restored, of how many, and the key that does."""
    when, recipe = time.localtime(earlier.when), earlier.recipe
    format_ = "%H:%M" if time.strftime("%x", when) == time.strftime("%x") else "%d %B, %H:%M"
    what = f"{recipe.task.task} {recipe.model.cell}" if earlier.runs == 1 else figures.count(earlier.runs, "run")
    told = f"({what}, {time.strftime(format_, when)})"
    if earlier.is_living:
        return f"Your session {told} still runs in a terminal that does not answer. r moves it here."
    if sessions > 1:
        return f"{sessions} earlier sessions have unsaved runs: r restores the newest {told}, then the next."
    return f"An earlier session {told} has unsaved runs. r restores it."


def of_way_back(command: str, name: str) -> str:
    """The command that returns to an engine in the background; `command` is the one that reached it elsewhere."""
    if not command or command.startswith(sys.executable):
        return f"unroll attach {name}"
    return f'unroll --engine "{command}{"" if "--attach" in command else f" --attach {name}"}"'


def of_continued(number: int, step: int, gone: int, vocabulary: Vocabulary) -> str:
    """What became of a sequence that goes on with another number after a step."""
    if not gone:
        return ""
    lost = f"{figures.count(gone, vocabulary.word)} behind it {'is' if gone == 1 else 'are'} gone"
    return f"{vocabulary.said(number)} now follows step {step + 1}: {lost}."


def of_lost(names: Sequence[str]) -> str:
    """Which runs the engine did not have any more, and their recipes cannot make."""
    return f"Lost with the engine: {', '.join(names)}. Their recipes alone cannot make them again."


def of_resumed(resumed: Resumed) -> str:
    """What has been restored."""
    how = {"finished": " Its training is finished.", "diverged": " Its training diverged."}
    said = f"Restored {figures.count(len(resumed.runs), 'run')}."
    if len(resumed.runs) == 1:
        said = f"Restored.{how.get(resumed.runs[0].state, ' space continues its training.')}"
    return f"{said} {LEFT_OUT}" if resumed.left_out else said


def of_stopped(sequence: Sequence[int], task: TaskConfig) -> str:
    """Why a sequence that went on until an answer is wrong ended."""
    *_, before, after = answers(task, tuple(sequence))
    vocabulary = Vocabulary.of(task)
    last = vocabulary.said(sequence[-1])
    if before and sequence[-1] not in before:
        return f"Stopped: {last} is wrong, it should be {vocabulary.either(before)}."
    if not after:
        return f"Stopped, all right: task {task.task} has no right answer after {last}."
    return f"Stopped, all right: a sequence can have at most {MAX_STEPS:,} steps."


def of_run(run: Run) -> str:
    """A run in full, where its row has no room for that."""
    model, train = run.recipe.model, run.recipe.train
    origin = f" It {run.origin}." if run.origin else ""
    return (
        f"Run {run.ordinal}, {run.name}: task {run.recipe.task.task}, {model.cell} of "
        f"{figures.count(model.hidden_size, 'unit')}, seed {train.seed}; {run.state} at epoch "
        f"{run.epochs_done:,} of {train.epochs:,}.{origin}"
    )


def of_seeds(seeds: Sequence[int]) -> str:
    """Which seeds: `0-31` where they follow each other, else how many."""
    is_row = list(seeds) == list(range(seeds[0], seeds[-1] + 1))
    return f"{seeds[0]}-{seeds[-1]}" if is_row and len(seeds) > 1 else figures.count(len(seeds), "seed")


def of_mark(run: Run | None) -> str:
    """Which run the others are compared with."""
    if run is None:
        return "No run is marked."
    return f"Run {run.ordinal} is marked: bars compare other runs with it, D shows the difference."


def of_cost(memory: int | None, written: int, frames: int, engine: Measured) -> list[str]:
    """What the two processes use, and how much has been sent to the terminal."""
    sent = f"{written / 1000:,.1f} KB sent in {figures.count(frames, 'frame')}"
    return [
        f"This screen: {_megabytes(memory)} of memory; {sent}.",
        f"The engine: {_megabytes(engine.memory)} of memory; {figures.count(engine.runs, 'run')}, "
        f"{figures.count(engine.updates, 'update')} made.",
    ]


def _megabytes(size: int | None) -> str:
    return "an unknown amount" if size is None else f"{size / 1e6:,.0f} MB"


def of_difference(baseline: str) -> str:
    """What the heatmap shows the difference from, where it is not in sight."""
    return f"The hidden state (1) shows the difference from {baseline}."


def of_sampling(sampling: Sampling) -> str:
    """How the next numbers are drawn; empty when it is the likeliest each time."""
    if not sampling.temperature:
        return ""
    parts = [f"temperature {sampling.temperature:g}"]
    parts += [f"top-k {sampling.top_k}"] if sampling.top_k else []
    parts += [f"top-p {sampling.top_p:g}"] if sampling.top_p < 1 else []
    return " · ".join(parts)


# What `?` says

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
DENSITIES: dict[str, str] = {
    "fitting": "The heatmap by itself: steps as wide as all of them fit; two units a row where there are too many.",
    "wide": "The heatmap wide: every step has what it reads above it, every unit a row of its own.",
    "narrow": "The heatmap narrow: one column a step, every unit a row of its own.",
    "half": "The heatmap in halves: two units a row, one above the other in each cell; the sign is in the colour.",
}
"""What `w` has turned to."""


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
    """A pane, by its widget's name, in three sentences; the heatmap with this view, the loss with the network's own."""
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
    knows = f"the {2 * d} values of h and c are" if cell == "lstm" else f"the {d} values of h are"
    return {
        "StateHeatmap": [
            f"{views.VIEWS.get(view, views.HIDDEN)}; {signs}more signs, or a stronger colour, mean further from 0.",
            f"Between steps, {knows} all that this {cell} knows of the past: {STEP[cell]}. {GATES[cell]}".strip(),
            "x erases the memory before a step: hₜ₋₁ is 0 there. "
            "Switch a unit off with z; whatever changes depended on it.",
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
            "Every training has a row: its state, number and name, and the loss and accuracy during its newest epoch. "
            "○ is ready, ▶ in training, ‖ paused, ● finished, ✗ diverged.",
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
