"""A sweep's results that were opened, and the runs that were trained again of them."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from unroll.errors import FileError
from unroll.files import at_home
from unroll.sweep import results, summary
from unroll.sweep.summary import Figure, Seed
from unroll.terminal.runs import Run
from unroll.terminal.session import Session
from unroll.terminal.widgets.sweep_pane import SweepPane
from unroll.text import shown_path

PATHS = "Of a saved network where the engine is, or of a sweep's FILE.jsonl here."
TRAINED_TOGETHER = "It becomes a new run, trained again together with the same others."
NAMED = ("task", "cell")
"""The fields that stand in the name of every run."""


class OpenedSweep:
    """The newest results that were opened, in their pane; and each run of a seed, until it has been compared."""

    def __init__(self, session: Session) -> None:
        self.pane = SweepPane()
        self._session = session
        self._expected: dict[Run, Seed] = {}

    async def read(self, path: str) -> None:
        """Show what is in a file.

        Raises:
            FileError: it is no results file, or has no result.
        """
        seeds = await asyncio.to_thread(seeds_in, path)
        self.pane.called, self.pane.seeds = Path(path).name, seeds

    async def train(self, seed: Seed) -> None:
        """Show a seed as a run, trained together with the others of its unit."""
        apart = told_apart(seed, self.pane.seeds)
        run = await self._session.open_member(seed.recipe, seed.row.seeds, seed.place, apart)
        if run is not None:
            self._expected[run] = seed

    def compare(self) -> None:
        """Say of the run that is shown, once it is trained, whether it has come out as in the sweep."""
        run, trace, moment = self._session.run, self._session.trace, self._session.moment
        if run not in self._expected or trace is None or trace.moment.run != run.number or moment.epoch is not None:
            return
        if run.is_over and trace.epoch == run.curve.epoch:
            self._session.display.note(of_seed_again(run, trace.weights, self._expected.pop(run)))


def seeds_in(path: str) -> list[Seed]:
    """What is in a results file, seed by seed; raises `FileError` for another file, or where there is no result."""
    seeds = summary.seeds_of(results.read(str(at_home(path))).rows)
    if not seeds:
        raise FileError(f"{shown_path(path)} has no result: write some with unroll sweep --out.")
    return seeds


def told_apart(seed: Seed, seeds: Sequence[Seed]) -> str:
    """What tells a seed's recipe from those of others, beside its task and cell: `length 6`."""
    values, varying = seed.recipe.values(), (name for name in summary.varying(seeds) if name not in NAMED)
    return " ".join(f"{name.replace('_', '-')} {values[name]}" for name in varying)


def of_seed(word: str, seed: Seed, figure: Figure) -> str:
    """A seed in a list, by what it is among others and its figure."""
    return f"{word:6}  seed {seed.seed:<6}  {_figure(figure, seed.figure(figure))}"


def of_seed_again(run: Run, weights: str, seed: Seed) -> str:
    """Whether a run that was trained again has come out as in the sweep."""
    here, there = _figure("accuracy", run.accuracy), _figure("accuracy", seed.figure("accuracy"))
    if weights == seed.weights or (run.accuracy is None and seed.loss is None):
        return f"Seed {seed.seed}: {here}, as in the sweep{', to the bit' if run.accuracy is not None else ''}."
    made = seed.row.made
    return (
        f"Seed {seed.seed}: {here}; in the sweep {there}, with torch {made.torch} on {made.cpu}. Another processor, "
        "another version or other data change last bits, and those the rest."
    )


def _figure(figure: Figure, value: float | None) -> str:
    return "training diverged" if value is None else f"{figure} {summary.shown(figure, value)}"
