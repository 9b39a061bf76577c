"""A person gone wild: keys, pastes, mouse events and window sizes, drawn by chance from a seed.

Weighted so that dialogs, fields, the prompt, the palette and the table of runs are all entered. What leaves (`q`,
`ctrl+c`, `d`) is never pressed, though it may be found in the palette or at the foot of the screen.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["key", "paste", "click", "scroll", "resize"]

WALKS = ["left", "right", "up", "down", "home", "end", "pageup", "pagedown"]
MOVES = ["tab", "shift+tab", "enter", "escape", "space", "backspace", "delete"]
ACTIONS = [*"neEbclmsoyTRBxXkzuvVDCWNULwf", "slash", "plus", "minus", "equals_sign", "question_mark"]
PANES = [*"1234", "f1", "ctrl+p", "ctrl+l", "ctrl+r"]
TYPED = [*"0123456789rt.", "comma", "space", "minus", "a", "ä", "漢"]
PASTES = [
    *("7 8 9 10", "1,2;3\n4\t5", "[12, 13]\n[14]", "7 8 x", "9" * 5000, "3 " * 1500, "0.5", "lstm", ""),
    *("\x1b[2J\x9b31m\x07", "\u202eright to left", "[red]markup[/red][@click=app.quit]x[/]"),
]
SIZES = [(10, 3), (300, 100), (80, 24), (120, 40), (79, 24), (120, 39), (200, 60), (1, 1)]


@dataclass(frozen=True)
class Act:
    """One thing that is done; `x` and `y` are parts of the screen from 0 to 1, or columns and rows for a resize."""

    kind: Kind
    word: str = ""
    x: float = 0
    y: float = 0


def acts(seed: int, count: int) -> Iterator[Act]:
    """Draw this many."""
    chance = random.Random(seed)
    left = count
    while left > 0:
        burst = _burst(chance)[:left]
        left -= len(burst)
        yield from burst


def _burst(chance: random.Random) -> list[Act]:
    """What belongs together: a person stays at one thing for a while."""
    kinds = {_keys: 12, _typing: 4, _pastes: 2, _clicks: 4, _scrolls: 1, _resizes: 1, _palette: 1, _field: 4}
    return chance.choices(list(kinds), list(kinds.values()))[0](chance)


def _keys(chance: random.Random) -> list[Act]:
    some = chance.choices([WALKS, ACTIONS, MOVES, PANES], [5, 7, 4, 2])[0]
    return [Act("key", chance.choice(some)) for _ in range(chance.randint(1, 6))]


def _typing(chance: random.Random) -> list[Act]:
    typed = [Act("key", chance.choice(TYPED)) for _ in range(chance.randint(1, 5))]
    start, end = chance.choice(["slash", "T", "E", "s", "5"]), chance.choice(["enter", "escape", "left"])
    return [Act("key", start), *typed, Act("key", end)]


def _field(chance: random.Random) -> list[Act]:
    """Somewhere in the recipe, something else."""
    walk = [Act("key", "tab")] * chance.randint(0, 14)
    put = chance.choice(
        [
            [Act("key", "backspace"), *(Act("key", chance.choice("0123456789")) for _ in range(chance.randint(0, 3)))],
            [Act("key", "enter"), *[Act("key", chance.choice(["down", "up"]))] * 2, Act("key", "enter")],
            [Act("paste", chance.choice(["3", "0", "nan", "1e6", "16", "5", "half"]))],
        ]
    )
    return [Act("key", "3"), *walk, *put, *[Act("key", "escape")] * chance.randint(0, 2)]


def _palette(chance: random.Random) -> list[Act]:
    words = chance.choice(["theme", "preset", "cut", "save", "train", "zz"])
    return [
        Act("key", "ctrl+p"),
        *(Act("key", letter) for letter in words),
        *[Act("key", "down")] * chance.randint(0, 3),
        Act("key", chance.choice(["enter", "escape"])),
    ]


def _pastes(chance: random.Random) -> list[Act]:
    return [Act("paste", chance.choice(PASTES))]


def _clicks(chance: random.Random) -> list[Act]:
    return [Act("click", x=chance.random(), y=chance.random() * 0.95) for _ in range(chance.randint(1, 3))]


def _scrolls(chance: random.Random) -> list[Act]:
    where = chance.random(), chance.random()
    return [Act("scroll", chance.choice(["up", "down"]), *where)] * chance.randint(1, 5)


def _resizes(chance: random.Random) -> list[Act]:
    size = chance.choice([(chance.randint(10, 300), chance.randint(3, 100)), chance.choice(SIZES)])
    return [Act("resize", "", *size)]
