"""`python -m unroll_dev`: measure what things cost, and take the pictures of the screen."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from unroll_dev.commands import bench


@click.group()
def main() -> None:
    """Tools for developing unroll."""


main.add_command(bench)


@main.command()
@click.argument("folder", default="screenshots", type=click.Path(file_okay=False))
def screenshots(folder: str) -> None:
    """Write pictures of the playground, driven by a real engine, into FOLDER as SVG."""
    from unroll_dev.screenshots import take

    for path in asyncio.run(take(Path(folder))):
        click.echo(path)


if __name__ == "__main__":
    main(prog_name="python -m unroll_dev")
