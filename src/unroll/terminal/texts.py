"""The sentences on the screen, with the numbers of the network that is shown."""

import sys
import time
from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

from unroll import figures
from unroll.moment import MAX_PATCHES, MAX_STEPS, Sampling
from unroll.protocol.replies import CutOff, Measured, Pace, Resumed
from unroll.protocol.trace import Trace, UnitDetail
from unroll.recipe import Plan, Recipe
from unroll.tasks import answers
from unroll.tasks.config import TaskConfig
from unroll.terminal import views
from unroll.terminal.banner import Wordings
from unroll.terminal.help_texts import STEP
from unroll.terminal.runs import Run
from unroll.vocabulary import Vocabulary

MAX_KEPT_SHOWN = 6
"""Of what led to a kept state, the last so many are named."""
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
DENSITIES: dict[str, str] = {
    "fitting": "The heatmap by itself: steps as wide as all of them fit; two units a row where there are too many.",
    "wide": "The heatmap wide: every step has what it reads above it, every unit a row of its own.",
    "narrow": "The heatmap narrow: one column a step, every unit a row of its own.",
    "half": "The heatmap in halves: two units a row, one above the other in each cell; the sign is in the colour.",
}
"""What `w` has turned to."""


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
    total, (loss, accuracy) = f"{run.recipe.train.epochs:,}", run.figures
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
