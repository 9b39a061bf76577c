"""The shapes that are told are those that the very calls of `torch.nn` have."""

import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from playground_kit import NARROW, Playing, playing
from unroll.moment import Moment
from unroll.recipe import FIELDS, Recipe
from unroll.terminal.shapes import GATES, of_shapes

CALL = re.compile(r"torch\.nn\.(\w+)\((\d+), (\d+)\)\((\w)\) → (.*)")
SHAPE = re.compile(r"(\w+) \[([^]]*)\]")


def shapes(text: str) -> dict[str, tuple[int, ...]]:
    """Names and the shapes behind them."""
    return {name: tuple(int(part.split("=")[-1]) for part in shape.split(", ")) for name, shape in SHAPE.findall(text)}


def flat(result: object) -> list[torch.Tensor]:
    """Tensors out of tuples, in order."""
    return [result] if isinstance(result, torch.Tensor) else [one for part in result for one in flat(part)]  # type: ignore[attr-defined]


@given(st.sampled_from(FIELDS["cell"].words), st.integers(1, 9), st.integers(2, 20), st.integers(1, 6))
def test_every_call_that_is_told_returns_what_is_told(cell: str, steps: int, vocab_size: int, units: int) -> None:
    lines = of_shapes(Recipe().replace(cell=cell, vocab_size=max(8, vocab_size), hidden_size=units), steps, 5)
    known = shapes(lines[0])
    calls = [CALL.fullmatch(line) for line in lines if line.startswith("torch.nn.")]
    assert len(calls) == 2 and all(calls)
    for call in calls:
        assert call is not None
        kind, wide, high, given_, told = call.groups()
        found = flat(getattr(torch.nn, kind)(int(wide), int(high))(torch.zeros(known[given_])))
        assert [tuple(one.shape) for one in found] == list(shapes(told).values())
        assert shapes(told).get("output", known["h"]) == known["h"]
    if cell in ("rnn", "lstm", "gru"):
        first = getattr(torch.nn, cell.upper())(max(8, vocab_size), units, batch_first=True)
        output, ends = first(torch.zeros(known["x"]).transpose(0, 1))
        assert all(tuple(end.shape) == (1, 1, units) for end in flat(ends)), "as before"
        assert f"{list(output.shape)}, and h_n" in lines[3]


@pytest.mark.parametrize("cell", FIELDS["cell"].words)
async def test_a_shows_the_shapes_and_takes_them_back(cell: str) -> None:
    async with playing(Recipe().replace(cell=cell), NARROW, Moment(0, (7, 8, 9))) as game:
        await game.press("a")
        assert "x [L=3, B=1, V=128] → h [3, 1, 32]" in game.text and "torch.nn.Linear(32, 128)(h)" in game.text
        assert "scroll" not in game.text, "all of it is in sight"
        gates = [view for view in game.trace.views if view.endswith(("gate", "value")) or view == "eigenvalue"]
        assert len(gates) == len(GATES[cell])  # type: ignore[index]
        await game.press("a")
        assert "torch.nn" not in game.text


async def test_cost_closes_by_its_own_key_too(game: Playing) -> None:
    await game.press("i")
    assert "What it costs" in game.text
    await game.press("i")
    assert "What it costs" not in game.text
