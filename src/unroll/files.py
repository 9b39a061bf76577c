"""Files that people name: read only if regular and small enough, replaced whole or not at all."""

import errno
import fcntl
import os
import re
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path

from unroll.errors import FileError
from unroll.text import shown_path

RESULTS = ".jsonl"
"""How the name of a sweep's results ends, which tells them from permalinks and saved networks."""
TEMPORARY = re.compile(r"\.unroll-[0-9a-f]{16}\.tmp")

NOT_SUPPORTED = {errno.EPERM, errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOTTY, errno.ENOLCK}
"""How a mounted file system refuses a mode, a sync or a lock that it has not."""


def at_home(path: str) -> Path:
    """A path with `~` replaced by the home folder; unchanged if there is no such home."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 - `Path.expanduser` raises where there is none


def folder_of(variable: str, default: Callable[[], str]) -> Path:
    """The folder that an environment variable names, or the platform's own; raises `FileError` where no home is."""
    try:
        return Path(os.environ.get(variable) or default())
    except RuntimeError:
        raise FileError(
            f"There is no home folder (HOME is not set, and this user is not in passwd): name one with {variable}."
        ) from None


def own_folder(folder: Path, way_out: str, may_chmod: bool = True) -> Path:
    """That folder, made if need be; raises `FileError`, ending with `way_out`, if others can write to it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if {folder.stat().st_uid, folder.lstat().st_uid} != {os.geteuid()}:
            raise FileError(f"{shown_path(folder)} is not your own: {way_out}")
        if may_chmod and folder.stat().st_mode & 0o077:
            with suppress(OSError):  # some file systems have no modes: what they say then counts
                folder.chmod(0o700)
        if folder.stat().st_mode & 0o022:
            raise FileError(f"Others can write to {shown_path(folder)}: chmod go-w it, or {way_out}")
    except OSError as error:
        raise FileError(f"{shown_path(folder)} cannot be used ({reason(error)}): {way_out}") from None
    return folder


def open_closed_streams() -> None:
    """Lead standard input, output and error to nowhere where they are closed: no file may come to stand in for them."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "w" if number else "r", closefd=False))  # noqa: SIM115


def leave_deleted_folder() -> bool:
    """Go to `/` if the current folder no longer exists, for torch computes nothing there; whether that was so."""
    try:
        Path.cwd()
    except FileNotFoundError:
        os.chdir("/")
        return True
    return False


def read_regular(path: str | Path, limit: int) -> bytes:
    """All bytes of a regular file of at most `limit` bytes, else raises `FileError`; never waits, as for a pipe."""
    name, way_out = shown_path(path), "name an existing file"
    try:
        with opened(path, os.O_RDONLY | os.O_NONBLOCK) as descriptor:
            way_out, status = "name another file", os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise FileError(f"{name} is not a regular file: name one, not a folder, a pipe or a device.")
            if status.st_size > limit:
                raise FileError(f"{name} has {status.st_size:,} bytes: name a file of at most {limit:,}.")
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        raise FileError(f"{name} cannot be read ({reason(error)}): {way_out}.") from None
    if len(data) > limit:
        raise FileError(f"{name} grew while it was read: name a file of at most {limit:,} bytes.")
    return data


def short_digest(data: bytes) -> str:
    """Eight hex digits that tell a file's bytes from others."""
    return blake2b(data, digest_size=4).hexdigest()


@contextmanager
def opened(path: str | Path, how: int, mode: int = 0o666) -> Iterator[int]:
    """A descriptor of a file, opened with the flags `how`; closed in the end."""
    descriptor = os.open(path, how | os.O_CLOEXEC, mode)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def write_atomically(path: str | Path, data: bytes) -> None:
    """Write `data` to a file, or raise `FileError`; until all of it is on the disk, the old file stays whole.

    A temporary file beside it, fsync, rename, fsync of the folder. A link is followed, and a file keeps its mode.
    Temporary files that a killed save left behind are removed.
    """
    target = check_place(path)
    with _unwritable(path):
        _sweep(target.parent)
        _replace(target, data)
    # The file is written; some systems cannot fsync a folder, or open one.
    with suppress(OSError), opened(target.parent, os.O_RDONLY) as descriptor:
        os.fsync(descriptor)


def check_place(path: str | Path, replace: bool = True) -> Path:
    """The file that a path leads to, its links followed; raises `FileError` if nothing can be saved there: no such
    folder, something else, or a file to be kept."""
    with _unwritable(path):
        target = Path(path).resolve()
        if target.is_symlink():  # in a circle: before Python 3.13 `resolve` itself raises
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        if not target.parent.is_dir():
            raise FileError(f"There is no folder {shown_path(target.parent)} to save to: make it first.")
        if target.exists() and not target.is_file():
            raise FileError(f"{shown_path(path)} is not a regular file: choose another name to save to.")
        if target.exists() and not replace:
            raise FileError(f"{shown_path(path)} is there already: choose another name, or --force to replace it.")
    return target


@contextmanager
def _unwritable(path: str | Path) -> Iterator[None]:
    """Say why it failed, the reason first: a long path would push it off the end of a line on the screen."""
    try:
        yield
    except (OSError, ValueError, RuntimeError) as error:
        why = reason(error)
        sentence = f"{why[:1].upper()}{why[1:]}: {shown_path(path)} cannot be written. Choose another place."
        raise FileError(sentence) from None


def _replace(target: Path, data: bytes) -> None:
    temporary, descriptor = _temporary(target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if target.exists():
                with _forgiven():
                    os.fchmod(descriptor, stat.S_IMODE(target.stat().st_mode))
            file.write(data)
            file.flush()
            with _forgiven():
                os.fsync(descriptor)
            temporary.replace(target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


@contextmanager
def _forgiven() -> Iterator[None]:
    """Pass over what a file system does not know: the data are written all the same."""
    try:
        yield
    except OSError as error:
        if error.errno not in NOT_SUPPORTED:
            raise


def _temporary(folder: Path) -> tuple[Path, int]:
    """A new file, locked while it is open: one without a lock was left by a killed save."""
    while True:
        path = folder / f".unroll-{os.urandom(8).hex()}.tmp"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        with suppress(OSError):  # some file systems have no locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:  # not removed before it was locked
            return path, descriptor
        os.close(descriptor)


def _sweep(folder: Path) -> None:
    """Remove the temporary files of killed saves, as far as possible: those that nobody has locked."""
    with suppress(OSError):
        for path in filter(lambda path: TEMPORARY.fullmatch(path.name), folder.iterdir()):
            with suppress(OSError), opened(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW) as descriptor:
                lock(descriptor)
                path.unlink()


def lock(descriptor: int) -> None:
    """Lock a file; raises `BlockingIOError` where another process has it, another `OSError` where that cannot be."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in NOT_SUPPORTED:
            raise
        raise OSError(error.errno, "its file system has no file locks") from None


def reason(error: Exception) -> str:
    """The system's reason for an error, without the path."""
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return words if words[1:2].isupper() else words[:1].lower() + words[1:]  # AF_UNIX stays AF_UNIX
