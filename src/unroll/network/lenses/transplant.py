"""The lens `transplant`: whose state carries the answer, tried by putting another sequence's state into this one.

B is the sequence shown, A one like it half a vocabulary away. After step t B's state is replaced by A's, in whole or in
one unit, and B is read on. With a and b the answers at the end of A and of B, a cell is the part of the way from B's
lead of a over b to A's that this brings: 0 changes nothing, 1 makes it answer as if it had read A throughout. This is
activation patching (Vig et al. 2020; Meng et al. 2022).
"""

from __future__ import annotations

import torch
from torch import Tensor

from unroll import figures
from unroll.errors import UserError
from unroll.moment import Interventions
from unroll.network.dynamics import after, visited
from unroll.network.inspection import rounded
from unroll.network.lenses import Subject
from unroll.network.model import SequenceModel
from unroll.picture import Grid
from unroll.vocabulary import Vocabulary

ORDER = 4
BY_STEP = True
MAX_STEPS, MAX_UNITS = 64, 64
"""The newest steps and the first units: every patch is read to the end."""
CLOSE = 1e-3
"""Leads no further apart than this have no way between them to measure."""


@torch.no_grad()
def look(subject: Subject) -> Grid:
    """The part of the way, by what is replaced (h, c, all, each unit) and the step after which."""
    model, moment = subject.model, subject.moment
    b = moment.sequence
    a = tuple((number + subject.task.vocab_size // 2) % subject.task.vocab_size for number in b)
    states = [visited(model, sequence, moment.interventions) for sequence in (a, b)]
    masks = _masks(model)
    first = max(0, len(b) - MAX_STEPS)
    _check_work(subject, len(b) - first, len(masks))
    ends = _patched(model, b, states, torch.stack([*masks.values()]), first, moment.interventions)
    logits = [model.head(whole[-1, : model.hidden_size]) for whole in states]
    answers = [int(row.argmax()) for row in logits]
    lead_a, lead_b = (float(row[answers[0]] - row[answers[1]]) for row in logits)
    leads = model.head(ends[..., : model.hidden_size])
    way = lead_a - lead_b
    part = (leads[..., answers[0]] - leads[..., answers[1]] - lead_b) / (way if way > CLOSE else torch.inf)
    return Grid(
        row_name="replaced",
        rows=[*masks],
        column_name="after step",
        columns=subject.vocabulary.names(b[first:]),
        values=rounded(part.mT, 3).tolist(),
        mark=(None, moment.step - first if moment.step >= first else None),
        caption=_caption(subject.vocabulary, a, answers, moment.step, part, [*masks]),
        limits="A state put in from elsewhere may be one that no sequence leads to, and single units do not add up.",
    )


def _masks(model: SequenceModel) -> dict[str, Tensor]:
    """What is replaced, by its name: which values of the state, `(S,)`."""
    d, has_c = model.hidden_size, model.rnn.has_c
    place = torch.arange(2 * d if has_c else d, device=model.head.weight.device)
    masks = {"h": place < d} | ({"c": place >= d, "h and c": place >= 0} if has_c else {})
    return masks | {f"unit {unit}": place % d == unit for unit in range(min(d, MAX_UNITS))}


def _check_work(subject: Subject, steps: int, rows: int) -> None:
    if steps * rows > subject.affordable(steps):
        raise UserError(
            f"Trying every unit at {figures.count(steps, 'step')} takes too long for this network: "
            "type a shorter sequence, or choose a smaller hidden_size."
        )


def _patched(
    model: SequenceModel, b: tuple[int, ...], states: list[Tensor], masks: Tensor, first: int, does: Interventions
) -> Tensor:
    """The last states of B with A's put in, `(T, rows, S)`, all of them read at once."""
    of_a, of_b = states
    steps, rows = len(b) - first, len(masks)
    now = of_b[first].expand(steps, rows, -1).clone()
    for t in range(first, len(b)):
        if t > first:
            now = after(model, b[t], now.flatten(0, 1), does, t).view_as(now)
        now[t - first] = torch.where(masks, of_a[t], of_b[t])
    return now


def _caption(
    vocabulary: Vocabulary, a: tuple[int, ...], answers: list[int], step: int, part_TR: Tensor, names: list[str]
) -> str:
    """What comes over with what is put in after the step shown, where the two have answers of their own.

    After the last step h brings all of it, by what an answer is: the step before is told too.
    """
    shown, said = vocabulary.line(a[:4]) + (" …" if len(a) > 4 else ""), vocabulary.said
    if answers[0] == answers[1]:
        return f"After {shown} it expects {said(answers[0])} too: there is nothing to carry over."

    def brings(place: int) -> str:
        row = zip(names, part_TR[max(0, place)].tolist(), strict=True)
        return ", ".join(f"{name} {figures.signed_share(part)}" for name, part in row if not name.startswith("unit"))

    place, is_last = step - len(a) + len(part_TR), 0 < step == len(a) - 1
    return (
        f"After {shown} it expects {said(answers[0])}. Of the way to that answer, this state put in after "
        f"step {step + 1} brings: {brings(place)}{f'; one step earlier: {brings(place - 1)}' if is_last else ''}."
    )
