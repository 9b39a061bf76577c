"""`unroll bench`: what things cost on this machine."""

from __future__ import annotations

import os

import click

from unroll.commands.options import example, json_option
from unroll.commands.refusals import Refused


@click.group()
def bench() -> None:
    """Measure what things cost on this machine."""


@bench.command(epilog=example("unroll bench train\nunroll bench train --json > bench.json\n"))
@json_option
def train(as_json: bool) -> None:
    """Time training against the blog's loop, torch.nn and NumPy, many seeds against one, and how it all grows.

    Takes about two minutes, on one thread. Progress goes to standard error, the report to standard output.
    """
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"  # read once, when NumPy and torch are imported
    from unroll.bench.train import main

    main(as_json)


@bench.command(epilog=example("unroll bench screen\nunroll bench screen --json > screen.json\n"))
@json_option
def screen(as_json: bool) -> None:
    """Measure what the screen costs over a real pseudo-terminal, beside the smallest Textual program.

    Takes some two minutes. Progress goes to standard error, the report to standard output.
    """
    try:
        from unroll.bench.screen import main
    except ModuleNotFoundError as error:
        raise Refused(f"{error.name} is missing, which emulates the terminal: pip install 'unroll[dev]'.") from None
    main(as_json)
