"""Saves a session's runs while it lasts, so that a crash costs some two seconds of training.

A session is a folder in the state folder, and in it a file for every run:

    sessions/20261124-140212-….HOST/lock                     held by the engine that writes it, as long as that lives
    sessions/20261124-140212-….HOST/3-recipe.safetensors     run 3 as it last was: network, optimizer and history

Training goes on from such a file to the bit. A run is packed between two updates and written by a thread. A folder of
this machine whose lock nobody holds belongs to a session that was cut off: a clean end removes it. Only what this
version can read is ever removed.
"""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from math import inf
from pathlib import Path
from typing import NamedTuple, Self, get_args

from unroll.engine.runs import LiveRun, LiveRuns
from unroll.errors import CheckpointError, FileError
from unroll.files import TEMPORARY, lock, reason, write_atomically
from unroll.log import Log, host, private_folder
from unroll.network import checkpoint
from unroll.paths import SUFFIX
from unroll.protocol.replies import MAX_TIME, CutOff, Origin
from unroll.text import shown_path

SAVE_INTERVAL_S = 1.0
"""From one save to the next at least; with the writing, a small network is saved within two seconds."""
PACKING_SHARE = 0.05
"""The part of the main thread's time that packing may take: a large network is saved less often."""
WRITING_CHECK_S = 0.05
"""From one look at whether the last save is written to the next."""
MAX_SESSION_BYTES = 256 * 10**6
"""All runs of a session; when there are more, the oldest are saved no longer."""
MAX_CUT_OFF_SESSIONS = 10
"""Those that are still offered; older ones are removed, as are those of `MAX_SESSION_AGE_S`."""
MAX_SESSION_AGE_S = 14 * 86400.0
MAX_AGE_ELSEWHERE_S = 2 * MAX_SESSION_AGE_S
"""The same of other machines that share the folder: longer, for here a lock may not tell which of them live."""
LOCK = "lock"
UNHEARD = "unheard"
"""Stands in the folder while the session's terminal does not answer."""
TAKE_OVER_TIMEOUT_S = 4.0
"""How long an engine that is told to end is given to save its runs."""
RUN_FILE = re.compile(rf"(\d{{1,9}})-({'|'.join(get_args(Origin))}){re.escape(SUFFIX)}")


class SavedRun(NamedTuple):
    """The file of a run."""

    number: int
    origin: Origin
    path: Path


