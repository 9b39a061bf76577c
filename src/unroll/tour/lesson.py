"""A lesson is a file of scenes, which the playground shows one after another. `FORMAT` says what stands in it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from textwrap import wrap
from typing import Any, Literal, NamedTuple, get_args

from unroll import permalink
from unroll.errors import FileError, UserError
from unroll.files import read_regular
from unroll.permalink import Link
from unroll.text import shown_path

FORMAT = """\
title = "Counting needs no memory"           at most 38 characters
about = "What a hidden state is for."        one line; may be left out

[[scene]]
moment = "unroll:1 epoch=25 sequence=7,8,9"  a permalink: y copies one
pane = "next"                                state, loss, lens, recipe, runs
                                             or next: what gets the focus
text = "It expects 10. Why?"                 at most two sentences
try = "X erases the memory."                 one row; may be left out
until = "accuracy 100 %"                     what a person, or a lesson that
                                             plays by itself, brings about
expect = ["answer 10", "epoch 25"]           what must be so, for tests
"""
"""The keys of a lesson and of a scene. A condition is `right`, `wrong`, `answer 10`, `epoch 25`, `accuracy 99 %` (or
more), `accuracy below 5 %`, or `lens WORDS`: these words stand in the lens's sentence."""
PaneName = Literal["state", "loss", "lens", "recipe", "runs", "next"]
MAX_TITLE = 38
"""Characters of a title at most: beside it stand the scene's number and the keys, on a screen of 80 columns."""
ROWS, COLUMNS = 2, 76
"""The room for a scene's text on the smallest screen."""
MAX_TRY = 71
MAX_FILE, MAX_SCENES = 2**18, 200
LENSES = ("unit", "numbers", "length", "memory", "transplant", "gradient", "spectrum", "map", "drivers", "seeds")
VIEWS = {
    "rnn": (),
    "lstm": ("cell state", "input gate", "forget gate", "cell gate", "output gate"),
    "gru": ("reset gate", "update gate", "new gate"),
    "mingru": ("write gate", "new value"),
    "linear": ("eigenvalue", "new value"),
}
"""The views of each cell's heatmap, beside those that all have."""
OF_EVERY_CELL = ("hidden", "attribution")
SHIPPED = Path(__file__).with_name("lessons")


class Evidence(NamedTuple):
    """What a condition is about: what the screen shows of the network."""

    answer: str
    is_right: bool
    epoch: float
    accuracy: float | None
    caption: str = ""


class Condition(NamedTuple):
    """Something that holds at a scene, or that is waited for; `text` is how it was written."""

    text: str
    what: str
    value: str

    def holds(self, seen: Evidence) -> bool:
        """Whether it holds of what the screen shows."""
        match self.what:
            case "right" | "wrong":
                return seen.is_right == (self.what == "right")
            case "answer":
                return seen.answer == self.value
            case "epoch":
                return seen.epoch >= float(self.value)
            case "lens":
                return self.value in seen.caption
            case "accuracy below":
                return seen.accuracy is not None and seen.accuracy < float(self.value) / 100
        return seen.accuracy is not None and seen.accuracy >= float(self.value) / 100


class Scene(NamedTuple):
    """One scene: the moment and how it is seen, and what is said of it."""

    link: Link
    pane: PaneName
    text: str
    suggestion: str = ""
    until: Condition | None = None
    expect: tuple[Condition, ...] = ()


class Lesson(NamedTuple):
    """A lesson; `name` is that of its file."""

    name: str
    title: str
    about: str
    scenes: tuple[Scene, ...]


def read(path: Path) -> Lesson:
    """The lesson of a file; raises `FileError`, which says the line, where it is none."""
    try:
        text = read_regular(path, MAX_FILE).decode()
        return parse(text, path.stem.partition("-")[2] if path.parent == SHIPPED else path.stem)
    except UnicodeDecodeError:
        raise FileError(f"{shown_path(path)} is no text in UTF-8: name a lesson, a TOML file.") from None
    except MisplacedError as error:
        place = f", line {error.line}" if error.line else ""
        raise FileError(f"{shown_path(path)}{place}: {error}") from None


