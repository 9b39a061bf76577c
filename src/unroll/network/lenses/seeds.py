"""The lens `seeds`: how the training of this recipe goes under 32 seeds, and this run's beside them.

They are trained together, while the lens is in sight. Between the lines of 25 % and 75 % lies the middle half of the
seeds at that update: a quarter of them is lower, and a quarter higher. Of a long training means over many updates are
shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import torch
from torch import Tensor

from unroll import figures
from unroll.errors import UserError
from unroll.network.ensemble import Ensemble
from unroll.network.lenses import Subject
from unroll.network.sequences import Sequences
from unroll.network.training import Training, accuracy_of, order
from unroll.picture import Lines, NamedLine, Ranked
from unroll.recipe import weights
from unroll.series import MAX_LOSS, Series

ORDER = 9
SEEDS, FEWEST = 32, 4
POINTS = 100
"""Places of the x axis at most."""
BYTES = 256 * 2**20
"""What may be taken by all networks with their optimizers, and by an update: of large networks there are fewer."""
WORK = 5 * 10**7
"""Multiplications that scoring a network may cost, roughly, where an update does not cost more: it is one slice."""
LEAST_LOSS = 1e-6
"""What a smaller loss is drawn as, on a logarithmic axis."""


class SeedsTrained(Iterator[None]):
    """Trains them, a part of an update for each `next`, and then scores them, one for each.

    Attributes:
        seeds, updates, update: Which, how many updates each makes, and has made.
        edges: The updates from one of which to the next the losses are means.
        losses: These means, a row `(S,)` each; infinite once a seed's loss is no number, or too large to record.
        scored: On how many sequences they are scored, held out or trained on.
        scores: The part of them that each is right at; empty until all are scored.
    """

    def __init__(self, training: Training) -> None:
        """Untrained; raises `UserError` where the networks are too large."""
        seeds = range(min(SEEDS, _most(training)))
        ensemble = Ensemble(training.recipe, seeds, training.device, alike=training)
        self.seeds, self.updates, self.update = ensemble.seeds, ensemble.plan.updates, 0
        self.edges, self.losses = [0], list[Tensor]()
        scored, kind = _scored(training), "training" if training.held_out is None else "held-out"
        self.scored = figures.count(scored.total, f"{kind} sequence")
        self.scores: list[float] = []
        self._groups = ensemble.groups
        self._stride = -(-self.updates // POINTS)
        self._sum = torch.zeros(len(seeds))
        self._slices = self._train(ensemble, scored)

    def __next__(self) -> None:
        return next(self._slices)

    def __length_hint__(self) -> int:
        return (self.updates - self.update) * self._groups + len(self.seeds) - len(self.scores)

    def _train(self, ensemble: Ensemble, scored: Sequences) -> Iterator[None]:
        for made in ensemble.slices():
            if made is not None:
                self._take(made.update, torch.tensor(made.losses))
            yield
        scores = []
        for place in range(len(self.seeds)):
            scores.append(accuracy_of(ensemble.member(place), scored))
            yield
        self.scores = scores

    def _take(self, update: int, losses: Tensor) -> None:
        """Add an update's losses to the mean that it belongs to."""
        self.update = update
        self._sum += losses.where(losses <= MAX_LOSS, torch.inf)
        if update % self._stride == 0 or update == self.updates:
            self.losses.append(self._sum / (update - self.edges[-1]))
            self.edges.append(update)
            self._sum = self._sum.where(self._sum.isinf(), 0.0)


def _most(training: Training) -> int:
    """How many networks there is room for."""
    task = training.recipe.task
    update = 8 * task.length * training.plan.batch_size * task.vocab_size
    most = (BYTES - update) // (16 * weights(training.recipe))
    if most < FEWEST:
        raise UserError("Several networks of this size are too large to train beside it: unroll sweep can.")
    return most


def _scored(training: Training) -> Sequences:
    """The sequences held out, or else those trained on; where they are many, some of them drawn at random."""
    data, model = training.held_out or training.data, training.model
    most = max(training.plan.batch_size, WORK // (len(data.x) * (model.rnn.work + model.head.weight.numel())))
    return data if data.total <= most else data.at(order(0, 0, data.total)[:most].to(data.x.device))


def prepare(training: Training) -> SeedsTrained:
    """The trainings, before the first update."""
    return SeedsTrained(training)


def look(subject: Subject) -> Lines:
    """This run's loss by update, the seeds' median, the edges of their middle half, and the worst and the best seed."""
    found = subject.prepared
    assert isinstance(found, SeedsTrained)
    count = len(found.seeds)
    quarters = {"25 %": count // 4, "75 %": count - 1 - count // 4}
    in_order = [row.sort().values for row in found.losses]
    worst_first = found.losses[-1].argsort(descending=True).tolist() if found.losses else list(range(count))
    lines = {"this run": _own(subject.series, found.edges)}
    ends = {"best": worst_first[-1], "worst": worst_first[0]}
    lines |= {"median": [row[(count - 1) // 2].item() for row in in_order]}
    lines |= {name: [row[place].item() for row in found.losses] for name, place in ends.items()}
    lines |= {name: [row[rank].item() for row in in_order] for name, rank in quarters.items()}
    return Lines(
        x_name="update",
        xs=[float(update) for update in found.edges[1:]],
        lines=[NamedLine(name, [_shown(y) for y in ys]) for name, ys in lines.items()],
        band=(4, 5),
        ranked=[_ranked(found, place) for place in worst_first],
        log=True,
        caption=_caption(found, {name: ys[-1] for name, ys in lines.items() if ys}),
        limits=_limits(found),
    )


def _own(series: Series | None, edges: list[int]) -> list[float]:
    """The run's own means of the same updates; NaN where it has not trained so far."""
    means = [series and series.updates >= stop and series.mean(start, stop) for start, stop in pairwise(edges)]
    return [mean[0] if mean else torch.nan for mean in means]


def _shown(loss: float) -> float | None:
    return float(f"{max(loss, LEAST_LOSS):.3g}") if loss <= MAX_LOSS else None


def _ranked(found: SeedsTrained, place: int) -> Ranked:
    loss = _shown(found.losses[-1][place].item()) if found.losses else None
    return Ranked(place, found.seeds[place], loss, round(found.scores[place], 4) if found.scores else None)


def _caption(found: SeedsTrained, newest: dict[str, float]) -> str:
    count = figures.count(len(found.seeds), "seed")
    if found.scores:
        solved = sum(score >= figures.SOLVED for score in found.scores)
        said = f"Solved by {solved} of {count}."
    else:
        said = f"Update {found.update:,} of {found.updates:,}, {count}."
    if not newest:
        return said
    told = {name: figures.loss(loss) if loss <= MAX_LOSS else "none" for name, loss in newest.items()}
    said += f" Loss: median {told['median']}, half of them {told['25 %']} to {told['75 %']}"
    return said + (f"; this run {told['this run']}." if newest["this run"] <= MAX_LOSS else ".")


def _limits(found: SeedsTrained) -> str:
    least = figures.share(figures.SOLVED, 0)
    return f"Solved: at least {least} of {found.scored} right. Another 32 seeds have another worst one."
