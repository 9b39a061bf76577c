"""What is done about each request. Nothing that is asked ends the engine: what cannot be done gets a sentence."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

from unroll.engine.attending import Attending
from unroll.engine.branching import branch
from unroll.engine.continuing import go_on
from unroll.engine.inspect import Looker
from unroll.engine.models import list_models, open_model, save_model
from unroll.engine.run import Run
from unroll.engine.runs import Runs
from unroll.engine.stopping import Stop
from unroll.errors import UserError
from unroll.log import Log
from unroll.memory import NO_MEMORY, is_memory, resident
from unroll.network.training import Training
from unroll.protocol.reading import Unreadable, read_request
from unroll.protocol.replies import Answer, Created, Done, Error, Looked, Measured, Models, Saved
from unroll.protocol.requests import (
    Advance,
    Branch,
    Continue,
    Create,
    Forget,
    ListModels,
    Look,
    Measure,
    Open,
    Pause,
    Play,
    Save,
)
from unroll.recipe import check
from unroll.text import encodable, shown_path


class Answering:
    """Answers the requests of one conversation, each with its id."""

    def __init__(self, runs: Runs, attending: Attending, log: Log, device: str, clock: Callable[[], float]) -> None:
        self._runs = runs
        self._journal = attending.journal
        self._looker = Looker(runs.find)
        self._log = log
        self._device = device
        self._clock = clock
        self._deeds: dict[type, Callable[[Any], Answer]] = {
            Create: self._create,
            Branch: self._branch,
            Play: self._play,
            Pause: self._pause,
            Advance: self._advance,
            Look: self._look,
            Continue: self._continue,
            Save: self._save,
            Open: self._open,
            ListModels: self._list,
            Forget: self._forget,
            Measure: self._measure,
            **attending.deeds,
        }

    def answer(self, line: bytes) -> Answer:
        """The answer to a line, whatever it is."""
        try:
            request = read_request(line)
        except Unreadable as unreadable:
            return Error(id=unreadable.id, sentence=str(unreadable))
        try:
            return self._deeds[type(request)](request)
        except UserError as refusal:
            return Error(id=request.id, sentence=str(refusal))
        except Exception as error:
            self._log.write(traceback.format_exc())
            see = shown_path(self._log.path)
            failed = f"The engine failed at this ({error!s:.200}): try something smaller, or see {see}."
            return Error(id=request.id, sentence=NO_MEMORY if is_memory(error) else failed)

    def _create(self, request: Create) -> Created:
        run = self._runs.add(Training(check(request.recipe), self._device))
        return self._created(request.id, run)

    def _branch(self, request: Branch) -> Created:
        training, past = branch(self._runs.find(request.run), request.epoch, check(request.recipe))
        return self._created(request.id, self._runs.add(training, "paused", past, "branch"))

    def _created(self, number: int, run: Run) -> Created:
        recipe = " ".join(f"{name}={value}" for name, value in run.training.recipe.values().items())
        self._log.note(f"run {run.number}: {recipe}")
        self._journal.touch(run)
        return run.created(number)

    def _play(self, request: Play) -> Done:
        run = self._runs.find(request.run)
        run.play(request.pace, Stop(request.stop_epoch, request.stop_accuracy), self._clock())
        return self._moved(request.id, run)

    def _advance(self, request: Advance) -> Done:
        run = self._runs.find(request.run)
        run.advance(request.updates, self._clock())
        return self._moved(request.id, run)

    def _pause(self, request: Pause) -> Done:
        run = self._runs.find(request.run)
        run.pause()
        return self._moved(request.id, run)

    def _moved(self, number: int, run: Run) -> Done:
        self._runs.wake(run)
        return Done(id=number)

    def _look(self, request: Look) -> Looked:
        return Looked(id=request.id, trace=self._looker.look(request))

    def _continue(self, request: Continue) -> Answer:
        return go_on(self._runs.find(request.moment.run), request)

    def _save(self, request: Save) -> Saved:
        path = save_model(self._runs.find(request.run), request.epoch, request.name)
        return Saved(id=request.id, path=encodable(path))

    def _open(self, request: Open) -> Created:
        return self._created(request.id, open_model(self._runs, request.name, self._device))

    def _list(self, request: ListModels) -> Models:
        return list_models(request.id)

    def _measure(self, request: Measure) -> Measured:
        runs = self._runs.all()
        updates = sum(run.training.update for run in runs)
        return Measured(id=request.id, memory=resident(), runs=len(runs), updates=updates)

    def _forget(self, request: Forget) -> Done:
        run = self._runs.find(request.run)
        self._runs.forget(run.number)
        self._looker.forget()
        self._journal.forget(run.number)
        return Done(id=request.id)
