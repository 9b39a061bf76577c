"""Whatever comes in by the terminal's line, and when it ends: the real program lives on, or ends in order."""

from collections.abc import Iterator

import pytest

from pty_kit import TRAINED, Session, long

JUNK = {
    "a byte that is no UTF-8": b"\xff",
    "half a character": b"\xc3",
    "a key beyond Unicode": b"\x1b[1114112u",
    "a key with a text beyond Unicode": b"\x1b[97;1;1114112u",
    "numbers beyond all measure": b"\x1b[" + b"9" * 5000 + b"u",
    "a click beyond the window": b"\x1b[<0;9999999;9999999M\x1b[<0;9999999;9999999m",
    "a window without pixels": b"\x1b[48;40;120;0;0t\x1b[<0;5;5M\x1b[<0;5;5m",
    "a window without cells": b"\x1b[48;0;0;0;0t",
    "a vast window": b"\x1b[48;99999;99999;1;1t",
    "an unknown sequence": b"\x1b[99z",
    "an answer to no question": b"\x1b]11;rgb:0000/0000/0000\x1b\\\x1bP1$r0m\x1b\\\x1b[?62;22c\x1b[5;5R",
    "NUL": b"\x00" * 100,
    "noise": bytes(byte for byte in range(0x80, 0x100)) * 20,
}
SEQUENCES = [b"\x1b[D", b"\x1b[<0;45;9M\x1b[<0;45;9m", b"\x1b[?2026;2$y", b"\x1b[1;5C", b"\x1bOC", b"\xe2\x80\xba"]


@pytest.fixture
def session() -> Iterator[Session]:
    """The program at rest; after the test it still answers a key, and quits in order."""
    with Session(*TRAINED) as session:
        session.until_ready()
        session.quiet()
        yield session
        session.send("\x1b")
        session.until(lambda: "q quit" in session.last_row)
        session.send("?")
        session.until_shown("esc closes")
        session.send("\x03")
        assert session.until_ended() == 0
        session.assert_given_back()


def reach_the_prompt(session: Session) -> None:
    if "enter append" not in session.last_row:
        session.send("/")
    session.until(lambda: "enter append" in session.last_row)


def test_no_junk_ends_it_or_is_typed(session: Session) -> None:
    for name, junk in JUNK.items():
        reach_the_prompt(session)
        session.send(junk)
        session.quiet()
        assert session.program.poll() is None, name
        assert "\n› 7 8 9 10 " in session.text, name


@pytest.mark.parametrize("pause", [pytest.param(0.0, id="at once"), long(0.15, id="after a pause")])
def test_a_sequence_torn_at_any_byte_presses_nothing_else(session: Session, pause: float) -> None:
    reach_the_prompt(session)
    for sequence in SEQUENCES:
        for place in range(2 if pause else 1, len(sequence)):
            session.send(sequence[:place])
            session.pump(pause)
            session.send(sequence[place:])
            session.pump(0.02)
    session.quiet()
    assert "\n› 7 8 9 10" in session.text


def test_a_torn_sequence_that_never_ends_is_given_up(session: Session) -> None:
    session.send("\x1b[<0;10;1")
    session.pump(1.5)


def test_a_paste_presses_no_key_and_after_one_whose_end_is_lost_keys_are_keys_again(session: Session) -> None:
    session.send(b"\x1b[200~\x1b\x1b" + b"q" * 50 + b"\x03\x1b[D\x1b[201~")
    session.quiet()
    reach_the_prompt(session)
    session.send("\x1b[200~ 11 12")
    session.until_shown("› 7 8 9 10 11 12")


def test_idle_at_an_open_terminal_it_burns_no_processor(session: Session) -> None:
    before = session.cpu_seconds()
    session.pump(2.0)
    assert session.cpu_seconds() - before < 0.2


def test_an_unterminated_paste_can_be_left_at_once_by_hanging_up() -> None:
    with Session(*TRAINED) as session:
        session.until_ready()
        session.send("\x1b[200~1 2 3")
        assert session.hang_up() == 129
