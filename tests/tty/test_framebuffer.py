"""Cells, pens and the diff between two screens, drawn at random and shown to an emulated terminal."""

import unicodedata
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip
from tty_kit import Terminal

from unroll import text
from unroll.text import printable
from unroll.tty import framebuffer
from unroll.tty.ansi import PLAIN, AnsiWriter, Pen, change, is_undisputed, parse, travel
from unroll.tty.framebuffer import REPAIR, Framebuffer, glyphs, is_hostile, splice
from unroll.tty.textual_patches import LayoutUpdate

WIDTH, HEIGHT = 12, 3
CONSOLE = Console(color_system="truecolor", force_terminal=True)
SGR = ColorSystem.TRUECOLOR
CLUSTERS = ["a", "b", " ", "█", "⣿", "é", "e\u0301", "漢", "字", "Ａ", "⚡", "😀", "ｱ"]
STYLES = [
    "",
    "red",
    "bold red",
    "on blue",
    "bold #ff8000 on #000080",
    "reverse",
    "dim underline",
    "italic not bold white",
]

known_text = st.lists(st.sampled_from(CLUSTERS), max_size=WIDTH).map("".join)
odd = st.sampled_from(
    ["👨", "👩", "\u200d", "\ufe0f", "❤", "🇩", "🇪", "👍", "🏽", "\u0903", "\u0301", "\xad", "\x1b", "x"]
)
any_text = st.text(max_size=WIDTH) | st.lists(odd, max_size=WIDTH).map("".join)
colour = st.sampled_from(["", "38;2;1;2;3", "38;5;9", "31", "97"])
ground = st.sampled_from(["", "48;2;1;2;3", "48;5;9", "41", "107"])
pens = st.builds(Pen, st.frozensets(st.sampled_from("123456789") | st.sampled_from(["21", "51", "53"])), colour, ground)


def screens(text: st.SearchStrategy[str]) -> st.SearchStrategy[list[list[Strip]]]:
    segment = st.builds(lambda text, style: Segment(text, Style.parse(style)), text, st.sampled_from(STYLES))
    row = st.lists(segment, max_size=4).map(lambda row: Strip(row).adjust_cell_length(WIDTH, Style.parse("on black")))
    return st.lists(st.lists(row, min_size=HEIGHT, max_size=HEIGHT), min_size=2, max_size=4)


def update(strips: list[Strip]) -> LayoutUpdate:
    return LayoutUpdate([[strip] for strip in strips], Size(WIDTH, HEIGHT).region)


def painted(canvas: Framebuffer, terminal: Terminal, strips: list[Strip]) -> str:
    canvas.absorb(update(strips), SGR)
    frame, _ = canvas.paint(sorted(canvas.stale), (0, 0))
    terminal.write(frame)
    return frame


@given(any_text)
def test_glyphs_fill_the_cells_that_the_layout_gave(text: str) -> None:
    assert len(glyphs(text)) == cell_len(text)


def test_what_is_hostile_is_the_same_for_the_stage_and_the_program() -> None:
    assert (framebuffer.HOSTILE, framebuffer.REPLACEMENT) == (text.HOSTILE, text.REPLACEMENT)


@given(any_text)
def test_no_hostile_character_leaves(text: str) -> None:
    assert not any(is_hostile(character) for character in "".join(glyphs(text)) + printable(text))
    assert all(unicodedata.category(character) not in ("Cc", "Cs") for character in "".join(glyphs(text)))


@given(any_text.filter(lambda text: not any(map(is_hostile, text))))
def test_harmless_text_is_left_alone(text: str) -> None:
    assert printable(text) == text


def test_inert_shows_what_it_disarms() -> None:
    assert printable("a\x1b[2J\x07\x7f\x9b\u202e") == "a␛[2J␇␡\ufffd\ufffd"


def test_marks_on_one_cell_are_bounded() -> None:
    assert len("".join(glyphs("a" + "\u0301" * 1000))) < 10


def held(sgr: str, pen: Pen) -> Pen:
    """What a terminal that held `pen` holds after a sequence: written apart from the code under test."""
    ended = {"22": "12", "23": "3", "24": "4", "25": "56", "27": "7", "28": "8", "29": "9"}
    codes = sgr.removeprefix("\x1b[").removesuffix("m").split(";")
    while codes:
        code = codes.pop(0)
        if code in ("38", "48"):
            rest = codes[: 4 if codes[0] == "2" else 2]
            del codes[: len(rest)]
            code = ";".join([code, *rest])
        if code in ("", "0"):
            pen = PLAIN
        elif code in ended:
            pen = pen._replace(attributes=pen.attributes - set(ended[code]))
        elif code in ("39", "49"):
            pen = pen._replace(**{"foreground" if code == "39" else "background": ""})
        elif code in ("21", "51", "53") or len(code) == 1:
            pen = pen._replace(attributes=pen.attributes | {code})
        elif code[0] in "39":
            pen = pen._replace(foreground=code)
        else:
            pen = pen._replace(background=code)
    return pen


