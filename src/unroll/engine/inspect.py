"""What can be seen of a run: the answer to a `look`, what a moment must be to be seen, and how well it does.

A view holds a value for every step and unit, under a name:

    hidden, cell state     the state after the step; the cell state where the cell has one
    input gate, ...        the value of each gate and of the candidate, by torch.nn's names for them
    attribution            each unit's share of the expected number's lead over the runner-up, in logits

Shapes: T steps, B sequences, D units, V numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from math import isfinite
from typing import NamedTuple

import torch
from msgspec.structs import replace
from torch import Tensor

from unroll import figures
from unroll.engine.jobs import Jobs
from unroll.engine.runs import LiveRun
from unroll.errors import UserError
from unroll.moment import UNTOUCHED, Interventions, Moment, Sampling, check_sequence
from unroll.network import inspection
from unroll.network.lenses import Subject, lenses
from unroll.network.model import SequenceModel, fingerprint
from unroll.network.sampling import distribution
from unroll.network.sequences import Sequences
from unroll.network.training import Fit, accuracy_of, fit
from unroll.protocol.replies import Pictured
from unroll.protocol.requests import Lens, Look
from unroll.protocol.trace import Arithmetic, Candidate, Trace, UnitDetail, Window
from unroll.series import MAX_LOSS

KEPT_SIGHTS = 2
"""Enough for a moment and the one it is compared with, while a cursor walks through them."""
MAX_SCORED, MIN_SCORED = 20_000, 16
"""Training sequences that a score is taken over: of more than these a fixed random sample, so that a look is quick."""
WORK_AT_REST, WORK_IN_TRAINING = 2 * 10**9, 2 * 10**7
"""Multiplications that a score may cost, roughly: a large network is scored on fewer sequences, and so is one that
trains, which is another at every look. 20,000 sequences of 20 numbers take an LSTM of 32 units half a second."""
WORK_OF_LENS = 10**9
"""The same of a lens: it is looked through more seldom than it would cost training a tenth."""
MAX_KNOWN_SCORES = 100
HIDDEN, CELL_STATE, ATTRIBUTION = "hidden", "cell state", "attribution"
GATES = {
    "i": "input gate",
    "f": "forget gate",
    "g": "cell gate",
    "o": "output gate",
    "r": "reset gate",
    "z": "update gate",
    "n": "new gate",
    "w": "write gate",
    "e": "eigenvalue",
    "v": "new value",
}


class Sight(NamedTuple):
    """A moment and what is seen of it: the network of then, its epoch and its fingerprint, and what it does."""

    run: LiveRun
    moment: Moment
    model: SequenceModel
    epoch: float
    weights: str
    seen: inspection.Activations

    @property
    def units(self) -> int:
        return self.seen.hidden.shape[1]


class Inspector:
    """Answers looks; a network is not run anew for another step, unit or view of the same moment."""

    def __init__(self, find: Callable[[int], LiveRun], jobs: Jobs) -> None:
        """`find` gives the run of a number, the newest for 0, or raises `UserError`; `jobs` compute what takes long."""
        self._find = find
        self._jobs = jobs
        self._sights: dict[tuple[Hashable, ...], Sight] = {}
        self._scorers: dict[int, Scorer] = {}

    def look(self, request: Look) -> Trace:
        """What a run's network does over the moment's sequence; raises `UserError` where that cannot be seen."""
        here, there = self._see(request.moment), None
        if request.against is not None:
            if request.against.sequence != here.moment.sequence:
                raise UserError("The moment to compare with is on another sequence: give the same one for both.")
            there = self._see(request.against)
        trace = _trace(request, here, there)
        if not request.score:
            return trace
        run, scorer, version = here.run, self._scorer(here.run), (here.epoch, here.run.state == "diverged")
        score, drawn = scorer.score(here.model, version, here.moment.interventions, _work(run))
        is_still = run.state != "training" or here.moment.epoch is not None
        found = scorer.fit(here.model, version, _work(run)) if is_still else None
        trace = replace(trace, score=score, drawn=drawn)
        return trace if found is None else replace(trace, loss=found.loss, steps_right=found.steps_right)

    def picture(self, request: Lens) -> Pictured:
        """What a lens shows of a moment; raises `UserError` where that cannot be seen."""
        here, known = self._see(request.moment), lenses()
        _check_unit(request.unit, here.units, "look at")
        name = request.lens if request.lens in known else next(iter(known))
        sequences, drawn = self._scorer(here.run).sample(WORK_OF_LENS)
        training, (about, by_step, look, prepare) = here.run.training, known[name]
        prepared, is_done = None, True
        if prepare is not None:
            key = name, training.recipe.replace(seed=0), training.digest
            prepared, is_done = self._jobs.ask(key, lambda: prepare(training))
        task, series = training.recipe.task, here.run.series
        subject = Subject(here.model, here.moment, task, sequences, drawn, WORK_OF_LENS, request.unit, series, prepared)
        picture, names = look(subject), tuple(known)
        return Pictured(
            id=request.id,
            picture=picture,
            lens=name,
            about=about,
            by_step=by_step,
            unfinished=not is_done,
            lenses=names,
        )

    def _scorer(self, run: LiveRun) -> Scorer:
        if run.number not in self._scorers:
            self._scorers[run.number] = Scorer(run.training.data, run.training.model)
        return self._scorers[run.number]

    def forget(self) -> None:
        """Keep nothing of what was seen."""
        self._sights, self._scorers = {}, {}

    def _see(self, moment: Moment) -> Sight:
        run = self._find(moment.run)
        moment = replace(moment, run=run.number)
        check_moment(run, moment)
        network = run.number, moment.epoch, run.training.update, run.state == "diverged"
        key = *network, moment.sequence, moment.interventions
        sight = self._sights.pop(key, None)
        if sight is None:
            alike = next((kept for key, kept in self._sights.items() if key[: len(network)] == network), None)
            model, epoch = (alike.model, alike.epoch) if alike else run.training.at(moment.epoch)
            weights = alike.weights if alike else fingerprint(model)
            seen = inspection.trace(model, moment.sequence, moment.interventions)
            sight = Sight(run, moment, model, epoch, weights, seen)
        self._sights[key] = sight
        self._sights = dict(list(self._sights.items())[-KEPT_SIGHTS:])
        return sight._replace(moment=moment)


class Scorer:
    """Scores one run's networks; the scores of one network are kept, for they are asked for at every step."""

    def __init__(self, sequences: Sequences, model: SequenceModel) -> None:
        self._each = sequences.x.shape[0] * (model.rnn.work + model.head.weight.numel())
        self._sequences = sequences
        self._samples: dict[int, Sequences] = {}
        self._version: Hashable = None
        self._known: dict[Interventions, float] = {}
        self._fit: Fit | None = None

    def score(
        self, model: SequenceModel, version: Hashable, does: Interventions, work: int = WORK_AT_REST
    ) -> tuple[tuple[float, float], int | None]:
        """The part answered right under interventions and without, and of how many drawn sequences.

        `version` tells networks apart; `drawn` is None where all sequences are scored.
        """
        self._turn_to(version, work)
        scored, drawn = self.sample(work)
        for one in (does, UNTOUCHED):
            if one not in self._known:
                self._known[one] = accuracy_of(model, scored, one)
        return (self._known[does], self._known[UNTOUCHED]), drawn

    def fit(self, model: SequenceModel, version: Hashable, work: int = WORK_AT_REST) -> Fit | None:
        """How the steps of the same sequences are answered; None where the loss is no number."""
        self._turn_to(version, work)
        if self._fit is None:
            self._fit = fit(model, self.sample(work)[0])
        loss, right = self._fit
        return Fit(round(min(loss, MAX_LOSS), 6), round(right, 6)) if isfinite(loss) else None

    def _turn_to(self, version: Hashable, work: int) -> None:
        """Forget what is known of another network, or of other sequences."""
        if (version, work) != self._version or len(self._known) > MAX_KNOWN_SCORES:
            self._version, self._known, self._fit = (version, work), {}, None

    def sample(self, work: int) -> tuple[Sequences, int | None]:
        """The sequences that may be read for so much work, and how many were drawn; None where these are all."""
        if work not in self._samples:
            self._samples[work] = sample(self._sequences, max(MIN_SCORED, min(MAX_SCORED, work // self._each)))
        some = self._samples[work]
        return some, None if some is self._sequences else some.total


def _work(run: LiveRun) -> int:
    return WORK_IN_TRAINING if run.state == "training" else WORK_AT_REST


def sample(sequences: Sequences, most: int) -> Sequences:
    """All sequences, or `most` of them, drawn at random once and for all: data with a period looks as it is."""
    if sequences.total <= most:
        return sequences
    drawn = torch.randperm(sequences.total, generator=torch.Generator().manual_seed(0))[:most]
    return sequences.at(drawn.to(sequences.x.device))


def check_moment(run: LiveRun, moment: Moment) -> None:
    """Raises `UserError` where the run has nothing to show of the moment."""
    check_sequence(moment.sequence, run.training.recipe.task.vocab_size)
    if moment.step >= len(moment.sequence):
        last = len(moment.sequence) - 1
        raise UserError(f"Step {moment.step} is not in the sequence: choose one from 0 to {last}.")
    if moment.epoch is not None:
        check_epoch(run, moment.epoch)
    for unit, _ in moment.interventions.clamps:
        _check_unit(unit, run.training.recipe.model.hidden_size, "clamp")
    for patch in moment.interventions.patches:
        _check_unit(patch.unit, run.training.recipe.model.hidden_size, "put in")
        check_sequence(patch.source, run.training.recipe.task.vocab_size)


def check_epoch(run: LiveRun, epoch: int) -> None:
    """Raises `UserError` where the run has not trained that far."""
    last = int(run.training.epoch)
    if epoch > last:
        raise UserError(f"Epoch {epoch} cannot be seen: this run has epochs 0 to {last}.")


def _check_unit(unit: int, units: int, what_for: str) -> None:
    if unit >= units:
        raise UserError(f"There is no unit {unit} to {what_for}: choose one from 0 to {units - 1}.")


def _trace(request: Look, here: Sight, there: Sight | None) -> Trace:
    """The part that was asked for."""
    view, views, values = _values(request, here, there)
    window = _clip(request.window, *values.shape)
    steps = slice(window.first_step, window.first_step + window.steps)
    units = slice(window.first_unit, window.first_unit + window.units)
    return Trace(
        moment=here.moment,
        epoch=round(here.epoch, 4),
        weights=here.weights,
        units=here.units,
        window=window,
        view=view,
        views=views,
        values=inspection.rounded(values[steps, units], 3).tolist(),
        scale=max(1.0, _decimal(values.abs().max(), 3)),
        candidates=_candidates(here, there, steps, request),
        likeliest=[] if window.steps == len(values) else here.seen.logits.argmax(-1).tolist(),
        arithmetic=_arithmetic(here, steps),
        detail=None if request.unit is None else _detail(here, request.unit),
    )


def _values(request: Look, here: Sight, there: Sight | None) -> tuple[str, tuple[str, ...], Tensor]:
    """The view that is given, those that could be, and all its values `(T, D)`."""
    views = (*_tables(here.seen), ATTRIBUTION)
    if there is None or not request.difference:
        view = request.view if request.view in views else HIDDEN
        return view, views, _table(view, here)
    if there.units != here.units:
        raise UserError(
            f"This run has {figures.count(here.units, 'unit')} and the one to compare with {there.units:,}: "
            "compare runs of one hidden_size, or look at them without the difference."
        )
    both = tuple(view for view in views if view in (*_tables(there.seen), ATTRIBUTION))
    view = request.view if request.view in both else HIDDEN
    return view, both, _table(view, here) - _table(view, there)


def _tables(seen: inspection.Activations) -> dict[str, Tensor]:
    """The views but attribution: their values `(T, D)` by name."""
    cell = {} if seen.cell is None else {CELL_STATE: seen.cell}
    return {HIDDEN: seen.hidden, **cell, **{GATES[letter]: gate for letter, gate in seen.gates.items()}}


def _table(view: str, sight: Sight) -> Tensor:
    """A view's values `(T, D)`; attribution is `(W[k] - W[j]) * h`, k the likeliest number and j the next."""
    if view != ATTRIBUTION:
        return _tables(sight.seen)[view]
    return inspection.shares(sight.model, sight.seen)


def _detail(here: Sight, unit: int) -> UnitDetail:
    """One unit at the moment's step."""
    _check_unit(unit, here.units, "look at")
    step = here.moment.step
    values = {view: _decimal(table[step, unit], 4) for view, table in _tables(here.seen).items()}
    lead = inspection.attribution(here.model, here.seen.hidden[step])
    return UnitDetail(
        unit=unit,
        value=values.pop(HIDDEN),
        cell_state=values.pop(CELL_STATE, None),
        gates=values,
        number=lead.number,
        rival=lead.rival,
        share=_decimal(lead.units[unit], 4),
        bias=_decimal(lead.bias, 4),
        lead=_decimal(lead.lead, 4),
    )


def _candidates(here: Sight, there: Sight | None, steps: slice, wanted: Look) -> list[list[Candidate]]:
    """The likeliest numbers of each step, here or there; where they are sampled, none that cannot be drawn."""
    now = likeliest = _chances(here.seen.logits[steps], wanted.sampling)
    before = torch.full_like(now, -1.0)  # stays so where there is none
    if there is not None:
        theirs = _chances(there.seen.logits[steps], wanted.sampling)
        both = min(now.shape[-1], theirs.shape[-1])
        before[:, :both] = theirs[:, :both]
        answers = torch.stack([before.argmax(-1), now.argmax(-1)], -1)  # these are always among them
        likeliest = now.maximum(before).scatter(-1, answers, 2.0)
    numbers = likeliest.topk(min(wanted.top, now.shape[-1])).indices
    numbers = numbers.gather(-1, now.gather(-1, numbers).argsort(dim=-1, descending=True, stable=True))
    p, q = now.gather(-1, numbers), before.gather(-1, numbers)
    columns = numbers, p.maximum(q) > 0, inspection.rounded(p, 6), inspection.rounded(q, 6)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [
        [Candidate(n, p, None if q < 0 else q) for n, can_come, p, q in zip(*row, strict=True) if can_come]
        for row in rows
    ]


def _arithmetic(sight: Sight, steps: slice) -> list[Arithmetic]:
    """How steps come to their answers."""
    moved = inspection.moved(sight.seen.hidden, sight.moment.interventions)[steps]
    largest = sight.seen.logits[steps].topk(2)
    logits = inspection.rounded(largest.values, 2).tolist()
    rows = zip(inspection.rounded(moved, 2).tolist(), largest.indices.tolist(), logits, strict=True)
    return [Arithmetic(far, best, z, rival, z_rival) for far, (best, rival), (z, z_rival) in rows]


def _chances(logits: Tensor, sampling: Sampling) -> Tensor:
    """The probability of each number at each step, `(T, V)`: the network's own, or that with which it is drawn."""
    if sampling.temperature and len(logits):
        return torch.stack([distribution(row, sampling) for row in logits.cpu()])
    return logits.softmax(-1).cpu()


def _clip(window: Window, steps: int, units: int) -> Window:
    """The part of a window that there is."""
    first_step, first_unit = min(window.first_step, steps), min(window.first_unit, units)
    across, down = min(window.steps, steps - first_step), min(window.units, units - first_unit)
    return Window(first_step, across, first_unit, down)


def _decimal(value: Tensor | float, places: int) -> float:
    return float(inspection.rounded(torch.as_tensor(value), places))
