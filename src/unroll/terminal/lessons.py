"""What is asked about lessons: which to begin, and what is to be said of a moment that becomes a scene of one's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from textual.screen import Screen

from unroll import permalink
from unroll.errors import FileError, UserError
from unroll.permalink import Link
from unroll.terminal import export, texts
from unroll.terminal.dialogs import Ask, Pick
from unroll.terminal.tour import Tour
from unroll.text import printable
from unroll.tour import lesson
from unroll.tour.lesson import PaneName, Scene
from unroll.tour.recorder import LessonFile


class Lessons:
    """Asks a person, and begins a lesson or records a scene."""

    def __init__(self, screen: Screen[Any], tour: Tour, link: Callable[[], Link]) -> None:
        """`link` gives the permalink of what is shown; raises `UserError` where there is none."""
        self._screen, self._tour, self._link = screen, tour, link
        self._recorder = LessonFile()

    def choose(self) -> None:
        """Which of the lessons that come with unroll to begin."""
        known = [lesson.read(path) for path in lesson.shipped().values()]
        wide = max(len(one.title) for one in known)
        rows = [f"{one.title:{wide}}  {len(one.scenes):2} scenes" for one in known]
        names = [one.name for one in known]

        def take(name: str | None) -> None:
            if name is not None:
                self._tour.begin(known[names.index(name)])

        self._screen.app.push_screen(Pick("Choose a lesson", names, rows, texts.LESSONS_HINT), take)

    def record(self, pane: str) -> None:
        """What is to be said of the moment that is shown, with a pane in sight."""
        say = self._screen.say  # type: ignore[attr-defined]
        try:
            link = self._link()
            permalink.write(link)
            path = self._recorder.place(export.folder())
        except UserError as error:
            say(str(error))
            return

        def take(text: str | None) -> None:
            try:
                if text is not None:
                    scenes = self._recorder.add(path, Scene(link, cast(PaneName, pane.lower()), _told(text)))
                    say(texts.of_recorded(printable(str(path)), scenes), fault=False)
            except FileError as error:
                say(str(error))

        dialog = Ask(
            f"Record this moment, epoch {link.moment.epoch:,}, as a scene", "", f"Two sentences. Into {path}", _told
        )
        self._screen.app.push_screen(dialog, take)


def _told(text: str) -> str:
    return lesson.told(lesson.line_of({"text": text}, "text", lesson.COLUMNS * lesson.ROWS))
