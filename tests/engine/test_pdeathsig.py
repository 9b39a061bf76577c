"""An engine ends with whoever started it, and computes where it is told to."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from engine_kit import losses, progress, python
from unroll.protocol.codec import decode_reply, encode
from unroll.protocol.replies import Hello
from unroll.protocol.requests import Create, Play
from unroll.recipe import recipe_of

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


on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux can do this, or shows it")


@on_linux
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


@on_linux
def test_an_engine_unread_for_a_while_has_trained_on() -> None:
    recipe = recipe_of({"vocab_size": 16, "length": 3, "hidden_size": 4, "epochs": 2000})
    with subprocess.Popen(ENGINE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as engine:
        assert engine.stdin and engine.stdout
        engine.stdin.write(b"".join(encode(one) + b"\n" for one in (Create(id=1, recipe=recipe), Play(id=2))))
        engine.stdin.flush()
        wait_until_idle(engine.pid)
        engine.stdin.close()
        replies = [decode_reply(line) for line in engine.stdout.read().splitlines()]
    assert progress(replies)[-1].state == "finished"
    assert len(losses(replies)) == 4000


def wait_until_idle(pid: int) -> None:
    """Wait until a process has worked for a second, and then no longer works; half a minute at most."""
    late, before, now = time.monotonic() + 30, 0.0, 1.0
    while now < 1 or now > before:
        assert time.monotonic() < late
        time.sleep(0.2)
        before, now = now, processor_time(pid)


def processor_time(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
