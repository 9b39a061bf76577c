"""What stands in focus explained, and every key that works there, from the bindings themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from rich.table import Table
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static


class Help(ModalScreen[None]):
    """Three sentences and a list of keys; any of escape, ?, enter, q and space closes it."""

    BINDINGS: ClassVar = [Binding("escape,question_mark,q,enter,space", "dismiss", "Close", show=False)]

    def __init__(self, title: str, sentences: Sequence[str], bindings: Mapping[str, ActiveBinding]) -> None:
        super().__init__()
        self._heading, self._sentences = title, sentences
        self._explained: dict[str, Binding] = {}
        for active in bindings.values():
            self._explained.setdefault(active.binding.tooltip, active.binding)
        self._explained.pop("", None)

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog") as box:
            box.border_title = self._heading
            box.border_subtitle = "↑/↓ scroll · escape closes"
            for sentence in self._sentences:
                yield Static(sentence, markup=False, classes="sentence")
            yield Static(self._table())

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        table.add_column(justify="right", style="bold", no_wrap=True)
        table.add_column()
        for sentence, binding in self._explained.items():
            table.add_row(self.app.get_key_display(binding), sentence)
        return table
