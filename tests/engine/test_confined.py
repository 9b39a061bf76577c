"""An engine touches nothing but what it is told to: its log, its journal and the models that are saved."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from pty_kit import family

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


CALLS = "openat,open,creat,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,link,linkat,symlink,symlinkat,"
CALLS += "chmod,fchmodat,truncate,execve,socket,bind,listen,connect,accept,accept4"


def strace(trace: Path) -> list[str]:
    """The words that have a command's system calls written to a file; none where there is no strace to be used."""
    words = ["strace", "-f", "-qq", "-s", "4096", "-e", f"trace={CALLS}", "-e", "signal=none", "-o", str(trace)]
    if shutil.which("strace") is None or subprocess.run([*words, "true"], capture_output=True, check=False).returncode:
        return []
    return words


def converse(engine: subprocess.Popen[bytes]) -> list[dict[str, Any]]:
    """Say everything there is to say; the answers, in order."""
    assert engine.stdin and engine.stdout
    lines = [json.dumps({**request, "id": number}) for number, request in enumerate(TALK, 1)]
    engine.stdin.write("\n".join(lines).encode() + b"\n")
    engine.stdin.flush()
    answers: list[dict[str, Any]] = []
    while len(answers) < len(TALK):
        reply = json.loads(engine.stdout.readline())
        if "id" in reply:
            answers.append(reply)
    return answers


def test_a_whole_conversation_writes_the_log_and_the_model_and_reaches_nothing_elsewhere(tmp_path: Path) -> None:
    for name in ("home", "work", "tmp"):
        (tmp_path / name).mkdir()
    folders = {"HOME": "home", "TMPDIR": "tmp", "UNROLL_STATE_DIR": "state", "UNROLL_DATA_DIR": "data"}
    changes = {name: str(tmp_path / place) for name, place in folders.items()}
    under = strace(trace := tmp_path / "trace")
    engine = subprocess.Popen(
        [*under, *ENGINE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=tmp_path / "work",
        env={**os.environ, **changes, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    try:
        answers = converse(engine)
        assert tuple(dict.fromkeys(one["type"] for one in answers if one["type"] != "error")) == DONE
        assert len([one for one in answers if one["type"] == "error"]) == 5 * len(HOSTILE) + 2
        if Path("/proc/self/fd").exists():
            process = family(engine.pid)[bool(under)]
            assert family(process) == [process], "it has started nothing"
            opened = map(os.readlink, Path(f"/proc/{process}/fd").iterdir())
            assert not [link for link in opened if link.startswith("socket:")]
    finally:
        engine.communicate(timeout=30)
    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file() and path != trace}
    assert {name for name in written if not name.startswith("state/sessions/")} == {
        "state/engine.log",
        "data/models/kept.safetensors",
    }
    assert not list((tmp_path / "work").iterdir())
    if under:
        assert_confined(trace.read_text(), tmp_path)


def assert_confined(trace: str, folder: Path) -> None:
    """No system call reached anything but the two folders."""
    every = [line.split(None, 1)[1] for line in trace.splitlines()]
    opened = next(i for i, call in enumerate(every) if f'"{folder}/state' in call)
    calls = every[opened:]  # torch is imported before the log is opened, and a CUDA build runs ldconfig meanwhile
    assert [call for call in calls if call.startswith("execve(")] == []
    assert [call for call in calls if re.match(r"(bind|listen|accept|connect|socket)", call)] == []
    changing = [call for call in calls if re.search(r"O_WRONLY|O_RDWR|O_CREAT", call) or not call.startswith("open")]
    assert any("kept.safetensors" in call for call in changing)
    elsewhere = [call for call in changing if f'"{folder}/state' not in call and f'"{folder}/data' not in call]
    assert [call for call in elsewhere if '"/dev/null"' not in call] == []
