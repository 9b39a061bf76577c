"""Where an engine in the background is found again: a Unix socket in a folder that only its owner can enter.

    engines/count-rnn.HOST.sock     in the state folder; the folder has mode 0700, the socket 0600
    engines/count-rnn.HOST.lock     locked by the engine as long as it lives

No port is opened. A state folder may be shared by several machines, and a socket works only on its own. So what is dead
is judged by the lock, on the same machine, and never by a connection that fails. `names`, `hosts` and `relay` are what
a client needs: they import no torch.
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkstemp

from unroll import files
from unroll.errors import FileError
from unroll.log import WAY_OUT, host, private_folder
from unroll.machine import end_with_parent
from unroll.text import shown_path

ATTACH = b"attach\n"
"""What a client says first."""
ATTACH_TIMEOUT_S = 0.5
"""How long it is given to say so."""
PRESENCE_CHECK_S = 5.0
"""From one look at whether the socket is still there to the next: a folder may be swept while an engine lives."""
MAX_ADDRESS = 100
"""Bytes of a socket's path: the system takes no more than 104 or 108."""
CHUNK_BYTES = 2**16
"""What is read of either side at once by `relay`."""


class Listener:
    """A socket at which other clients find this engine."""

    def __init__(self, wanted: str) -> None:
        """Listen under a name, with a number behind it where that is taken.

        Raises:
            FileError: no socket can be made there.
        """
        self._wanted = wanted
        self._appear()

    def _appear(self) -> None:
        """Take the first place that nobody has: lock it, and listen."""
        folder = private_folder("engines")
        for name in [self._wanted, *(f"{self._wanted}-{number}" for number in range(2, 1000))]:
            path = folder / _file(name)
            try:
                if (lock := _locked(path, create=True)) is None:
                    continue
                self.name, self._path, self._lock = name, path, lock
                self._socket = _bound(path)
            except OSError as error:
                why = f"as {shown_path(path)} cannot be made ({files.reason(error)})"
                raise FileError(f"No engine can run in the background, {why}: {WAY_OUT}") from None
            return
        raise FileError(f"There are too many engines in {shown_path(folder)}: {WAY_OUT}")

    def visitors(self) -> Iterator[socket.socket]:
        """The clients that come, until `close`; those that do not say so at once are sent away."""
        with suppress(OSError):  # closed
            while True:
                try:
                    visitor, _ = self._socket.accept()
                except TimeoutError:
                    self._reappear()
                    continue
                if _wants_in(visitor):
                    yield visitor
                else:
                    visitor.close()

    def _reappear(self) -> None:
        """Make the socket again, with its folder, if somebody has deleted it."""
        if os.fstat(self._lock).st_nlink and self._path.exists():
            return
        before, lock = self._socket, self._lock
        fcntl.flock(lock, fcntl.LOCK_UN)
        with suppress(FileError):
            self._appear()
            before.close()
        if self._lock != lock:
            os.close(lock)

    def close(self) -> None:
        """Listen no more."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        _remove(self._path)
        os.close(self._lock)


def _bound(path: Path) -> socket.socket:
    """A socket that listens there; what a dead engine has left is removed, for its lock is ours."""
    path.unlink(missing_ok=True)
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _address(path) as address:
            line.bind(address)
        with suppress(OSError):  # some file systems have no modes; nobody else can enter the folder
            path.chmod(0o600)
        line.listen()
    except OSError:
        line.close()
        raise
    line.settimeout(PRESENCE_CHECK_S)
    return line


def _wants_in(visitor: socket.socket) -> bool:
    visitor.settimeout(ATTACH_TIMEOUT_S)
    with suppress(OSError):
        if visitor.recv(len(ATTACH), socket.MSG_WAITALL) == ATTACH:
            visitor.settimeout(None)
            return True
    return False


def enter(name: str) -> socket.socket:
    """A line to the engine of that name.

    Raises:
        FileError: there is none, or it does not answer.
    """
    running = names()
    if name not in running:
        others = ", ".join(running) or "none"
        raise FileError(f"There is no engine {shown_path(name)} in the background: there are {others}.")
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _address(private_folder("engines") / _file(name)) as address:
            line.connect(address)
        line.sendall(ATTACH)
    except OSError as error:
        line.close()
        raise FileError(
            f"The engine {shown_path(name)} cannot be reached ({files.reason(error)}): try again."
        ) from None
    return line


def names() -> list[str]:
    """The engines in the background of this machine, by name; what a dead one has left is removed.

    Raises:
        FileError: the folder of the sockets cannot be used.
    """
    end = _file("")
    found = {path.name.removesuffix(end): path for path in private_folder("engines").glob(f"*{end}")}
    return sorted(name for name, path in found.items() if _is_alive(path))


def hosts() -> list[str]:
    """The other machines on which engines of this folder may run."""
    found = {path.name.removesuffix(".sock").rpartition(".")[2] for path in private_folder("engines").glob("*.*.sock")}
    return sorted(found - {host()})


def _is_alive(path: Path) -> bool:
    """Whether an engine holds the lock of that socket, or may hold it; otherwise both are removed."""
    try:
        lock = _locked(path)
    except OSError:  # it cannot be judged, so it is left alone
        return True
    if lock is None:
        return True
    _remove(path)
    os.close(lock)
    return False


def _locked(path: Path, create: bool = False) -> int | None:
    """The lock that belongs to a socket, taken; None if somebody else has it.

    Raises:
        OSError: it cannot be opened, or this file system has no locks.
    """
    lock = path.with_suffix(".lock")
    if create and (descriptor := _new_lock(lock)) is not None:
        return descriptor
    descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | (os.O_CREAT if create else 0), 0o600)
    try:
        files.lock(descriptor)
        if os.fstat(descriptor).st_nlink:  # not removed before it was locked
            return descriptor
    except OSError as error:
        if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
            os.close(descriptor)
            raise
    os.close(descriptor)
    return None


def _new_lock(lock: Path) -> int | None:
    """A lock file that is locked before anybody sees it, lest it pass for a dead engine's; None where one is there.

    None too where the file system has no hard links or no locks.
    """
    descriptor, fresh = mkstemp(dir=lock.parent)
    try:
        files.lock(descriptor)
        os.link(fresh, lock)
    except OSError:
        os.close(descriptor)
        return None
    finally:
        Path(fresh).unlink()
    return descriptor


def _remove(path: Path) -> None:
    """Remove a socket and its lock; to be called by the one that holds the lock."""
    for file in (path, path.with_suffix(".lock")):
        with suppress(OSError):
            file.unlink()


def _file(name: str) -> str:
    return f"{name}.{host()}.sock"


@contextmanager
def _address(path: Path) -> Iterator[str]:
    """What to bind or connect to: the path, or on Linux a short name for one that is too long."""
    if len(os.fsencode(path)) <= MAX_ADDRESS or sys.platform != "linux":
        yield os.fspath(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def relay(name: str) -> int:
    """Connect standard input and output to the engine of that name, as if it had been started here.

    So a command leads to it, on this machine or over ssh, as to any other engine. Ends with either side; the engine
    goes on. Gives the exit code.
    """
    end_with_parent()
    try:
        line = enter(name)
    except (FileError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    threading.Thread(target=_pass_requests, args=(line,), daemon=True).start()
    with suppress(OSError):
        while data := line.recv(CHUNK_BYTES):
            while data:
                data = data[os.write(1, data) :]
        return 0
    return 1


def _pass_requests(line: socket.socket) -> None:
    with suppress(OSError):
        while data := os.read(0, CHUNK_BYTES):
            line.sendall(data)
    with suppress(OSError):
        line.shutdown(socket.SHUT_WR)
