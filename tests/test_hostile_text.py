"""Markup, escapes and bidi characters in names, files and an engine's words: shown, and nothing more."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pty_kit import PATIENCE, Person, long

MARKUP = "[@click=app.quit()]b[/]"
HOSTILE = f"a\x1b]52;c;aGk=\x07{MARKUP}[/x]\u202ec\x9b2J\x1b[2J"
NEVER = [b"\x1b]", b"\x07", b"\x1b[2J", "\u202e".encode(), "\x9b".encode(), b"\x1b]52"]

ENGINE = """
import sys
hostile = {hostile!r}
print({first})
sys.stdout.flush()
sys.stderr.write(hostile + chr(10))
sys.stderr.flush()
sys.stdin.readline()
sys.exit(hostile)
"""
PROXY = """
import subprocess, sys
engine = subprocess.Popen([sys.executable, "-m", "unroll.engine"], stdin=0, stdout=subprocess.PIPE)
for line in engine.stdout:
    sys.stdout.buffer.write(line.replace(b'"names":[', {names!r}.join(['"names":[', ',']).encode()))
    sys.stdout.buffer.flush()
"""
"""A real engine, which gives one more model's name."""


def assert_inert(person: Person) -> None:
    """It runs, and nothing of the hostile text acted on the terminal; beyond the splash, which clears the screen."""
    live = person.sent.partition("╯".encode())[2]
    assert [data for data in NEVER if data in live] == []
    assert person.program.poll() is None


def click_on(person: Person, text: str, beside: int = 0) -> None:
    """Press and release the mouse on a text, wherever it stands, or so many columns to its right."""
    rows = person.text.splitlines()
    y = next(y for y, row in enumerate(rows) if text in row)
    x = rows[y].index(text) + beside
    person.type(f"\x1b[<0;{x + 2};{y + 1}M\x1b[<0;{x + 2};{y + 1}m".encode())
    person.quiet()


@pytest.fixture
def person() -> Iterator[Person]:
    with Person() as person:
        person.shown("it expects")
        person.quiet()
        yield person


def paste(person: Person, text: str) -> None:
    person.type(b"\x1b[200~" + text.encode() + b"\x1b[201~")
    person.quiet()


def test_a_model_of_a_hostile_name_is_not_offered(tmp_path: Path) -> None:
    (tmp_path / "saved_models").mkdir()
    (tmp_path / "saved_models" / f"{HOSTILE.replace('/', '_')}.safetensors").write_bytes(b"no model")
    with Person(under=("sh", "-c", f'cd {tmp_path}; exec "$@"', "sh")) as person:
        person.shown("it expects")
        person.type(b"o")
        person.shown("recall-rnn")
        assert "@click" not in person.text
        assert_inert(person)


def test_names_that_an_engine_elsewhere_gives_its_models_are_shown_inert(tmp_path: Path) -> None:
    script = tmp_path / "engine.py"
    script.write_text(PROXY.format(names=json.dumps(HOSTILE)))
    with Person("--engine", f"{sys.executable} {script}") as person:
        person.shown("it expects")
        person.type(b"o")
        person.shown("[@click=app.quit()]b")
        person.quiet()
        click_on(person, "[@click=app.quit()]b")
        person.type(b"\r")
        person.quiet()
        assert_inert(person)


def test_a_runs_name_is_shown_inert(person: Person) -> None:
    person.type(b"4")
    person.shown("r rename")
    person.type(b"r")
    person.shown("Name of the run")
    person.quiet()
    paste(person, f"{MARKUP}[/x]")
    person.type(b"\r")
    person.until(lambda: "Name of the run" not in person.text, PATIENCE)
    person.shown("[@click=app.qu")
    click_on(person, "[@click=app.qu")
    person.type(b"b?")
    person.quiet()
    assert_inert(person)


@pytest.mark.parametrize("field", ["epochs", *map(long, ["hidden_size", "learning_rate", "seed"])])
def test_what_is_typed_into_a_field_is_shown_inert(person: Person, field: str) -> None:
    click_on(person, field, beside=15)
    for text in ("[/]", MARKUP, HOSTILE):
        paste(person, text)
        assert_inert(person)
    assert "[/][@cl" in "".join(row[1:32].strip() for row in person.text.splitlines()[14:23])
    person.type(b"\r")
    person.quiet()
    assert_inert(person)


def test_what_is_typed_into_the_prompt_is_shown_inert(person: Person) -> None:
    person.type(b"/")
    person.until(lambda: "f1 explain" in person.text.splitlines()[-1], PATIENCE)
    paste(person, f" {MARKUP}[/]")
    assert "[@click" in person.text
    paste(person, HOSTILE)
    person.type(b"\r")
    person.quiet()
    assert_inert(person)


@pytest.mark.parametrize(
    "first",
    [
        "hostile",
        pytest.param("'{}'", marks=pytest.mark.long),
        pytest.param(
            "'{\"type\":\"error\",\"sentence\":' + __import__('json').dumps(hostile) + '}'", marks=pytest.mark.long
        ),
    ],
)
def test_an_engines_words_are_shown_inert(first: str, tmp_path: Path) -> None:
    script = tmp_path / "engine.py"
    script.write_text(ENGINE.format(hostile=HOSTILE, first=first))
    with Person("--engine", f"{sys.executable} {script}") as person:
        person.until(lambda: "ctrl+r" in person.text, PATIENCE)
        person.quiet()
        assert_inert(person)
        person.type(b"\x03")
        assert person.until_ended() == 0


def test_a_file_named_on_the_command_line_is_said_inert(tmp_path: Path) -> None:
    recording = tmp_path / HOSTILE.replace("/", "_")
    recording.write_text("no recording")
    with Person("--replay", str(recording)) as person:
        person.until(lambda: "␛]52" in person.text or person.ended, PATIENCE)
        person.quiet()
        assert_inert(person)


def test_leaving_in_the_middle_of_many_deeds_writes_nothing_over_the_shell(person: Person) -> None:
    person.type(b"q" + b"bcrs" * 5)
    assert person.until_ended() == 0
    after = person.sent.rpartition(b"\x1b[?1004l")[2]
    assert re.sub(rb"\x1b\[\?\d+l", b"", after) == b""
