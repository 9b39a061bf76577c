"""The sentences on the screen, in the words of this network and its numbers."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from unroll.moment import UNTOUCHED, Interventions, Sampling
from unroll.protocol.replies import Created, CutOff, Measured
from unroll.protocol.trace import Trace, UnitDetail
from unroll.recipe import Plan, TaskConfig
from unroll.tasks import answer


def of_step(trace: Trace, step: int, task: TaskConfig) -> str:
    """What the network expects after a step, and whether that is right; empty when the trace does not hold the step."""
    row = step - trace.window.first_step
    if not 0 <= row < len(trace.candidates):
        return ""
    sequence, first = trace.moment.sequence, trace.candidates[row][0]
    right = answer(task, sequence, step)
    said = f"step {step + 1}/{len(sequence)}: after {sequence[step]} it expects {first.number}, "
    return said + percent(first.probability) + _verdict(first.number, right, task)


def _verdict(said: int, right: int | None, task: TaskConfig) -> str:
    if right is None:
        return ""
    if said == right:
        return "  ✓"
    return f"  ✗ {'counting' if task.task == 'count' else 'recalling'} says {right}"


def of_interventions(trace: Trace, step: int) -> str:
    """What is being done to the network, and what that does to all of its sequences; empty when nothing is."""
    done = trace.moment.interventions
    if done == UNTOUCHED:
        return ""
    parts = [part for part in (_of_cuts(done, trace, step), _of_silence(done)) if part]
    if not parts:
        return "Where the loop is cut, c is cut too: x cuts it before this step, X everywhere."
    said = "; ".join(parts) + "."
    if trace.score is not None:
        now, before = trace.score
        said += f" All sequences: {_few(before)} → {_few(now)} right."
    return said


def _of_cuts(done: Interventions, trace: Trace, step: int) -> str:
    if done.cut_all:
        read = trace.moment.sequence  # the trace of a longer one may be still on its way
        cut, left = "everywhere", f"it sees only {read[min(step, len(read) - 1)]}"
    elif done.cut_steps:
        named = ", ".join(str(s + 1) for s in done.cut_steps[:3]) + ("…" if len(done.cut_steps) > 3 else "")
        cut, left = f"before step {named}", "the past is gone"
    else:
        return ""
    if "cell state" in trace.views and not done.cut_cell:
        return f"Loop cut {cut}, c not (k cuts it)"
    return f"Loop cut {cut}: {left}"


def _of_silence(done: Interventions) -> str:
    units = sorted(done.silenced)
    if not units:
        return ""
    named = ", ".join(map(str, units[:4])) + ("…" if len(units) > 4 else "")
    return f"{'Unit' if len(units) == 1 else 'Units'} {named} silenced"


def _few(share: float) -> str:
    return f"{share * 100:.1f} %" if 0 < share < 0.02 else f"{whole(share)} %"


def of_unit(detail: UnitDetail) -> str:
    """One unit: its value, its gates, and its share of the winning logit."""
    parts = [f"unit {detail.unit}: h {detail.value:+.3f}"]
    if detail.cell_state is not None:
        parts.append(f"c {detail.cell_state:+.3f}")
    parts += [f"{name.removesuffix(' gate')} {share:.2f}" for name, share in detail.gates.items()]
    lead = f"{detail.number}'s lead of {detail.lead:.2f} over {detail.rival}"
    return f"{', '.join(parts)}; adds {detail.share:+.2f} to {lead}"


def of_plan(implied: Plan) -> str:
    """What a recipe implies, as a sentence."""
    return (
        f"{_many(implied.sequences, 'sequence')}, {implied.batch_size:,} a batch, "
        f"{_many(implied.updates_per_epoch, 'update')} an epoch, {implied.updates:,} in all, "
        f"{_many(implied.weights, 'weight')}."
    )


def of_stop(epoch: int | None, accuracy: float | None, epochs: int) -> str:
    """Where training stops, when the recipe has so many epochs."""
    if epoch is not None and epoch > epochs:
        return f"Epoch {epoch:,} is past the recipe's end: training stops at epoch {epochs:,}."
    if epoch is not None:
        return f"Training stops at epoch {epoch:,}."
    return (
        f"Training stops when the accuracy reaches {accuracy * 100:g} %." if accuracy else "Training goes to the end."
    )


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def of_cut_off(sitting: CutOff) -> str:
    """What there is to resume, and the key that does."""
    when, day = time.localtime(sitting.when), "%H:%M"
    if time.strftime("%x", when) != time.strftime("%x"):
        day = "%d %B, %H:%M"
    recipe, at = sitting.recipe, time.strftime(day, when)
    after = "its training" if sitting.finished else _many(sitting.update, "update")
    what = f"The {recipe.task.task} {recipe.model.cell} of {at} was cut off after {after}"
    if sitting.runs > 1:
        what = f"The {sitting.runs} runs of {at} were cut off"
    return f"{what}: r resumes {'it' if sitting.runs == 1 else 'them'}."


def of_way_back(command: str, name: str) -> str:
    """The command that leads back to an engine in the background, which `command` led to where there is one."""
    if not command or command.startswith(sys.executable):
        return f"unroll attach {name}"
    return f'unroll --engine "{command}{"" if "--attach" in command else f" --attach {name}"}"'


def of_resumed(runs: Sequence[Created]) -> str:
    """What came back."""
    if len(runs) != 1:
        return f"{_many(len(runs), 'run')} are back."
    is_over = runs[0].state in ("finished", "diverged")
    return f"It is back as it was last kept{', at the end of its training.' if is_over else ': space trains on.'}"


def of_mark(run: int | None) -> str:
    """Which run the others are compared with."""
    if run is None:
        return "No run is marked any more."
    return f"Run {run} is marked: D on another run shows the difference from it."


def of_cost(memory: int | None, written: int, frames: int, engine: Measured) -> list[str]:
    """What the two processes take, and how much has gone over the line to the person."""
    return [
        f"This screen: {_megabytes(memory)} of memory; {written / 1000:,.1f} KB written in {_many(frames, 'frame')}.",
        f"The engine: {_megabytes(engine.memory)} of memory; {_many(engine.runs, 'run')}, "
        f"{_many(engine.updates, 'update')} made.",
    ]


def _megabytes(size: int | None) -> str:
    return "an unknown amount" if size is None else f"{size / 2**20:,.0f} MB"


def of_sampling(sampling: Sampling) -> str:
    """How the next numbers are chosen: nothing for the likeliest."""
    if not sampling.temperature:
        return ""
    parts = [f"temperature {sampling.temperature:g}"]
    parts += [f"top-k {sampling.top_k}"] if sampling.top_k else []
    parts += [f"top-p {sampling.top_p:g}"] if sampling.top_p < 1 else []
    return " · ".join(parts)


def percent(share: float) -> str:
    """`97.3 %`; never `100.0 %`, for no answer is certain, whatever rounding has made of it."""
    shown = f"{share * 100:.1f}"
    return f"{'>99.9' if shown == '100.0' else shown} %"


def whole(share: float) -> int:
    """How many of a hundred; all of them only when it is all."""
    return min(round(share * 100), 100 if share == 1 else 99)
