"""The heatmap's views: what each is called, and what it shows."""

HIDDEN = "Each row is a unit of the hidden state h, each column a step"
VIEWS = {
    "hidden": HIDDEN,
    "cell state": "Each row is a unit of the cell state c, which the gates keep and change, each column a step",
    "input gate": "How much of its candidate a unit adds to its cell state, from 0 (none) to 1 (all)",
    "forget gate": "How much of its cell state a unit keeps at a step, from 0 (none) to 1 (all)",
    "cell gate": "A unit's candidate, from -1 to 1: its input gate says how much of it is added to the cell state",
    "output gate": "How much of tanh(c) a unit shows as its hidden value, from 0 (none) to 1 (all)",
    "reset gate": "How much of the past goes into a unit's candidate, from 0 (none) to 1 (all)",
    "update gate": "How much of its hidden value before a unit keeps, from 0 (none) to 1 (all)",
    "new gate": "A unit's candidate, from -1 to 1: what takes the place of the part that it does not keep",
    "write gate": "How much of its new value a unit takes, from 0 (none) to 1 (all)",
    "eigenvalue": "What a unit's state is multiplied by at the step: near 1 it is kept, near 0 forgotten",
    "new value": "What a step can write to a unit; it depends on what is read there alone",
    "attribution": "Each cell is what a unit adds, in logits, to the lead of the expected answer over the runner-up",
}
"""What a view of the heatmap shows."""
CANDIDATES = ("cell gate", "new gate")
"""Views of what could be written: from -1 to 1, where a gate is from 0 to 1."""


def told(view: str) -> str:
    """What a view of the heatmap shows, as a sentence."""
    return f"{view.capitalize()}: {VIEWS[view][0].lower()}{VIEWS[view][1:]}." if view in VIEWS else ""


def short(view: str) -> str:
    """A view's name on its tab."""
    return "candidate" if view in CANDIDATES else view.removesuffix(" gate").removesuffix(" state")


def is_gate(view: str) -> bool:
    """Whether the values of a view lie from 0 to 1."""
    return view.endswith(" gate") and view not in CANDIDATES