class MisplacedError(UserError):
    """What is wrong in a lesson, and in which line, from 1; 0 where it is the whole."""

    def __init__(self, line: int, sentence: str) -> None:
        super().__init__(sentence)
        self.line = line


def parse(text: str, name: str) -> Lesson:
    """The lesson that a text says; raises `MisplacedError`."""
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        line = re.search(r" \(at line (\d+), column \d+\)$| \(at end of document\)$", str(error))
        where = int(line[1]) if line and line[1] else text.count("\n") + 1
        said = str(error)[: line.start()] if line else "nested too deeply"
        raise MisplacedError(where, f"{said[:1].lower()}{said[1:]:.80} (it is no TOML).") from None
    lines = _Lines(text)
    scenes = content.pop("scene", [])
    for key in content:
        _check_key(key, ("title", "about"), lines.of(0, key), "a lesson")
    with lines.of(0, "title"):
        title = line_of(content, "title", MAX_TITLE)
    with lines.of(0, "about"):
        about = line_of(content, "about", COLUMNS, may_be_missing=True)
    if not isinstance(scenes, list) or not all(isinstance(scene, dict) for scene in scenes):
        raise MisplacedError(1, "a scene begins with a line [[scene]].")
    if not 1 <= len(scenes) <= MAX_SCENES:
        raise MisplacedError(0, f"a lesson has 1 to {MAX_SCENES} scenes, each begins with a line [[scene]].")
    return Lesson(name, title, about, tuple(_scene(scene, lines, n) for n, scene in enumerate(scenes, 1)))


class _Lines:
    """Where the scenes of a text and their keys stand, so that a fault can be told with its line."""

    def __init__(self, text: str) -> None:
        blank = re.sub(r'"""(?s:.*?)"""|\'\'\'(?s:.*?)\'\'\'', lambda found: "\n" * found[0].count("\n"), text)
        self._found: dict[tuple[int, str], int] = {}
        scene = 0
        for number, line in enumerate(blank.splitlines(), 1):
            if re.match(r"\s*\[\[\s*[\"']?scene[\"']?\s*\]\]", line):
                scene += 1
                self._found[scene, ""] = number
            elif key := re.match(r"\s*[\"']?([\w-]+)[\"']?\s*=", line):
                self._found.setdefault((scene, key[1]), number)

    def of(self, scene: int, key: str = "") -> _Line:
        """The line of a key in a scene, from 1, or in what is before them all; of one that is missing, the scene's."""
        return _Line(self._found.get((scene, key)) or self._found.get((scene, ""), 1))


class _Line(NamedTuple):
    """Adds the line to whatever is refused inside the block."""

    number: int

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, UserError) and not isinstance(error, MisplacedError):
            raise MisplacedError(self.number, str(error)) from None


def _check_key(key: str, known: tuple[str, ...], line: _Line, what: str) -> None:
    if key not in known:
        raise MisplacedError(line.number, f"{key:.24} has no meaning in {what}, whose keys are {', '.join(known)}.")


def _scene(given: dict[str, Any], lines: _Lines, n: int) -> Scene:
    known = ("moment", "pane", "text", "try", "until", "expect")
    for key in given:
        _check_key(key, known, lines.of(n, key), "a scene")
    with lines.of(n, "moment"):
        link = _link(line_of(given, "moment", permalink.MAX_LENGTH))
    with lines.of(n, "pane"):
        pane = given.get("pane", "state")
        if pane not in get_args(PaneName):
            raise UserError(f"pane cannot be {pane!s:.24}: choose {', '.join(get_args(PaneName))}.")
    with lines.of(n, "text"):
        text = told(line_of(given, "text", permalink.MAX_LENGTH))
    with lines.of(n, "try"):
        suggestion = line_of(given, "try", MAX_TRY, may_be_missing=True)
    with lines.of(n, "until"):
        until = condition(line_of(given, "until", COLUMNS)) if "until" in given else None
    with lines.of(n, "expect"):
        expected = given.get("expect", [])
        if not isinstance(expected, list):
            raise UserError('expect is a list: expect = ["answer 11"].')
        expect = tuple(condition(line_of({"expect": one}, "expect", COLUMNS)) for one in expected)
    return Scene(link, pane, text, suggestion, until, expect)


