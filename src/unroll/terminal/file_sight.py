"""How the file that the form's recipe names is understood, asked of the engine, on whose machine it is."""

import asyncio
from collections.abc import Awaitable, Callable

from unroll.protocol.replies import FileRead
from unroll.protocol.requests import ReadFile
from unroll.tasks.config import TaskConfig
from unroll.terminal.display import Display
from unroll.terminal.sparing import Latest
from unroll.text import shown_path

SOON_S = 0.3
"""A file that takes longer to read is said to be read meanwhile."""
PAUSE_S = 0.3
"""Who types nothing more for so long in what names a file has named it."""


class FileSight:
    """What the engine understands of the file."""

    def __init__(
        self, display: Display, ask: Callable[[ReadFile], Awaitable[FileRead | None]], task: Callable[[], TaskConfig]
    ) -> None:
        """`ask` asks the engine, and says what it refuses; `task` is the form's."""
        self._display, self._ask, self._task = display, ask, task
        self._looking = Latest(display.spawn, self._look)
        self._found: tuple[tuple[str, ...], FileRead | None] = (), None

    @property
    def read(self) -> FileRead | None:
        """How the form's file is understood; None where it names none, or that is not known yet."""
        return self._found[1] if self._found[0] == _named(self._task()) else None

    def look(self) -> None:
        """Ask how the form's file is understood, soon, unless that is known."""
        if self._found[0] != _named(self._task()):
            self._looking.ask()

    async def _look(self) -> None:
        await self.named()
        await self.can_be_trained(self._task())

    async def named(self) -> None:
        """Wait until a file that is not known yet is named in full: what is read of a name half typed helps nobody."""
        before: tuple[str, ...] = ()
        while (now := _named(self._task())) not in (before, self._found[0]):
            before = now
            await asyncio.sleep(PAUSE_S)

    async def can_be_trained(self, task: TaskConfig) -> bool:
        """Whether a task has its sequences, as far as that is up to a file; why a file cannot be read is said."""
        named = _named(task)
        if not named:
            return True
        asking = asyncio.ensure_future(self._ask(ReadFile(task=task)))
        if not (await asyncio.wait({asking}, timeout=SOON_S))[0]:
            self._show(named, FileRead(id=0, sentences=[f"{shown_path(task.path)} is being read."]))
        read = await asking
        self._show(named, read)
        if read is not None and read.refusal:
            self._display.say(read.refusal)
        return read is not None and not read.refusal

    def _show(self, named: tuple[str, ...], read: FileRead | None) -> None:
        self._found = named, read
        self._display.changed()


def _named(task: TaskConfig) -> tuple[str, ...]:
    """All that determines how a file is understood; empty for a task that is on none."""
    return (task.path, task.column, str(task.levels)) if task.task == "file" else ()
