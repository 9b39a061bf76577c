"""The banner over the bars: what is done to the network, what that does here, and to all training sequences."""

from collections.abc import Sequence

from unroll import figures
from unroll.moment import UNTOUCHED, Interventions
from unroll.protocol.trace import Trace
from unroll.tasks import answers
from unroll.tasks.config import TaskConfig
from unroll.vocabulary import Vocabulary

MAX_NAMED = 4
"""Units or steps that a line names at most."""
Wordings = tuple[str, ...]
"""A line in several wordings, the longest first: a pane takes the first for which it is wide enough."""


def lines(trace: Trace, step: int, task: TaskConfig) -> list[Wordings]:
    """Three lines: what is done to the network, and what it then answers at a step, and for all sequences."""
    done = trace.moment.interventions
    keeps_cell = trace.has_cell_state and not done.cut_cell
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
