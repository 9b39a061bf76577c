"""Bytes in, messages out: however they are torn, whatever they are."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.message import Message

from unroll.tty.input import ESCAPE_DELAY_S, PASTE, PASTE_END, SEQUENCE_TIMEOUT_S, InputParser

WHOLE = [
    b"\x1b[D", b"\x1bOA", b"\x1b[1;5C", b"\x1b[<0;45;9M", b"\x1b[<35;1;1m", b"\x1b[?2026;2$y", b"\x1b[I", b"\x1b[97;5u",
    b"\x1b[97;;97u", b"\x1b[3~", b"\x1b[[A", b"\x1b[M !!", b"\x1b]0;title\x07", b"\x1bP1$r0m\x1b\\", b"\x1bf", b"\x1bx",
    b"\x1b[99z", b"\x1b[1114112u", b"q", b"7", "é漢👍".encode(), b"\xff", b"\x00", b"\r", b"\x03", b"\x1b\x7f",
    b"\x1b[200~7 8\x1b[2J\x1b\x1b \xc3\xa9 9\x1b[201~", b"\x1b[M \xc3\xa9", "й".encode(), b"\x1b[1081::113;;1081u",
]  # fmt: skip
streams = st.lists(st.sampled_from(WHOLE), max_size=12).map(b"".join)
anything = st.binary(max_size=60) | st.lists(
    st.sampled_from([*WHOLE, b"\x1b", b"[", b"1", b";", b"M", b"<", b"~", b"u", b"\x1b[200~"]), max_size=30
).map(b"".join)


def kitty(code: str, base: str, modifiers: str = "", text: str = "") -> bytes:
    """A key of the kitty protocol: what it types, and what it is on a Latin layout."""
    return f"\x1b[{ord(code)}::{ord(base)};{modifiers};{':'.join(str(ord(glyph)) for glyph in text)}u".encode()


KEYS = [
    (kitty("й", "q", text="й"), "q", "й"),
    (kitty("с", "c", "2", "С"), "C", "С"),
    (kitty("с", "c", "5"), "ctrl+c", None),
    (kitty("с", "c", "6"), "ctrl+shift+c", None),
    (kitty("λ", "l", text="λ"), "l", "λ"),
    (kitty("ש", "a", text="ש") + kitty("/", "q", text="/"), "q", "/"),
    (kitty("ש", "a", text="ש") + kitty("7", "7", text="7"), "7", "7"),
    (kitty("/", "q", text="/"), "slash", "/"),
    (kitty("ﻻ", "b", text="لا"), "b", "لا"),
    (kitty("ظ", "/", "2", "ظ"), "question_mark", "ظ"),
    (kitty("ქ", "q", text="ქ"), "q", "ქ"),
    (kitty("a", "q", text="a"), "a", "a"),
    (kitty("é", "2", text="é"), "é", "é"),
    ("й".encode(), "q", "й"),
    ("Ж".encode(), "colon", "Ж"),
    (b"\x1b[0;;233u", "é", "é"),
    (b"\x1b[57410;;47u", "slash", "/"),
    (b"\x1b[57410u", "slash", "/"),
    (b"\x1b[57413;129;43u", "plus", "+"),
    (b"\x1b[57412u", "minus", "-"),
    (b"\x1b[57414;129u", "enter", None),
    (b"\x1b[57406;129;55u", "7", "7"),
    (b"\x1bOo", "slash", "/"),
    (b"\x1bOM", "enter", None),
]


def told(messages: list[Message]) -> list[Any]:
    """Messages in words that can be compared."""
    return [str(message) for message in messages]


def heard(*pieces: bytes, pause: float = 0.0) -> list[Any]:
    """What these pieces say, with a pause after each, and long silence after the last."""
    keyboard, now, messages = InputParser(), 0.0, []
    for piece in pieces:
        messages += keyboard.feed(piece, now)
        now += pause
        messages += keyboard.tick(now)
    for _ in range(2):
        now += 2 * SEQUENCE_TIMEOUT_S
        messages += keyboard.tick(now)
    return told(messages)


@pytest.mark.parametrize(("sent", "key", "text"), KEYS, ids=ascii)
def test_on_every_layout_the_keys_are_those_of_a_latin_one(sent: bytes, key: str, text: str | None) -> None:
    *_, message = InputParser().feed(sent, 0.0)
    assert isinstance(message, events.Key)
    assert (message.key, message.character) == (key, text)


@pytest.mark.parametrize(
    "report", [b"\x1b[<35;-1;5M", b"\x1b[<0;0;-99m", b"\x1b[<0;1-2;3$4M", b"\x1b[M \x80\xc3", b"\x1b[M#\xff\xe2"]
)  # fmt: skip
def test_no_report_of_the_mouse_swallows_a_key(report: bytes) -> None:
    assert heard(report + b"q")[-1:] == heard(b"q")


def test_a_button_released_outside_of_the_window_is_released_at_its_edge() -> None:
    (message,) = InputParser().feed(b"\x1b[<0;-3;5m", 0.0)
    assert isinstance(message, events.MouseUp)
    assert (message.x, message.y) == (0, 4)


@given(streams, st.data())
def test_torn_anywhere_it_says_the_same(stream: bytes, data: st.DataObject) -> None:
    places = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
    pieces = [stream[start:end] for start, end in pairwise([0, *places, len(stream)])]
    assert heard(*pieces, pause=ESCAPE_DELAY_S / 2) == heard(stream)


@given(st.lists(anything, max_size=4))
def test_nothing_ends_it(pieces: list[bytes]) -> None:
    heard(*pieces)
    keyboard = InputParser()
    for now, piece in enumerate(pieces):
        list(keyboard.feed(piece, now))
    for late in (10.0, 20.0):
        list(keyboard.tick(late))
    assert told(list(keyboard.feed(b"q", 30.0))) == heard(b"q")


@given(st.binary(max_size=80).filter(lambda text: PASTE_END.encode() not in text))
def test_a_paste_is_one_message_whatever_is_in_it(text: bytes) -> None:
    messages = list(InputParser().feed(PASTE.encode() + text + PASTE_END.encode(), 0.0))
    assert [type(message) for message in messages] == [events.Paste]


def test_an_answer_in_the_middle_of_a_paste_is_no_part_of_it() -> None:
    paste = heard(PASTE.encode() + b"7 8 9" + PASTE_END.encode())
    torn = heard(PASTE.encode() + b"7 8\x1b[?202", b"6;2$y 9" + PASTE_END.encode(), b"q")
    assert torn == [*heard(b"\x1b[?2026;2$y"), *paste, *heard(b"q")]


def test_a_key_torn_after_its_escape_is_still_that_key() -> None:
    assert heard(b"\x1b", b"[D", pause=2 * ESCAPE_DELAY_S) == [*heard(b"\x1b"), *heard(b"\x1b[D")]


def test_escape_and_a_key_in_one_piece_are_two_keys() -> None:
    assert heard(b"\x1b3") == [*heard(b"\x1b"), *heard(b"3")]


def test_a_paste_is_kept_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unroll.tty.input.MAX_PASTE", 1000)
    (message,) = InputParser().feed(PASTE.encode() + b"7 " * 10_000 + PASTE_END.encode(), 0.0)
    assert isinstance(message, events.Paste)
    assert len(message.text) == 1000
