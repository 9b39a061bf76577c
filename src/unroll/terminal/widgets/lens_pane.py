"""The lens: one more way of seeing the network that is shown."""

from textual.strip import Strip

from unroll.terminal.sparing import Pane


class LensPane(Pane, can_focus=True):
    """Shows what a lens has seen."""

    def on_mount(self) -> None:
        self.entitle("3 Lens", "")

    def render_line(self, y: int) -> Strip:
        return Strip.blank(self.size.width, self.rich_style)
