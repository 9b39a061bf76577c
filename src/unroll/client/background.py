"""Starts an engine that trains in the background, whoever leaves; it is spoken to over pipes, without an event loop."""

from __future__ import annotations

import subprocess
from typing import TypeVar

import msgspec

from unroll.client.diagnosis import EngineError
from unroll.client.transport import PYTHON
from unroll.protocol.codec import decode_reply, encode
from unroll.protocol.replies import Answer, Error
from unroll.protocol.requests import Begin, Create, Detach, Play, Request
from unroll.recipe import Recipe

A = TypeVar("A", bound=Answer)


def start_training(recipe: Recipe, device: str = "cpu") -> str:
    """Start an engine that trains a recipe to its end; gives the name under which it is found again.

    Raises:
        EngineError: the engine refused something, or ended.
    """
    command = [*PYTHON, "-m", "unroll", "engine", "--device", device]
    engine = subprocess.Popen(
        command,
        start_new_session=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        _ask(engine, Create(recipe=recipe))
        _ask(engine, Play(pace="full"))
        _ask(engine, Begin())
        return _ask(engine, Detach()).name
    except (EngineError, OSError):
        engine.kill()
        engine.wait()
        raise


def _ask(engine: subprocess.Popen[bytes], request: Request[A]) -> A:
    """The answer to a request, whatever else is said before it."""
    assert engine.stdin is not None
    assert engine.stdout is not None
    engine.stdin.write(encode(msgspec.structs.replace(request, id=1)) + b"\n")
    engine.stdin.flush()
    for line in engine.stdout:
        reply = decode_reply(line)
        if isinstance(reply, Error):
            raise EngineError(reply.sentence)
        if isinstance(reply, Answer):
            return reply  # type: ignore[return-value]
    raise EngineError("The engine ended before it could train: see its log.")
