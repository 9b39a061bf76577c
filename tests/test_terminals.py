"""The real program in terminals of many kinds, in windows of any size, inside tmux: a right screen or one sentence."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pty_kit import PATIENCE, RECORDED, UNROLL, Person, long

PLAIN = {"LC_ALL": "", "LC_CTYPE": "", "LANG": "C.UTF-8", "UNROLL_GLYPHS": ""}
TERMINALS = {
    "xterm-256color": {"TERM": "xterm-256color"},
    "256 colours": {"TERM": "xterm-256color", "COLORTERM": ""},
    "screen": {"TERM": "screen", "COLORTERM": ""},
    "tmux-256color": {"TERM": "tmux-256color", "COLORTERM": ""},
    "linux": {"TERM": "linux", "COLORTERM": ""},
    "vt100": {"TERM": "vt100", "COLORTERM": ""},
    "no colour": {"NO_COLOR": "1"},
    "LANG=C": {"LANG": "C"},
    "LC_ALL=C": {"LC_ALL": "C"},
    "PYTHONIOENCODING=ascii": {"PYTHONIOENCODING": "ascii"},
    "unknown to terminfo": {"TERM": "no-such-terminal", "COLORTERM": ""},
}
OFTEN = {"tmux-256color", "linux", "vt100", "LC_ALL=C"}
"""Tried whenever the tests are run; the others with the long ones."""
IN_ASCII = {"vt100", "LANG=C", "LC_ALL=C", "PYTHONIOENCODING=ascii"}
WRONG = {
    "TEXTUAL_COLOR_SYSTEM": "no-such-system",
    "TEXTUAL_DRIVER": "no.such:Driver",
    "TEXTUAL_FPS": "abc",
    "TEXTUAL_THEME": "no-such-theme",
    "TEXTUAL_ANIMATIONS": "?",
    "TEXTUAL_PRESS": "q,q,q",
    "TEXTUAL_SCREENSHOT": "0",
    "TEXTUAL_FILTERS": "no-such-filter",
    "TEXTUAL_LOG": "/no/such/folder/log",
    "TEXTUAL_DEBUG": "1",
    "TEXTUAL_SHOW_RETURN": "1",
    "TEXTUAL": "debug,devtools",
    "ESCDELAY": "abc",
    "COLUMNS": "40",
    "LINES": "abc",
}


def person(size: tuple[int, int] = (120, 40), **environment: str) -> Person:
    return Person(*RECORDED, size=size, environment={**PLAIN, **environment})


@pytest.mark.parametrize("kind", [kind if kind in OFTEN else long(kind) for kind in TERMINALS])
def test_every_kind_of_terminal_shows_the_whole_screen(kind: str) -> None:
    with person(**TERMINALS[kind]) as at:
        at.shown("Hidden state", "Next number", "it expects 11", "q quit")
        at.quiet()
        rows = at.text.splitlines()
        assert [len(row) for row in rows] == [120] * 40
        assert "?" not in "".join(rows[:36])
        shown = at.sent.decode()
        if kind in IN_ASCII:
            assert shown.isascii()
            assert rows[0].startswith(".- Recipe ---") and rows[35].startswith("'---")
        elif kind == "linux":
            assert (
                not set(shown)
                - set(map(chr, range(128)))
                - set(bytes(range(128, 256)).decode("cp437"))
                - set("►▼←→↑↓•○")
            )
        else:
            assert rows[0].startswith("╭─ Recipe ──")
        if kind == "no colour":
            colours = re.findall(r"[34]8;2;(\d+);(\d+);(\d+)", shown)
            assert all(red == green == blue for red, green, blue in colours)
        at.type(b"q")
        assert at.until_ended() == 0
        at.assert_given_back()


@pytest.mark.parametrize("term", ["dumb", "unknown", ""])
def test_where_the_terminal_can_do_nothing_it_says_so_and_writes_no_escape(term: str) -> None:
    with person(TERM=term) as at:
        assert at.until_ended() == 2
        assert b"unroll draws on a terminal" in at.sent
        assert at.sent.count(b"\n") == 1
        assert b"\x1b" not in at.sent


def test_variables_that_break_other_programs_change_nothing() -> None:
    with person() as at:
        at.shown("it expects 11", "6┤")
        at.quiet()
        expected = at.text
    with person(**WRONG) as at:
        at.shown("it expects 11", "6┤")
        at.quiet()
        assert at.text == expected
        at.type(b"q")
        assert at.until_ended() == 0
        at.assert_given_back()
        assert b"Traceback" not in at.sent


def is_right(text: str, width: int, height: int) -> bool:
    """Whether a window of a size shows the panes or, as far as it goes, the sentence."""
    shown = "".join(text.split())
    if width >= 80 and height >= 24:
        return "Hiddenstate" in shown and "ccounton" in shown
    sentence = f"unroll needs 80 columns and 24 rows; this terminal has {width} and {height}."
    return bool(shown) and sentence.replace(" ", "").startswith(shown)


def test_windows_of_every_size_show_a_screen_or_a_sentence() -> None:
    sizes = [(width, 24) for width in range(1, 9)] + [(1, 1), (79, 24), (80, 23), (80, 24), (300, 100), (119, 40)]
    with person() as at:
        at.shown("it expects 11")
        for width, height in sizes:
            at.resize(width, height)
            at.until(lambda width=width, height=height: is_right(at.text, width, height), PATIENCE)
        at.resize(120, 40)
        at.shown("it expects 11", "Recipe")


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (200, 1), (20, 5)])
def test_it_starts_in_a_window_of_any_size(size: tuple[int, int]) -> None:
    with person(size) as at:
        at.until(lambda: bool(at.text.strip()), PATIENCE)
        at.type(b"\x03")
        assert at.until_ended() == 0
        assert b"Traceback" not in at.sent
        at.assert_given_back()


class Tmux:
    """A tmux server of the test's own, with the program in its only pane."""

    def __init__(self, folder: Path, environment: dict[str, str], utf8: bool) -> None:
        self.socket = folder / "tmux"
        self.environment = {**os.environ, **PLAIN, **environment, "TERM": "xterm-256color"}
        self.environment.pop("TMUX", None)
        self.flags = ["-u"] if utf8 else []
        program = " ".join([*UNROLL, *RECORDED])
        self("-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "40", "sh")
        self("set", "-g", "remain-on-exit", "on")
        self("send-keys", f"exec {program}", "Enter")

    def __call__(self, *words: str) -> str:
        command = ["tmux", *self.flags, "-S", str(self.socket), *words]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=True, timeout=PATIENCE
        ).stdout

    @property
    def text(self) -> str:
        return self("capture-pane", "-p")

    def until(self, holds: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end, self.text
            time.sleep(0.05)

    def attach(self) -> Person:
        """A person at a terminal with a tmux client in it."""
        return Person(
            command=["tmux", *self.flags, "-S", str(self.socket), "attach"],
            environment={**PLAIN, "TMUX": "", **{k: v for k, v in self.environment.items() if k == "LANG"}},
        )


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Callable[..., Tmux]]:
    if shutil.which("tmux") is None:
        pytest.skip("tmux is absent")
    started: list[Tmux] = []

    def start(utf8: bool = True, **environment: str) -> Tmux:
        started.append(Tmux(tmp_path, environment, utf8))
        return started[-1]

    yield start
    for server in started:
        server("kill-server")


