"""How a sequence is written on other than in the prompt: with the network's answers, a candidate, or as an example."""

import asyncio
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any

from msgspec.structs import replace

from unroll.moment import MAX_STEPS
from unroll.protocol.requests import Continue, Draw
from unroll.tasks import TASKS
from unroll.terminal import texts
from unroll.terminal.session import Session


class Writing:
    """Writes a session's sequence on."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._appending = asyncio.Lock()

    def go_on_with(self, number: int) -> None:
        """Put a number behind the step that is shown, as if it was typed; what stood there goes."""
        session = self._session
        step, sequence = session.moment.step, session.moment.sequence
        if step + 1 == MAX_STEPS:
            session.display.say(texts.SEQUENCE_FULL)
            return
        session.type((*sequence[: step + 1], number))
        session.display.note(texts.of_continued(number, step, len(sequence) - step - 1, session.vocabulary))

    def type_example(self, longer: bool) -> None:
        """A sequence of the task, or one that is longer than in training; of a file, one of its own."""
        task = self._session.recipe_shown.task
        steps = 2 * task.length + 1 if longer else task.length
        example = next(TASKS[task.task].examples(task, steps, Random()), None)
        if example is not None:
            self._session.type(tuple(example))
        else:
            self._session.display.spawn(self._draw(longer))

    async def _draw(self, longer: bool) -> None:
        """Look at a sequence that the engine has of the run's file, unless another was typed meanwhile."""
        session = self._session
        typed = session.times_typed
        drawn = await session.ask(Draw(run=session.moment.run, longer=longer))
        if drawn is not None and session.times_typed == typed:
            session.type(tuple(drawn.sequence))

    def append(
        self, count: int = 1, until_wrong: bool = False, wanted: Callable[[], bool] = lambda: True
    ) -> Coroutine[Any, Any, None]:
        """Append one or more of the network's answers, going on from the kept state.

        They belong to the sequence at the time of the call, with what is still to be appended to it: nothing is
        appended once another has been typed, or `wanted` no longer holds.
        """
        typed = self._session.times_typed
        return self._append(count, until_wrong, lambda: self._session.times_typed == typed and wanted())

    async def _append(self, count: int, until_wrong: bool, wanted: Callable[[], bool]) -> None:
        session = self._session
        async with self._appending:
            if not wanted():
                return
            count = min(count, MAX_STEPS - len(session.moment.sequence))
            if count <= 0:
                session.display.say(texts.SEQUENCE_FULL)
                return
            if session.vocabulary.is_over(session.moment.sequence):
                session.turn_to(session.vocabulary.opening)
            run, how = session.run, session.sampling
            continued = await session.ask(
                Continue(moment=session.moment, count=count, until_wrong=until_wrong, sampling=how)
            )
            if continued is not None and wanted() and session.run is run:
                session.sampling = replace(how, seed=how.seed + 1)
                before = session.moment.sequence
                sequence = *before, *session.vocabulary.until_end(continued.numbers)
                session.turn_to(sequence, said=frozenset(range(len(before), len(sequence))))
                if until_wrong and run is not None:
                    session.display.note(texts.of_stopped(sequence, run.recipe.task))
