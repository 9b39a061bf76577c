"""A save that is killed, raced, or meets a full disk: the old file or the new one is whole, and a sentence says why."""

import os
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from pty_kit import UNROLL, Session
from unroll import files
from unroll.errors import FileError
from unroll.files import write_atomically
from unroll.protocol.codec import decode_reply, encode
from unroll.protocol.replies import Answer, Created, Error
from unroll.protocol.requests import Create, Save

OLD, NEW = b"old" * 5000, b"new" * 7000


@pytest.fixture(autouse=True)
def without_bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no file may grow a module's would be cut off, and stay so."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the old file in it."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_bytes(OLD)
    return tmp_path / "folder"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# A kill


def killed_at_line(number: int, file: Path) -> bool:
    """Save in a process of its own that dies at the n-th line of it; whether there was one."""
    child = os.fork()
    if not child:
        _die_at_line(number)
        write_atomically(file, NEW)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def _die_at_line(number: int) -> None:
    left = number

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal left
        if frame.f_code.co_filename != files.__file__:
            return None
        left -= event == "line"
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)


def test_killed_at_any_line_of_a_save_one_file_is_whole_and_the_next_save_leaves_nothing_else(folder: Path) -> None:
    lines, found = 0, set()
    while killed_at_line(lines, folder / "file"):
        lines += 1
        found.add((folder / "file").read_bytes())
        assert len(names(folder)) <= 2
        write_atomically(folder / "file", OLD)
        assert names(folder) == ["file"]
    assert found == {OLD, NEW}
    assert lines > 30


# Two at once

SAVER = """
import sys
from unroll.files import write_atomically
for _ in range(60):
    write_atomically(sys.argv[1], sys.argv[2].encode() * 50_000)
"""


def test_of_several_programs_that_save_to_one_place_one_is_whole_there(folder: Path) -> None:
    command = [sys.executable, "-c", SAVER, str(folder / "file")]
    savers = [subprocess.Popen([*command, letter]) for letter in "abcd"]
    seen = set()
    while any(saver.poll() is None for saver in savers):
        data = (folder / "file").read_bytes()
        assert data == OLD or (len(data) == 50_000 and len(set(data)) == 1)
        seen.add(data[:1])
    assert [saver.returncode for saver in savers] == [0, 0, 0, 0]
    assert len(seen) > 1
    assert names(folder) == ["file"]