@given(pens, pens)
def test_a_change_of_pen_leads_from_one_to_the_other(before: Pen, after: Pen) -> None:
    sequence = change(before, after)
    assert (held(sequence, before) if sequence else before) == after


@given(pens)
def test_a_pen_is_what_its_codes_say(pen: Pen) -> None:
    assert parse(";".join([*sorted(pen.attributes), *filter(None, pen[1:])])) == pen


@given(st.lists(st.tuples(st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1)), min_size=1))
def test_travel_arrives(places: list[tuple[int, int]]) -> None:
    terminal = Terminal(WIDTH, HEIGHT)
    for start, end in pairwise([None, *places]):
        terminal.write(travel(start, end) if start != end else "")
        assert terminal.cursor == end


@given(st.data())
def test_a_wide_glyph_cut_by_a_patch_is_blank_in_its_other_half(data: st.DataObject) -> None:
    row = [(glyph, PLAIN) for glyph in glyphs("漢a字字b漢")]
    patch = [(glyph, PLAIN) for glyph in data.draw(known_text.map(glyphs).filter(len))][: len(row)]
    if patch[0][0] and cell_len(patch[-1][0]) < 2:
        splice(row, data.draw(st.integers(0, len(row) - len(patch))), patch)
    for (glyph, _), (after, _) in pairwise(row):
        assert (cell_len(glyph) == 2) == (after == "")


@settings(max_examples=100)
@given(screens(known_text))
def test_after_every_frame_the_terminal_is_stocks(frames: list[list[Strip]]) -> None:
    canvas, terminal = Framebuffer(), Terminal(WIDTH, HEIGHT)
    canvas.resize(Size(WIDTH, HEIGHT))
    for strips in frames:
        painted(canvas, terminal, strips)
        expected = Terminal(WIDTH, HEIGHT)
        expected.write(update(strips).render_segments(CONSOLE))
        assert terminal.cells == expected.cells
        assert painted(canvas, terminal, strips) == ""


@settings(max_examples=100)
@given(screens(known_text))
def test_written_pen_by_pen_the_terminal_shows_the_same(frames: list[list[Strip]]) -> None:
    canvas, terminal = Framebuffer(), Terminal(WIDTH, HEIGHT)
    canvas.resize(Size(WIDTH, HEIGHT))
    for strips in frames:
        canvas.absorb(update(strips), SGR)
        writer = AnsiWriter(WIDTH, None)
        writer.runs_by_pen((row, y, 0, WIDTH) for y, row in enumerate(canvas.wanted))
        writer.finish((0, 0))
        terminal.write(REPAIR + "".join(writer.written))
        expected = Terminal(WIDTH, HEIGHT)
        expected.write(update(strips).render_segments(CONSOLE))
        assert terminal.cells == expected.cells


def test_a_column_of_a_heatmap_costs_its_pens_once() -> None:
    canvas, pens = Framebuffer(), [parse(f"38;2;255;255;255;48;2;{17 * n};{9 * n};30") for n in range(8)]
    canvas.resize(Size(40, 32))
    canvas.paint(range(32), (0, 0))
    for y, row in enumerate(canvas.wanted):
        row[10:13] = [(glyph, pens[y * 5 % 8]) for glyph in " - "]
    frame, _ = canvas.paint(range(32), (0, 0))
    assert frame.count("m") == len(pens) + 1
    assert len(frame) < 32 * 11 + 8 * 20


def test_a_colour_of_the_cube_of_256_is_written_as_its_number() -> None:
    assert parse("38;2;255;255;255;48;2;95;135;0") == Pen(foreground="38;5;231", background="48;5;64")
    assert parse("38;2;255;255;254").foreground == "38;2;255;255;254"
    assert parse("38;2;0;0;255").foreground == "38;2;0;0;255", "some schemes have other colours at 16 to 21"


@settings(max_examples=100)
@example(
    [[Strip([Segment(text)]).adjust_cell_length(WIDTH, Style.parse("on black"))] * HEIGHT for text in ("0🇩", "\u074b🇩")]
)
@given(screens(any_text))
def test_whatever_the_text_is_undisputed_cells_are_right(frames: list[list[Strip]]) -> None:
    canvas, terminal = Framebuffer(), Terminal(WIDTH, HEIGHT)
    canvas.resize(Size(WIDTH, HEIGHT))
    for strips in frames:
        painted(canvas, terminal, strips)
        for row, wanted in zip(terminal.cells, canvas.wanted, strict=True):
            assert len(wanted) == WIDTH
            for cell, (glyph, _) in zip(row, wanted, strict=True):
                assert cell.data == glyph or not is_undisputed(glyph) or not glyph
