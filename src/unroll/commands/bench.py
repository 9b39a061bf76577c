"""`unroll bench`: what things cost on this machine."""

from __future__ import annotations

import os

import click

from unroll.commands.options import example, json_option


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
