"""An engine ends with whoever started it, and computes where it is told to."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys

import pytest
import torch

from engine_kit import python
from unroll.protocol.codec import decode_reply
from unroll.protocol.replies import Hello

STARTS_AN_ENGINE = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-m", "unroll.engine"])
time.sleep(100)
"""
ENGINE = [sys.executable, "-m", "unroll", "engine"]


def read_line(descriptor: int, seconds: float = 50) -> bytes:
    """What comes next, empty at the end; fails when nothing comes in time."""
    ready, _, _ = select.select([descriptor], [], [], seconds)
    assert ready
    return os.read(descriptor, 2**16)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can do this")
def test_a_killed_parent_leaves_no_engine_even_when_its_input_is_held_open() -> None:
    held_open, keyboard = os.pipe()
    screen, its_screen = os.pipe()
    with subprocess.Popen(python(STARTS_AN_ENGINE), stdin=held_open, stdout=its_screen) as parent:
        os.close(its_screen)
        assert b"hello" in read_line(screen)
        os.write(keyboard, b'{"type": "create", "id": 1}\n')
        assert b"created" in read_line(screen)
        os.kill(parent.pid, signal.SIGKILL)
    while read_line(screen):
        pass
    for descriptor in (held_open, keyboard, screen):
        os.close(descriptor)


def test_the_best_device_there_is_can_be_asked_for() -> None:
    done = subprocess.run([*ENGINE, "--device", "auto"], input=b"", capture_output=True, timeout=50, check=True)
    assert isinstance(decode_reply(done.stdout), Hello)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_a_device_that_is_not_there_is_refused_in_words() -> None:
    done = subprocess.run([*ENGINE, "--device", "cuda"], input=b"", capture_output=True, timeout=50, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"device cannot be cuda" in done.stderr
    assert b"Traceback" not in done.stderr
