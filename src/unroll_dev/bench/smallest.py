"""The smallest Textual program with a field to type in: what everything on the screen is compared with."""

from textual.app import App, ComposeResult
from textual.widgets import Input


class Smallest(App[None]):
    """One field."""

    def compose(self) -> ComposeResult:
        """The field, without a blinking cursor."""
        field = Input(placeholder="Ready")
        field.cursor_blink = False
        yield field


if __name__ == "__main__":
    Smallest().run()