def _link(text: str) -> Link:
    """What a scene's permalink says; a view or a lens that is not there, which is passed over elsewhere, is refused."""
    link = permalink.read(text)
    views = (*OF_EVERY_CELL, *VIEWS[link.recipe.model.cell])
    if link.view not in views:
        raise UserError(f"A {link.recipe.model.cell} has no view {link.view}: choose {', '.join(views)}.")
    if link.lens not in ("", *LENSES):
        raise UserError(f"There is no lens {link.lens}: choose {', '.join(LENSES)}.")
    return link


def line_of(given: Mapping[str, object], key: str, most: int, may_be_missing: bool = False) -> str:
    """The text of a key, in one line of at most so many characters; raises `UserError`."""
    text = given.get(key, "" if may_be_missing else None)
    if text is None:
        raise UserError(f"{key} is missing here.")
    if not isinstance(text, str):
        raise UserError(f'{key} is a text, and stands between quotes: {key} = "…".')
    text = " ".join(text.split())
    if not text.isprintable() or not (text or may_be_missing):
        raise UserError(f"{key} has at least one visible character, and no others.")
    if len(text) > most:
        raise UserError(f"{key} has {len(text):,} characters: say it in at most {most:,}.")
    return text


def told(text: str) -> str:
    """A scene's text, where it is short enough; raises `UserError`."""
    sentences = len(re.findall(r"[.!?…][\"')”’]*(?:\s|$)", text.strip()))
    rows = len(wrap(text, COLUMNS))
    if sentences > 2:
        raise UserError(f"text has {sentences} sentences: say it in two, or in two scenes.")
    if rows > ROWS:
        raise UserError(f"text takes {rows} rows of {COLUMNS} characters: say it in {ROWS}, or in two scenes.")
    return text


def condition(text: str) -> Condition:
    """The condition that a text says; raises `UserError`."""
    percent = r"(?P<value>\d{1,3}(?:\.\d{1,3})?) ?%"
    for pattern in (
        r"(?P<what>right|wrong)(?P<value>)",
        r"(?P<what>answer) (?P<value>\S+)",
        r"(?P<what>epoch) (?P<value>\d{1,6})",
        rf"(?P<what>accuracy(?: below)?) {percent}",
        r"(?P<what>lens) (?P<value>.+)",
    ):
        if found := re.fullmatch(pattern, text):
            return Condition(text, found["what"], found["value"])
    raise UserError(
        f"{text:.24} is no condition: choose one such as wrong, answer 11, epoch 25, accuracy 99 %, accuracy below 5 %."
    )


def shipped() -> dict[str, Path]:
    """The files of the lessons that come with unroll, by name, in their order."""
    return {path.stem.partition("-")[2]: path for path in sorted(SHIPPED.glob("*.toml"))}


def find(name: str) -> Path:
    """The file of a lesson, by its path or by the name of one that comes with unroll; a file of that name wins."""
    known = shipped()
    return known[name] if name in known and not Path(name).is_file() else Path(name)


def next_after(name: str) -> Path | None:
    """The lesson that comes with unroll after the one of that name; None after the last, and after one's own."""
    names = [*shipped()]
    place = names.index(name) + 1 if name in names else len(names)
    return shipped()[names[place]] if place < len(names) else None
