"""The App: the engine's life, the themes, the keys that work everywhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any, ClassVar

from textual.app import SystemCommand
from textual.binding import Binding
from textual.screen import Screen

from unroll.engine.conversation import Conversation, EngineDied, EngineError
from unroll.moment import Moment
from unroll.recipe import Recipe
from unroll.terminal.playground import Playground
from unroll.terminal.themes import DARK, THEMES
from unroll.terminal.thrift import ThriftyApp

Start = Callable[[], Awaitable[Conversation]]


class UnrollApp(ThriftyApp[None], inherit_bindings=False):
    """The playground and the engine behind it."""

    TITLE = "unroll"
    CSS_PATH = "unroll.tcss"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar = [
        Binding("q", "quit", "quit", tooltip="Leave."),
        Binding("ctrl+c", "quit", "Quit", show=False, priority=True, tooltip="Leave, from anywhere."),
        Binding("ctrl+l", "repaint", "Redraw", show=False, tooltip="Draw the whole screen again."),
        Binding("ctrl+p", "command_palette", "Palette", show=False, tooltip="Find any action by its name."),
    ]

    def __init__(self, start: Start, recipe: Recipe | None = None, sequence: tuple[int, ...] = (7, 8, 9, 10)) -> None:
        super().__init__()
        self.animation_level = "none"
        self._start = start
        self.engine: Conversation | None = None
        self.playground = Playground(recipe or Recipe(), sequence)

    def on_mount(self) -> None:
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = DARK.name
        self.push_screen(self.playground)
        self.run_worker(self._converse(), name="converse")

    async def _converse(self) -> None:
        """Start an engine, and pass on what it says for as long as it lives."""
        try:
            self.engine = engine = await self._start()
            await engine.hello
            await self.playground.session.engine_came(engine)
            async for progress in engine.events():
                self.playground.session.progressed(progress)
        except EngineError as error:
            self.playground.session.engine_went()
            last = error.last_lines[-1:] if isinstance(error, EngineDied) else ()
            self.playground.say(" ".join([str(error), *last]))

    @property
    def moment(self) -> Moment:
        """What is looked at."""
        return self.playground.moment

    async def close_engine(self) -> None:
        """End the engine, and wait until it is gone."""
        if self.engine is not None:
            await self.engine.close()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Every action that has a sentence, for the palette."""
        for active in screen.active_bindings.values():
            binding, node = active.binding, active.node
            if binding.tooltip and active.enabled:
                run = partial(self.run_action, binding.action, node)
                yield SystemCommand(f"{binding.description.capitalize()} ({binding.key})", binding.tooltip, run)
        for theme in THEMES:
            yield SystemCommand(
                f"Theme {theme.name}", "Change the colours.", partial(setattr, self, "theme", theme.name)
            )


async def play(start: Start, recipe: Recipe | None = None) -> int:
    """Run the playground until a person leaves it; the exit code."""
    app = UnrollApp(start, recipe)
    try:
        await app.run_async()
    finally:
        await app.close_engine()
    return app.return_code or 0
