"""The App: the engine's life, the themes, the keys that work everywhere."""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual.app import SystemCommand
from textual.binding import Binding
from textual.screen import Screen

from unroll.engine.conversation import Conversation, EngineDied, EngineError
from unroll.engine.log import Log
from unroll.moment import Moment
from unroll.recipe import PRESETS, Recipe
from unroll.terminal.actions import ACTIONS
from unroll.terminal.playground import Playground
from unroll.terminal.themes import THEMES
from unroll.terminal.thrift import ThriftyApp

Start = Callable[[], Awaitable[Conversation]]


class UnrollApp(ThriftyApp[None], inherit_bindings=False):
    """The playground and the engine behind it."""

    TITLE = "unroll"
    CSS_PATH = Path(__file__).with_name("unroll.tcss")
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar = [
        Binding("q", "quit", "quit", tooltip="Leave."),
        Binding("ctrl+c", "quit", "Quit", show=False, priority=True, tooltip="Leave, from anywhere."),
        Binding("ctrl+r", "restart_engine", "Restart", show=False, tooltip="Start another engine when one has died."),
        Binding("ctrl+l", "repaint", "Redraw", show=False, tooltip="Draw the whole screen again."),
        Binding("ctrl+p", "command_palette", "Palette", show=False, tooltip="Find any action by its name."),
    ]

    def __init__(self, start: Start, wanted: tuple[Recipe, Moment] | None = None, theme: str | None = None) -> None:
        """`start` brings an engine; `wanted` is a moment to bring back; `theme` is `dark`, `light` or `ansi`."""
        super().__init__()
        self.animation_level = "none"
        self.engine: Conversation | None = None
        self._start = start
        self._wanted = wanted
        self._theme_name = theme
        recipe, moment = wanted or (Recipe(), Moment(0, (7, 8, 9, 10)))
        self.playground = Playground(recipe, moment.sequence)

    async def on_mount(self) -> None:
        for theme in THEMES:
            self.register_theme(theme)
        few = self.console.color_system in (None, "standard")
        self.theme = f"unroll-{self._theme_name or ('ansi' if few else 'dark')}"
        await self.push_screen(self.playground)
        self.run_worker(self._converse(), name="converse", group="converse")

    async def _converse(self) -> None:
        """Start an engine, and pass on what it says for as long as it lives."""
        try:
            self.engine = engine = await self._start()
            await engine.hello
            self.playground.say("", fault=False)
            await self.playground.session.engine_came(engine, self._wanted[1] if self._wanted else None)
            async for progress in engine.events():
                self.playground.session.progressed(progress)
        except EngineError as error:
            self.playground.session.engine_went()
            self.engine = None
            last = error.last_lines[-1:] if isinstance(error, EngineDied) else ()
            self.playground.say(" ".join(["ctrl+r starts another engine.", str(error), *last]))

    @property
    def moment(self) -> Moment:
        """What is looked at."""
        return self.playground.moment

    def action_restart_engine(self) -> None:
        """Start another engine, on which every run is trained again; only where there is none."""
        if self.engine is None:
            self.playground.say("Starting another engine …", fault=False)
            self.run_worker(self._converse(), name="converse", group="converse", exclusive=True)

    def _fatal_error(self) -> None:
        """Say in a sentence that the program is at fault; Textual would print a page of its insides."""
        log = Log("terminal.log")
        log.write(traceback.format_exc())
        self.panic(f"unroll has failed, which is a fault of its own: {log.path} tells what happened.")

    async def close_engine(self) -> None:
        """End the engine, and wait until it is gone."""
        if self.engine is not None:
            await self.engine.close()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Every action that has a sentence, for the palette."""
        for binding in Binding.make_bindings(ACTIONS):
            if binding.key != "f1":
                title = f"{binding.description.capitalize()} ({self.get_key_display(binding)})"
                yield SystemCommand(title, binding.tooltip, partial(self.run_action, binding.action, self.playground))
        for name, recipe in PRESETS.items():
            choose = partial(self.playground.session.edit, recipe)
            yield SystemCommand(f"Preset: {name}", "Fill in every field of the recipe.", choose)
        for theme in THEMES:
            yield SystemCommand(
                f"Theme {theme.name}", "Change the colours.", partial(setattr, self, "theme", theme.name)
            )
