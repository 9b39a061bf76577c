"""A real OpenSSH server on a loopback port, with keys and settings made for one test, and the way to it."""

import os
import pwd
import shlex
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from pty_kit import TIMEOUT_S, UNROLL, family, wait_for

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
SERVER = """
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
AuthorizedKeysFile {folder}/key.pub
Banner {folder}/banner
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
"""
CLIENT = """
Host unknown
UserKnownHostsFile {folder}/empty
Host *
HostName 127.0.0.1
Port {port}
User {user}
IdentitiesOnly yes
IdentityAgent none
GlobalKnownHostsFile none
UserKnownHostsFile {folder}/known
StrictHostKeyChecking yes
Host box unknown
IdentityFile {folder}/key
Host locked
IdentityFile {folder}/other
"""


class Box:
    """A machine to log in to, which is this one. Its hosts: `box`; `locked`, without a key; `unknown`, never seen."""

    def __init__(self, folder: Path) -> None:
        """Write the keys and the settings, and start the server."""
        self.folder = folder
        self.port = _free_port()
        for name in ("host", "key", "other"):
            _keygen("-N", "", "-t", "ed25519", "-f", str(folder / name))
        host_key = " ".join((folder / "host.pub").read_text().split()[:2])
        (folder / "known").write_text(f"[127.0.0.1]:{self.port} {host_key}\n")
        (folder / "banner").write_text("Welcome to box.\n")
        values = {"folder": folder, "port": self.port, "user": pwd.getpwuid(os.getuid()).pw_name}
        (folder / "sshd_config").write_text(SERVER.format(**values))
        (folder / "ssh_config").write_text(CLIENT.format(**values))
        assert SSHD
        self._log = (folder / "sshd.log").open("wb")
        self.server = subprocess.Popen(
            [SSHD, "-D", "-e", "-f", str(folder / "sshd_config")], stdin=subprocess.DEVNULL, stderr=self._log
        )

    def ssh(self, *words: str, host: str = "box") -> list[str]:
        """The command that runs these words on a host."""
        return ["ssh", "-F", str(self.folder / "ssh_config"), host, shlex.join(words)]

    def unroll(self, *words: str) -> list[str]:
        """The words that run the program there, with a state folder by which its processes are known."""
        folders = [f"UNROLL_STATE_DIR={self.folder}/far", f"UNROLL_DATA_DIR={self.folder}/far/data"]
        return ["env", *folders, "OMP_NUM_THREADS=1", "COLORTERM=truecolor", *UNROLL, *words]

    def refusal(self, *options: str) -> str:
        """Why nobody can log in, with options such as -tt for a terminal; empty when that works."""
        ssh, *words = self.ssh("true")
        end = time.monotonic() + TIMEOUT_S
        while self.server.poll() is None and time.monotonic() < end:
            done = subprocess.run([ssh, *options, *words], stdin=subprocess.DEVNULL, capture_output=True, check=False)
            if done.returncode == 0:
                return ""
            if b"refused" not in done.stderr:
                return done.stderr.decode(errors="replace").strip()
        return (self.folder / "sshd.log").read_text().strip()

    def processes(self) -> dict[int, str]:
        """What runs there of the program: process and command."""
        every = [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()]
        return {pid: _words(pid) for pid in every if self._is_ours(pid)}

    def drop_the_line(self, number: int = signal.SIGKILL) -> None:
        """Kill the server's end of every session, as a crash of the machine between would end it, or signal it so."""
        for pid in family(self.server.pid)[1:]:
            if "sshd" in _words(pid).split(":")[0] and not self._is_ours(pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, number)

    def until_left(self) -> None:
        """Wait until nothing of the program runs there."""
        wait_for(lambda: not self.processes(), self.processes)

    def close(self) -> None:
        """End the server, and whatever a failed test has left there."""
        self.drop_the_line()
        self.server.terminate()
        self.server.wait(TIMEOUT_S)
        self._log.close()
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _is_ours(self, pid: int) -> bool:
        with suppress(OSError):
            return f"UNROLL_STATE_DIR={self.folder}/far\0".encode() in Path(f"/proc/{pid}/environ").read_bytes()
        return False


@contextmanager
def a_box(folder: Path) -> Iterator[Box]:
    """A machine to log in to; the test is skipped, with the reason, where there can be none."""
    if SSHD is None or shutil.which("ssh") is None:
        pytest.skip("there is no OpenSSH server here")
    if not Path("/proc/self/environ").exists():
        pytest.skip("there is no /proc to list processes by")
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where sshd wants it, as its own start script makes it
    box = Box(folder)
    try:
        if refusal := box.refusal():
            pytest.skip(f"nobody can log in over ssh here: {refusal}")
        yield box
    finally:
        box.close()


def _words(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return ""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _keygen(*words: str) -> None:
    subprocess.run(["ssh-keygen", "-q", *words], check=True, stdin=subprocess.DEVNULL, capture_output=True)
