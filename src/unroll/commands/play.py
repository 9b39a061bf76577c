"""`unroll play`, which is also `unroll` alone: the playground.

The frame stands on the screen before anything else is imported: so all imports but the splash's stand inside.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import click

from unroll.commands.refusals import Misused
from unroll.errors import FileError, UserError
from unroll.terminal import splash
from unroll.text import printable, shown_path
from unroll.tty.charset import alphabet_of
from unroll.tty.environment import tidy

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from unroll.client.conversation import Conversation
    from unroll.moment import Moment
    from unroll.recipe import Recipe
    from unroll.terminal.app import UnrollApp

    Start = Callable[[], Awaitable[Conversation]]
    Wanted = tuple[Recipe, Moment]

NO_TERMINAL = "unroll draws on a terminal, and this is none: start it in one, or see unroll --help."

ENGINE_HELP = (
    "Where networks are trained, such as 'ssh box unroll engine': any command that leads to an engine. "
    "ssh must log in by key, for no password can be typed; it is told to notice within 20 s that its line is dead."
)
STARTED = 2.0
"""Seconds by which all of the first screen stands, on most machines."""


@click.command()
@click.argument("line", required=False)
@click.option("--theme", type=click.Choice(["dark", "light", "ansi"]), help="The colours; ansi: your terminal's.")
@click.option("--engine", metavar="COMMAND", help=ENGINE_HELP)
@click.option("--record", type=click.Path(dir_okay=False), help="Write the talk with the engine here.")
@click.option("--replay", type=click.Path(exists=True, dir_okay=False), help="Play such a talk back.")
def play(line: str | None, theme: str | None, engine: str | None, record: str | None, replay: str | None) -> None:
    """Open the playground, or bring back the moment that LINE tells of (y in the playground copies one).

    Example: unroll play --theme light
    """
    try:
        wanted = _read(line) if line else None
        start = partial(_replay, replay) if replay else partial(_start, _words(engine) if engine else None, record)
    except UserError as error:
        raise Misused(printable(str(error))) from None
    streams = (sys.stdin, sys.stdout, sys.stderr)
    drawable = all(stream is not None and stream.isatty() for stream in streams)  # None: closed by whoever started us
    if not drawable or (os.environ.get("TERM") or "dumb") in ("dumb", "unknown"):
        raise Misused(NO_TERMINAL)
    tidy(os.environ)
    with splash.shown(theme):
        code = _run(wanted, theme, start, engine or "")
    if code:
        raise SystemExit(code)


def _read(line: str) -> Wanted:
    from unroll.permalink import read

    return read(line)


def _words(command: str) -> list[str]:
    import shlex

    with suppress(ValueError):
        if words := shlex.split(command):
            return words
    raise ValueError("--engine is no command with all its quotes closed: give one such as 'ssh box unroll engine'.")


def _run(wanted: Wanted | None, theme: str | None, start: Start, command: str) -> int:
    import asyncio
    import gc

    gc.disable()
    return asyncio.run(_play(wanted, theme, start, command))


async def _start(command: list[str] | None, record: str | None) -> Conversation:
    from pathlib import Path

    from unroll.client.client import Engine
    from unroll.client.conversation import EngineDied

    try:
        return await Engine.start(command, Path(record) if record else None)
    except OSError as error:
        fault = f"{shown_path(record or '')} cannot be written: {error.strerror}."
        raise EngineDied(f"{fault} Choose another place for --record.") from None


async def _replay(recording: str) -> Conversation:
    from pathlib import Path

    from unroll.client.conversation import EngineDied
    from unroll.client.replay import Replay

    try:
        return Replay(Path(recording))
    except FileError as error:
        raise EngineDied(str(error)) from None
    except (UserError, ValueError, RecursionError):
        raise EngineDied(f"{recording} is no recording of this version: make one with --record.") from None


async def _play(wanted: Wanted | None, theme: str | None, another: Start, command: str) -> int:
    """Start an engine, and beside it the screen: it loads torch on one core while this process draws on another."""
    import asyncio

    early = [asyncio.ensure_future(another())]
    await asyncio.wait(early)

    async def start() -> Conversation:
        return await (early.pop() if early else another())

    from unroll.terminal.app import UnrollApp

    app = UnrollApp(start, wanted, theme, command)
    _settle_into_terminal(app)
    asyncio.get_running_loop().call_later(STARTED, _collect_garbage)
    try:
        await app.run_async()
    finally:
        await app.part_from_engine()
    return app.return_code or 0


def _collect_garbage() -> None:
    """Look for garbage from here on; until here there is none, and looking took a twentieth of the start."""
    import gc

    gc.freeze()
    gc.enable()


def _settle_into_terminal(app: UnrollApp) -> None:
    """Go on from the splash, in glyphs that the terminal has; give it back whatever happens, as Textual does not."""
    if sys.platform != "win32":
        import warnings

        from unroll.tty.driver import Driver

        warnings.simplefilter("ignore")  # of work that leaving has cut off, say: it would be written over the screen

        app.driver_class = Driver
        app.alphabet = alphabet_of(os.environ)
