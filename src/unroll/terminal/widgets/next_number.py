"""The next number: the likeliest answers after the chosen step, as bars with percentages.

Drawn from candidates and the right answer (None where the task has none). Under an intervention the pane is halved:
what the network says now, and what it said before. Knows neither the engine nor other panes.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.reactive import reactive
from textual.strip import Strip

from unroll import figures
from unroll.protocol.replies import Candidate
from unroll.terminal.widgets.base import Pane

EIGHTHS = " ▏▎▍▌▋▊▉"
BAR, RIGHT, WRONG = "next-number--bar", "next-number--right", "next-number--wrong"


class NextNumber(Pane):
    """Bars for the likeliest numbers. The right one is marked with `✓`; a wrong first one with `✗`."""

    COMPONENT_CLASSES = {BAR, RIGHT, WRONG}
    DEFAULT_CSS = """
    NextNumber {
        & .next-number--bar { color: $text-muted; }
        & .next-number--right { color: $success; }
        & .next-number--wrong { color: $error; }
    }
    """

    candidates: reactive[Sequence[Candidate]] = reactive((), repaint=False)
    before: reactive[Sequence[Candidate]] = reactive(())
    before_title: reactive[str] = reactive("before")
    answer: reactive[int | None] = reactive(None)
    answer_before: reactive[int | None] = reactive(None)
    after: reactive[int | None] = reactive(None)
    is_sampled: reactive[bool] = reactive(False)

    def on_mount(self) -> None:
        for attribute in ("after", "is_sampled"):
            self.watch(self, attribute, self._describe)

    def _describe(self) -> None:
        """The bars are the network's own probabilities: temperature, top-k and top-p come after them."""
        sampled = " before sampling" if self.is_sampled else ""
        self.entitle(f"Next number{sampled}", "" if self.after is None else f"after {self.after}")

    def watch_candidates(self, before: Sequence[Candidate], now: Sequence[Candidate]) -> None:
        if len(before) != len(now) or _digits(before) != _digits(now) or self.before:
            self.refresh()
        else:
            self.refresh_rows(y for y, pair in enumerate(zip(before, now, strict=True)) if pair[0] != pair[1])

    def render_line(self, y: int) -> Strip:
        half = self.size.height // 2
        if not self.before:
            return self._row(self.candidates, y, self.answer)
        if y == half:
            title = f"── {self.before_title} "
            line = Segment(title.ljust(self.size.width, "─"), self.get_component_rich_style(BAR))
            return Strip([line]).crop(0, self.size.width)
        if y < half:
            return self._row(self.candidates, y, self.answer)
        return self._row(self.before, y - half - 1, self.answer_before)

    def _row(self, candidates: Sequence[Candidate], rank: int, answer: int | None) -> Strip:
        width = self.size.width
        if rank >= len(candidates):
            return Strip.blank(width, self.rich_style)
        number, probability = candidates[rank].number, candidates[rank].probability
        digits = _digits([*self.candidates, *self.before])
        mark, style = self._verdict(rank, number, answer)
        head, tail = f"{mark} {number:>{digits}} ", f" {figures.probability(probability):>7}"
        bar = bar_of(probability, width - len(head) - len(tail))
        return Strip([Segment(head + bar + tail, style)], width)

    def _verdict(self, rank: int, number: int, answer: int | None) -> tuple[str, Style]:
        if number == answer:
            return "✓", self.get_component_rich_style(RIGHT)
        if rank == 0 and answer is not None:
            return "✗", self.get_component_rich_style(WRONG)
        return " ", self.get_component_rich_style(BAR)


def _digits(candidates: Sequence[Candidate]) -> int:
    """How wide the widest number is."""
    return max((len(str(candidate.number)) for candidate in candidates), default=0)


def bar_of(share: float, width: int) -> str:
    """A bar of `share` of `width` cells, to the eighth of a cell."""
    eighths = round(max(0.0, min(1.0, share)) * width * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (EIGHTHS[rest] if rest else "")).ljust(width)
