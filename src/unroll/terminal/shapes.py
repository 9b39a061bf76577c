"""The shapes of what is shown, and the call of `torch.nn` that they belong to: learners ask for little else so often.

L steps, B sequences, V numbers, D units; all of it follows from the recipe and the number of steps that are read.
"""

from unroll.recipe import BLOCKS, CellName, Recipe

NAMES: dict[CellName, str] = {"rnn": "RNN", "lstm": "LSTM", "gru": "GRU"}
"""Of each cell in `torch.nn`, where there is one."""
GATES: dict[CellName, tuple[str, ...]] = {
    "rnn": (),
    "lstm": ("i", "f", "g", "o"),
    "gru": ("r", "z", "n"),
    "mingru": ("w", "v"),
    "linear": ("λ", "v"),
}


def of_shapes(recipe: Recipe, steps: int, batch_size: int) -> list[str]:
    """Sentences on one sequence of so many steps, which is shown, and on a batch in training."""
    cell, v, d, length = recipe.model.cell, recipe.task.vocab_size, recipe.model.hidden_size, recipe.task.length
    states = f"h {[steps, 1, d]}" + (f", c {[steps, 1, d]}" if cell == "lstm" else "")
    gates = f"Gates: {', '.join(GATES[cell])}, each {[steps, 1, d]}. " if GATES[cell] else ""
    call = _call(cell, steps, v, d) if cell in NAMES else _input_part(cell, steps, v, d)
    return [
        f"x [L={steps}, B=1, V={v}] → {states} → logits {[steps, 1, v]}",
        f"x is one-hot: of the {v} places of a number all are 0 but one. {gates}"
        f"In training L is {length} and B is {batch_size:,}.",
        *call,
        f"torch.nn.Linear({d}, {v})(h) → logits {[steps, 1, v]}",
    ]


def _call(cell: CellName, steps: int, v: int, d: int) -> list[str]:
    last = f"h_n {[1, 1, d]}"
    ends, which = (f"({last}, c_n {[1, 1, d]})", "h_n and c_n") if cell == "lstm" else (last, "h_n")
    more = " It keeps c of the steps between to itself." if cell == "lstm" else ""
    return [
        f"torch.nn.{NAMES[cell]}({v}, {d})(x) → output {[steps, 1, d]}, {ends}",
        f"output is h at every step; {which} only the last, behind a place for each of the layers, here 1.{more} "
        f"Steps come first in x and output, as batch_first is False; with batch_first=True they are {[1, steps, v]} "
        f"and {[1, steps, d]}, and {which} as before.",
    ]


def _input_part(cell: CellName, steps: int, v: int, d: int) -> list[str]:
    rows = BLOCKS[cell] * d
    return [
        f"torch.nn.Linear({v}, {rows})(x) → p {[steps, 1, rows]}",
        f"torch.nn has no such cell: p is all that it takes of x, {d} places each for {' and '.join(GATES[cell])}. No "
        "weights mix units, so each unit of h is carried on by itself.",
    ]
