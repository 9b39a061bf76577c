"""Lives of an App, chosen and random: after every act the emulated terminal shows the compositor's screen."""

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.pilot import Pilot
from tty_kit import Board, Note, assert_painted, resize, running, sample, settle

STYLES = ["", "red", "bold on blue", "#ff8000 on #000080", "reverse", "underline", "italic", "dim"]
GLYPHS = ["a", "7", " ", "█", "⣿", "é", "e\u0301", "漢", "字", "⚡", "😀"]

DISTURBANCES = [
    "\x1b[2J",
    "noise\r\n" * 20,
    "\x1b[3;5r\x1b[?6h",
    "\x1b[4h",
    "\x1b[7;31m\x1b[5;5Hred",
    "\x1b[?7h",
    "\x1b[5M",
]
WIDE, AFTER = ("draw", 2, [("漢字 " * 12, "bold red")]), ("draw", 4, [("after", "bold")])
LIVES: list[list[tuple[Any, ...]]] = [
    [WIDE, ("leaf", True, 2), ("leaf", False, 2)],
    [WIDE, ("leaf", True, 3), ("leaf", False, 3)],
    [WIDE, ("modal",), ("draw", 1, [("behind it", "")]), ("modal",)],
    [("theme", "textual-light"), ("theme", "ansi-dark"), ("theme", "nord")],
    [("suspend",), AFTER],
    *([WIDE, ("resize", *size), ("resize", 40, 12)] for size in [(60, 20), (20, 6), (41, 12), (1, 1), (3, 40)]),
    *([("disturb", sequence), AFTER] for sequence in DISTURBANCES),
]

runs = st.lists(
    st.tuples(st.lists(st.sampled_from(GLYPHS), max_size=30).map("".join), st.sampled_from(STYLES)), max_size=4
)
rows = st.integers(0, 11)
acts = st.one_of(
    st.tuples(st.just("draw"), rows, runs),
    st.tuples(st.just("draw"), rows, runs),
    st.tuples(st.just("keys"), st.lists(st.sampled_from([*"78", "backspace", "left", "home", "tab"]), max_size=3)),
    st.tuples(st.just("resize"), st.integers(1, 60), st.integers(1, 20)),
    st.tuples(st.just("modal")),
    st.tuples(st.just("theme"), st.sampled_from(["textual-light", "nord", "ansi-dark"])),
    st.tuples(st.just("disturb"), st.sampled_from(DISTURBANCES)),
    st.tuples(st.just("suspend")),
    st.tuples(st.just("border"), st.booleans()),
    st.tuples(st.just("leaf"), st.booleans(), st.integers(0, 20)),
)


async def perform(pilot: Pilot[None], name: str, *details: Any) -> None:
    app = pilot.app
    board = app.screen_stack[0].query_one(Board)
    if name == "draw":
        board.draw(*details)
    elif name == "keys":
        await pilot.press(*details[0])
    elif name == "resize":
        await resize(pilot, *details)
    elif name == "modal":
        app.pop_screen() if isinstance(app.screen, Note) else app.push_screen(Note())
    elif name == "theme":
        app.theme = details[0]
    elif name == "disturb":
        app.terminal.write(details[0])
        app.action_repaint()
    elif name == "suspend":
        app.terminal.screen.reset()
        app.terminal.write("\x1b[?7l$ fg\r\n")
        app.driver.resume_application_mode()
    elif name == "leaf":
        leaf = app.screen_stack[0].query_one("#leaf")
        leaf.display, leaf.styles.offset = details[0], (details[1], 2)
    else:
        board.styles.border = ("round", "red") if details[0] else None


@pytest.mark.parametrize("life", LIVES, ids=str)
async def test_after_every_act_of_a_life(life: list[tuple[Any, ...]]) -> None:
    await live(life)


async def live(life: list[tuple[Any, ...]]) -> None:
    app = sample()
    async with running(app) as pilot:
        assert_painted(app)
        for act in life:
            await perform(pilot, *act)
            await settle(pilot)
            assert app.cell_diff
            assert_painted(app)
        app.terminal.taken()
        app.screen.refresh()
        await settle(pilot)
        assert app.terminal.taken() == ""


@settings(max_examples=12, deadline=None)
@given(st.lists(acts, min_size=3, max_size=12))
def test_the_terminal_shows_the_compositors_screen(life: list[tuple[Any, ...]]) -> None:
    asyncio.run(live(life))
