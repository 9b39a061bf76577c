"""The next number: the likeliest answers after the chosen step, as bars with percentages, and a banner over them.

Drawn from candidates and the right answers (empty where the task has none). Where they have probabilities from before
too, each row has a pair of bars: the upper half is now, the lower half before. Says `NumberChosen`. Knows neither the
engine nor other panes.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.markup import escape
from rich.segment import Segment
from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from unroll import figures
from unroll.protocol.trace import Candidate
from unroll.terminal.cells import cut, right, widest
from unroll.terminal.sparing import Pane
from unroll.text import clipped, fitting
from unroll.vocabulary import Vocabulary

EIGHTHS = " ▏▎▍▌▋▊▉"
NOW, BEFORE, BOTH = "▀▄█"
LONGEST = 12
"""Cells of a symbol's name at most."""
SHOWN = 6
"""Candidates that have a row."""
BANNER = 3
"""Rows that are kept for the banner."""
PLAIN, TOLD, RIGHT, WRONG = "next-number--plain", "next-number--told", "next-number--right", "next-number--wrong"
CHOSEN = "next-number--chosen"
Piece = tuple[str, str]
"""Some text, and the component class that it looks like."""


class NextNumber(Pane, can_focus=True):
    """Bars for the likeliest numbers. The right one is marked with `✓`; a wrong first one with `✗`.

    Attributes:
        banner: What is done to the network and what that does: a row each, in several wordings, the longest first.
        versus: What `before` is of; empty where the candidates have none.
        chosen: The row that the keys are on.
    """

    @dataclass
    class NumberChosen(Message):
        """A candidate is to come next."""

        number: int

    COMPONENT_CLASSES = {PLAIN, TOLD, RIGHT, WRONG, CHOSEN}
    DEFAULT_CSS = """
    NextNumber {
        & .next-number--plain { color: $text-muted; }
        & .next-number--told { color: $foreground; text-style: bold; }
        & .next-number--right { color: $success; }
        & .next-number--wrong { color: $error; }
        & .next-number--chosen { color: $accent; text-style: bold reverse; }
    }
    """
    BINDINGS: ClassVar = [
        Binding("up", "choose(-1)", "choose", key_display="↑/↓", tooltip="The candidate above or below."),
        Binding("down", "choose(1)", show=False),
        Binding("enter", "take", "append", tooltip="Append the chosen candidate to the sequence, as if you typed it."),
    ]

    candidates: reactive[Sequence[Candidate]] = reactive((), repaint=False)
    banner: reactive[Sequence[Sequence[str]]] = reactive((), repaint=False)
    versus: reactive[str] = reactive("", repaint=False)
    vocabulary: reactive[Vocabulary] = reactive(Vocabulary(1), repaint=False)
    answers: reactive[Collection[int]] = reactive((), repaint=False)
    after: reactive[int | None] = reactive(None, repaint=False)
    is_sampled: reactive[bool] = reactive(False, repaint=False)
    chosen: reactive[int] = reactive(0, repaint=False)

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[list[Piece]] = []

    def on_mount(self) -> None:
        names = "candidates", "banner", "versus", "vocabulary", "answers", "after", "is_sampled", "chosen", "has_focus"
        for attribute in names:
            self.watch(self, attribute, self.on_resize)

    def on_resize(self) -> None:
        """Find what stands in every row, and repaint those that are others than before."""
        sampled = " (sampled)" if self.is_sampled else ""
        after = "" if self.after is None else f"after {cut(self.vocabulary.said(self.after), LONGEST)}"
        self.entitle(f"6 Next {self.vocabulary.word}{sampled}", escape(after))
        before, self._rows = self._rows, [*self._lines()][: self.size.height]
        self.refresh_changed(before, self._rows)

    # Drawing

    def render_line(self, y: int) -> Strip:
        parts = self._rows[y] if y < len(self._rows) else []
        strip = Strip([Segment(text, self.get_component_rich_style(look)) for text, look in parts])
        return strip.adjust_cell_length(self.size.width, self.rich_style)

    def _lines(self) -> Iterator[list[Piece]]:
        width = self.size.width
        for row in range(BANNER):
            yield [(fitting(self.banner[row], width), TOLD)] if row < len(self.banner) else []
        legend = f"{NOW} now  {BEFORE} {self.versus}" if self.versus else f"{BOTH} probability"
        yield [(clipped(legend, width), PLAIN)]
        shown = self._shown
        for rank, candidate in enumerate(shown):
            yield self._candidate(rank, candidate)
        others = self.vocabulary.size - len(shown)
        if shown and others > 0:
            yield self._others(others, shown)

    @property
    def _room(self) -> int:
        """How many candidates can be shown."""
        return max(1, min(SHOWN, self.size.height - BANNER - 2))

    @property
    def _shown(self) -> list[Candidate]:
        """The candidates that have a row: the likeliest, the likeliest before, and those that are right go first."""
        before = max(self.candidates, key=lambda one: one.before or 0, default=None)
        by_need = sorted(self.candidates[1:], key=lambda one: one is not before and one.number not in self.answers)
        needed = [*self.candidates[:1], *by_need][: self._room]
        return [one for one in self.candidates if one in needed]

    def _candidate(self, rank: int, candidate: Candidate) -> list[Piece]:
        number, chance, before = candidate.number, candidate.probability, candidate.before
        is_wrong = not rank and self.answers and number not in self.answers
        mark, look = ("✓", RIGHT) if number in self.answers else ("✗", WRONG) if is_wrong else (" ", PLAIN)
        is_certain = self.is_sampled and len(self.candidates) == 1
        now = figures.share(chance) if is_certain else figures.probability(chance)
        then = "" if before is None else figures.probability(before)
        width = min(LONGEST, widest(self.vocabulary))
        name, tail = right(self.vocabulary.shown(number), width), self._tail(now, then)
        room = self.size.width - width - 3 - len(tail)
        bar = bar_of(chance, room) if not self.versus else paired_bar(chance, before or 0, room)
        return [
            (f"{mark} ", look),
            (name, CHOSEN if self.has_focus and rank == self.chosen else look),
            (f" {bar}{tail}", look),
        ]

    def _others(self, others: int, shown: Sequence[Candidate]) -> list[Piece]:
        """What is left for all numbers without a row of their own."""
        rest = max(0.0, 1 - sum(candidate.probability for candidate in shown))
        then = max(0.0, 1 - sum(candidate.before or 0 for candidate in shown))
        is_none = self.is_sampled and len(self.candidates) <= len(shown)
        say = figures.share if is_none else figures.probability
        rest, then = (0.0, 0.0) if is_none else (rest, then)
        tail = self._tail(say(rest), say(then) if self.versus else "")
        return [(f"  {figures.count(others, 'other')}".ljust(self.size.width - len(tail)) + tail, PLAIN)]

    def _tail(self, now: str, before: str) -> str:
        return f" {now:>7} {before:>7}" if self.versus else f" {now:>7}"

    # What a person does

    def action_choose(self, by: int) -> None:
        self.chosen = max(0, min(self.chosen + by, len(self._shown) - 1))

    def action_take(self) -> None:
        if self.chosen < len(self._shown):
            self.post_message(self.NumberChosen(self._shown[self.chosen].number))

    def on_click(self, event: events.Click) -> None:
        content = event.get_content_offset(self)
        if content is not None and 0 <= content.y - BANNER - 1 < len(self._shown):
            self.chosen = content.y - BANNER - 1
            self.action_take()


def bar_of(share: float, width: int) -> str:
    """A bar of `share` of `width` cells, to the eighth of a cell."""
    eighths = round(max(0.0, min(1.0, share)) * width * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (EIGHTHS[rest] if rest else "")).ljust(width)


def paired_bar(now: float, before: float, width: int) -> str:
    """Two bars in one row of `width` cells: the upper half is now, the lower half before."""
    upper, lower = (round(max(0.0, min(1.0, share)) * width) for share in (now, before))
    both = min(upper, lower)
    return (BOTH * both + (NOW * (upper - both) or BEFORE * (lower - both))).ljust(width)
