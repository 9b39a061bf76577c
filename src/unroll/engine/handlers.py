"""What is done about each request, a method each. No request ends the engine: what cannot be done gets a sentence.

`protocol/requests.py` says what each of them asks.
"""

from __future__ import annotations

import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from math import inf
from random import Random, randrange
from typing import Any

from msgspec import structs

from unroll.engine.autosave import Autosave, SavedRun, SessionFolder, cut_off_sessions
from unroll.engine.connection import Connection
from unroll.engine.inspect import Inspector, check_epoch, check_moment
from unroll.engine.jobs import Jobs
from unroll.engine.models import list_models, open_model, run_as_saved, save_model
from unroll.engine.runs import MAX_BUCKETS_TOLD, LiveRun, LiveRuns, StopAt
from unroll.errors import NO_MEMORY, RecipeError, UserError, is_memory
from unroll.log import Log
from unroll.machine import end_with_parent, resident
from unroll.moment import MAX_STEPS
from unroll.network.ensemble import MemberTraining
from unroll.network.sampling import generate
from unroll.network.training import Training
from unroll.paths import delete_model
from unroll.preview import preview
from unroll.protocol import replies, requests
from unroll.protocol.codec import KINDS, encode, read_request
from unroll.protocol.replies import Answer, Created, Done, Error
from unroll.protocol.requests import AnyRequest
from unroll.recipe import Recipe, check
from unroll.tasks import TASKS
from unroll.tasks.config import TaskConfig
from unroll.tasks.datafile import fitted
from unroll.tasks.decoding import is_large
from unroll.tasks.file import longer
from unroll.text import encodable, shown_path
from unroll.vocabulary import Vocabulary

BUSY = "Another large file is still being read: ask again when that has been answered."


