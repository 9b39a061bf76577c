"""What the screen shows, as files: the view as a picture, the trace and the curve as tables.

A file goes into the working directory, or into the user's folder where that cannot be written, under a name that is not
taken: nothing is ever replaced.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from unroll import table
from unroll.errors import FileError, UserError
from unroll.files import own_folder, write_atomically
from unroll.moment import Moment
from unroll.paths import own_models
from unroll.protocol.requests import Look
from unroll.protocol.trace import Trace, Window
from unroll.tasks import answers
from unroll.terminal import texts
from unroll.terminal.runs import Curve, Run
from unroll.terminal.session import Session
from unroll.text import shown_path
from unroll.vocabulary import Vocabulary

KINDS = {
    "view": ("This screen as a picture", ".svg"),
    "trace": ("This trace as a table", "-trace.csv"),
    "curve": ("This curve as a table", "-curve.csv"),
}
"""What can be exported: how it is called, and how its files' names end."""
LETTERS = {
    "hidden": "h",
    "cell state": "c",
    "input gate": "i",
    "forget gate": "f",
    "cell gate": "g",
    "output gate": "o",
    "reset gate": "r",
    "update gate": "z",
    "new gate": "n",
    "write gate": "w",
    "eigenvalue": "e",
    "new value": "v",
    "attribution": "part",
}
"""The views by the letters that `unroll trace --csv` has for them."""
VALUES_AT_ONCE = 2**15
"""Of a view in one look: a long sequence of a large network is looked at in parts."""


def folder() -> Path:
    """Where files go; raises `FileError` where there is no such place."""
    with suppress(OSError):  # the working directory may be deleted
        if os.access(here := Path.cwd(), os.W_OK):
            return here
    return own_folder(own_models().parent / "exports", "Start unroll in a folder that can be written.")


def free_place(into: Path, name: str, kind: str) -> Path:
    """A file that is not there yet, for a run of that name."""
    stem, end = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._") or "run", KINDS[kind][1]
    number = 1
    while (place := into / f"unroll-{stem}{f'-{number}' if number > 1 else ''}{end}").exists():
        number += 1
    return place


def write(place: Path, text: str) -> None:
    """Write a file that is not there yet; raises `FileError`."""
    if place.exists():
        raise FileError(f"{shown_path(place)} is there already: S offers another name.")
    write_atomically(place, text.encode())


def curve_table(curve: Curve) -> str:
    """How a run's training went, as CSV."""
    return table.as_csv(table.of_history(curve.series.history(), curve.plan.updates_per_epoch, curve.recipe.train))


async def trace_table(session: Session) -> str | None:
    """Every unit's values at every step of the moment, as CSV; None where the engine does not tell them.

    Raises `UserError` for a network that is another before all of it is told.
    """
    run, trace, moment = session.run, session.trace, session.moment
    if run is None or trace is None:
        return None
    if session.is_training and moment.epoch is None:
        raise UserError(texts.TRAINS_ON)
    states, traces = {}, list[Trace]()
    for view in trace.views:
        traces = await _traces(session, moment, view, trace.units)
        if not traces:
            return None
        states[LETTERS[view]] = [row for part in traces for row in part.values]
    return table.as_csv(table.of_steps(_steps(traces, run), states))


async def _traces(session: Session, moment: Moment, view: str, units: int) -> list[Trace]:
    """A view of all steps and units, in parts; nothing where one of them is not told."""
    size, traces = max(1, VALUES_AT_ONCE // units), list[Trace]()
    for first in range(0, len(moment.sequence), size):
        window = Window(first_step=first, steps=size, units=units)
        looked = await session.ask(Look(moment=moment, view=view, window=window, top=2))
        if looked is None:
            return []
        traces.append(looked.trace)
    return traces


def _steps(traces: list[Trace], run: Run) -> list[dict[str, object]]:
    """What is said of each step."""
    moment, vocabulary = traces[0].moment, Vocabulary.of(run.recipe.task)
    done, erased = moment.interventions, "h c" if moment.interventions.cut_cell else "h"
    candidates = [row for trace in traces for row in trace.candidates]
    return [
        {
            "step": step + 1,
            "number": number,
            **vocabulary.named("symbol", number),
            "answer": first.number,
            **vocabulary.named("answer_symbol", first.number),
            "probability": first.probability,
            "runner_up": others[0].number if others else "",
            "right": "/".join(map(str, sorted(answers(run.recipe.task, moment.sequence)[step]))),
            "erased": erased if done.cuts(step) else "",
        }
        for step, (number, (first, *others)) in enumerate(zip(moment.sequence, candidates, strict=True))
    ]
