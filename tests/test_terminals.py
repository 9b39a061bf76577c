"""The real program in terminals of many kinds, in windows of any size, inside tmux: a right screen or one sentence."""

import os
import re
import shutil
import signal
import subprocess
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pty_kit import READY, TIMEOUT_S, TRAINED, UNROLL, Session, long, wait_for

PLAIN = {"LC_ALL": "", "LC_CTYPE": "", "LANG": "C.UTF-8", "UNROLL_GLYPHS": ""}
TERMINALS = {
    "xterm-256color": {"TERM": "xterm-256color"},
    "256 colours": {"TERM": "xterm-256color", "COLORTERM": ""},
    "screen": {"TERM": "screen", "COLORTERM": ""},
    "GNU screen in xterm": {"TERM": "screen.xterm-256color", "STY": "1.tty"},
    "tmux-256color": {"TERM": "tmux-256color", "COLORTERM": ""},
    "linux": {"TERM": "linux", "COLORTERM": ""},
    "vt100": {"TERM": "vt100", "COLORTERM": ""},
    "no colour": {"NO_COLOR": "1"},
    "NO_COLOR is empty": {"NO_COLOR": ""},
    "LANG=C": {"LANG": "C"},
    "LC_ALL=C": {"LC_ALL": "C"},
    "PYTHONIOENCODING=ascii": {"PYTHONIOENCODING": "ascii"},
    "unknown to terminfo": {"TERM": "no-such-terminal", "COLORTERM": ""},
}
ALWAYS_TRIED = {"GNU screen in xterm", "linux", "vt100", "LC_ALL=C"}
"""The others are tried with the long tests, and tmux by itself below."""
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


def session_with(size: tuple[int, int] = (120, 40), **environment: str) -> Session:
    return Session(*TRAINED, size=size, environment={**PLAIN, **environment})


def assert_quits(session: Session) -> None:
    """It ends in order at a key that leaves from anywhere."""
    session.send("\x03")
    assert session.until_ended() == 0
    session.assert_given_back()


@pytest.mark.parametrize("kind", [kind if kind in ALWAYS_TRIED else long(kind) for kind in TERMINALS])
def test_every_kind_of_terminal_shows_the_whole_screen(kind: str) -> None:
    with session_with(**TERMINALS[kind]) as session:
        session.until_ready("1 State", "Next number", "expects 11", "q quit")
        session.quiet()
        rows, sent = session.text.splitlines(), session.sent.decode()
        assert [len(row) for row in rows] == [120] * 40
        assert "?" not in "".join(rows[:36])
        if kind in IN_ASCII:
            assert sent.isascii()
            assert rows[1].startswith(".- 4 Recipe ---") and rows[34].startswith("'---")
        elif kind == "linux":
            assert set(sent) <= {*map(chr, range(128)), *bytes(range(128, 256)).decode("cp437"), *"►▼←→↑↓•○"}
        else:
            assert rows[1].startswith("╭─ 4 Recipe ──")
        if kind == "GNU screen in xterm":
            assert "8;2;" not in sent and "8;5;" in sent
        if kind == "NO_COLOR is empty":
            assert "38;2;239;160;48" in sent
        if kind == "no colour":
            colours = re.findall(r"[34]8;2;(\d+);(\d+);(\d+)", sent)
            assert all(red == green == blue for red, green, blue in colours)
        assert_quits(session)


@pytest.mark.parametrize("term", ["dumb", "unknown", ""])
def test_where_the_terminal_can_do_nothing_it_says_so_in_one_line_and_writes_no_escape(term: str) -> None:
    with session_with(TERM=term) as session:
        assert session.until_ended() == 2
        assert b"terminal" in session.sent
        assert session.sent.count(b"\n") == 1
        assert b"\x1b" not in session.sent


def test_variables_that_break_other_programs_change_nothing() -> None:
    shown = []
    for environment in ({}, WRONG):
        with session_with(**environment) as session:
            session.until_ready("expects 11", "6┤")
            session.quiet()
            shown.append(session.text)
            assert_quits(session)
    assert shown[0] == shown[1]


def is_right(text: str, width: int, height: int) -> bool:
    """Whether a window of a size shows the panes or, as far as it goes, the sentence."""
    shown = "".join(text.split())
    if width >= 80 and height >= 24:
        return "1State" in shown and "cappend" in shown
    sentence = f"unroll needs 80 columns and 24 rows; this terminal has {width} and {height}."
    return bool(shown) and sentence.replace(" ", "").startswith(shown)


def test_a_keyboard_that_types_cyrillic_finds_its_way_out() -> None:
    with session_with() as session:
        session.until_ready()
        session.send("\x1b[57410;;47u\x1b[1081::113;;1081u")  # the keypad's / and a letter, which is text in the prompt
        session.until_shown("й")
        session.send("\x1b[27u\x1b[1081::113;;1081u")
        assert session.until_ended() == 0
        session.assert_given_back()


def test_windows_of_every_size_show_a_screen_or_a_sentence() -> None:
    sizes = [(width, 24) for width in range(1, 9)] + [(1, 1), (79, 24), (80, 23), (80, 24), (300, 100), (119, 40)]
    with session_with() as session:
        session.until_ready()
        for width, height in sizes:
            session.resize(width, height)
            session.until(lambda width=width, height=height: is_right(session.text, width, height))
        session.resize(120, 40)
        session.until_ready("Recipe")


