"""What tests of sweeps share: a small sweep, and units computed in this process."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager

import msgspec

from unroll.recipe import Recipe, recipe_of
from unroll.sweep.grid import Unit
from unroll.sweep.results import FORMAT, VERSION, Made, Row
from unroll.sweep.run import Workers

SMALL = recipe_of({"vocab_size": 12, "length": 3, "hidden_size": 4, "epochs": 5})
MADE = Made(VERSION, "3.11.7", "2.13.0", "AVX2", "x86_64")


Figures = tuple[float | None, ...]


def row(recipe: Recipe = SMALL, seeds: tuple[int, ...] = (0, 1), accuracy: Figures = (1.0, 0.5)) -> Row:
    digest = Unit(recipe, seeds).digest
    return Row(FORMAT, digest, recipe, seeds, accuracy, accuracy, ("09af3c71",) * len(seeds), 0.5, MADE)


class Inline(Executor):
    """Computes when it is asked, in this process; `meddle` may do something else instead, such as raise."""

    def __init__(self, meddle: Callable[[Unit], str | None]) -> None:
        self.meddle = meddle
        self.asked: list[Unit] = []

    def submit(self, work: Callable[[str], str], text: str) -> Future[str]:  # type: ignore[override]
        unit = msgspec.json.decode(text, type=Unit)
        self.asked.append(unit)
        future: Future[str] = Future()
        try:
            future.set_result(self.meddle(unit) or work(text))
        except Exception as error:
            future.set_exception(error)
        return future


def place(executor: Executor, slots: int = 1) -> Callable[[], object]:
    @contextmanager
    def workers() -> Iterator[Workers]:
        yield Workers(executor, lambda: slots)

    return workers