class Handlers:
    """Answers the requests of one engine's clients. A request of type `look` is answered by `_look`, and so on.

    `is_over` tells whether a client has said that nothing need be kept.
    """

    def __init__(
        self,
        runs: LiveRuns,
        autosave: Autosave,
        connection: Connection,
        log: Log,
        jobs: Jobs,
        device: str,
        clock: Callable[[], float],
    ) -> None:
        self.is_over = False
        self._runs = runs
        self._autosave = autosave
        self._connection = connection
        self._inspector = Inspector(runs.find, jobs)
        self._log = log
        self._device = device
        self._clock = clock
        self._answering = threading.Lock()
        self._methods: dict[type, Callable[[Any], Answer]] = {
            kind: getattr(self, f"_{name}") for name, kind in KINDS.items()
        }

    def answer(self, line: bytes) -> Answer | None:
        """The answer to a line, whatever it is; None where it comes later by itself."""
        request = read_request(line)
        if isinstance(request, Error):
            return request
        if isinstance(request, requests.ReadFile) and is_large(request.task.path):
            return self._answer_later(request)
        return self._answered(request)

    def _answer_later(self, request: AnyRequest) -> Error | None:
        """Answer from a thread, one at a time, so that training and looks go on; what it read is kept for `create`."""

        def work() -> None:
            self._connection.put(encode(self._answered(request)) + b"\n")
            self._answering.release()

        if not self._answering.acquire(blocking=False):
            return Error(id=request.id, sentence=BUSY)
        threading.Thread(target=work, name="file", daemon=True).start()
        return None

    def _answered(self, request: AnyRequest) -> Answer:
        try:
            return self._methods[type(request)](request)
        except UserError as refusal:
            return Error(id=request.id, sentence=str(refusal))
        except Exception as error:
            self._log.write(traceback.format_exc())
            see = shown_path(self._log.path)
            failed = f"The engine failed at this ({error!s:.200}): try something smaller, or see {see}."
            return Error(id=request.id, sentence=NO_MEMORY if is_memory(error) else failed)

    # Runs

    def _create(self, request: requests.Create) -> Created:
        recipe = structs.replace(request.recipe, task=fitted(check(request.recipe).task))
        return self._created(request.id, self._runs.add(Training(recipe, self._device)))

    def _readfile(self, request: requests.ReadFile) -> replies.FileRead:
        task = request.task
        try:
            found = preview(task.path, task.column, task.levels)
        except RecipeError as refusal:
            return replies.FileRead(id=request.id, refusal=str(refusal), field=refusal.field)
        return replies.FileRead(id=request.id, sentences=found.sentences, first=found.first)

    def _member(self, request: requests.Member) -> Created:
        recipe = structs.replace(request.recipe, task=fitted(check(request.recipe).task))
        training = MemberTraining(recipe, request.seeds, request.index, self._device)
        run = self._runs.add(training, origin="member")
        run.play("full", StopAt(), self._clock())
        self._runs.wake(run)
        return self._created(request.id, run)

    def _branch(self, request: requests.Branch) -> Created:
        run = self._runs.find(request.run)
        training = _branched(run, request.epoch, check(request.recipe))
        series = run.series.until(training.update)
        return self._created(request.id, self._runs.add(training, "paused", series, "branch"))

    def _open(self, request: requests.Open) -> Created:
        return self._created(request.id, open_model(self._runs, request.name, request.path, self._device))

    def _delete(self, request: requests.Delete) -> Done:
        delete_model(request.name)
        return Done(id=request.id)

    def _created(self, number: int, run: LiveRun) -> Created:
        recipe = " ".join(f"{name}={value}" for name, value in run.training.recipe.values().items())
        self._log.note(f"run {run.number}: {recipe}")
        self._autosave.touch(run)
        return run.created(number)

    def _play(self, request: requests.Play) -> Done:
        run = self._runs.find(request.run)
        run.play(request.pace, StopAt(request.stop_epoch, request.stop_accuracy), self._clock())
        self._runs.wake(run)
        return Done(id=request.id)

    def _advance(self, request: requests.Advance) -> Done:
        run = self._runs.find(request.run)
        run.advance(request.updates, self._clock())
        self._runs.wake(run)
        return Done(id=request.id)

    def _pause(self, request: requests.Pause) -> Done:
        run = self._runs.find(request.run)
        run.pause()
        self._runs.wake(run)
        return Done(id=request.id)

    def _forget(self, request: requests.Forget) -> Done:
        run = self._runs.find(request.run)
        self._runs.forget(run)
        self._inspector.forget()
        self._autosave.forget(run.number)
        return Done(id=request.id)

    # Networks

    def _look(self, request: requests.Look) -> replies.Looked:
        return replies.Looked(id=request.id, trace=self._inspector.look(request))

    def _lens(self, request: requests.Lens) -> replies.Pictured:
        return self._inspector.picture(request)

    def _continue(self, request: requests.Continue) -> replies.Continued:
        moment = request.moment
        run = self._runs.find(moment.run)
        check_moment(run, moment)
        if not (room := MAX_STEPS - len(moment.sequence)):
            raise UserError(f"The sequence has {MAX_STEPS:,} steps, the most it can have: give a shorter one.")
        task = run.training.recipe.task
        model, _ = run.training.at(moment.epoch)
        said = generate(model, moment.sequence, request.sampling, moment.interventions)
        said = islice(said, min(request.count, room))
        numbers = list(_until_wrong(task, moment.sequence, said) if request.until_wrong else said)
        return replies.Continued(id=request.id, numbers=numbers)

    def _draw(self, request: requests.Draw) -> replies.Drawn:
        training = self._runs.find(request.run).training
        if request.longer:
            sequence = longer(training.recipe.task, Random())
            if not sequence:
                raise UserError("No line of this file is longer than a training sequence: / takes any.")
            return replies.Drawn(id=request.id, sequence=list(sequence[:MAX_STEPS]))
        return replies.Drawn(id=request.id, sequence=training.data.read(randrange(training.data.total)))

    def _save(self, request: requests.Save) -> replies.Saved:
        path = save_model(self._runs.find(request.run), request.epoch, request.name)
        return replies.Saved(id=request.id, path=encodable(path))

    def _list(self, request: requests.ListModels) -> replies.Models:
        return list_models(request.id)

    # The client, and the session

    def _heard(self, request: requests.Heard) -> Done:
        self._connection.said.acknowledges = self._connection.said.wants_progress = True
        return Done(id=request.id)

    def _ping(self, request: requests.Ping) -> Done:
        self._connection.said.heartbeat.promise(request.within)
        self._autosave.note_unheard(request.unheard and not self._connection.name)
        return Done(id=request.id)

    def _measure(self, request: requests.Measure) -> replies.Measured:
        runs = self._runs.all()
        updates = sum(run.training.update for run in runs)
        return replies.Measured(id=request.id, memory=resident(), runs=len(runs), updates=updates)

    def _begin(self, request: requests.Begin) -> replies.Begun:
        cut_off, sentence = ([], self._autosave.complaint) if self._autosave.name else cut_off_sessions(request.own)
        self._autosave.begin()
        runs = self._told(request.id, [(run, 0) for run in self._runs.all()])
        return replies.Begun(id=request.id, session=self._autosave.name, runs=runs, cut_off=cut_off, sentence=sentence)

    def _resume(self, request: requests.Resume) -> replies.Resumed:
        folder = SessionFolder.take_over(request.session)
        if folder is None:
            raise UserError(f"There is no session {shown_path(request.session)} to resume: it is over, or still runs.")
        saved_runs = folder.files()
        found = [(run, saved) for saved in saved_runs if (run := self._restored(saved))]
        if self._autosave.save_now():
            folder.release()
        else:
            folder.remove([saved for _, saved in found])
        if saved_runs and not found:
            raise UserError(f"No run of that session can be read: they stay in {shown_path(folder.path)}.")
        runs = self._told(request.id, [(run, saved.number) for run, saved in found])
        return replies.Resumed(id=request.id, runs=runs, left_out=len(saved_runs) - len(found))

    def _told(self, number: int, runs: Sequence[tuple[LiveRun, int]]) -> list[Created]:
        """How runs stand, all in one line; what was still to be sent of them is sent with it."""
        for run, _ in runs:
            while run.tell_at != inf:
                run.progress(self._clock())
        share = MAX_BUCKETS_TOLD // max(1, len(runs))
        return [run.created(number, share, was) for run, was in runs]

    def _restored(self, saved: SavedRun) -> LiveRun | None:
        """A run as it was saved; None, and a line in the log, where the file is of no use."""
        try:
            run = run_as_saved(self._runs, saved.path, self._device, saved.origin)
        except UserError as error:
            self._log.write(str(error))
            return None
        self._autosave.touch(run)
        return run

    def _detach(self, request: requests.Detach) -> replies.Detached:
        if not self._connection.name:
            recipe = self._runs.find(0).training.recipe
            self._connection.listen(f"{recipe.task.task}-{recipe.model.cell}")
            self._log.note(f"goes on in the background as {self._connection.name}")
            end_with_parent(0)
            self._autosave.begin()
        fault = self._autosave.save_now()
        sentence = f"It cannot be saved as it goes, so a crash would lose it: {fault}" if fault else ""
        return replies.Detached(id=request.id, name=self._connection.name, sentence=sentence)

    def _end(self, request: requests.End) -> Done:
        self.is_over = True
        return Done(id=request.id)


