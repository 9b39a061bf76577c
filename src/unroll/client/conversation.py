"""What the terminal may do with an engine, whichever it is: a process here, a process elsewhere, or a recording."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from unroll.protocol.replies import Answer, Hello, Progress
from unroll.protocol.requests import Request

A = TypeVar("A", bound=Answer)


class EngineError(Exception):
    """The engine refused something; the message is its sentence."""


class EngineDied(EngineError):  # noqa: N818 - it says what is
    """The engine is gone; the message is a sentence, `last_lines` the last things it logged, oldest first."""

    def __init__(self, sentence: str, last_lines: Sequence[str] = ()) -> None:
        super().__init__(sentence)
        self.last_lines = tuple(last_lines)


class Conversation(Protocol):
    """One engine, from its first word to its end.

    Attributes:
        on_silence: Told in a sentence, every second, that the engine does not answer; and with an empty one when it
            does again. Nothing is lost by that: whatever was asked still waits for its answer.
        on_fault: Told in a sentence, once, what goes wrong beside the talk, such as a recording that finds no room.
    """

    on_silence: Callable[[str], None]
    on_fault: Callable[[str], None]

    @property
    def hello(self) -> Awaitable[Hello]:
        """The engine's first word; raises `EngineError` for another protocol version, `EngineDied` if none comes."""

    @property
    def last_lines(self) -> tuple[str, ...]:
        """The last lines that the engine wrote on standard error, its log among them, oldest first."""

    async def ask(self, request: Request[A]) -> A:
        """The answer to a request, which is numbered here; raises `EngineError` when refused, `EngineDied` at once."""

    def events(self) -> AsyncIterator[Progress]:
        """Every progress, in order, for one reader; ends after `close` and raises `EngineDied` on any other end."""

    async def close(self) -> None:
        """End the engine and wait, for a few seconds at most, until it is gone. May be called twice."""

    async def leave(self) -> None:
        """Say no more to an engine that has been told to go on without, and do not end it."""
