"""Whatever lies where a network should, and whatever becomes of it while it is read: a sentence, in little memory."""

import os
import resource
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from unroll import files
from unroll.errors import CheckpointError, FileError
from unroll.network import checkpoint
from unroll.network.checkpoint import Checkpoint, load, save
from unroll.network.model import SequenceModel
from unroll.recipe import Recipe
from unroll.series import History

SMALL = Recipe().replace(vocab_size=12, hidden_size=5, length=3, epochs=2)
ROOM = 200 * 2**20
"""Bytes that a process may take for a file that it refuses, beyond what it took before."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "network.safetensors"
    save(path, Checkpoint(SequenceModel.of(SMALL), SMALL, History(2, 1, (2.0, 1.0), (0.5, 1.0), accuracy=1.0)))
    return path


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        os.chdir(path.parent)
        listener.bind(path.name)


def a_sparse_file(path: Path) -> None:
    path.touch()
    os.truncate(path, 10 * 2**30)


def a_million_tensors(path: Path) -> None:
    entry = '":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}'
    header = ("{" + ",".join(f'"{i}{entry}' for i in range(10**6)) + "}").encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header)


def tensors_in_a_small_header(path: Path) -> None:
    header = ("{" + ",".join(f'"{i}":0' for i in range(100_000)) + "}").encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header)


PLACES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a folder": (Path.mkdir, "is not a regular file"),
    "a pipe": (os.mkfifo, "is not a regular file"),
    "a socket": (a_socket, "cannot be read"),
    "an endless device": (lambda path: path.symlink_to("/dev/zero"), "is not a regular file"),
    "a terminal": (lambda path: path.symlink_to("/dev/ptmx"), "is not a regular file"),
    "a link to itself": (lambda path: path.symlink_to(path.name), "cannot be read"),
    "a link to nowhere": (lambda path: path.symlink_to("nowhere"), "cannot be read"),
    "a sparse file of 10 GB": (a_sparse_file, "name a file of at most 64,000,000"),
    "a file of the kernel's that says it is empty": (lambda p: p.symlink_to("/proc/self/maps"), "or another kind"),
    "a million tensors without values": (a_million_tensors, "1,048,576 are allowed"),
    "as many as fit into a header": (tensors_in_a_small_header, "where 64 are allowed"),
}


@pytest.mark.parametrize(("make", "sentence"), PLACES.values(), ids=PLACES.keys())
def test_what_lies_where_a_network_should_is_refused(
    tmp_path: Path, make: Callable[[Path], object], sentence: str
) -> None:
    make(tmp_path / "x")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = os.times().user
    with pytest.raises(FileError, match=sentence):
        load(tmp_path / "x")
    assert os.times().user - seconds < 1
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < ROOM


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_refused(file: Path) -> None:
    file.chmod(0)
    with pytest.raises(FileError, match="permission denied"):
        load(file)


@pytest.mark.parametrize("name", ["new\nline", "\x1b]52;c;x\a", "\udcff", "é" * 100, "-rf", " "])
def test_any_name_is_saved_to_and_loaded_from(tmp_path: Path, name: str) -> None:
    save(tmp_path / name, Checkpoint(SequenceModel.of(SMALL), SMALL))
    assert load(tmp_path / name).recipe == SMALL
    os.truncate(tmp_path / name, 3)
    with pytest.raises(CheckpointError) as refusal:
        load(tmp_path / name)
    assert str(refusal.value).isprintable()


def during_the_load(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object], moment: str) -> None:
    """Let something happen to the file after it was opened, or after it was read."""
    if moment == "opened":
        fstat = os.fstat
        monkeypatch.setattr(files.os, "fstat", lambda descriptor: (fstat(descriptor), happens())[0])
    else:
        read_header = checkpoint.read_header
        monkeypatch.setattr(checkpoint, "read_header", lambda data: (happens(), read_header(data))[1])


@pytest.mark.parametrize("moment", ["opened", "read"])
@pytest.mark.parametrize("left", [0, 100, 1000])
def test_a_file_cut_off_while_it_is_loaded_is_refused_or_whole(
    file: Path, monkeypatch: pytest.MonkeyPatch, moment: str, left: int
) -> None:
    during_the_load(monkeypatch, lambda: os.truncate(file, left), moment)
    if moment == "read":
        assert load(file).recipe == SMALL
    else:
        with pytest.raises(CheckpointError, match=r"cut off|damaged"):
            load(file)


@pytest.mark.parametrize("moment", ["opened", "read"])
def test_a_file_replaced_while_it_is_loaded_is_one_of_the_two(
    file: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    other = SMALL.replace(seed=9)
    new = file.with_name("new")
    save(new, Checkpoint(SequenceModel.of(other), other))
    during_the_load(monkeypatch, lambda: new.exists() and new.replace(file), moment)
    assert load(file).recipe == SMALL
    assert load(file).recipe == other


def test_a_file_that_grows_while_it_is_read_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    during_the_load(monkeypatch, lambda: os.truncate(file, 10**9), "opened")
    with pytest.raises(FileError, match="grew while it was read"):
        load(file)


LOAD = """
import resource, sys
from unroll.network.checkpoint import load
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
load(sys.argv[1])
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.long
def test_the_largest_network_takes_three_times_its_size_at_most(tmp_path: Path) -> None:
    recipe = Recipe().replace(vocab_size=4096, hidden_size=1024)
    save(tmp_path / "x", Checkpoint(SequenceModel.of(recipe), recipe))
    command = [sys.executable, "-c", LOAD, str(tmp_path / "x")]
    taken = subprocess.run(command, check=True, timeout=60, capture_output=True).stdout
    assert int(taken) < 3 * (tmp_path / "x").stat().st_size / 2**20 + 20
