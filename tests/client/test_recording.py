"""A recording is whole up to where it was cut, and neither a full disk nor another engine spoils it."""

import os
from pathlib import Path

import msgspec
import pytest
from test_client import POLITE, start

from unroll.client.recording import Recorder, Replay, read
from unroll.errors import FileError
from unroll.protocol.replies import Done
from unroll.protocol.requests import Play

LINE = b'{"type":"play","id":1}'


def recorded(path: Path, lines: int = 3) -> bytes:
    """The bytes of a new recording of `lines` lines."""
    recorder = Recorder(path)
    for _ in range(lines):
        recorder.add("client", LINE)
    recorder.close()
    return path.read_bytes()


@pytest.mark.parametrize("cut", [1, 2, 20])
def test_what_was_cut_off_at_the_end_is_left_out(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "talk.jsonl"
    path.write_bytes(recorded(path)[:-cut])
    entries = read(path)
    assert {bytes(entry.message) for entry in entries} == {LINE}
    assert len(entries) == (3 if cut == 1 else 2)


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    for data in (b"", b"\n", b"{}\n{}\n", os.urandom(99), b"[" * 10**6, recorded(path) + b"\0\n"):
        path.write_bytes(data)
        with pytest.raises((msgspec.DecodeError, RecursionError, UnicodeDecodeError)):
            read(path)


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, tmp_path / "none", Path("/dev/zero")):
        with pytest.raises(FileError):
            Replay(path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here to stand for a full disk")
async def test_a_full_disk_ends_the_recording_and_not_the_conversation() -> None:
    engine = await start(POLITE, Path("/dev/full"))
    for _ in range(500):
        assert isinstance(await engine.ask(Play()), Done)
    await engine.close()
    assert engine.last_lines[-1] == "No space left on device: the recording /dev/full ends here."


async def test_another_engine_is_recorded_behind_the_first(tmp_path: Path) -> None:
    for _ in range(2):
        engine = await start(POLITE, tmp_path / "talk.jsonl")
        await engine.ask(Play())
        await engine.close()
    assert len(read(tmp_path / "talk.jsonl")) == 6
    replay = Replay(tmp_path / "talk.jsonl")
    assert await replay.ask(Play()) == Done(id=1)
