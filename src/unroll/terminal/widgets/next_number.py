"""The next number: the likeliest answers after the chosen step, as bars with percentages.

Drawn from candidates and the right answer (None where the task has none). Under an intervention the pane is halved:
what the network says now, and what it said before. Knows neither the engine nor other panes.
"""

from collections.abc import Sequence

from rich.segment import Segment
from textual.reactive import reactive
from textual.strip import Strip

from unroll import figures
from unroll.protocol.replies import Candidate
from unroll.terminal.sparing import Pane

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
        """The bars are the network's own probabilities, or what temperature, top-k and top-p make of them."""
        sampled = ", as it is drawn" if self.is_sampled else ""
        self.entitle(f"Next number{sampled}", "" if self.after is None else f"after {self.after}")

    def watch_candidates(self, before: Sequence[Candidate], now: Sequence[Candidate]) -> None:
        if len(before) != len(now) or _digits(before) != _digits(now) or self.before:
            self.refresh()
        else:
            self.refresh_changed(before, now)

    def render_line(self, y: int) -> Strip:
        half = self.size.height // 2
        if not self.before or y < half:
            return self._row(self.candidates, y, self.answer)
        if y > half:
            return self._row(self.before, y - half - 1, self.answer_before)
        title = f"── {self.before_title} ".ljust(self.size.width, "─")
        return Strip([Segment(title, self.get_component_rich_style(BAR))]).crop(0, self.size.width)

    def _row(self, candidates: Sequence[Candidate], rank: int, answer: int | None) -> Strip:
        width = self.size.width
        if rank >= len(candidates):
            return Strip.blank(width, self.rich_style)
        number, probability = candidates[rank].number, candidates[rank].probability
        digits = _digits([*self.candidates, *self.before])
        is_wrong = not rank and answer not in (None, number)
        mark, look = ("✓", RIGHT) if number == answer else ("✗", WRONG) if is_wrong else (" ", BAR)
        is_certain = self.is_sampled and len(candidates) == 1
        chance = figures.share(probability) if is_certain else figures.probability(probability)
        head, tail = f"{mark} {number:>{digits}} ", f" {chance:>7}"
        bar = bar_of(probability, width - len(head) - len(tail))
        return Strip([Segment(head + bar + tail, self.get_component_rich_style(look))], width)


def _digits(candidates: Sequence[Candidate]) -> int:
    """How wide the widest number is."""
    return max((len(str(candidate.number)) for candidate in candidates), default=0)


def bar_of(share: float, width: int) -> str:
    """A bar of `share` of `width` cells, to the eighth of a cell."""
    eighths = round(max(0.0, min(1.0, share)) * width * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (EIGHTHS[rest] if rest else "")).ljust(width)
