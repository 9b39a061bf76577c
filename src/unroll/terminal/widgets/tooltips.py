"""What is under the mouse, said when it rests there."""

from textual import events
from textual.content import Content
from textual.widget import Widget


class Explained(Widget):
    """A widget that says something else at each of its places; nothing is drawn or sent before the mouse rests."""

    def explanation(self, x: int, y: int) -> str:
        """What is at a place of its content; empty where there is nothing to say."""
        return ""

    def on_mouse_move(self, event: events.MouseMove) -> None:
        place = event.get_content_offset(self)
        said = "" if place is None else self.explanation(place.x, place.y)
        self.tooltip = Content(said) if said else None
