"""Where an engine in the background is found again: a Unix socket in a folder that only its owner can enter.

    engines/count-rnn.sock      in the state folder; the folder has mode 0700, the socket 0600

No port is opened. A socket that no engine listens at any more is removed by the next that looks. `enter` and `names`
are what a client needs: they import no torch.
"""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from unroll.errors import FileError
from unroll.files import reason
from unroll.log import state_dir
from unroll.text import shown_path

SUFFIX = ".sock"
ATTACH = b"attach\n"
"""What a client says first; one that only wants to know whether an engine listens says nothing."""
ATTACH_TIMEOUT_S = 0.5
"""How long it is given to say so."""
WAY_OUT = "name another state folder with UNROLL_STATE_DIR."


class Listener:
    """A socket at which other clients find this engine."""

    def __init__(self, wanted: str) -> None:
        """Listen under a name, with a number behind it where that is taken.

        Raises:
            FileError: no socket can be made there.
        """
        folder = _folder()
        self.name = next(name for name in _names(wanted) if not _is_taken(folder / f"{name}{SUFFIX}"))
        self._path = folder / f"{self.name}{SUFFIX}"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            self._socket.bind(os.fspath(self._path))
        except OSError as error:
            self._socket.close()
            raise FileError(f"{shown_path(self._path)} cannot be made ({reason(error)}): {WAY_OUT}") from None
        finally:
            os.umask(before)
        self._socket.listen()

    def visitors(self) -> Iterator[socket.socket]:
        """The clients that come, until `close`; those that do not say so at once are sent away."""
        with suppress(OSError):  # closed
            while True:
                visitor, _ = self._socket.accept()
                if _wants_in(visitor):
                    yield visitor
                else:
                    visitor.close()

    def close(self) -> None:
        """Listen no more."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        with suppress(OSError):
            self._path.unlink()


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
        FileError: there is none.
    """
    path = _folder() / f"{name}{SUFFIX}"
    line = _entered(path)
    if line is None:
        others = ", ".join(names()) or "none"
        raise FileError(f"There is no engine {shown_path(name)} in the background: there are {others}.")
    line.sendall(ATTACH)
    return line


def names() -> list[str]:
    """The engines in the background, by name; a socket left by one that has died is removed."""
    return sorted(path.stem for path in _folder().glob(f"*{SUFFIX}") if _is_taken(path))


def _is_taken(path: Path) -> bool:
    """Whether an engine listens there."""
    line = _entered(path)
    if line is None:
        with suppress(OSError):
            path.unlink()
        return False
    line.close()
    return True


def _entered(path: Path) -> socket.socket | None:
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        line.connect(os.fspath(path))
    except (OSError, ValueError):
        line.close()
        return None
    return line


def _names(wanted: str) -> list[str]:
    return [wanted, *(f"{wanted}-{number}" for number in range(2, 1000))]


def _folder() -> Path:
    """The folder of all sockets, made if need be; raises `FileError` where another could reach into it."""
    folder = state_dir() / "engines"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
            raise FileError(f"{shown_path(folder)} is not your own: {WAY_OUT}")
        if status.st_mode & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        raise FileError(f"{shown_path(folder)} cannot be made ({reason(error)}): {WAY_OUT}") from None
    return folder
