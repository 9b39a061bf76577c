"""Markup, escapes and bidi characters in names, files and an engine's words: shown, and nothing more."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine_kit import answers, converse
from pty_kit import TRAINED, Session, long
from unroll.protocol.codec import encode
from unroll.protocol.replies import Models, SavedModel
from unroll.protocol.requests import ListModels

MARKUP = "[@click=app.quit()]b[/]"
HOSTILE = f"a\x1b]52;c;aGk=\x07{MARKUP}[/x]\u202ec\x9b2J\x1b[2J"
NEVER = [b"\x1b]", b"\x07", b"\x1b[2J", "\u202e".encode(), "\x9b".encode(), b"\x1b]52"]

ENGINE = """
import json, sys
hostile = {hostile!r}
print({first})
sys.stdout.flush()
sys.stderr.write(hostile + chr(10))
sys.stderr.flush()
sys.exit(hostile)
"""


class Person(Session):
    """A session in which everything hostile stays text."""

    def click_on(self, text: str, beside: int = 0) -> None:
        """Press and release the mouse on a text, wherever it stands, or this many columns to its right."""
        rows = self.text.splitlines()
        y = next(y for y, row in enumerate(rows) if text in row)
        x = rows[y].index(text) + beside
        self.do(f"\x1b[<0;{x + 2};{y + 1}M\x1b[<0;{x + 2};{y + 1}m")

    def paste(self, text: str) -> None:
        self.do(f"\x1b[200~{text}\x1b[201~")

    def do(self, keys: str) -> None:
        """Press keys; it runs on, and nothing acted on the terminal but the splash, which clears the screen."""
        self.send(keys)
        self.quiet()
        live = self.sent.partition("╯".encode())[2]
        assert [data for data in NEVER if data in live] == []
        assert self.program.poll() is None


@pytest.fixture
def person() -> Iterator[Person]:
    with Person(*TRAINED) as person:
        person.until_ready()
        person.quiet()
        yield person


def test_a_model_of_a_hostile_name_is_not_offered(tmp_path: Path) -> None:
    (tmp_path / "saved_models").mkdir()
    for name in (HOSTILE.replace("/", "_"), "mine"):
        (tmp_path / "saved_models" / f"{name}.safetensors").write_bytes(b"no model")
    (models,) = answers(converse(ListModels())).values()
    names = [model.name for model in models.models]
    assert [name for name in names if Path(models.folder, f"{name}.safetensors").exists()] == ["mine"]
    assert all(name.isprintable() for name in names)


def test_names_that_an_engine_elsewhere_gives_its_models_are_shown_inert(tmp_path: Path) -> None:
    exchange = {"client": ListModels(id=99), "engine": Models(id=99, models=[SavedModel(name=HOSTILE)], folder="")}
    rows = [f'{{"at":9,"speaker":"{who}","message":{encode(said).decode()}}}' for who, said in exchange.items()]
    (tmp_path / "talk.jsonl").write_text("\n".join([Path(TRAINED[1]).read_text().strip(), *rows, ""]))
    with Person("--replay", str(tmp_path / "talk.jsonl")) as person:
        person.until_ready()
        person.send("o")
        person.until_shown("[@click=app.quit()]b")
        person.click_on("[@click=app.quit()]b")
        person.do("\r")


def test_a_runs_name_is_shown_inert(person: Person) -> None:
    person.send("5")
    person.until_shown("N rename")
    person.send("N")
    person.until_shown("Name of the run")
    person.paste(f"{MARKUP}[/x]")
    person.send("\r")
    person.until_gone("Name of the run")
    person.until_shown("[@click=app.qu")
    person.click_on("[@click=app.qu")
    person.do("b?")


@pytest.mark.parametrize("field", ["epochs", *map(long, ["hidden_size", "learning_rate", "seed"])])
def test_what_is_typed_into_a_field_is_shown_inert(person: Person, field: str) -> None:
    person.click_on(field, beside=15)
    for text in ("[/]", MARKUP, HOSTILE):
        person.paste(text)
    person.until(lambda: "[/][@cl" in "".join(row[1:32].strip() for row in person.text.splitlines()[14:23]))
    person.do("\r")


def test_what_is_typed_into_the_prompt_is_shown_inert(person: Person) -> None:
    person.send("/")
    person.until(lambda: "f1 explain" in person.last_row)
    person.paste(f" {MARKUP}[/]")
    person.until_shown("[@click")
    person.paste(HOSTILE)
    person.do("\r")


@pytest.mark.parametrize("first", ["hostile", long("'{}'"), long("json.dumps({'type': 'error', 'sentence': hostile})")])
def test_an_engines_words_are_shown_inert(first: str, tmp_path: Path) -> None:
    script = tmp_path / "engine.py"
    script.write_text(ENGINE.format(hostile=HOSTILE, first=first))
    with Person("--engine", f"{sys.executable} {script}") as person:
        person.until_shown("ctrl+r")
        person.do("")
        person.send("\x03")
        assert person.until_ended() == 0


def test_a_file_named_on_the_command_line_is_said_inert(tmp_path: Path) -> None:
    recording = tmp_path / HOSTILE.replace("/", "_")
    recording.write_text("no recording")
    with Person("--replay", str(recording)) as person:
        person.until_shown("␛]52")
        person.do("")


def test_leaving_in_the_middle_of_many_keys_writes_nothing_over_the_shell(person: Person) -> None:
    person.send("q" + "bcrs" * 5)
    assert person.until_ended() == 0
    after = person.sent.rpartition(b"\x1b[?1004l")[2]
    assert re.sub(rb"\x1b\[\?\d+l", b"", after) == b""
