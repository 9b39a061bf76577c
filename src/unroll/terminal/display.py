"""What a session needs of whatever shows it."""

from collections.abc import Coroutine
from typing import Any, Protocol

from unroll.protocol.trace import Window


class Display(Protocol):
    """What a session needs of whatever shows it."""

    def changed(self) -> None:
        """Redraw from the session: something in it has changed."""

    def say(self, sentence: str, fault: bool = True) -> None:
        """Show a sentence, as an error unless it is none."""

    def note(self, sentence: str) -> None:
        """Show a sentence that is no error."""

    def spawn(self, work: Coroutine[Any, Any, object]) -> None:
        """Run a coroutine in the background."""

    def window(self) -> Window:
        """The steps and units that are on the screen."""
