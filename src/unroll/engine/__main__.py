"""An engine as a process: the descriptors first, then everything else.

Descriptor 1 is kept for the protocol, and whatever else is printed there (by a library, by a child) goes to standard
error instead. This happens before torch is imported.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from typing import TYPE_CHECKING

from unroll.errors import UserError, over_limit
from unroll.files import leave_deleted_folder
from unroll.machine import end_with_parent, torch_threads

if TYPE_CHECKING:
    from unroll.engine.connection import Connection
    from unroll.log import Log
    from unroll.recipe import DeviceName

STUCK_AFTER_S = 5.0
"""From the end of standard input until a stuck engine is ended; also the time in which the last replies can be read."""
ENDING = (signal.SIGTERM, signal.SIGHUP)
"""Signals that end an engine in order. The system sends the first when the engine's parent dies (`end_with_parent`)."""
HINT = """An engine of unroll: one JSON message a line, and ctrl+d ends it. For example, once it has said hello:
{"type": "create", "id": 1}
"""


def serve(device: DeviceName = "cpu") -> None:
    """Answer on standard output the requests on standard input, until that ends; then end the process."""
    end_with_parent()
    leave_deleted_folder()
    protocol = os.dup(1)
    os.dup2(2, 1)
    if os.isatty(0):
        sys.stderr.write(HINT)
    try:
        code = _serve(protocol, device)
    except KeyboardInterrupt:
        code = 130
    except Exception as error:
        if not (limit := over_limit(error)):
            raise
        code = 1
        sys.stderr.write(f"{limit}\n")  # as the last line: it is shown as the cause
    sys.stderr.flush()
    os._exit(code)  # torch takes its time to unload


def _serve(protocol: int, device: DeviceName) -> int:
    import torch

    from unroll.log import Log
    from unroll.network.model import device_for

    torch.set_num_threads(torch_threads())
    try:
        found = device_for(device)
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    log = Log("engine.log", echo=None if os.isatty(2) else sys.stderr)
    log.note("the engine starts")
    try:
        if why := _converse(protocol, log, found):
            log.write(why)
        else:
            log.note("the engine ends")
    except Exception:
        log.write(traceback.format_exc())
        raise
    return 0


def _converse(protocol: int, log: Log, device: str) -> str:
    """Talk to the end; gives why that was, where it is out of the ordinary."""
    from unroll.engine.connection import Connection, Wire
    from unroll.engine.server import Server

    def broken(error: OSError) -> None:
        log.write(f"its replies cannot be written any more: {error}")

    def end_if_in_foreground() -> None:
        if not server.is_in_background:
            os._exit(1)

    stream = os.fdopen(os.dup(0), "rb")
    wire = Wire(stream, lambda line: _write_all(protocol, line), broken, end_if_in_foreground, STUCK_AFTER_S)
    connection = Connection(wire)
    threading.Thread(target=_end_on_a_signal, args=(connection, _signal_pipe()), name="signals", daemon=True).start()
    server = Server(connection, log, device)
    why = server.serve()
    connection.wait(STUCK_AFTER_S)
    return why


def _end_on_a_signal(connection: Connection, signals: int) -> None:
    """Tell the main thread that it is to end, and end it where it is stuck."""
    while os.read(signals, 1)[0] not in ENDING:
        pass
    if not connection.terminate(STUCK_AFTER_S):
        os._exit(1)


def _signal_pipe() -> int:
    """From here `ENDING` end the process no more: they are read from this descriptor, a byte each."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    for number in ENDING:
        signal.signal(number, lambda number, frame: None)
    return reading


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


if __name__ == "__main__":
    serve()
