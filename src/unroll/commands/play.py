"""`unroll play`, which is also `unroll` alone: the playground."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import sys
from functools import partial
from typing import TYPE_CHECKING

import click

from unroll import line as moment_line
from unroll.commands.refusals import Misused
from unroll.moment import Moment
from unroll.recipe import Recipe

if TYPE_CHECKING:
    from textual.app import App

NO_TERMINAL = "unroll draws on a terminal, and this is none: start it in one, or see unroll --help."


@click.command()
@click.argument("line", required=False)
@click.option("--theme", type=click.Choice(["dark", "light", "ansi"]), help="The colours; ansi: your terminal's.")
@click.option("--engine", metavar="COMMAND", help='Where networks are trained, such as "ssh box unroll engine".')
def play(line: str | None, theme: str | None, engine: str | None) -> None:
    """Open the playground, or bring back the moment that LINE tells of (y in the playground copies one).

    Example: unroll play --theme light
    """
    streams = (sys.stdin, sys.stdout, sys.stderr)
    drawable = all(stream is not None and stream.isatty() for stream in streams)  # None: closed by whoever started us
    if not drawable or (os.environ.get("TERM") or "dumb") == "dumb":
        raise Misused(NO_TERMINAL)
    try:
        wanted = moment_line.read(line) if line else None
        command = shlex.split(engine) if engine else None
    except ValueError as error:
        raise Misused(str(error)) from None
    code = asyncio.run(_play(wanted, theme, command))
    if code:
        raise SystemExit(code)


async def _play(wanted: tuple[Recipe, Moment] | None, theme: str | None, command: list[str] | None) -> int:
    """Start an engine, and beside it the screen: it loads torch on one core while this process draws on another."""
    from unroll.engine.client import Engine

    early = [asyncio.ensure_future(Engine.start(command))]
    await asyncio.wait(early)

    async def start() -> Engine:
        return await (early.pop() if early else Engine.start(command))

    from unroll.terminal.app import UnrollApp

    app = UnrollApp(start, wanted, theme)
    _end_in_order(app)
    try:
        await app.run_async()
    finally:
        await app.close_engine()
    return app.return_code or 0


def _end_in_order(app: App[None]) -> None:
    """Told to end by a signal, leave the screen first: Textual would leave the terminal raw."""
    if sys.platform != "win32":
        for number in (signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, partial(app.exit, return_code=128 + number))
