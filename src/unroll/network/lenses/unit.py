"""The lens `unit`: one unit's value, gates and share of the lead, at every step of the sequence shown.

The share is what the unit adds to the lead of the expected answer over the runner-up, in logits
(`network.inspection`): the two numbers may differ from step to step.
"""

from __future__ import annotations

from torch import Tensor

from unroll.network import inspection
from unroll.network.lenses import Subject
from unroll.picture import Lines, NamedLine

ORDER = 0
NAMES = {
    "i": "input", "f": "forget", "g": "candidate", "o": "output", "r": "reset", "z": "update", "n": "candidate",
    "w": "write", "e": "eigenvalue", "v": "new value",
}  # fmt: skip
"""A gate in a word, by its letter in `Cell.gate_names`."""


def look(subject: Subject) -> Lines:
    """The unit's lines over the steps, h first, then the share, c and the gates."""
    sequence, unit = subject.moment.sequence, subject.unit
    seen = inspection.trace(subject.model, sequence, subject.moment.interventions)
    hidden = seen.hidden[:, unit]
    tables = {"h": hidden, "share": inspection.shares(subject.model, seen)[:, unit]}
    tables |= {} if seen.cell is None else {"c": seen.cell[:, unit]}
    tables |= {NAMES[letter]: gate[:, unit] for letter, gate in seen.gates.items()}
    return Lines(
        x_name="step",
        xs=list(range(1, len(sequence) + 1)),
        labels=subject.vocabulary.names(sequence),
        lines=[NamedLine(name, inspection.rounded(values, 3).tolist()) for name, values in tables.items()],
        marks=list(range(1, len(sequence) + 1)),
        caption=_caption(unit, list(map(subject.vocabulary.said, sequence)), hidden, tables.get("c")),
        limits="This is one sequence: what the unit does on others is seen by the lens numbers.",
    )


def _caption(unit: int, sequence: list[str], hidden: Tensor, cell: Tensor | None) -> str:
    """Where h, and an LSTM's c, are lowest and highest, and where h changes most."""
    states = {"h": hidden, **({} if cell is None else {"c": cell})}
    if len(sequence) == 1:
        said = " and ".join(f"{name} of unit {unit} is {values[0]:+z.2f}" for name, values in states.items())
        return f"{said} after {sequence[0]}."
    most = int(hidden.diff().abs().argmax()) + 1
    h, *c = (f"{name} from {_ends(values)}" for name, values in states.items())
    return f"Unit {unit}: {'; '.join([f'{h}, changed most by step {most + 1} ({sequence[most]})', *c])}."


def _ends(values: Tensor) -> str:
    low, high = int(values.argmin()), int(values.argmax())
    return f"{values[low]:+z.2f} (step {low + 1}) to {values[high]:+z.2f} (step {high + 1})"
