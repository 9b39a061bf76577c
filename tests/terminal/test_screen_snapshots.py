"""What the screen looks like, small to large, on a recorded engine: `--snapshot-update` after it changed on purpose."""

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from unroll.client.recording import Replay
from unroll.terminal.app import UnrollApp
from unroll.terminal.widgets.lens_pane import LensPane
from unroll.terminal.widgets.loss_curve import LossCurve
from unroll.terminal.widgets.recipe_form import RecipeForm
from unroll_dev.looks import LOOKS, LookingApp
from unroll_dev.screenshots import at_rest, playground, traced, until

RECORDINGS = Path(__file__).parent / "recordings"
sizes = pytest.mark.parametrize("size", [(120, 40), (80, 24)], ids=["120x40", "80x24"])

Compare = Callable[..., bool]


def replayed(name: str, look: str = "dark") -> UnrollApp:
    """The playground on a recording."""

    async def start() -> Replay:
        return Replay(RECORDINGS / f"{name}.jsonl")

    return LookingApp(start, look)


async def looked(pilot: Pilot[None]) -> None:
    """Wait until everything has been said and drawn."""
    await until(pilot, lambda: traced(pilot) is not None)
    await until(pilot, lambda: is_drawn(pilot) and at_rest(pilot))
    await pilot.pause()


def is_drawn(pilot: Pilot[None]) -> bool:
    """Whether the plots that have a place stand there: they are drawn in a thread, after the layout."""
    screen = playground(pilot)
    panes = [pane for kind in (LossCurve, LensPane) if (pane := screen.query_one(kind)).display]
    rows = [[pane.render_line(y).text for y in range(pane.size.height)] for pane in panes]
    return screen.has_class("-too-small") or all(any(map(str.strip, drawn)) for drawn in rows)


async def train(pilot: Pilot[None]) -> None:
    """Train to the end: the recording says it all at once."""
    await looked(pilot)
    await pilot.press("space")
    await until(pilot, lambda: playground(pilot).query_one(RecipeForm).train_label == "▶ Train again")
    await looked(pilot)


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (120, 39), (120, 40), (200, 60), (300, 80)], ids=str)
def test_it_opens_untrained(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(replayed("untrained"), terminal_size=size, run_before=looked)


@sizes
def test_trained_and_stepped_back(snap_compare: Compare, size: tuple[int, int]) -> None:
    async def train_and_step(pilot: Pilot[None]) -> None:
        await train(pilot)
        await pilot.press("left", "left")
        await looked(pilot)

    assert snap_compare(replayed("trained"), terminal_size=size, run_before=train_and_step)


@pytest.mark.parametrize("key", ["2", "4"], ids=["loss", "recipe"])
def test_the_other_tabs(snap_compare: Compare, key: str) -> None:
    async def go_to(pilot: Pilot[None]) -> None:
        await train(pilot)
        await pilot.press(key)
        await looked(pilot)

    assert snap_compare(replayed("trained"), terminal_size=(80, 24), run_before=go_to)


def test_too_small(snap_compare: Compare) -> None:
    assert snap_compare(replayed("untrained"), terminal_size=(60, 20), run_before=looked)


@pytest.mark.parametrize("look", LOOKS)
def test_it_can_be_read_with_any_number_of_colours(snap_compare: Compare, look: str) -> None:
    assert snap_compare(replayed("trained", look), terminal_size=(120, 40), run_before=train)