class Autosave:
    """Saves the runs of one session, from `begin` to `close`."""

    def __init__(self, runs: LiveRuns, log: Log) -> None:
        self.name = ""
        """The session's name; empty before it begins."""
        self.due = inf
        """When `keep` has something to do."""
        self._runs = runs
        self._log = log
        self._changed: dict[int, LiveRun] = {}
        self._save_at = -inf
        self._sizes: dict[int, int] = {}
        self._folder: SessionFolder | None = None
        self._writer = ThreadPoolExecutor(1, "autosave")
        self._writing: Future[str] | None = None
        self._fault = ""
        self._too_large: set[int] = set()
        self._has_complained = False

    @property
    def keeps_all(self) -> bool:
        """Whether all that was trained is on disk."""
        if self._changed or self.complaint or (self._writing is not None and not self._writing.done()):
            return False
        return all(run.number in self._sizes for run in self._runs.all() if run.is_restorable)

    @property
    def complaint(self) -> str:
        """A sentence on why saving failed when it was last tried to the end; empty where it did not."""
        return self._fault and f"Autosave failed, so a crash would lose this session: {self._fault}"

    def begin(self) -> None:
        """Save all runs from now on."""
        if not self.name:
            now = time.time_ns()
            when = time.strftime("%Y%m%d-%H%M%S", time.localtime(now // 10**9))
            self.name = f"{when}-{now % 10**9:09}-{os.getpid()}{_end()}"
            for run in self._runs.all():
                self.touch(run)

    def note_unheard(self, unheard: bool) -> None:
        """Whether the terminal of this session does not answer: the next one is then offered to take it over."""
        if self._folder is not None:
            self._folder.note_unheard(unheard)

    def touch(self, run: LiveRun) -> None:
        """A run has changed."""
        if self.name and run.is_restorable and run.number not in self._changed and run.number not in self._too_large:
            self._changed[run.number] = run
            self.due = min(self.due, self._save_at)

    def forget(self, number: int) -> None:
        """A run is wanted no more."""
        self._changed.pop(number, None)
        self._writer.submit(self._unlink, number)

    def keep(self, now: float) -> None:
        """Save what has changed, when that is due."""
        if now < self.due:
            return
        is_writing = self._writing is not None and not self._writing.done()
        if not is_writing:
            self._complain()
            if self._changed and now >= self._save_at:
                started = time.thread_time()  # not the clock, which a busy machine would stretch
                self._save()
                self._save_at = now + max(SAVE_INTERVAL_S, (time.thread_time() - started) / PACKING_SHARE)
                is_writing = True
        self.due = now + WRITING_CHECK_S if is_writing else self._save_at if self._changed else inf

    def save_now(self) -> str:
        """Save what has changed, and wait until that is done; what went wrong, if anything."""
        return self._save().result()

    def close(self, keep: bool) -> None:
        """Save everything as it is now, to be resumed, or keep nothing; waits until that is done."""
        if keep:
            self._save()
        self._writer.shutdown()
        if self._folder is not None:
            (self._folder.release if keep else self._folder.remove)()

    def _save(self) -> Future[str]:
        if self.complaint or (self._folder is not None and self._folder.is_gone):
            for run in self._runs.all():
                self.touch(run)
        packed = [self._packed(run) for run in self._changed.values()]
        self._changed = {}
        self._writing = self._writer.submit(self._write, [one for one in packed if one])
        return self._writing

    def _packed(self, run: LiveRun) -> tuple[int, str, bytes] | None:
        """Its number, its file's name and what is to be written there."""
        history = run.history()
        training = run.training
        try:
            saved = training.model, training.recipe, history, training.saved_state(), training.digest
            data = checkpoint.packed(f"run {run.number}", checkpoint.Checkpoint(*saved))
        except CheckpointError:
            self._too_large.add(run.number)
            self._tell(run, "This network is too large for autosave: a crash would lose it, so save it.")
            return None
        return run.number, f"{run.number}-{run.origin}{SUFFIX}", data

    def _complain(self) -> None:
        """Say, once, that nothing can be saved."""
        if self.complaint and not self._has_complained:
            self._has_complained = True
            self._tell(self._runs.find(0), self.complaint)

    def _tell(self, run: LiveRun, sentence: str) -> None:
        self._log.write(sentence)
        run.remark(sentence)
        self._runs.wake(run)

    # In the writing thread

    def _write(self, packed: list[tuple[int, str, bytes]]) -> str:
        """Write runs; gives what went wrong, which stands until a later save has gone well."""
        if packed:
            self._fault = self._written(packed)
        return self._fault if packed else ""

    def _written(self, packed: list[tuple[int, str, bytes]]) -> str:
        try:
            if self._folder is None or self._folder.is_gone:
                self._folder = SessionFolder.make(self.name)
            for number, name, data in packed:
                self._make_room(number, len(data))
                write_atomically(self._folder.path / name, data)
        except FileError as error:
            return str(error)
        except OSError as error:
            return f"The state folder cannot be written ({reason(error)})."
        return ""

    def _make_room(self, number: int, size: int) -> None:
        """Note the size of a run that is to be written, and remove the oldest others while all are too much."""
        self._sizes[number] = size
        for other in sorted(self._sizes):
            if sum(self._sizes.values()) <= MAX_SESSION_BYTES:
                return
            if other != number:
                self._unlink(other)

    def _unlink(self, number: int) -> None:
        """Remove what is saved of a run."""
        self._sizes.pop(number, None)
        for saved in self._folder.files() if self._folder else []:
            if saved.number == number:
                with suppress(OSError):
                    saved.path.unlink()


class SessionFolder:
    """The folder of one session, locked: nobody else writes to it or takes from it."""

    def __init__(self, path: Path) -> None:
        """Lock a folder that exists; raises `OSError` where another has."""
        self.path = path
        self._lock = os.open(path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            lock(self._lock)
        except OSError:
            os.close(self._lock)
            raise

    @classmethod
    def make(cls, name: str) -> Self:
        """A new folder, for its owner's eyes alone; raises `OSError` and `FileError`."""
        path = _sessions() / name
        path.mkdir(mode=0o700, exist_ok=True)
        return cls(path)

    @classmethod
    def take(cls, name: str) -> Self | None:
        """The folder of a session that was cut off on this machine; None where there is none, or its engine lives."""
        try:
            return cls(_sessions() / name) if name.endswith(_end()) else None
        except (OSError, FileError):
            return None

    @classmethod
    def take_over(cls, name: str) -> Self | None:
        """The folder of a session, of which an engine that still runs is ended by a signal, and saves its runs."""
        folder = cls.take(name)
        if folder is None and (holder := _holder(name)):
            with suppress(OSError):
                os.kill(holder, signal.SIGTERM)
            end = time.monotonic() + TAKE_OVER_TIMEOUT_S
            while (folder := cls.take(name)) is None and time.monotonic() < end:
                time.sleep(WRITING_CHECK_S)
        return folder

    def note_unheard(self, unheard: bool) -> None:
        """Tell others whether the session's terminal answers."""
        with suppress(OSError):
            if unheard:
                (self.path / UNHEARD).touch(0o600)
            else:
                (self.path / UNHEARD).unlink(missing_ok=True)

    @property
    def is_gone(self) -> bool:
        """Whether somebody has deleted it."""
        return not (self.path / LOCK).exists()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in it but what a session makes by itself."""
        return all(path.name in (LOCK, UNHEARD) or TEMPORARY.fullmatch(path.name) for path in self.path.iterdir())

    def files(self) -> list[SavedRun]:
        """The runs that are in it, by number."""
        return _files(self.path)

    def remove(self, runs: Iterable[SavedRun] | None = None) -> None:
        """Remove these runs, by default all, then the folder where nothing else is in it; and give up the lock."""
        for saved in self.files() if runs is None else runs:
            with suppress(OSError):
                saved.path.unlink()
        with suppress(OSError):
            if self.is_empty:
                for path in self.path.iterdir():
                    path.unlink()
                self.path.rmdir()
        self.release()

    def release(self) -> None:
        """Give up the lock; the folder stays."""
        os.close(self._lock)


def cut_off_sessions(own: str | None = None) -> tuple[list[CutOff], str]:
    """The sessions that can be restored, the newest first, and a sentence on those that cannot be read.

    Among them are those that still run behind a terminal that does not answer, and `own` if that still runs. Those
    that nobody will come back for are removed. What this version cannot read is left where it is.
    """
    try:
        names = _session_names()
    except FileError as error:
        return [], f"Runs are not saved as they go: {error}"
    _expire_elsewhere()
    found: list[CutOff] = []
    unread = 0
    for name in names:
        folder = SessionFolder.take(name)
        if folder is None:
            if name == own or (_sessions() / name / UNHEARD).exists():
                found += filter(None, [_summary(_sessions() / name, is_living=True)])
            continue
        told = _summary(folder.path)
        if told is None and not folder.is_empty:
            unread += 1
            folder.release()
        elif told is None or len(found) >= MAX_CUT_OFF_SESSIONS or time.time() - told.when > MAX_SESSION_AGE_S:
            folder.remove([saved for saved in folder.files() if _loaded(saved)])
        else:
            folder.release()
            found.append(told)
    which = "An earlier session" if unread == 1 else f"{unread} earlier sessions"
    why = f"{which} cannot be read by this version of unroll; nothing was deleted: see {shown_path(_sessions())}."
    return found, why if unread else ""


def _expire_elsewhere() -> None:
    """Remove the sessions of other machines, which may never come back, in which nothing has changed for long."""
    for path in _sessions().iterdir():
        with suppress(OSError):
            changed = max(one.stat().st_mtime for one in (path, *path.iterdir()))
            if not path.name.endswith(_end()) and time.time() - changed > MAX_AGE_ELSEWHERE_S:
                folder = SessionFolder(path)
                folder.remove([saved for saved in folder.files() if _loaded(saved)])


def _files(folder: Path) -> list[SavedRun]:
    with suppress(OSError):
        found = [(RUN_FILE.fullmatch(path.name), path) for path in folder.iterdir()]
        return sorted(SavedRun(int(name[1]), name[2], path) for name, path in found if name)  # type: ignore[arg-type]
    return []


def _summary(folder: Path, is_living: bool = False) -> CutOff | None:
    """What there is to say of a session; None where nothing in it can be read."""
    saved_runs = _files(folder)
    for saved in reversed(saved_runs):
        if loaded := _loaded(saved):
            newest, when = loaded
            return CutOff(
                session=folder.name,
                when=when,
                runs=len(saved_runs),
                recipe=newest.recipe,
                update=newest.history.updates,
                finished=newest.history.accuracy is not None,
                is_living=is_living,
            )
    return None


def _loaded(saved: SavedRun) -> tuple[checkpoint.Checkpoint, float] | None:
    """A run's network, and when it was saved, in seconds since 1970; None where it cannot be read."""
    with suppress(OSError, FileError):
        when = saved.path.stat().st_mtime
        return checkpoint.load(saved.path), min(max(0.0, when), float(MAX_TIME))
    return None


def _sessions() -> Path:
    return private_folder("sessions")


def _session_names() -> list[str]:
    """Those of this machine, the newest first: a name begins with the time."""
    return sorted((path.name for path in _sessions().iterdir() if path.name.endswith(_end())), reverse=True)


def _holder(name: str) -> int | None:
    """The engine of a session of this machine: the process in its name, if that really has the lock open (on Linux)."""
    pid = name.removesuffix(_end()).rpartition("-")[2]
    with suppress(OSError, FileError):
        lock = _sessions() / name / LOCK
        if pid.isdecimal() and any(one.exists() and one.samefile(lock) for one in Path(f"/proc/{pid}/fd").iterdir()):
            return int(pid)
    return None


def _end() -> str:
    """How the names of this machine's sessions end."""
    return f".{host()}"
