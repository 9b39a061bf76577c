"""Every key that works here and what it does, from the bindings themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from rich.table import Table
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static


class Keys(ModalScreen[None]):
    """A list of keys; any of escape, ?, enter and q closes it."""

    BINDINGS: ClassVar = [Binding("escape,question_mark,q,enter,space", "dismiss", "Close", show=False)]

    def __init__(self, bindings: Mapping[str, ActiveBinding]) -> None:
        super().__init__()
        self._explained = [active.binding for active in bindings.values() if active.binding.tooltip]

    def compose(self) -> ComposeResult:
        with VerticalScroll() as box:
            box.border_title = "Keys"
            box.border_subtitle = "escape closes"
            yield Static(self._table())

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        table.add_column(justify="right", style="bold", no_wrap=True)
        table.add_column()
        for binding in self._explained:
            table.add_row(self.app.get_key_display(binding), binding.tooltip)
        return table