def test_inside_tmux_it_is_resized_left_alone_and_found_again(tmux: Callable[..., Tmux]) -> None:
    server = tmux()
    server.until(lambda: "it expects 11" in server.text)
    for width, height, shown in ((60, 20, "unroll needs 80 columns"), (80, 24, "1 State"), (120, 40, "hidden_size")):
        server("resize-window", "-x", str(width), "-y", str(height))
        server.until(lambda shown=shown: shown in server.text)
    server("set", "-g", "status", "off")
    for _ in range(2):
        with server.attach() as at:
            at.until(lambda at=at: "q quit" in at.text and "it expects 11" in at.text, PATIENCE)
            at.quiet()
            assert [row.rstrip() for row in at.text.splitlines()] == [row.rstrip() for row in server.text.splitlines()]
            server("detach-client")
            assert at.until_ended() == 0
    server.until(lambda: "it expects 11" in server.text)
    server("send-keys", "q")
    server.until(lambda: server("list-panes", "-F", "#{pane_dead}").strip() == "1")


def test_inside_tmux_without_utf_8_the_screen_is_in_ascii(tmux: Callable[..., Tmux]) -> None:
    server = tmux(utf8=False, LANG="C")
    server.until(lambda: "it expects 11" in server.text)
    server("set", "-g", "status", "off")
    with server.attach() as at:
        at.until(lambda: "it expects 11" in at.text, PATIENCE)
        at.quiet()
        assert at.text.startswith(".- Recipe ---")
        assert at.sent.isascii()
