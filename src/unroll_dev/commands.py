"""`python -m unroll_dev bench`: what things cost on this machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import click

from unroll.commands.common import Refused, print_json, refusals
from unroll.commands.options import example, json_option
from unroll.files import check_place, write_atomically

R = TypeVar("R")


def _example(lines: str) -> str:
    return example("".join(f"python -m unroll_dev bench {line}\n" for line in lines.split("\n") if line))


GROUPS = ("starts", "rest", "lenses", "training", "slow", "far", "stall", "resize", "large", "runs", "memory")
"""What `python -m unroll_dev bench screen` measures: the keys of `bench/screen.py`, which is slow to import."""


def _checked(context: click.Context, option: click.Parameter, path: Path | None) -> Path | None:
    with refusals():
        if path is not None:
            check_place(path)
    return path


write_option = click.option(
    "--write",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    callback=_checked,
    help="Also write the report to this file as JSON.",
)
"""A file that cannot be written is refused before anything is measured."""


@click.group()
def bench() -> None:
    """Measure what things cost on this machine."""


@bench.command(epilog=_example("train\ntrain --json > bench.json\n"))
@json_option
@write_option
def train(as_json: bool, write: Path | None) -> None:
    """Time training against the blog's loop, torch.nn and NumPy, and many seeds against one.

    The blog is christianb93's Learning how to count (christianb93/MLLM, rnn/LearningHowToCount.ipynb).

    Takes about two minutes, on one thread. Progress goes to standard error, the report to standard output.
    """
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"  # read once, when NumPy and torch are imported
    from unroll_dev.bench.train import measure, text

    _hand_out(measure(), text, as_json, write)


@bench.command(epilog=_example("screen --write screen.json\nscreen --only rest --only slow\n"))
@click.option("--only", multiple=True, type=click.Choice(GROUPS), help="Measure only this part; can be repeated.")
@json_option
@write_option
def screen(only: tuple[str, ...], as_json: bool, write: Path | None) -> None:
    """Measure what the screen costs over a real pseudo-terminal, beside its goals.

    Takes about twelve minutes, each part one or two. Figures go to standard error as they come, the report to
    standard output.
    """
    with _emulation():
        from unroll_dev.bench.figures import table
        from unroll_dev.bench.screen import measure

    _hand_out(measure(only or GROUPS), table, as_json, write)


@bench.command(epilog=_example("soak\nsoak --minutes 1 --write soak.json\n"))
@click.option("--minutes", type=click.FloatRange(0.05, 1440), default=10.0, show_default=True, help="How long.")
@json_option
@write_option
def soak(minutes: float, as_json: bool, write: Path | None) -> None:
    """Train at full speed for minutes: how memory grows, and whether every update reaches the screen."""
    with _emulation():
        from unroll_dev.bench.figures import table
        from unroll_dev.bench.soak import measure

    _hand_out(measure(minutes), table, as_json, write)


@bench.command(epilog=_example("sweep\nsweep --workers 16 --workers 256 --write sweep.json\n"))
@click.option(
    "--workers",
    multiple=True,
    type=click.IntRange(1, 1024),
    default=(2,),
    show_default=True,
    help="Measure dask with so many workers, besides one; can be repeated.",
)
@json_option
@write_option
def sweep(workers: tuple[int, ...], as_json: bool, write: Path | None) -> None:
    """Measure what a sweep costs besides its units, and compute how many workers that feeds.

    Takes about two minutes, and most of a minute more for each other number of workers.
    """
    from unroll_dev.bench.sweep import measure, text

    _hand_out(measure(workers), text, as_json, write)


@contextmanager
def _emulation() -> Iterator[None]:
    """Imports that need the emulated terminal, a development dependency."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise Refused(f"{error.name}, which emulates the terminal, is missing: pip install 'unroll[dev]'.") from None


def _hand_out(report: R, text: Callable[[R], str], as_json: bool, write: Path | None) -> None:
    """Print a report, and write it to the file asked for."""
    import msgspec

    if as_json:
        print_json(report)
    else:
        click.echo(text(report))
    if write is not None:
        with refusals():
            write_atomically(write, msgspec.json.encode(report) + b"\n")
