"""Lessons of one's own: moments of the playground are written as scenes, one behind another, into one file."""

from __future__ import annotations

import json
from pathlib import Path

from unroll import permalink
from unroll.files import read_regular, write_atomically
from unroll.text import shown_path
from unroll.tour import lesson
from unroll.tour.lesson import Scene

NAME = "unroll-lesson"
TITLE = "A lesson of my own"


class LessonFile:
    """Appends scenes to one file, which is begun anew: no other file is ever written to."""

    def __init__(self) -> None:
        self._path: Path | None = None

    def place(self, folder: Path) -> Path:
        """Where the next scene goes: behind those recorded before, or into a file of a name that is free."""
        if self._path is not None:
            return self._path
        names = (f"{NAME}{f'-{number}' if number > 1 else ''}.toml" for number in range(1, 10_000))
        return next(path for name in names if not (path := folder / name).exists())

    def add(self, path: Path, scene: Scene) -> int:
        """Write a scene into the file, behind those that are there; how many there are now.

        Raises:
            FileError: it cannot be written; or what stands in it, by another hand, is no lesson any more.
        """
        head = f"# Play it with: unroll tour {shown_path(path)}\ntitle = {_quoted(TITLE)}\n"
        before = read_regular(path, lesson.MAX_FILE).decode(errors="replace") if self._path == path else head
        scenes = len(lesson.read(path).scenes) if self._path == path else 0
        write_atomically(path, f"{before.rstrip()}\n\n{written(scene)}".encode())
        self._path = path
        return scenes + 1


def written(scene: Scene) -> str:
    """A scene as a lesson's file has it."""
    keys = {"moment": permalink.write(scene.link), "pane": scene.pane, "text": scene.text, "try": scene.suggestion}
    return "\n".join(["[[scene]]", *(f"{key} = {_quoted(text)}" for key, text in keys.items() if text)]) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
