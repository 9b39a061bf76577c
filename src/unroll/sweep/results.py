"""A sweep's results file: one finished unit a line, as JSON, on the disk before the next one counts as done.

    {"format":1,"digest":"9f0c…","recipe":{…},"seeds":[0,…],"accuracy":[1.0,…],"loss":[…],"weights":["09af3c71",…],…}

One sweep at a time writes to a file, which it locks. A line that the machine's end has torn is cut off.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import Struct

from unroll.errors import FileError
from unroll.files import NOT_SUPPORTED, check_place, lock, read_regular, reason
from unroll.recipe import Recipe
from unroll.text import shown_path

FORMAT = 1
VERSION = version("unroll")
MAX_FILE = 512 * 10**6
START = b'{"format":'


class Made(Struct, frozen=True):
    """With what a unit was computed: on another kind of processor, or by another torch, last bits differ."""

    unroll: str
    python: str
    torch: str
    cpu: str
    """The processor's capability as torch names it, such as `AVX2`."""
    machine: str


class Row(Struct, frozen=True):
    """A finished unit: a recipe, its seeds, and for each of them what came out; None for what is no number.

    Attributes:
        digest: Which recipe on which data, whatever the seed (`grid.digest`).
        accuracy: The part of the training sequences that is answered right.
        loss: Of the last update, in nats.
        held_out: Accuracy on the sequences held out; empty where there are none.
        weights: The fingerprint of each trained network.
        seconds: What the unit took.
    """

    format: int
    digest: str
    recipe: Recipe
    seeds: tuple[int, ...]
    accuracy: tuple[float | None, ...]
    loss: tuple[float | None, ...]
    weights: tuple[str, ...]
    seconds: float
    made: Made
    held_out: tuple[float | None, ...] = ()
    data: str = ""

    def __post_init__(self) -> None:
        count = len(self.seeds)
        if not count or {len(self.accuracy), len(self.loss), len(self.weights), len(self.held_out) or count} != {count}:
            raise ValueError("figures and seeds do not match")
        if self.format != FORMAT:
            raise ValueError("another format")


class Fault(Struct, frozen=True):
    """Why a unit could not be computed."""

    fault: str


class Contents(NamedTuple):
    """What is in a results file: its rows, a sentence on what was torn, and how many bytes are whole."""

    rows: list[Row]
    word: str
    whole: int


def read(path: str) -> Contents:
    """What is in a results file; raises `FileError` if it is not one."""
    return _parsed(path, read_regular(path, MAX_FILE))


def done(rows: Iterable[Row]) -> dict[str, set[int]]:
    """The seeds that this version has computed, by the digest of their recipe."""
    found: dict[str, set[int]] = {}
    for row in rows:
        if row.made.unroll == VERSION:
            found.setdefault(row.digest, set()).update(row.seeds)
    return found


class Results:
    """A results file that is written to. Make one with `opened_results`."""

    def __init__(self, path: str, descriptor: int) -> None:
        self.path = path
        self.contents = _parsed(path, read_regular(path, MAX_FILE))
        self._descriptor = descriptor
        self._size = self.contents.whole
        os.ftruncate(descriptor, self._size)

    def add(self, row: Row) -> None:
        """Append a row, and wait until it is on the disk; raises `FileError`, the file being as it was before."""
        line = msgspec.json.encode(row) + b"\n"
        try:
            if os.pwrite(self._descriptor, line, self._size) < len(line):
                raise OSError(0, "the disk is full")
            _sync(self._descriptor)
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self._descriptor, self._size)
            raise FileError(
                f"{shown_path(self.path)} cannot be written ({reason(error)}): what is in it stays; make room, and the "
                "same command goes on."
            ) from None
        self._size += len(line)


@contextmanager
def opened_results(path: str) -> Iterator[Results]:
    """A results file, made if need be and locked; raises `FileError`, for one that another sweep writes to as well."""
    check_place(path)
    descriptor = _locked(path)
    try:
        yield Results(path, descriptor)
    finally:
        os.close(descriptor)


def _locked(path: str) -> int:
    """A descriptor of a file that nobody else writes to."""
    name = shown_path(path)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
        try:
            lock(descriptor)
        except OSError:
            os.close(descriptor)
            raise
    except BlockingIOError:
        raise FileError(f"Another sweep writes to {name}: wait for its end, or name another file with --out.") from None
    except OSError as error:
        raise FileError(f"{name} cannot be written ({reason(error)}): name another file with --out.") from None
    return descriptor


def _sync(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in NOT_SUPPORTED:
            raise


def _parsed(path: str, data: bytes) -> Contents:
    lines, rows = data.split(b"\n"), []
    torn = lines.pop()
    for number, line in enumerate(lines, 1):
        try:
            rows.append(msgspec.json.decode(line, type=Row))
        except ValueError:  # msgspec's errors are among them
            raise FileError(
                f"Line {number:,} of {shown_path(path)} is no result of unroll sweep: name another file."
            ) from None
    if torn and not rows and torn[: len(START)] != START[: len(torn)]:
        raise FileError(f"{shown_path(path)} is no results file of unroll sweep: name another file.")
    word = f"The last line of {shown_path(path)} was torn when it was written: it does not count." if torn else ""
    return Contents(rows, word, len(data) - len(torn))


def shard_path(path: str, shard: int, shards: int) -> str:
    """Where a part of a sweep is written: `recall.3-of-16.jsonl` beside `recall.jsonl`."""
    place = Path(path)
    return str(place.with_name(f"{place.stem}.{shard}-of-{shards}{place.suffix}"))


def shard_paths(path: str) -> list[str]:
    """The parts that are beside a results file."""
    place = Path(path)
    found = place.parent.glob(f"{_literal(place.stem)}.*-of-*{_literal(place.suffix)}")
    return sorted(map(str, found))


def _literal(text: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in text)


def merge(results: Results, paths: Iterable[str]) -> int:
    """Add what other files have and this one has not; the number of rows added. Raises `FileError`."""
    known = {(row.digest, row.made.unroll, row.seeds) for row in results.contents.rows}
    added = 0
    for path in paths:
        for row in read(path).rows:
            key = row.digest, row.made.unroll, row.seeds
            if key not in known:
                known.add(key)
                results.add(row)
                added += 1
    return added
