"""Engines that are forks of the test's own process: real ones, but torch is imported in them already.

For tests in which the start of an engine is not what is tested: it takes a twentieth of the processor time.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from unroll.engine.__main__ import serve

ENGINES = (["-m", "unroll.engine"], ["-m", "unroll", "engine"])


@pytest.fixture
def warm_engines(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fork where `python -m unroll.engine` would be started from here; none of them outlives the test."""
    start, started = subprocess.Popen.__init__, []

    def start_warm(process: Any, command: Any, **given: Any) -> None:
        words = [word for word in command if word != "-P"]
        variables = [word.split("=", 1) for word in words if "=" in word and words[0] == "env"]
        python, *words = words[1 + len(variables) :] if variables else words
        device = words.pop() if words[-2:-1] == ["--device"] else ""
        if python == sys.executable and (words[:-1] if device else words) in ENGINES:
            given["preexec_fn"] = partial(become_an_engine, device or "cpu", dict(variables))
            started.append(process)
        start(process, command, **given)

    monkeypatch.setattr(subprocess.Popen, "__init__", start_warm)
    yield
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()


def become_an_engine(device: Any, variables: dict[str, str]) -> None:
    """In a process that was made for another program, with its standard streams: never come to that program."""
    try:
        os.closerange(3, 2**16)  # among them what tells the start that it has come to the other program
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")
        os.environ.update(variables)
        serve(device)
    finally:
        os._exit(1)
