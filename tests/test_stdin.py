"""Whatever comes in by the terminal's line, and when it ends: the real program lives on, or ends in order."""

from __future__ import annotations

import pytest

from pty_kit import RECORDED, Person, family, living, wait_for

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
    "an answer nobody asked for": b"\x1b]11;rgb:0000/0000/0000\x1b\\\x1bP1$r0m\x1b\\\x1b[?62;22c\x1b[5;5R",
    "NUL": b"\x00" * 100,
    "noise": bytes(byte for byte in range(0x80, 0x100)) * 20,
}
SEQUENCES = [b"\x1b[D", b"\x1b[<0;45;9M\x1b[<0;45;9m", b"\x1b[?2026;2$y", b"\x1b[1;5C", b"\x1bOC", b"\xe2\x80\xba"]


@pytest.fixture
def person() -> Person:
    with Person(*RECORDED) as person:
        person.shown("it expects")
        person.quiet()
        yield person


def _reach_the_prompt(person: Person) -> None:
    if "enter count on" not in person.text.splitlines()[-1]:
        person.type(b"/")
    person.until(lambda: "enter count on" in person.text.splitlines()[-1])


def _assert_it_lives(person: Person) -> None:
    """It still answers a key, and leaves in order."""
    person.type(b"\x1b")
    person.until(lambda: "q quit" in person.text.splitlines()[-1])
    person.type(b"3")
    person.shown("Counts after a tenth of a")
    person.type(b"\x03")
    assert person.until_ended() == 0
    assert b"Traceback" not in person.sent
    person.assert_given_back()


def test_no_junk_ends_it_or_is_typed(person: Person) -> None:
    for name, junk in JUNK.items():
        _reach_the_prompt(person)
        person.type(junk)
        person.quiet()
        assert person.program.poll() is None, name
        assert "\n› 7 8 9 10 " in person.text, name
    _assert_it_lives(person)


@pytest.mark.parametrize(
    "pause", [pytest.param(0.0, id="at once"), pytest.param(0.15, id="after a pause", marks=pytest.mark.long)]
)
def test_a_sequence_torn_at_any_byte_presses_nothing_else(person: Person, pause: float) -> None:
    _reach_the_prompt(person)
    for sequence in SEQUENCES:
        for place in range(2 if pause else 1, len(sequence)):
            person.type(sequence[:place])
            person.pump(pause)
            person.type(sequence[place:])
            person.pump(0.02)
    person.quiet()
    assert "\n› 7 8 9 10" in person.text
    _assert_it_lives(person)


def test_a_torn_sequence_that_never_ends_is_given_up(person: Person) -> None:
    person.type(b"\x1b[<0;10;1")
    person.pump(1.5)
    _assert_it_lives(person)


def test_after_a_paste_whose_end_is_lost_keys_are_keys_again(person: Person) -> None:
    _reach_the_prompt(person)
    person.type(b"\x1b[200~ 11 12")
    person.until(lambda: "11 12 " in person.text.splitlines()[-4])
    _assert_it_lives(person)


def test_a_paste_presses_no_key_whatever_is_in_it(person: Person) -> None:
    person.type(b"\x1b[200~\x1b\x1b" + b"q" * 50 + b"\x03\x1b[D\x1b[201~")
    person.quiet()
    _assert_it_lives(person)


def test_an_unterminated_paste_can_be_left_at_once_by_hanging_up() -> None:
    with Person(*RECORDED) as person:
        person.shown("it expects")
        person.type(b"\x1b[200~1 2 3")
        person.hang_up()
        assert person.program.wait(10) == 129


@pytest.mark.parametrize("ignored", ["", "trap '' HUP; "], ids=["told", "hang-up ignored"])
def test_where_the_terminal_is_gone_it_ends_and_leaves_no_process(ignored: str) -> None:
    with Person(under=("sh", "-c", f'{ignored}exec "$@"', "sh")) as person:
        person.shown("it expects")
        person.type(b" ")
        all_of_them = family(person.program.pid)
        assert len(all_of_them) > 1
        person.hang_up()
        assert person.program.wait(10) == 129
        wait_for(lambda: not living(all_of_them))


def test_idle_at_an_open_terminal_it_burns_no_processor(person: Person) -> None:
    before = person.cpu_seconds()
    person.pump(2.0)
    assert person.cpu_seconds() - before < 0.2
