"""Connects standard input and output to an engine in the background, as if it had been started here.

So a command leads to it, on this machine or over ssh, as to any other engine. When either side ends, so does this
process; the engine goes on.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from contextlib import suppress

from unroll.engine.listener import enter
from unroll.engine.pdeathsig import end_with_parent
from unroll.errors import FileError

CHUNK_BYTES = 2**16


def relay(name: str) -> int:
    """Pass on what is said either way until one side ends; gives the exit code."""
    end_with_parent()
    try:
        line = enter(name)
    except (FileError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    threading.Thread(target=_pass_requests, args=(line,), daemon=True).start()
    return _pass_replies(line)


def _pass_requests(line: socket.socket) -> None:
    with suppress(OSError):
        while data := os.read(0, CHUNK_BYTES):
            line.sendall(data)
    with suppress(OSError):
        line.shutdown(socket.SHUT_WR)


def _pass_replies(line: socket.socket) -> int:
    try:
        while data := line.recv(CHUNK_BYTES):
            while data:
                data = data[os.write(1, data) :]
    except OSError:
        return 1
    return 0
