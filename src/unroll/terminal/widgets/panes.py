"""The panes in their places, which `layout` works out for every size, tab and maximised pane."""

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import Layout, WidgetPlacement
from textual.reactive import reactive
from textual.widget import Widget

from unroll.terminal import layout

FOCUSED = {"Recipe": "RecipeForm Select"}
"""What gets the focus when a pane is gone to, where that is not the pane itself."""
FIRST = {second: first for first, second in layout.SECOND.items()}
"""The pane whose place one of the marked run shares."""


class Panes(Widget):
    """Shows the panes that have room, by their names in `layout.PANES`; the others are not displayed.

    Attributes:
        tab: The pane chosen last among those that take each other's place.
        alone: The pane that is maximised; empty for none.
        arranged: Which panes have which places now.
        units: How many units the heatmap has to show.
        beside: Which of two networks is in front, the `shown` or the `marked` one; empty where there is one.
    """

    DEFAULT_CSS = "Panes { height: 1fr; }"

    arranged: reactive[layout.Layout] = reactive(layout.Layout({}), repaint=False)

    def __init__(self, panes: Mapping[str, Widget], window: Size) -> None:
        """`window` is the size of the terminal."""
        super().__init__()
        self.panes = panes
        self.tab = self.alone = ""
        self.units = 32
        self.beside = ""
        self._placing = Placing(self)
        self.fit(window)

    @property
    def layout(self) -> Layout:
        return self._placing

    def compose(self) -> ComposeResult:
        yield from self.panes.values()

    def fit(self, window: Size) -> None:
        """Place the panes on a terminal of some size."""
        self._window = window
        self._arrange()

    def show(self, pane: str) -> None:
        """Bring a pane in sight."""
        self.alone = pane if pane == layout.SWEEP else ""
        if self.beside and (pane in FIRST or pane == "State"):
            self.beside = "marked" if pane in FIRST else "shown"
        if not self.alone:
            self.tab = layout.tab_with(FIRST.get(pane, pane), *self._window, self.tab)
        self._arrange()

    def add(self, name: str, pane: Widget) -> None:
        """Take in one more pane, unless it is here; it has no room yet."""
        if name not in self.panes:
            self.panes = {**self.panes, name: pane}
            pane.display = False
            self.mount(pane)

    def show_beside(self, second: Mapping[str, Widget] | None) -> None:
        """Share the places of the heatmap and the lens with those of another network; or no longer."""
        for name, pane in (second or {}).items():
            self.add(name, pane)
        if bool(second) != bool(self.beside):
            self.beside = "shown" if second else ""
            self.alone = "" if self.alone in FIRST else self.alone
            self._arrange()

    def go_to(self, pane: str) -> None:
        """Bring a pane in sight, and give it the focus: at once where it is there, as the next key is meant for it."""
        was_there = self.panes[pane].display
        self.show(pane)
        second = layout.SECOND.get(pane, "")
        pane = pane if pane in self.arranged.places else second  # that of the marked run has its place
        first = self.query(FOCUSED[pane]).first() if pane in FOCUSED else self.panes[pane]
        if was_there:
            first.focus()
        else:
            self.screen.call_after_refresh(first.focus)

    def keep_in_sight(self, focused: Widget) -> None:
        """Go back to where the focus was, if another size, or one too small, has hidden it."""
        pane = self.of(focused)
        if is_hidden := bool(pane) and not self.panes[pane].display:
            self.show(pane)
        if is_hidden or focused is not self.screen.focused:
            self.screen.call_after_refresh(focused.focus)

    def maximise(self, pane: str) -> None:
        """Let a pane have all the room; none, and all have their places again."""
        self.alone = pane
        self._arrange()

    def show_units(self, units: int) -> None:
        """Give the heatmap the rows for so many units, where there are enough."""
        if units != self.units:
            self.units = units
            self._arrange()

    def of(self, widget: Widget | None) -> str:
        """The name of the pane that a widget is in; empty when it is in none."""
        nodes = () if widget is None else widget.ancestors_with_self
        return next((name for name, pane in self.panes.items() if pane in nodes), "")

    def _arrange(self) -> None:
        before, self.arranged = (
            self.arranged,
            layout.arrange(*self._window, self.tab, self.units, self.alone, self.beside),
        )
        if before == self.arranged:
            return
        for name, pane in self.panes.items():
            if pane.display != (name in self.arranged.places):
                pane.display = not pane.display
        self.refresh(layout=True)


class Placing(Layout):
    """Textual's way to ask where the panes are."""

    name = "placing"

    def __init__(self, panes: Panes) -> None:
        self._panes = panes

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> list[WidgetPlacement]:
        """A long notice takes its lines from the panes over it, and from no others."""
        placed = []
        for name, (x, y, width, height) in self._panes.arranged.places.items():
            region = Region(x, y, width, max(0, min(height, size.height - y)))
            placed.append(WidgetPlacement(region, NULL_OFFSET, NULL_SPACING, self._panes.panes[name]))
        return placed