def _branched(run: LiveRun, epoch: int, recipe: Recipe) -> Training:
    """The training of a branch.

    Raises:
        UserError: there is no such epoch.
        RecipeError: the recipe changes more than a branch may, or leaves nothing to train.
    """
    check_epoch(run, epoch)
    if recipe.train.batch_size != run.training.recipe.train.batch_size:
        raise RecipeError("batch_size", "A branch keeps its batch_size: change learning_rate, epochs or seed.")
    training = run.training.branch(epoch, recipe)
    if training.update >= training.plan.updates:
        raise RecipeError(
            "epochs",
            f"epochs cannot be {recipe.train.epochs:,} for a branch from epoch {int(training.epoch):,}: choose more.",
        )
    return training


def _until_wrong(task: TaskConfig, sequence: Sequence[int], said: Iterator[int]) -> Iterator[int]:
    """Numbers up to the first that is wrong, or up to where the task has no right answer any more."""
    read = deque(sequence)
    answers = TASKS[task.task].answers(task, iter(read.popleft, None))
    for _ in sequence:
        right = next(answers)
    if not right:
        last = Vocabulary.of(task).said(sequence[-1])
        raise UserError(
            f"Task {task.task} has no right answer after {last}, so nothing counts as wrong: continue by steps instead."
        )
    while right and (number := next(said, None)) is not None:
        yield number
        if number not in right:
            return
        read.append(number)
        right = next(answers)
