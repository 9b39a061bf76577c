"""An engine touches nothing but what it is told to: its log, its journal and the models that are saved."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ENGINE = [sys.executable, "-m", "unroll.engine"]
HOSTILE = (
    "$(touch evil)",
    "`touch evil`",
    "; touch evil",
    "../evil",
    "/tmp/evil",
    "__import__('os').system('touch evil')",
)
LOOK = {"moment": {"run": 1, "sequence": [7, 8, 9, 10], "interventions": {"cut_all": True}}, "score": True, "unit": 0}
TALK: list[dict[str, Any]] = [
    {"type": "begin"},
    {"type": "create"},
    {"type": "play"},
    {"type": "heard"},
    {"type": "look", **LOOK},
    {"type": "continue", "moment": {"run": 1, "sequence": [7, 8]}, "count": 5},
    {"type": "save", "name": "kept"},
    {"type": "branch", "epoch": 0, "recipe": {}},
    {"type": "advance", "updates": 3},
    {"type": "pause"},
    {"type": "open", "name": "kept"},
    {"type": "list"},
    {"type": "forget", "run": 1},
    {"type": "ping"},
    *({"type": "save", "name": name} for name in HOSTILE),
    *({"type": "open", "name": name} for name in HOSTILE),
    *({"type": "resume", "sitting": name} for name in HOSTILE),
    *({"type": "create", "recipe": {"task": {"task": "file", "path": path}}} for path in HOSTILE),
    *({"type": name} for name in (*HOSTILE, "exec", "eval")),
]
DONE = ("begun", "created", "done", "looked", "continued", "saved", "models")


class Confined:
    """An engine with a home, a working folder and a folder for temporary files of its own."""

    def __init__(self, folder: Path, *under: str) -> None:
        """`under` are words before its command."""
        self.folder = folder
        for name in ("home", "work", "tmp"):
            (folder / name).mkdir()
        folders = {"HOME": "home", "TMPDIR": "tmp", "UNROLL_STATE_DIR": "state", "UNROLL_DATA_DIR": "data"}
        changes = {name: str(folder / place) for name, place in folders.items()}
        self.process = subprocess.Popen(
            [*under, *ENGINE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder / "work",
            env={**os.environ, **changes, "PYTHONDONTWRITEBYTECODE": "1"},
        )

    def converse(self) -> list[dict[str, Any]]:
        """Say everything there is to say; the answers, in order."""
        assert self.process.stdin and self.process.stdout
        lines = [json.dumps({**request, "id": number}) for number, request in enumerate(TALK, 1)]
        self.process.stdin.write("\n".join(lines).encode() + b"\n")
        self.process.stdin.flush()
        answers: list[dict[str, Any]] = []
        while len(answers) < len(TALK):
            reply = json.loads(self.process.stdout.readline())
            if "id" in reply:
                answers.append(reply)
        return answers

    def end(self) -> None:
        self.process.communicate(timeout=30)

    @property
    def files(self) -> set[str]:
        """Every file there is in its folders."""
        return {str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()}


def test_a_whole_conversation_writes_the_log_and_the_model_and_opens_nothing(tmp_path: Path) -> None:
    engine = Confined(tmp_path)
    try:
        answers = engine.converse()
        assert tuple(dict.fromkeys(one["type"] for one in answers if one["type"] != "error")) == DONE
        refused = [one for one in answers if one["type"] == "error"]
        assert len(refused) == 5 * len(HOSTILE) + 2
        assert not sockets(engine.process.pid)
        assert not children(engine.process.pid)
    finally:
        engine.end()
    written = {name for name in engine.files if not name.startswith("state/sessions/")}
    assert written == {"state/engine.log", "data/models/kept.safetensors"}
    assert not list((tmp_path / "work").iterdir())


def sockets(pid: int) -> list[str]:
    """The sockets that a process has open."""
    if not Path("/proc/self/fd").exists():
        pytest.skip("there is no /proc to look for sockets in")
    return [link for link in map(os.readlink, Path(f"/proc/{pid}/fd").iterdir()) if link.startswith("socket:")]


def children(pid: int) -> str:
    return "".join(file.read_text() for file in Path(f"/proc/{pid}/task").glob("*/children"))


CALLS = "openat,open,creat,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,link,linkat,symlink,symlinkat,"
CALLS += "chmod,fchmodat,truncate,execve,socket,bind,listen,connect,accept,accept4"


def test_no_system_call_of_it_reaches_elsewhere(tmp_path: Path) -> None:
    strace, trace = shutil.which("strace"), tmp_path / "trace"
    if (
        strace is None
        or subprocess.run([strace, "-o", "/dev/null", "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("there is no strace here, or it may not be used")
    engine = Confined(
        tmp_path, strace, "-f", "-qq", "-s", "4096", "-e", f"trace={CALLS}", "-e", "signal=none", "-o", str(trace)
    )
    try:
        engine.converse()
    finally:
        engine.end()
    every = [line.split(None, 1)[1] for line in trace.read_text().splitlines()]
    opened = next(i for i, call in enumerate(every) if f'"{tmp_path}/state' in call)
    calls = every[opened:]  # torch is imported before the log is opened, and a CUDA build runs ldconfig meanwhile
    assert [call for call in calls if call.startswith("execve(")] == []
    assert [call for call in calls if re.match(r"(bind|listen|accept|connect|socket)", call)] == []
    changing = [call for call in calls if re.search(r"O_WRONLY|O_RDWR|O_CREAT", call) or not call.startswith("open")]
    assert any("kept.safetensors" in call for call in changing)
    elsewhere = [call for call in changing if f'"{tmp_path}/state' not in call and f'"{tmp_path}/data' not in call]
    assert [call for call in elsewhere if '"/dev/null"' not in call] == []
