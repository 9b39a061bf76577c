"""Answers a request to go on: the network's own answers, each fed back to it with the state kept."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from unroll.engine.checking import check_moment
from unroll.engine.run import Run
from unroll.errors import UserError
from unroll.moment import MAX_STEPS, Moment
from unroll.network.sampling import Sampling, generate
from unroll.protocol.replies import Continued
from unroll.protocol.requests import Continue
from unroll.recipe import TaskConfig
from unroll.tasks import answer

MAX_SEED = 2**63 - 1


def go_on(run: Run, request: Continue) -> Continued:
    """What the network says after the moment's sequence; raises `UserError` when it cannot go on."""
    moment = request.moment
    check_moment(run, moment)
    count = _room(request)
    model, _ = run.training.at(moment.epoch)
    said = generate(model, moment.sequence, _sampling(request), moment.interventions)
    task = run.training.recipe.task
    if request.until_wrong:
        numbers, wrong = _until_wrong(task, moment, islice(said, count))
        return Continued(id=request.id, numbers=numbers, wrong=wrong)
    numbers = list(islice(said, count))
    return Continued(id=request.id, numbers=numbers, wrong=_is_wrong(task, [*moment.sequence, *numbers]))


def _room(request: Continue) -> int:
    """How many numbers are to come: no more than the sequence has room for."""
    room = MAX_STEPS - len(request.moment.sequence)
    if request.count < 1:
        raise UserError(f"count cannot be {request.count!s:.20}: choose a whole number from 1 up.")
    if not room:
        raise UserError(f"The sequence has {MAX_STEPS:,} numbers, the most it can have: give a shorter one.")
    return min(request.count, room)


def _sampling(request: Continue) -> Sampling:
    if not 0 <= request.seed <= MAX_SEED:
        raise UserError(f"seed cannot be {request.seed!s:.20}: choose a whole number from 0 to {MAX_SEED:,}.")
    try:
        return Sampling(request.temperature, request.top_k, request.top_p, request.seed)
    except UserError as error:
        raise UserError(str(error)) from None


def _until_wrong(task: TaskConfig, moment: Moment, said: Iterator[int]) -> tuple[list[int], bool]:
    """Numbers up to the first that is wrong, or up to where the task has no right answer any more."""
    sequence = list(moment.sequence)
    if answer(task, sequence, len(sequence) - 1) is None:
        raise UserError(
            f"Task {task.task} has no right answer after {sequence[-1]}: let it go on by a number of steps instead."
        )
    start, wrong = len(sequence), False
    while not wrong and answer(task, sequence, len(sequence) - 1) is not None:
        number = next(said, None)
        if number is None:
            break
        sequence.append(number)
        wrong = _is_wrong(task, sequence)
    return sequence[start:], wrong


def _is_wrong(task: TaskConfig, sequence: list[int]) -> bool:
    """Whether the last number is not what the task wants after those before it."""
    wanted = answer(task, sequence, len(sequence) - 2)
    return wanted is not None and sequence[-1] != wanted