@pytest.mark.parametrize("size", [(1, 1), long((1, 40)), long((200, 1)), long((20, 5))])
def test_it_starts_in_a_window_of_any_size(size: tuple[int, int]) -> None:
    with session_with(size) as session:
        session.until(lambda: session.text.strip() != "")
        assert_quits(session)


@pytest.mark.parametrize("size", ["cols 0 rows 0", long("cols 0 rows 24"), long("cols 80 rows 0")])
def test_a_window_that_does_not_know_its_size_has_80_columns_and_24_rows(size: str) -> None:
    line = f"stty {size}; exec {' '.join([*UNROLL, *TRAINED])}"
    with Session(command=["bash", "-c", line], size=(80, 24)) as session:
        session.until_ready()
        session.pump(0.5)
        assert is_right(session.text, 80, 24)
        session.resize(120, 40)
        session.until(lambda: is_right(session.text, 120, 40))
        session.until_ready("Recipe")


def is_left(session: Session) -> bool:
    """Whether the screen is as a shell expects it: empty, its prompt at the top."""
    return session.text.isspace() and (session.screen.cursor.x, session.screen.cursor.y) == (0, 0)


@pytest.mark.parametrize("told", ["q", "\x1a", signal.SIGTERM, long(signal.SIGHUP)], ids=str)
@pytest.mark.parametrize("early", [False, True])
def test_without_an_alternate_screen_the_shell_finds_an_empty_one(told: int | str, early: bool) -> None:
    """The emulated terminal has none, as GNU screen and the Linux console have none."""
    with session_with() as session:
        if early:
            session.until_shown("starting the engine")
        else:
            session.until_ready()
        session.rate = 4_000 if told == "\x1a" else None  # no shell stops it: it is back at once
        session.tell(told)
        session.until(lambda: is_left(session))
        if told != "\x1a":
            session.until_ended()
            assert is_left(session)


def test_where_lines_are_two_cells_wide_the_screen_is_in_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyte.screens.wcwidth", lambda glyph: 1 + (unicodedata.east_asian_width(glyph) in "AFW"))
    with session_with() as session:
        session.until_ready(".- 4 Recipe ---")
        session.quiet()
        assert {row[0] + row[-1] for row in session.text.splitlines()[1:35]} <= {
            "..",
            "||",
            "''",
            ".|",
            "'|",
            "|.",
            "|'",
            "'.",
        }
        session.send("\x1b[1;3R")  # alt+f3, or such a report late
        assert_quits(session)


class Tmux:
    """A tmux server of the test's own, with the program in its only pane."""

    def __init__(self, folder: Path, environment: dict[str, str], utf8: bool) -> None:
        self.socket = folder / "tmux"
        self.environment = {**os.environ, **PLAIN, **environment, "TERM": "xterm-256color"}
        self.environment.pop("TMUX", None)
        self.flags = ["-u"] if utf8 else []
        program = " ".join([*UNROLL, *TRAINED])
        self("-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "40", "sh")
        self("set", "-g", "remain-on-exit", "on")
        self("send-keys", f"exec {program}", "Enter")

    def __call__(self, *words: str) -> str:
        command = ["tmux", *self.flags, "-S", str(self.socket), *words]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=True, timeout=TIMEOUT_S
        ).stdout

    @property
    def text(self) -> str:
        return self("capture-pane", "-p")

    def until_shown(self, text: str) -> None:
        wait_for(lambda: text in self.text, lambda: self.text)

    def attach(self) -> Session:
        """A terminal with a tmux client in it."""
        words = ["tmux", *self.flags, "-S", str(self.socket), "attach"]
        lang = {name: value for name, value in self.environment.items() if name == "LANG"}
        return Session(command=words, environment={**PLAIN, "TMUX": "", **lang})


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


def rows(text: str) -> list[str]:
    """Without the blanks at their ends."""
    return [row.rstrip() for row in text.splitlines()]


def test_inside_tmux_it_is_resized_left_alone_and_found_again(tmux: Callable[..., Tmux]) -> None:
    server = tmux()
    server.until_shown(READY)
    for width, height, shown in ((60, 20, "unroll needs 80 columns"), (80, 24, "1 State"), (120, 40, "hidden_size")):
        server("resize-window", "-x", str(width), "-y", str(height))
        server.until_shown(shown)
    server("set", "-g", "status", "off")
    for _ in range(2):
        with server.attach() as session:
            session.until(lambda session=session: rows(session.text) == rows(server.text))
            server("detach-client")
            assert session.until_ended() == 0
    server.until_shown(READY)
    server("send-keys", "q")
    wait_for(lambda: server("list-panes", "-F", "#{pane_dead}").strip() == "1", lambda: server.text)


def test_inside_tmux_without_utf_8_the_screen_is_in_ascii(tmux: Callable[..., Tmux]) -> None:
    server = tmux(utf8=False, LANG="C")
    server.until_shown(READY)
    server("set", "-g", "status", "off")
    with server.attach() as session:
        session.until_ready()
        session.quiet()
        assert session.text.splitlines()[1].startswith(".- 4 Recipe ---")
        assert session.sent.isascii()
