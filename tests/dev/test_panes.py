"""Bytes are told apart by pane: whatever is written, by the program, is charged to where it was drawn."""

from collections import Counter

import pyte
from hypothesis import given
from hypothesis import strategies as st

from unroll.tty.ansi import AnsiWriter, parse
from unroll_dev.bench.panes import NONE, PROMPT, Pane, panes_of, spent

PANES = {"left": Pane(0, 0, 20, 10), "middle": Pane(20, 0, 45, 10), "below": Pane(0, 10, 60, 12)}
"""On a screen of 60 by 12; from column 45 on, above, there is none."""
PENS = [parse(sgr) for sgr in ("", "1", "38;2;1;2;3;48;2;4;5;6", "7;38;5;9")]

runs = st.lists(
    st.tuples(
        st.integers(0, 11),
        st.sampled_from([0, 8, 20, 33, 48]),
        st.lists(st.sampled_from(["a", "7", "█", "⣿", " ", "好"]), min_size=1, max_size=3),
        st.sampled_from(PENS),
    ),
    unique_by=lambda run: run[:2],
)
"""Row, column, glyphs and pen: two runs of a row are at least two cells apart, and each is inside of one pane."""


@given(runs, st.tuples(st.integers(0, 59), st.integers(0, 11)))
def test_every_byte_is_charged_to_the_pane_it_was_drawn_in(drawn, home):
    brush, expected = AnsiWriter(60, None), Counter()
    for y, x, glyphs, pen in drawn:
        cells = [part for glyph in glyphs for part in ([(glyph, pen), ("", pen)] if glyph == "好" else [(glyph, pen)])]
        row = [("?", parse("4"))] * x + cells
        before = written(brush)
        brush.run(row, y, x, len(row))
        pane = next((name for name, pane in PANES.items() if pane.holds(x, y)), NONE)
        expected[pane] += written(brush) - before
    before = written(brush)
    brush.finish(home)
    expected[NONE] += written(brush) - before
    stream = f"\x1b[?2026h{''.join(brush.written)}\x1b[?2026l\x1b[?2026$p".encode()
    expected[NONE] += len("\x1b[?2026h\x1b[?2026l\x1b[?2026$p")
    assert +spent(stream, PANES) == +expected


def written(brush: AnsiWriter) -> int:
    return len("".join(brush.written).encode())


@given(st.binary(max_size=200))
def test_whatever_comes_all_of_it_is_charged(stream):
    assert spent(stream, PANES).total() == len(stream)


def test_panes_are_found_by_their_titles_and_the_prompt_by_its_mark():
    screen = pyte.Screen(20, 7)
    for y, row in enumerate(
        ["╭─ Loss ───╮╭─ Runs ╮", "│  好      ││       │", "╰──────────╯│       │", "╭─ A b ────╮│       │"]
    ):
        screen.cursor_position(y + 1, 1)
        screen.draw(row[:20])
    for y, row in enumerate(["╰──────────╯╰──────╯", "› 7 8", "  step"], 4):
        screen.cursor_position(y + 1, 1)
        screen.draw(row)
    found = panes_of(screen)
    assert found["Loss"] == Pane(0, 0, 12, 3)
    assert found["A b"] == Pane(0, 3, 12, 5)
    assert found[PROMPT] == Pane(0, 5, 20, 6)
