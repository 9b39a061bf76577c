"""Every size: the whole screen, the tabs, and one sentence where there is room for no more."""

import re
from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from playground_kit import NARROW, WHOLE, Playing, playing
from unroll.terminal import layout, texts
from unroll.terminal.layout import LEAST_OF, PANES, Place
from unroll.terminal.widgets.loss_curve import LossCurve
from unroll.terminal.widgets.panes import Panes
from unroll.terminal.widgets.run_table import RunTable

SIZES = st.tuples(st.integers(80, 300), st.integers(24, 80))


def shown(game: Playing) -> set[str]:
    """The panes that stand on the screen whole."""
    screen, panes = game.app.screen.region, game.pane(Panes).panes
    seen = {name for name, pane in panes.items() if pane.region.area}
    assert all(screen.contains_region(panes[name].region) for name in seen)
    return seen


def cells(place: Place) -> Iterator[tuple[int, int]]:
    """The cells of a rectangle."""
    return product(range(place.x, place.x + place.width), range(place.y, place.y + place.height))


@given(size=SIZES, units=st.integers(1, 512))
@example(size=NARROW, units=32)
def test_at_every_size_panes_fill_the_screen_each_is_of_use_and_every_one_is_on_some_tab(
    size: tuple[int, int], units: int
) -> None:
    seen: set[str] = set()
    for tab in layout.arrange(*size).tabs or ("",):
        places = layout.arrange(*size, tab, units).places
        seen |= places.keys()
        rows = size[1] - layout.BELOW - layout.header_rows(size[0])
        filled = [cell for place in places.values() for cell in cells(place)]
        assert sorted(filled) == sorted(product(range(size[0]), range(rows)))
        for pane, place in places.items():
            assert place.width >= LEAST_OF[pane][0] and place.height >= LEAST_OF[pane][1], pane
    assert seen == set(PANES)


@given(size=SIZES, pane=st.sampled_from(PANES), tab=st.sampled_from(PANES))
def test_every_pane_can_be_brought_in_sight_from_every_tab(size: tuple[int, int], pane: str, tab: str) -> None:
    now = layout.tab_with(pane, *size, tab)
    assert pane in layout.arrange(*size, now).places
    assert pane not in layout.arrange(*size, tab).places or now == layout.arrange(*size, tab).tab, "nothing else moves"


@pytest.mark.parametrize("size", [NARROW, (80, 30), (100, 30), (90, 50), (120, 24), (120, 30), (120, 39), (200, 60)])
async def test_each_pane_is_gone_to_by_its_number_and_stands_whole_over_the_prompt(size: tuple[int, int]) -> None:
    async with playing(size=size) as game:
        assert game.hint and game.hint in game.text
        for number, pane in enumerate(PANES, 1):
            await game.press(str(number))
            assert shown(game) == set(game.pane(Panes).arranged.places) >= {pane}
            assert game.pane(Panes).of(game.app.focused) == pane
            assert "› 7 8 9 10" in game.text and " unroll " in game.lines[0]
            assert "epoch  0/25" in game.text


async def test_every_pane_can_have_all_the_room_and_keeps_it_at_other_sizes() -> None:
    async with playing(size=NARROW) as game:
        for number, pane in enumerate(PANES, 1):
            await game.press(str(number), "f")
            focused = game.app.focused
            for size in (NARROW, WHOLE, (100, 30), (30, 8), NARROW):
                await game.resize(*size)
                assert size == (30, 8) or (shown(game) == {pane} and texts.MAXIMISED in game.lines[0])
            assert game.app.focused is focused
            await game.press("escape" if number % 2 else "f")
            assert pane in shown(game) and len(shown(game)) > 1
            assert game.app.focused is focused
        game.app.set_focus(None)
        await game.press("f")
        assert game.notice == texts.NO_PANE


async def test_the_status_line_is_never_cut_and_what_is_least_needed_goes_first(game: Playing) -> None:
    await game.train()
    run = game.session.run
    assert run is not None
    run.held_out = 0.5
    for width in range(80, 150, 3):
        await game.resize(width, 24)
        game.app.playground.changed()
        await game.settle()
        line = game.lines[layout.header_rows(width) - 1]
        assert re.search(r"epoch 25/25  loss [ \d.e-]{6}  accuracy .{5}  ", line)
        assert ("held out  50 %" in line) >= ("run 1 count rnn" in line) >= ("full" in line)


async def test_too_small_a_terminal_is_told_what_is_needed_and_a_larger_one_shows_more() -> None:
    async with playing(size=NARROW) as game:
        few = len(game.trace.values[0])
        for width, height in ((79, 24), (80, 23), (60, 20)):
            await game.resize(width, height)
            assert not shown(game)
            assert {"80", "24", str(width), str(height)} <= set(re.findall(r"\d+", game.text))
        await game.press("ctrl+p")
        await game.resize(*WHOLE)
        assert "1 State" in game.text, "what is behind a question"
        await game.press("escape")
        assert few < len(game.trace.values[0])


async def test_resizing_while_training_loses_nothing(game: Playing) -> None:
    await game.press("space")
    for size in (NARROW, (60, 20), (1, 1), (200, 60), NARROW, WHOLE):
        await game.resize(*size)
        await game.wait(0.4)
    await game.wait(10)
    assert (game.epoch, game.expected) == (25, 11)
    assert shown(game) == set(PANES)


async def test_at_80_by_24_training_is_watched_on_the_loss_tab() -> None:
    async with playing(size=NARROW) as game:
        await game.press("2")
        await game.train()
        assert "epoch 25/25" in game.text
        assert game.expected == 11


async def test_what_had_the_focus_has_it_again_after_too_small_a_window(game: Playing) -> None:
    for way in ("1", "4", "slash", LossCurve, RunTable):
        await (game.press(way) if isinstance(way, str) else game.pilot.click(way))
        focused = game.app.focused
        for size in (NARROW, (30, 8), NARROW, WHOLE):
            await game.resize(*size)
            if size != (30, 8):
                assert game.app.focused is focused
                assert focused is not None and focused.region


async def test_what_is_half_typed_outlives_too_small_a_window(game: Playing) -> None:
    await game.press("slash", "space", "x")
    game.app.playground.action_train()
    await game.resize(30, 8)
    await game.wait(1)
    await game.resize(*NARROW)
    assert game.prompt == "7 8 9 10 x"
    await game.press("backspace", "9")
    assert game.trace.moment.sequence == (7, 8, 9, 10, 9)
