"""From a file's bytes to lines of text: gzip, byte order marks, and every kind of line end."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from pathlib import Path

from unroll.errors import FileError, RecipeError
from unroll.files import at_home, read_regular
from unroll.text import shown_path

MAX_BYTES = 16 * 10**6
"""Of the file, and of its text when it is packed."""
MAX_LINES = 10**6
LARGE = 2**17
"""Bytes that are read, packed or not, in some tens of milliseconds."""
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""Byte order marks and what they stand for; that of UTF-32 begins like that of UTF-16."""
GZIP = b"\x1f\x8b"
SHIPPED = Path(__file__).parent.parent / "data"
"""Where the files are that come with the program: text, each called by its name without `.txt`."""


def read_lines(path: str) -> list[str]:
    """A text file's lines without their ends, LF, CRLF or CR.

    Raises:
        RecipeError: of field `path`: it cannot be read, is too large, is no text, or has too many lines.
    """
    try:
        data = read_regular(located(path), MAX_BYTES)
    except FileError as error:
        raise RecipeError("path", str(error)) from None
    text = _decoded(_unpacked(data, path), path)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if len(lines) > MAX_LINES + 1:
        raise RecipeError("path", f"{shown_path(path)} has more than {MAX_LINES:,} lines: shorten it.")
    return lines


def located(path: str) -> Path:
    """The file of a path; a name that is no file here is one that comes with the program, where that is its name."""
    file = at_home(path)
    shipped = {one.stem: one for one in SHIPPED.glob("*.txt")}.get(path)
    return file if shipped is None or file.exists() else shipped


def stamp(path: str) -> tuple[int, ...]:
    """Tells a file from any other, and from itself as it was before a change; empty where there is none."""
    try:
        found = located(path).stat()
    except (OSError, ValueError):
        return ()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def is_large(path: str) -> bool:
    """Whether reading a file takes long enough to be noticed."""
    return stamp(path)[2:3] > (LARGE,)


def _unpacked(data: bytes, path: str) -> bytes:
    if not data.startswith(GZIP):
        return data
    try:
        found = gzip.GzipFile(fileobj=io.BytesIO(data)).read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        raise RecipeError("path", f"{shown_path(path)} cannot be unpacked: it is no whole gzip file.") from None
    if len(found) > MAX_BYTES:
        raise RecipeError("path", f"{shown_path(path)} has more than {MAX_BYTES:,} bytes unpacked: shorten it.")
    return found


def _decoded(data: bytes, path: str) -> str:
    encoding = next((name for mark, name in MARKS.items() if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        place = f"{shown_path(path)}, line {line:,}, column {column:,}"
        raise RecipeError("path", f"{place} is not text: save the file as UTF-8.") from None
