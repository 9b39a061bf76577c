"""What this package uses of Textual's private parts is still there, and stands in one file.

Where the first test fails, Textual has changed: look at `textual_patches` for what the name is needed for.
"""

import ast
import importlib
import inspect
import pkgutil
import textwrap
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Any

import pytest
from rich.color import ColorSystem
from textual._compositor import ChopsUpdate, Compositor, LayoutUpdate
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import OptionList

import unroll.terminal
import unroll.tty
from playground_kit import playing
from unroll.terminal.widgets.recipe_form import FieldRow
from unroll.terminal.widgets.run_table import RunTable
from unroll.terminal.widgets.state_heatmap import StateHeatmap
from unroll.tty.framebuffer import Framebuffer
from unroll.tty.textual_patches import compositor_of

SIGNATURES: list[tuple[Any, list[str]]] = [
    (LayoutUpdate, ["strips", "region"]),
    (ChopsUpdate, ["chops", "spans", "chop_ends"]),
    (Compositor.render_full_update, ["self", "simplify"]),
    (Compositor.render_partial_update, ["self"]),
    (App._display, ["self", "screen", "renderable"]),
    (App._set_pointer_shape, ["self", "shape"]),
    (App._dispatch_action, ["self", "namespace", "action_name", "params"]),
    (App._handle_exception, ["self", "error"]),
    (App._fatal_error, ["self"]),
    (OptionList._move_page, ["self", "direction"]),
    (XTermParser.feed, ["self", "data"]),
    (WriterThread.__init__, ["self", "file"]),
]
LINES: list[tuple[Any, str]] = [
    (App.__init__, "self._driver: Driver | None = None"),
    (App._begin_batch, "self._batch_count += 1"),
    (App._display, "if self._batch_count:"),
    (Screen.__init__, "self._compositor = Compositor()"),
    (Compositor.render_partial_update, "update_regions = self._dirty_regions.copy()"),
    (Compositor._get_renders, "visible_widgets = self.visible_widgets"),
    (OptionList._move_page, "self._index_to_line["),
    (LinuxDriver.__init__, "self._file = sys.__stderr__"),
    (LinuxDriver.start_application_mode, "self._writer_thread = WriterThread(self._file)"),
    (LinuxDriver.close, "self._writer_thread.stop()"),
    (LinuxDriver._run_input_thread, "self.run_input_thread()"),
    (LinuxDriver.disable_input, "self.exit_event.set()"),
    (LinuxDriver.stop_application_mode, "self.attrs_before"),
    (LinuxDriver.stop_application_mode, 'self.write("\\x1b[?1049l")'),
    (LinuxDriver.start_application_mode, "self._request_terminal_sync_mode_support()"),
    (LinuxDriver.start_application_mode, 'self.write(f"\\x1b[>{KITTY_PROTOCOL_FLAG}u")'),
]
"""Functions of Textual, each with a line that the package relies on."""


def test_textual_still_has_every_private_part_that_is_used() -> None:
    assert {part.__qualname__: list(inspect.signature(part).parameters) for part, _ in SIGNATURES} == {
        part.__qualname__: parameters for part, parameters in SIGNATURES
    }
    assert [(part.__qualname__, line) for part, line in LINES if line not in inspect.getsource(part)] == []
    assert [n for n in ("last_x", "last_y", "mouse_pixels", "terminal_size") if not hasattr(XTermParser(), n)] == []


@pytest.mark.parametrize("junk", ["\x1b[1114112u", "\x1b[97;1;1114112u"])
def test_textuals_own_parser_still_raises_on_some_input(junk: str) -> None:
    """When this fails, Textual has been repaired: `InputParser` may be simpler."""
    with pytest.raises(ValueError):
        list(XTermParser().feed(junk))


def modules() -> Iterator[ModuleType]:
    for package in (unroll.tty, unroll.terminal):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name != "unroll.tty.textual_patches":
                yield importlib.import_module(module.name)


def private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def test_no_other_file_imports_a_private_part_of_textual() -> None:
    found = [
        (module.__name__, f"{node.module}.{name.name}")
        for module in modules()
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("textual")
        for name in node.names
        if private(name.name) or "._" in f"{node.module}."
    ]
    assert found == []


def test_no_other_class_has_a_private_name_of_textuals() -> None:
    """Neither reads nor overrides one, nor has one of its own that is taken already."""
    for module in modules():
        for kind in vars(module).values():
            if inspect.isclass(kind) and kind.__module__ == module.__name__:
                bases = [base for base in kind.__mro__ if base.__module__.startswith("textual")]
                taken = {name for base in bases for name in private_names(base)}
                assert private_names(kind) & taken == set(), kind.__name__


@cache
def private_names(kind: type) -> set[str]:
    """The private methods of a class, and what it reads or sets of `self`."""
    nodes = list(ast.walk(ast.parse(textwrap.dedent(inspect.getsource(kind)))))
    methods = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    parts = {node.attr for node in nodes if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self"}
    return {name for name in methods | parts if private(name)}


async def test_what_changed_in_parts_is_as_the_whole_screen_drawn_anew() -> None:
    async with playing() as game:
        parts, app = Framebuffer(), game.app
        parts.resize(app.size)
        parts.absorb(compositor_of(app.screen).render_full_update(), ColorSystem.TRUECOLOR)

        def absorb(screen: Any, update: Any) -> bool:
            if update is not None:
                parts.absorb(update, ColorSystem.TRUECOLOR)
            return False

        app.display_update = absorb  # type: ignore[method-assign]
        await game.press("space")
        await game.wait(0.5)
        await game.press("left", "x", "down", "4", "1", "slash", "1", "2", "escape", "plus", "l")
        await game.wait(5)
        whole = Framebuffer()
        whole.resize(app.size)
        whole.absorb(compositor_of(app.screen).render_full_update(), ColorSystem.TRUECOLOR)
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
