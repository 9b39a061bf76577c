"""Progress on standard error, with the time left; nothing where that is no terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress(total: float, words: str = "") -> Iterator[Callable[[float, str], None]]:
    """A bar while the block runs; call what it gives with how far it is, out of `total`, and the words before it."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(words, total=total)

        def show(done: float, now: str) -> None:
            bar.update(task, completed=done, description=now)

        yield show
