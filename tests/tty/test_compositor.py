"""A part of the screen drawn from the widgets that it touches is what all of the screen would show there."""

from __future__ import annotations

from typing import Any

from rich.color import ColorSystem
from textual.widget import Widget

from playground_kit import playing
from unroll.terminal.widgets.field_row import FieldRow
from unroll.terminal.widgets.run_table import RunTable
from unroll.terminal.widgets.state_heatmap import StateHeatmap
from unroll.tty.framebuffer import Canvas


async def test_what_changed_in_parts_is_as_the_whole_screen_drawn_anew() -> None:
    async with playing() as game:
        parts, app = Canvas(), game.app
        parts.resize(app.size)
        parts.absorb(app.screen._compositor.render_full_update(), ColorSystem.TRUECOLOR)
        display = app._display

        def absorb(screen: Any, update: Any) -> None:
            display(screen, update)
            if update is not None:
                parts.absorb(update, ColorSystem.TRUECOLOR)

        app._display = absorb  # type: ignore[method-assign]
        await game.press("space")
        await game.wait(0.5)
        await game.press("left", "x", "down", "4", "1", "slash", "1", "2", "escape", "plus", "l")
        await game.wait(5)
        whole = Canvas()
        whole.resize(app.size)
        whole.absorb(app.screen._compositor.render_full_update(), ColorSystem.TRUECOLOR)
        assert ["".join(glyph for glyph, _ in row) for row in parts.wanted] == [
            "".join(glyph for glyph, _ in row) for row in whole.wanted
        ]
        assert parts.wanted == whole.wanted


async def test_a_widget_that_no_change_touches_is_not_drawn(monkeypatch: Any) -> None:
    async with playing() as game:
        drawn: set[Widget] = set()
        draw = Widget.render_lines

        def render_lines(widget: Widget, crop: Any) -> Any:
            drawn.add(widget)
            return draw(widget, crop)

        monkeypatch.setattr(Widget, "render_lines", render_lines)
        game.pane(RunTable).refresh_rows([3])  # at the lower left
        game.pane(StateHeatmap).refresh_rows([0])  # at the upper right of it
        await game.pilot.pause(0.1)
        assert {game.pane(RunTable), game.pane(StateHeatmap)} <= drawn
        assert not [widget for widget in drawn if isinstance(widget, FieldRow)]
