"""Every glyph that is ever drawn has a form of one column in each charset."""

import ast
import html
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.color import ColorSystem
from rich.segment import Segment
from textual.scrollbar import ScrollBarRender

import unroll.tty.environment
import unroll.tty.input
from unroll.tty.environment import ASCII, CP437, UNKNOWN, Charset, charset_of
from unroll.tty.framebuffer import cells_of, spelled

NOT_DRAWN = {Path(unroll.tty.environment.__file__), Path(unroll.tty.input.__file__)}
SNAPSHOTS = Path(__file__).parents[1] / "terminal" / "__snapshots__"

IN_DEJAVU_SANS_MONO = re.compile(
    r"[ -~\xa1-\u0241\u0391-\u03c9\u2010-\u2023\u2026\u2039\u203a\u2074-\u208e\u2090-\u209c\u2190-\u2213\u2217-\u2220"
    r"\u2227-\u222d\u2241-\u2269\u228d-\u22a5\u22c2-\u22c6\u23ce\u2500-\u262f\u270c-\u2727\u2729-\u274b\u2800-\u28ff\u2c7c\ufffd]"
)
"""A font without gaps where most others have none: what it lacks, a terminal shows as a box or from another font."""
PICTURE_OF_DELETE = "␡"
"""Shown only where somebody else's text holds the character."""


def drawn_in_snapshots() -> set[str]:
    texts = [html.unescape(file.read_text(encoding="utf-8")) for file in SNAPSHOTS.rglob("*.svg")]
    assert texts
    return set("".join(texts))


def written_in_the_source() -> set[str]:
    """Every character of a string that is no docstring."""
    found: set[str] = set()
    for file in set(Path(unroll.__path__[0]).rglob("*.py")) - NOT_DRAWN:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                node.value.value = ""
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= set(node.value)
    return {character for character in found if character.isprintable() and unicodedata.category(character) != "Mn"}


def drawn_by_textual() -> set[str]:
    """Scroll bars, lines under tabs, and the arrows of a list."""
    return set("".join(ScrollBarRender.VERTICAL_BARS + ScrollBarRender.HORIZONTAL_BARS)) | set("━╸╺▼▲●▐▌▔▁")


@pytest.mark.parametrize("charset", [ASCII, CP437], ids=["ascii", "cp437"])
@pytest.mark.parametrize("drawn", [drawn_in_snapshots, written_in_the_source, drawn_by_textual])
def test_every_glyph_that_is_drawn_has_a_form(charset: Charset, drawn: Callable[[], set[str]]) -> None:
    without = {glyph for glyph in drawn() if charset.form(glyph) == UNKNOWN} - {UNKNOWN, "\ufffd"}
    assert without == set()


def test_every_glyph_is_in_a_font_that_everybody_has() -> None:
    assert {glyph for glyph in written_in_the_source() if not IN_DEJAVU_SANS_MONO.match(glyph)} == {PICTURE_OF_DELETE}
    assert not IN_DEJAVU_SANS_MONO.match("⑂")


def test_a_plot_has_a_stroke_for_every_pattern_of_dots() -> None:
    forms = {ASCII.form(chr(code)) for code in range(0x2801, 0x2900)}
    assert forms <= set("|'.-_/\\") and len(forms) == 7
    assert ASCII.spell("⠒⠒⣀⣀⡇⢸⠑⢄⡠⠊\u2800") == "--__||\\\\// "


@given(st.text(max_size=20))
@pytest.mark.parametrize("charset", [ASCII, CP437], ids=["ascii", "cp437"])
def test_whatever_the_text_it_fills_as_many_cells(charset: Charset, text: str) -> None:
    shown = spelled(text, charset)
    assert len(shown) == cell_len(text) == len(cells_of([Segment(text)], ColorSystem.TRUECOLOR, charset))
    assert all(len(form) == 1 and form.isprintable() for form in shown)
    if charset is ASCII:
        assert "".join(shown).isascii()
    else:
        assert not set("".join(shown)) - set(bytes(range(0x20, 0xFF)).decode("cp437")) - set("•○◙♪♫☼►◄↕‼¶§▬↑↓→←∟↔▲▼")


@pytest.mark.parametrize(
    ("variables", "charset"),
    [
        ("", None),
        ("TERM=xterm-256color LANG=C.UTF-8", None),
        ("TERM=xterm LANG=de_DE.utf8", None),
        ("TERM=xterm LANG=en_US.ISO-8859-1 LC_CTYPE=en_US.UTF-8", None),
        ("TERM=xterm LANG=C", ASCII),
        ("TERM=xterm LANG=C LC_CTYPE=C.UTF-8", ASCII),
        ("TERM=xterm LC_ALL=POSIX LANG=C.UTF-8", ASCII),
        ("TERM=xterm LANG=C.UTF-8 PYTHONIOENCODING=ascii", ASCII),
        ("TERM=xterm LANG=C.UTF-8 PYTHONIOENCODING=utf8:strict", None),
        ("TERM=vt100 LANG=C.UTF-8", ASCII),
        ("TERM=linux LANG=C.UTF-8", CP437),
        ("TERM=linux LANG=C", ASCII),
        ("TERM=linux LANG=C WANTED=unicode", None),
        ("TERM=xterm WANTED=cp437", CP437),
        ("TERM=xterm WANTED=runes", None),
    ],
)
def test_the_variables_tell_the_charset(variables: str, charset: Charset | None) -> None:
    environment = dict(word.split("=") for word in variables.split())
    assert charset_of(environment, environment.get("WANTED", "")) is charset


@pytest.mark.parametrize(
    ("text", "form"),
    [("éßσΔøЖ", "essDoZ"), ("“–”", '"-"'), ("\u241b█▀", '^#"'), ("½²ﬁ", "12f"), ("┈┊┼╭", "-|+."), ("漢♪", "??")],
)
def test_what_the_program_does_not_draw_has_a_likely_form(text: str, form: str) -> None:
    assert ASCII.spell(text) == form
