"""All of Textual's private parts that this package uses, behind public names, each with its reason.

Textual is pinned to one minor version; `tests/tty/test_textual_patches.py` asserts that every private name used here is
still there as this was written for (8.2), so an upgrade says what to look at.

`LayoutUpdate` and `ChopsUpdate` are what the compositor changed: the cell diff compares them with what the terminal
shows. `XTermParser` turns one whole escape sequence into Textual's messages.
"""

from typing import Any

from rich.console import RenderableType
from textual._compositor import ChopsUpdate, Compositor, LayoutUpdate
from textual._xterm_parser import XTermParser
from textual.app import App, ReturnType
from textual.command import CommandPalette
from textual.dom import DOMNode
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Region
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, OptionList

__all__ = [
    "ChopsUpdate", "Compositor", "LayoutUpdate", "PatchedApp", "PatchedDriver", "SparingCompositor", "XTermParser",
    "apply", "compositor_of", "draw_sparingly",
]  # fmt: skip


class PatchedApp(App[ReturnType]):
    """Textual's App, which asks `display_update` before it paints, and takes no error for a crash while it exits."""

    def display_update(self, screen: Screen[Any], update: RenderableType | None) -> bool:
        """Paint an update of the compositor; False leaves it to Textual, which repaints whole rows of a widget.

        That takes 287 KB/s where a cell diff takes 8 (150x45, a heatmap and six curves, ten frames a second).
        """
        return False

    def crash_message(self) -> str | None:
        """What to print when the program fails, instead of Textual's traceback with all local variables (None)."""
        return None

    def before_action(self, target: DOMNode, name: str) -> None:
        """Called when `target` offers an action and it is about to run; `run_action` runs before that is known."""

    @property
    def driver(self) -> Driver | None:
        """The driver in use; None before the start."""
        return self._driver

    @property
    def is_batching(self) -> bool:
        """Whether a `batch_update` is going on."""
        return self._batch_count > 0

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if self.display_update(screen, renderable):
            self.post_display_hook()
        else:
            super()._display(screen, renderable)

    def _set_pointer_shape(self, shape: str) -> None:
        """Nothing: a shape for every widget that the mouse passes would be sent past the frames. The public way, CSS
        for all widgets (`pointer: default`), costs 60 ms of processor time at the start (mean of four pairs)."""

    async def _dispatch_action(self, namespace: DOMNode, action_name: str, params: Any) -> bool:
        self.before_action(namespace, action_name)
        return await super()._dispatch_action(namespace, action_name, params)

    def _handle_exception(self, error: Exception) -> None:
        """Only log it while exiting, when widgets go one by one, some of them before they are mounted."""
        if self.return_code is None:
            super()._handle_exception(error)
        else:
            self.log.error(f"while exiting: {error!r}")

    def _fatal_error(self) -> None:
        message = self.crash_message()
        self.panic(message) if message else super()._fatal_error()


class PatchedDriver(LinuxDriver):
    """Textual's driver for Unix, which writes to a file of ours: its own blocks while a terminal is not read."""

    first_query = ""
    """Asked of the terminal before all else, so that it has answered this when it has answered any other query."""

    def write_to(self, file: Any) -> None:
        """`file` has `fileno`, `write` and `flush`; the thread that Textual writes in calls the last two."""
        self._file = file

    @property
    def writer_thread(self) -> object | None:
        """The thread that Textual writes in: another for each start of the application mode, None before the first."""
        return self._writer_thread

    def _request_terminal_sync_mode_support(self) -> None:
        self.write(self.first_query)
        super()._request_terminal_sync_mode_support()


class SparingCompositor(Compositor):
    """Draws the widgets that an update touches, and no others.

    Textual draws every widget inside the rectangle around all changes. Where training changes one corner and another,
    that is the whole screen. Processor time for a frame of the playground while it trains, 120x40, means of paired
    runs: 49 ms with this, 59 without at full speed; 71 and 83 at 8 epochs a second.
    """

    _touched: tuple[Region, ...] = ()

    @property
    def visible_widgets(self) -> dict[Widget, tuple[Region, Region]]:
        """Each widget with its region and its clip; while a part is drawn, those that lie in it."""
        visible = super().visible_widgets
        if not self._touched:
            return visible
        return {widget: place for widget, place in visible.items() if self._is_touched(*place)}

    def _is_touched(self, region: Region, clip: Region) -> bool:
        seen = region.intersection(clip)
        return any(touched.overlaps(seen) for touched in self._touched)

    def render_partial_update(self) -> ChopsUpdate | None:
        """What changed, drawn from the widgets that it touches."""
        assert self.cuts is not None  # made from all widgets, and kept until the layout changes
        self._touched = tuple(self._dirty_regions)
        try:
            return super().render_partial_update()
        finally:
            self._touched = ()


def draw_sparingly(screen: Screen[Any]) -> None:
    """Give a new screen a `SparingCompositor`."""
    screen._compositor = SparingCompositor()


def compositor_of(screen: Screen[Any]) -> Compositor:
    """What draws a screen. Its size is the one last laid out for: after a resize it lags behind the app's."""
    return screen._compositor


_move_page = OptionList._move_page


def _move_page_if_any(options: OptionList, direction: Any) -> None:
    if options._index_to_line:
        _move_page(options, direction)


def apply() -> None:
    """Change what some of Textual's own widgets do; to be called before one is shown.

    Page up and down do nothing in an option list that is not laid out yet (hidden, empty or just opened): Textual 8.2
    looks for a page there and the program ends. ctrl+u clears the whole line of every field, the palette's too, and not
    only what is left of the caret. The palette says at once that nothing is found, not after half a second.
    """
    OptionList._move_page = _move_page_if_any  # type: ignore[method-assign, assignment]
    Input.action_delete_left_all = Input.clear  # type: ignore[method-assign]
    CommandPalette._NO_MATCHES_COUNTDOWN = 0.001  # type: ignore[misc]
