"""What is said of a lesson's scene: where one is, two sentences, and what to try.

Takes a `Card`, whose lines are reserved: nothing moves. A click on one of its keys does what the key does.
"""

from collections.abc import Iterator
from textwrap import wrap
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.reactive import reactive
from textual.strip import Strip

from unroll.terminal.sparing import Pane
from unroll.terminal.widgets.tooltips import Explained
from unroll.text import clipped
from unroll.tour.lesson import ROWS

HEIGHT = ROWS + 2
"""Lines: the title's, the text's, and what to try."""
PLACE, TITLE, TEXT, LABEL, KEY = (f"tour-card--{part}" for part in ("place", "title", "text", "label", "key"))
MARGIN = 2


class Card(NamedTuple):
    """What is said of a scene.

    Attributes:
        place: Which scene it is, of how many. `title`: the lesson's.
        is_away: Whether the screen has left the scene: then the key that returns is offered.
        below: What to try, `label` before it; or how far the scene's network is.
        is_playing: Whether the lesson goes on by itself: that any key takes over stands in the keys' place.
    """

    place: str
    title: str
    is_away: bool
    text: str
    label: str
    below: str
    is_playing: bool = False


class Offer(NamedTuple):
    """A key on the card, its word, and the action that both stand for."""

    key: str
    word: str
    action: str
    sentence: str


OFFERS = (
    Offer(",", "back", "scene(-1)", "The scene before."),
    Offer(".", "next", "scene(1)", "The next scene; behind the last one, the next lesson."),
    Offer("g", "returns to the scene", "tour", "Show the scene as it is meant."),
)
PLAYING = "playing; any key takes over"


class TourCard(Explained, Pane):
    """The card of the scene that is shown."""

    COMPONENT_CLASSES: ClassVar = {PLACE, TITLE, TEXT, LABEL, KEY}
    DEFAULT_CSS = """
    TourCard {
        display: none;
        height: 4;
        & .tour-card--place, & .tour-card--label { color: $text-muted; }
        & .tour-card--title { color: $accent; text-style: bold; }
        & .tour-card--text { color: $foreground; }
        & .tour-card--key { color: $accent; text-style: bold; }
    }
    """

    card: reactive[Card | None] = reactive(None, repaint=False)

    def __init__(self, card: Card | None) -> None:
        super().__init__()
        self.set_reactive(TourCard.card, card)

    def watch_card(self, before: Card | None, now: Card | None) -> None:
        """Repaint the lines that have changed."""
        width = self.size.width
        self.refresh_changed(_lines(before, width), _lines(now, width))

    def render_line(self, y: int) -> Strip:
        lines, plain = _lines(self.card, self.size.width), self.rich_style
        parts = [Segment(" " * MARGIN, plain)]
        parts += [Segment(text, self._style(part)) for part, text in (lines[y] if y < len(lines) else ())]
        return Strip(parts).adjust_cell_length(self.size.width, plain)

    def _style(self, part: str) -> Style:
        return self.get_component_rich_style(part)

    def _at(self, x: int, y: int) -> Offer | None:
        """The key at a place."""
        for offer, start, end in _offers(self.card, self.size.width) if y == 0 else ():
            if start <= x < end:
                return offer
        return None

    def explanation(self, x: int, y: int) -> str:
        """What the key at a place does."""
        offer = self._at(x, y)
        return offer.sentence if offer else ""

    async def on_click(self, event: events.Click) -> None:
        if offer := self._at(event.x, event.y):
            await self.screen.run_action(offer.action)


def _offers(card: Card | None, width: int) -> Iterator[tuple[Offer, int, int]]:
    """The keys on the card, each with the columns where it begins and ends: at the right, g only where it is of use."""
    offers = [one for one in OFFERS if card and not card.is_playing and (card.is_away or one.key != "g")]
    start = width - MARGIN - sum(len(offer.key) + len(offer.word) + 1 for offer in offers) - 2 * (len(offers) - 1)
    for offer in offers:
        end = start + len(offer.key) + len(offer.word) + 1
        yield offer, start, end
        start = end + 2


def _lines(card: Card | None, width: int) -> list[list[tuple[str, str]]]:
    """The lines of a card, each in parts with their looks."""
    if card is None or not width:
        return []
    offers = [*_offers(card, width)]
    start = offers[0][1] if offers else width - MARGIN - len(PLAYING)
    room = start - MARGIN - len(card.place) - 2
    first = [(TITLE, f"{card.place}  "), (TEXT, clipped(card.title, room - 2).ljust(room))]
    first += [(LABEL, PLAYING)] if card.is_playing else []
    for number, (offer, _, _) in enumerate(offers):
        first += [(KEY, offer.key), (LABEL, f" {offer.word}{'  ' if number < len(offers) - 1 else ''}")]
    inside = width - 2 * MARGIN
    rows = [[(TEXT, row)] for row in wrap(card.text, inside)[:ROWS]]
    label = f"{card.label} " if card.label else ""
    last = [(LABEL, label), (TEXT, clipped(card.below, inside - len(label)))]
    return [first, *rows, *[[(TEXT, "")]] * (ROWS - len(rows)), last]
