"""`unroll play`, which is also `unroll` alone: the playground.

The frame is painted before anything else is imported, so all imports but the splash's are inside functions.
"""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from unroll.commands.common import Misused
from unroll.errors import FileError, UserError
from unroll.files import RESULTS
from unroll.terminal import splash
from unroll.text import printable, shown_path
from unroll.tty import environment

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from unroll.client.client import Conversation
    from unroll.terminal.app import UnrollApp
    from unroll.tour.lesson import Lesson

    Start = Callable[[], Awaitable[Conversation]]

NO_TERMINAL = "unroll needs an interactive terminal (over ssh: ssh -t); see unroll --help for what works without one."
WEB_DRIVER = "textual.drivers.web_driver"
"""What textual serve names as the driver."""
NO_WEB_DRIVER = (
    "unroll draws by a driver of its own, for real terminals, and textual serve brings another. "
    "To see it in a browser, start it in JupyterLab's terminal (README: Where it runs)."
)

ENGINE_HELP = (
    "A command that connects to an engine, where networks are trained: for example 'ssh box unroll engine'. "
    "ssh must log in by key, as no password can be typed; unroll sets it to notice a dead connection within 20 s."
)
GC_DELAY_S = 2.0
"""After this the first screen is complete on most machines, and garbage collection may begin."""


@click.command()
@click.argument("what", required=False, metavar="[PERMALINK|FILE]")
@click.option("--theme", type=click.Choice(["dark", "light", "ansi"]), help="The colours; ansi: those of the terminal.")
@click.option("--engine", metavar="COMMAND", help=ENGINE_HELP)
@click.option(
    "--record", type=click.Path(dir_okay=False), help="Record all messages to and from the engine in this file."
)
@click.option(
    "--replay",
    type=click.Path(exists=True, dir_okay=False),
    help="Play such a recording back; the first key stops that and is answered from it.",
)
def play(what: str | None, theme: str | None, engine: str | None, record: str | None, replay: str | None) -> None:
    """Open the playground, or restore the screen of a PERMALINK (y in the playground copies one), or show the results
    of a sweep in FILE.jsonl.

    Example: unroll play --theme light
    """
    try:
        wanted, sweep = None, ""
        if what and what.endswith(RESULTS):
            from unroll.sweep.results import read

            read(sweep := what)  # refused before there is a screen
        elif what:
            from unroll import permalink

            wanted = permalink.read(what)
        start = partial(_replay, replay) if replay else partial(_start, _words(engine) if engine else None, record)
    except UserError as error:
        raise Misused(printable(str(error))) from None
    show(theme, start, wanted=wanted, command=engine or "", sweep=sweep)


def show_lesson(lesson: Lesson, seconds: float, theme: str | None, engine: str | None) -> None:
    """Open the playground on a lesson, which plays by itself where its scenes have `seconds`."""
    try:
        start = partial(_start, _words(engine) if engine else None, None)
    except UserError as error:
        raise Misused(printable(str(error))) from None
    show(theme, start, command=engine or "", lesson=lesson, seconds=seconds)


def show(theme: str | None, start: Start, **shown: Any) -> None:
    """Draw the playground until it is left; `shown` are arguments of `UnrollApp`."""
    if os.environ.get("TEXTUAL_DRIVER", "").startswith(WEB_DRIVER):
        raise Misused(NO_WEB_DRIVER)
    streams = (sys.stdin, sys.stdout, sys.stderr)
    drawable = all(stream is not None and stream.isatty() for stream in streams)  # None if closed at the start
    if not drawable or (os.environ.get("TERM") or "dumb") in ("dumb", "unknown"):
        raise Misused(NO_TERMINAL)
    environment.clean(os.environ)
    with splash.shown(theme):
        import asyncio

        gc.disable()  # there is no garbage before the first screen, and looking for it took a twentieth of the start
        code = asyncio.run(_play(theme, start, shown))
    if code:
        raise SystemExit(code)


def _words(command: str) -> list[str]:
    import shlex

    with suppress(ValueError):
        if words := shlex.split(command):
            return words
    raise UserError("--engine is not a complete command (an open quote?): give one such as 'ssh box unroll engine'.")


async def _start(command: list[str] | None, record: str | None) -> Conversation:
    from unroll.client.client import Engine
    from unroll.client.diagnosis import EngineDied

    try:
        return await Engine.start(command, Path(record) if record else None)
    except OSError as error:
        fault = f"{shown_path(record or '')} cannot be written: {error.strerror}."
        raise EngineDied(f"{fault} Choose another place for --record.") from None


async def _replay(recording: str) -> Conversation:
    from unroll.client.diagnosis import EngineDied
    from unroll.client.recording import Replay

    try:
        return Replay(Path(recording), plays=True)
    except FileError as error:
        raise EngineDied(str(error)) from None
    except (UserError, ValueError, RecursionError):
        raise EngineDied(f"{recording} is not a recording of this version: make one with --record.") from None


async def _play(theme: str | None, another: Start, shown: dict[str, Any]) -> int:
    """Start an engine and the screen side by side: one core loads torch while another draws."""
    import asyncio

    early = [asyncio.ensure_future(another())]
    await asyncio.gather(*early, return_exceptions=True)  # what it raises is for `start` to tell

    async def start() -> Conversation:
        return await (early.pop() if early else another())

    from unroll.terminal.app import UnrollApp

    app = UnrollApp(start, theme=theme, **shown)
    _settle_into_terminal(app)
    for step in (gc.freeze, gc.enable):
        asyncio.get_running_loop().call_later(GC_DELAY_S, step)
    try:
        await app.run_async()
    finally:
        await app.part_from_engine()
    return app.return_code or 0


def _settle_into_terminal(app: UnrollApp) -> None:
    """Take over from the splash, with our driver and the characters that the terminal has."""
    import warnings

    from unroll.log import Log
    from unroll.tty.driver import TtyDriver

    class PlayDriver(TtyDriver):
        splash = splash
        first_query = "" if os.environ.get(splash.GLYPHS) or splash.charset() else TtyDriver.first_query

        def log(self, text: str) -> None:
            Log("terminal.log").write(text)

    warnings.simplefilter("ignore")  # they would be written over the screen
    app.driver_class = PlayDriver
    app.charset = splash.charset()
