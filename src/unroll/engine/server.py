"""The engine's loop: between two updates it answers whatever was asked meanwhile, and tells how the runs stand.

One update at a time is made, for the run that has waited longest, so that a look is answered within an update even at
full speed. No message ends the engine: what cannot be done is answered with a sentence.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from math import inf

import torch

from unroll.engine.inbox import WAITING, Lines
from unroll.engine.log import Log
from unroll.engine.looking import look
from unroll.engine.protocol import (
    VERSION,
    Advance,
    Answer,
    AnyRequest,
    Create,
    Created,
    Done,
    Error,
    Hello,
    Look,
    Looked,
    Message,
    Pause,
    Play,
    encode,
)
from unroll.engine.reading import Unreadable, read_request
from unroll.engine.run import Refused, Run
from unroll.network.training import Training
from unroll.recipe import RecipeError, check


class Server:
    """All runs of one engine, and its end of the line."""

    def __init__(
        self,
        lines: Lines,
        write: Callable[[bytes], None],
        log: Log,
        device: str = "cpu",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lines = lines
        self._write = write
        self._log = log
        self._device = device
        self._clock = clock
        self._runs: dict[int, Run] = {}

    def serve(self) -> None:
        """Speak first, then train and answer until the lines end; raises `OSError` when nobody listens any more."""
        self._say(Hello(protocol=VERSION, torch=str(torch.__version__), device=self._device))
        try:
            while True:
                self._answer_waiting(self._patience())
                self._train()
                self._tell()
        except EOFError:
            return

    def _patience(self) -> float | None:
        """How long to wait for a line: until there is something to do, None for ever."""
        next_act = min((min(run.due, run.tell_at) for run in self._runs.values()), default=inf)
        return None if next_act == inf else max(0.0, next_act - self._clock())

    def _answer_waiting(self, timeout: float | None) -> None:
        """Answer the lines that are there, but no more than could wait: training goes on under a flood."""
        for _ in range(WAITING):
            line = self._lines.take(timeout)
            if line is None:
                return
            if line.strip():
                self._say(self._answer(line))
                self._tell()
            timeout = 0

    def _train(self) -> None:
        """Make one update, of the run whose update has been due longest."""
        run = min(self._runs.values(), key=lambda run: run.due, default=None)
        if run is None or run.due > self._clock():
            return
        try:
            run.make_update(self._clock())
        except Exception:
            self._log.write(traceback.format_exc())

    def _tell(self) -> None:
        now = self._clock()
        for run in self._runs.values():
            if run.tell_at <= now:
                self._say(run.progress(now))

    def _say(self, message: Message) -> None:
        self._write(encode(message) + b"\n")

    def _answer(self, line: bytes) -> Answer:
        try:
            request = read_request(line)
        except Unreadable as unreadable:
            return Error(id=unreadable.id, sentence=str(unreadable))
        try:
            return self._do(request)
        except (Refused, RecipeError) as refusal:
            return Error(id=request.id, sentence=str(refusal))
        except Exception as error:
            self._log.write(traceback.format_exc())
            sentence = f"The engine failed at this ({error!s:.200}): try something smaller, or see {self._log.path}."
            return Error(id=request.id, sentence=sentence)

    def _do(self, request: AnyRequest) -> Answer:
        """Do what is asked; raises `Refused` or `RecipeError` with a sentence for what cannot be done."""
        if isinstance(request, Create):
            return self._create(request)
        if isinstance(request, Look):
            return Looked(id=request.id, trace=look(self._run, request))
        if isinstance(request, Play | Advance | Pause):
            self._move(self._run(request.run), request)
            return Done(id=request.id)
        raise Refused(
            f"This engine cannot {request.__struct_config__.tag}: it can create, play, pause, advance and look."
        )

    def _move(self, run: Run, request: Play | Advance | Pause) -> None:
        if isinstance(request, Play):
            run.play(request.pace, self._clock())
        elif isinstance(request, Advance):
            run.advance(request.updates, self._clock())
        else:
            run.pause()

    def _create(self, request: Create) -> Created:
        training = Training(check(request.recipe), self._device)
        number = len(self._runs) + 1
        self._runs[number] = Run(number, training)
        self._log.write(f"run {number}: {request.recipe}")
        return Created(id=request.id, run=number, recipe=training.recipe, plan=training.plan)

    def _run(self, number: int) -> Run:
        """The run of that number, the newest for 0; raises `Refused`."""
        if not self._runs:
            raise Refused("There is no run yet: create one first.")
        if number and number not in self._runs:
            raise Refused(f"There is no run {number}: choose one from 1 to {len(self._runs)}, or 0 for the newest.")
        return self._runs[number or len(self._runs)]
