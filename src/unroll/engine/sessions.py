"""The sittings that are kept on disk, in the state folder: a folder each, and in it a file for every run.

    sittings/20261124-140212-…/lock                     held by the engine that keeps it, for as long as that lives
    sittings/20261124-140212-…/3-recipe.safetensors     run 3 as it last was, optimizer and all

A folder whose lock nobody holds belongs to a sitting that was cut off: a clean end removes it.
"""

from __future__ import annotations

import fcntl
import os
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Self, get_args

from unroll.errors import FileError
from unroll.log import state_dir
from unroll.network import checkpoint
from unroll.paths import SUFFIX
from unroll.protocol.replies import CutOff, Origin

LOCK = "lock"
MAX_SITTINGS = 10
"""Sittings that were cut off and are still offered; older ones go, as do those of `MAX_AGE`."""
MAX_AGE = 14 * 86400.0
"""Seconds after which nobody will come back for a sitting."""
FILE = re.compile(rf"(\d{{1,9}})-({'|'.join(get_args(Origin))}){re.escape(SUFFIX)}")


class Kept(NamedTuple):
    """The file of a run."""

    number: int
    origin: Origin
    path: Path


class Sitting:
    """The folder of one sitting, locked: nobody else writes to it or takes from it."""

    def __init__(self, folder: Path, lock: int) -> None:
        self.folder = folder
        self._lock = lock

    @classmethod
    def make(cls, name: str) -> Self:
        """A new folder, for its owner's eyes alone; raises `OSError`."""
        folder = _place() / name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return cls(folder, _locked(folder))

    @classmethod
    def take(cls, name: str) -> Self | None:
        """The folder of a sitting that was cut off; None where there is none, or its engine lives."""
        try:
            return cls(_place() / name, _locked(_place() / name))
        except OSError:
            return None

    def files(self) -> list[Kept]:
        """The runs that are in it, by number."""
        return _files(self.folder)

    def path(self, number: int, origin: Origin) -> Path:
        """Where a run is kept."""
        return self.folder / f"{number}-{origin}{SUFFIX}"

    def remove(self) -> None:
        """Remove the folder and give up the lock; a file that cannot be removed is left."""
        for place in [kept.path for kept in self.files()] + list(self.folder.glob(".unroll-*.tmp")):
            with suppress(OSError):
                place.unlink()
        with suppress(OSError):
            (self.folder / LOCK).unlink()
            self.folder.rmdir()
        self.release()

    def release(self) -> None:
        """Give up the lock; the folder stays."""
        os.close(self._lock)


def name_now() -> str:
    """A name for a sitting that begins now, in this process."""
    now = time.time_ns()
    return f"{time.strftime('%Y%m%d-%H%M%S', time.localtime(now // 10**9))}-{now % 10**9:09}-{os.getpid()}"


def cut_off() -> list[CutOff]:
    """The sittings that were cut off, the newest first; those that nobody will come back for are removed."""
    found: list[CutOff] = []
    for folder in _folders():
        sitting = Sitting.take(folder.name)
        if sitting is None:
            continue
        told = _tell(sitting) if len(found) < MAX_SITTINGS else None
        if told is None:
            sitting.remove()
        else:
            sitting.release()
            found.append(told)
    return found


def _tell(sitting: Sitting) -> CutOff | None:
    """What there is to say of a sitting; None when nothing in it is of use."""
    for kept in reversed(sitting.files()):
        try:
            when = kept.path.stat().st_mtime
            saved = checkpoint.load(kept.path)
        except (OSError, FileError):
            continue
        if time.time() - when > MAX_AGE:
            return None
        return CutOff(
            sitting=sitting.folder.name,
            when=when,
            runs=len(sitting.files()),
            recipe=saved.recipe,
            update=saved.history.updates,
            finished=saved.history.accuracy is not None,
        )
    return None


def _place() -> Path:
    return state_dir() / "sittings"


def _folders() -> list[Path]:
    """All of them, the newest first: their names begin with the time."""
    with suppress(OSError):
        return sorted((folder for folder in _place().iterdir() if folder.is_dir()), reverse=True)
    return []


def _files(folder: Path) -> list[Kept]:
    with suppress(OSError):
        matches = [(FILE.fullmatch(path.name), path) for path in folder.iterdir()]
        return sorted(Kept(int(match[1]), match[2], path) for match, path in matches if match)  # type: ignore[arg-type]
    return []


def _locked(folder: Path) -> int:
    """The descriptor of the folder's lock, taken; raises `OSError` when another has it."""
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