def test_a_save_under_way_is_left_alone_by_another(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sync, seen = os.fsync, []

    def save_another(descriptor: int) -> None:
        monkeypatch.setattr(os, "fsync", sync)
        write_atomically(folder / "another", NEW)
        seen.extend(names(folder))

    monkeypatch.setattr(os, "fsync", save_another)
    write_atomically(folder / "file", NEW)
    assert len(seen) == 3
    assert names(folder) == ["another", "file"]


# No room


def in_a_small_file(size: int) -> Callable[[], None]:
    """For a process about to start: no file of it may grow past this size in bytes, as on a disk that fills up."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def mounted(*options: str, on: Path, then: str) -> list[str]:
    """The command that does something where a file system of its own lies over a folder, which only it sees."""
    return ["unshare", "--mount", "sh", "-c", f"mount {' '.join(options)} {on} && {then}"]


def may_mount() -> bool:
    try:
        return subprocess.run(mounted("-t", "tmpfs", "x", on=Path("/mnt"), then="true"), timeout=20).returncode == 0  # noqa: PLW1510
    except (OSError, subprocess.TimeoutExpired):
        return False


needs_mount = pytest.mark.skipif(not may_mount(), reason="no file system may be mounted here")


PUT = """
import os, sys
from pathlib import Path
from unroll.commands.common import refusals, run
from unroll.files import write_atomically
file, old = Path(sys.argv[1]), b"old" * 5000
if not file.exists():
    file.write_bytes(old)
def put():
    with refusals():
        write_atomically(file, b"x" * 50_000)
try:
    run(put)
finally:
    print(os.listdir(file.parent), file.read_bytes() == old)
"""


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        pytest.param("", "File too large", id="a file may not grow"),
        pytest.param("-t tmpfs -o size=40k x", "No space left on device", id="a full disk", marks=needs_mount),
        pytest.param("--bind -o ro {}", "Read-only file system", id="a folder not to write to", marks=needs_mount),
    ],
)
def test_where_there_is_no_room_a_sentence_says_so_and_the_old_file_is_whole(
    options: str, reason: str, folder: Path
) -> None:
    put = [sys.executable, "-c", PUT, str(folder / "file")]
    if options:
        put = mounted(*options.format(folder).split(), on=folder, then=shlex.join(put))
    limit = None if options else in_a_small_file(2000)
    done = subprocess.run(put, capture_output=True, text=True, timeout=100, check=False, preexec_fn=limit)
    assert (done.returncode, done.stdout) == (1, "['file'] True\n")
    assert re.fullmatch(rf"Error: {reason}: \S+ cannot be written\b.*\.\n", done.stderr)


def test_a_folder_that_goes_away_during_a_save_is_a_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    away = folder.with_name("away")
    monkeypatch.setattr(os, "fsync", lambda descriptor: folder.rename(away))
    with pytest.raises(FileError, match=r"^No such file or directory: .* cannot be written"):
        write_atomically(folder / "file", NEW)
    assert (away / "file").read_bytes() == OLD


def test_a_folder_that_nobody_may_list_takes_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    really_open = os.open

    def denied(path: Path, flags: int = os.O_RDONLY, *mode: int) -> int:
        if path == folder:
            raise PermissionError(13, "Permission denied")
        return really_open(path, flags, *mode)

    monkeypatch.setattr(os, "open", denied)
    monkeypatch.setattr(Path, "iterdir", denied)
    write_atomically(folder / "file", NEW)
    assert (folder / "file").read_bytes() == NEW


def test_where_a_save_and_a_recording_find_no_room_the_playground_says_so_once_and_goes_on() -> None:
    with Session("--record", "talk", command=["bash", "-c", 'ulimit -f 24; exec "$@"', "sh", *UNROLL]) as session:
        session.until_ready()
        session.send("s")
        session.until_shown("Save as")
        session.send("\r")
        session.until_shown("File too large: ")
        told = "File too large: the recording talk"
        for length in range(5, 40):
            session.send("c")
            session.until(lambda: told in session.text or f"step {length}/{length}:" in session.text)  # noqa: B023 - awaited at once
            if told in session.text:
                break
        assert told in session.text
        session.send("c")
        session.until_gone("File too large")
        session.until_ready()


def test_a_log_on_a_full_disk_is_silent_and_the_engine_answers(tmp_path: Path) -> None:
    asked = encode(Create(id=1)) + b"\n" + encode(Save(id=2, name="x")) + b"\n"
    done = subprocess.run(
        [*UNROLL, "engine"],
        input=asked,
        capture_output=True,
        timeout=100,
        check=False,
        cwd=tmp_path,
        preexec_fn=in_a_small_file(0),
    )
    created, refused = [reply for reply in map(decode_reply, done.stdout.splitlines()) if isinstance(reply, Answer)]
    assert isinstance(created, Created)
    assert isinstance(refused, Error) and refused.sentence.startswith("File too large: ")
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False)


# In the playground


class Saver(Session):
    """The playground in a folder of its own, where a model was saved; another network is on the screen since then."""

    saved: Path

    def save(self) -> None:
        """Save under the name that is offered, which no other model has."""
        self.send("s")
        self.until_shown("Save as")
        self.send("\r")

    def assert_goes_on(self) -> None:
        """The run is there still, and its network answers."""
        self.until_shown("epoch  1/25")
        self.until(lambda: self.prompt)
        length = len(self.prompt)
        self.send("c")
        self.until(lambda: len(self.prompt) == length + 1)

    @property
    def prompt(self) -> list[str]:
        """Its numbers; none while the screen is being painted."""
        return next((row.split()[1:] for row in self.text.splitlines() if row.startswith("› ")), [])


@pytest.fixture
def saver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Saver]:
    monkeypatch.setenv("UNROLL_DATA_DIR", str(tmp_path / "data"))
    with Saver() as saver:
        saver.until_ready()
        saver.save()
        saver.until_shown("Saved in")
        (saver.saved,) = tmp_path.rglob("*.safetensors")
        saver.send("e")
        saver.until_shown("epoch  1/25")
        yield saver


def test_a_folder_that_has_vanished_is_made_anew_and_one_that_cannot_be_is_a_sentence(saver: Saver) -> None:
    shutil.rmtree(saver.saved.parent)
    saver.save()
    saver.until(saver.saved.exists)
    saver.assert_goes_on()
    away = saver.saved.parent.with_name("away")
    saver.saved.parent.rename(away)
    saver.saved.parent.write_text("a file where the folder was")
    saver.save()
    saver.until(lambda: "cannot be made" in saver.text or "cannot be written" in saver.text)
    saver.assert_goes_on()
    assert (away / saver.saved.name).stat().st_size > 1000


@pytest.mark.skipif(os.getuid() == 0, reason="root may write to a folder that is read-only")
def test_where_the_folder_is_read_only_the_playground_says_so_and_the_old_file_is_whole(saver: Saver) -> None:
    before = saver.saved.read_bytes()
    saver.saved.parent.chmod(0o500)
    saver.save()
    saver.until_shown("Permission denied")
    saver.assert_goes_on()
    assert [path.name for path in saver.saved.parent.iterdir()] == [saver.saved.name]
    saver.saved.parent.chmod(0o700)
    saver.save()
    saver.until(lambda: len(list(saver.saved.parent.iterdir())) == 2)
    assert saver.saved.read_bytes() == before
