"""`unroll play`, which is also `unroll` alone: the playground."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from unroll import line as moment_line
from unroll.commands.refusals import Misused
from unroll.engine.conversation import EngineDied
from unroll.moment import Moment
from unroll.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from textual.app import App

    from unroll.engine.conversation import Conversation

NO_TERMINAL = "unroll draws on a terminal, and this is none: start it in one, or see unroll --help."


@click.command()
@click.argument("line", required=False)
@click.option("--theme", type=click.Choice(["dark", "light", "ansi"]), help="The colours; ansi: your terminal's.")
@click.option("--engine", metavar="COMMAND", help='Where networks are trained, such as "ssh box unroll engine".')
@click.option("--record", type=click.Path(dir_okay=False, path_type=Path), help="Write the talk with the engine here.")
@click.option("--replay", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Play such a talk back.")
def play(line: str | None, theme: str | None, engine: str | None, record: Path | None, replay: Path | None) -> None:
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
    code = asyncio.run(_play(wanted, theme, partial(_replay, replay) if replay else partial(_start, command, record)))
    if code:
        raise SystemExit(code)


async def _start(command: list[str] | None, record: Path | None) -> Conversation:
    from unroll.engine.client import Engine

    try:
        return await Engine.start(command, record)
    except OSError as error:
        raise EngineDied(f"{record} cannot be written: {error.strerror}. Choose another place for --record.") from None


async def _replay(recording: Path) -> Conversation:
    from unroll.engine.replay import Replay

    try:
        return Replay(recording)
    except (OSError, ValueError):
        raise EngineDied(f"{recording} is no recording of this version: make one with --record.") from None


async def _play(
    wanted: tuple[Recipe, Moment] | None, theme: str | None, another: Callable[[], Awaitable[Conversation]]
) -> int:
    """Start an engine, and beside it the screen: it loads torch on one core while this process draws on another."""
    early = [asyncio.ensure_future(another())]
    await asyncio.wait(early)

    async def start() -> Conversation:
        return await (early.pop() if early else another())

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
