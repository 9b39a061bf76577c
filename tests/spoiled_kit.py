"""Recordings that anyone may have changed."""

import json
import random
from pathlib import Path
from typing import Any

GOOD = Path(__file__).parent / "terminal" / "recordings" / "trained.jsonl"
ODD: list[Any] = [
    *(None, True, -1, 0, 1, 2**31, 2**53, 10**400, 0.5, 1e308, -0.0, 5e-324),
    *("", "x", "\x1b[2J", "lstm", [], {}, [[]], [0], [[0, 1.0]], [1e308] * 3),
]


def spoiled(rows: list[str], chance: random.Random) -> str:
    """The recording with some values changed or gone, or rows cut off, doubled or gone."""
    rows = list(rows)
    for _ in range(chance.randint(1, 3)):
        place, kind = chance.randrange(len(rows)), chance.random()
        if kind < 0.1:
            rows[place : place + 1] = rows[place : place + 1] * chance.choice([0, 2])
        elif kind < 0.2:
            rows[place] = rows[place][: chance.randrange(len(rows[place]) + 1)]
        elif rows[place].endswith("}"):
            entry = json.loads(rows[place])
            _spoil(entry, chance)
            rows[place] = json.dumps(entry)
        rows = rows or ["{}"]
    return "\n".join(rows) + chance.choice(["\n", ""])


def _spoil(value: Any, chance: random.Random) -> None:
    """Something else somewhere in it."""
    key = chance.choice(list(value) if isinstance(value, dict) else range(len(value)))
    if isinstance(value[key], dict | list) and value[key] and chance.random() < 0.85:
        _spoil(value[key], chance)
    elif chance.random() < 0.15:
        del value[key]
    else:
        value[key] = chance.choice(ODD)
