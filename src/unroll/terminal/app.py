"""The app: the engine's life, the themes, the keys that work everywhere."""

import asyncio
import sys
import traceback
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

from textual.app import App
from textual.await_complete import AwaitComplete
from textual.binding import Binding
from textual.dom import DOMNode
from textual.events import DescendantFocus, Event, InputEvent, Key, MouseDown, Paste
from textual.screen import Screen
from textual.widgets import Input
from textual.worker import Worker, WorkerError

from unroll.client.client import Conversation
from unroll.client.diagnosis import EngineDied, EngineError, cause
from unroll.client.recording import Replay
from unroll.errors import over_limit
from unroll.log import Log
from unroll.moment import Moment
from unroll.permalink import Link
from unroll.protocol.requests import Create, Detach, End, Ping
from unroll.recipe import Recipe
from unroll.terminal import splash, texts
from unroll.terminal.bindings import group
from unroll.terminal.command_palette import Commands
from unroll.terminal.palette import THEMES
from unroll.terminal.recovery import play_back
from unroll.terminal.screen import Playground
from unroll.terminal.sparing import Pane
from unroll.terminal.widgets.recipe_form import RecipeForm
from unroll.text import printable, shown_path
from unroll.tour.lesson import Lesson
from unroll.tty import textual_patches
from unroll.tty.driver import key_handled
from unroll.tty.renderer import CellDiffApp

Start = Callable[[], Awaitable[Conversation]]
LOOKS_AROUND = ("tab", "back", "prompt", "explain")
"""Actions that leave the notice as it is."""
AT_ONCE = ("ctrl+c", "ctrl+z")
"""Keys that wait for nothing."""
HOLD_TIMEOUT_S = 1.0
"""How long keys wait for a dialog that needs the engine's answer first."""
END_TIMEOUT_S = 1.0
"""How long to wait for an engine to note that the session ends in order; a busy one notes it later."""


class UnrollApp(CellDiffApp[None], inherit_bindings=False):
    """The playground and the engine behind it."""

    TITLE = "unroll"
    CSS_PATH = Path(__file__).with_name("unroll.tcss")
    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar = {Commands}
    BINDINGS: ClassVar = group(
        "Program",
        Binding("q", "leave", "quit", tooltip="Quit; asks first if training is running. Unsaved runs are kept."),
        Binding("ctrl+c", "quit", "Quit", show=False, priority=True, tooltip="Quit at once, without asking."),
        Binding("ctrl+r", "restart_engine", "Restart", show=False, tooltip="Restart the engine when it has died."),
        Binding("ctrl+z", "stop", "Suspend", show=False, priority=True, tooltip="Suspend; fg in the shell resumes."),
        Binding("ctrl+l", "repaint", "Redraw", show=False, tooltip="Redraw the whole screen."),
        Binding("ctrl+p,colon", "command_palette", "Palette", show=False, tooltip="Find any action by a word."),
    )

    def __init__(
        self,
        start: Start,
        wanted: Link | None = None,
        theme: str | None = None,
        command: str = "",
        lesson: Lesson | None = None,
        seconds: float = 0.0,
        sweep: str = "",
    ) -> None:
        """`start` brings an engine, by `command` unless it is this machine's own; `wanted` is a moment to restore;
        `theme` is `dark`, `light` or `ansi`; a `lesson` plays by itself where its scenes have `seconds`; `sweep` is
        the path of results to open."""
        super().__init__()
        textual_patches.apply()
        self.animation_level = "none"
        self.engine: Conversation | None = None
        wanted = lesson.scenes[0].link if lesson else wanted
        self._start, self._wanted, self._command, self._sweep = start, wanted, command, sweep
        self._trouble = ""
        self._detached = self._gives_up = False
        self._playback: Worker[None] | None = None
        self._is_holding = True
        self._held: deque[Event] = deque()
        self._awaited: deque[Awaitable[object]] = deque()
        self._dress(theme)
        seen = wanted or Link(Recipe(), Moment(0, (7, 8, 9, 10)))
        self.playground = Playground(seen.recipe, seen.moment.sequence)
        self.playground.lens.chosen.lens = seen.lens
        self.session = self.playground.session
        if lesson is not None:
            self.playground.tour.begin(lesson, seconds)

    def _dress(self, name: str | None) -> None:
        """Choose the theme before anything is drawn: a change parses and styles everything once more."""
        for theme in THEMES:
            self.register_theme(theme)
        few = self.console.color_system in (None, "standard")
        self.set_reactive(App.theme, f"unroll-{name or ('ansi' if few else 'dark')}")
        dark = self.current_theme.dark
        self.update_classes({"-dark-mode": dark, "-light-mode": not dark}, update=False)
        self.ansi_color = self.current_theme.ansi
        self.stylesheet.set_variables(self.get_css_variables())

    def get_default_screen(self) -> Screen[Any]:
        """The one main screen, in place of Textual's empty one under it."""
        return self.playground

    # What a person does while a screen is being made

    async def on_event(self, event: Event) -> None:
        """As any app's, but input waits until the screen that it is meant for is there; when leaving, it is dropped."""
        is_input = isinstance(event, InputEvent | Paste) and not event.is_forwarded
        if self._playback is not None and isinstance(event, Key | MouseDown | Paste):
            self._playback.cancel()
        if isinstance(event, Key | MouseDown | Paste):
            self.playground.tour.interrupt()
        if is_input and self._is_holding and not (isinstance(event, Key) and event.key in AT_ONCE):
            self._held.append(event)
        elif not is_input or self.return_code is None:
            await super().on_event(event)

    def hold_input(self, awaited: Awaitable[object]) -> None:
        """Let input wait for this, such as a dialog on its way: it is meant for that."""
        self._awaited.append(awaited)
        if not self._is_holding:
            self._is_holding = True
            self.run_worker(self._release_input(), name="input")

    async def _release_input(self) -> None:
        """Hand on what was held, one after another: each may move the focus to where the next belongs."""
        while self._awaited or self._held:
            if self._awaited:
                with suppress(TimeoutError, WorkerError):
                    await asyncio.wait_for(asyncio.shield(self._awaited.popleft()), HOLD_TIMEOUT_S)
            elif self.return_code is None:
                await super().on_event(self._held.popleft())
            else:
                self._held.clear()
            await key_handled(self)
        self._is_holding = False

    def on_recipe_form_filled(self, message: RecipeForm.Filled) -> None:
        """The playground is complete."""
        if self._sweep:
            self.hold_input(self.run_worker(self.playground.open_sweep(self._sweep)).wait())
        self.run_worker(self._release_input(), name="input")

    def on_playground_opening(self, message: Playground.Opening) -> None:
        self.hold_input(message.work.wait())

    def push_screen(self, *args: Any, **options: Any) -> Any:
        """Open a dialog; keys from here on are for it."""
        opened = super().push_screen(*args, **options)
        self.hold_input(opened)
        return opened

    # The engine

    async def action_stop(self) -> None:
        """Suspend, right after telling an engine elsewhere that no heartbeat will come for now."""

        async def take_back_promise() -> None:
            if self.engine is not None:
                with suppress(EngineError):
                    await self.engine.ask(Ping())

        self.run_worker(take_back_promise(), name="stop")
        await asyncio.sleep(0)
        self.action_suspend_process()

    def on_mount(self) -> None:
        self.playground.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.run_worker(self._converse(), name="converse", group="converse", exclusive=True)

    async def _converse(self) -> None:
        """Start an engine, and pass on its progress for as long as it lives."""
        try:
            await self.close_engine()
            self._trouble = ""
            self.engine = engine = await self._start()
            engine.is_unheard = lambda: self.is_unheard
            engine.on_silence, engine.on_fault = self._tell_silence, self.playground.say
            self.session.background = (await engine.hello).name
            self.playground.hush()
            script = engine.script if isinstance(engine, Replay) else []
            recipes = [asked.recipe for _, asked in script if isinstance(asked, Create)]
            self.session.recipe = recipes[0] if recipes else self.session.recipe
            await self.playground.recovery.engine_came(engine, self._wanted)
            self.playground.tour.engine_came()
            if script:
                self._playback = self.run_worker(play_back(self.session, script), name="playback")
            async for progress in engine.events():
                self.session.progressed(progress)
        except EngineError as error:
            last = cause(error.last_lines) if isinstance(error, EngineDied) else ""
            self._trouble = f"ctrl+r restarts the engine. {error} {last}".rstrip()
            self.session.engine_went(printable(self._trouble))
            self.playground.say(self._trouble)
            await self.close_engine()

    def _tell_silence(self, sentence: str) -> None:
        """Say that the engine does not answer; take that back, if it is still shown, when it answers again."""
        told, self._trouble = self._trouble, sentence and f"ctrl+r restarts the engine. {sentence}"
        if sentence or self.playground.notice == printable(told):
            self.playground.say(self._trouble, fault=bool(sentence))

    def before_action(self, target: DOMNode, name: str) -> None:
        """What was said before goes when a key does something, but not for looking around."""
        acts = target is self.playground and name not in LOOKS_AROUND
        if self.playground.notice and (acts or isinstance(target, Pane)):
            self.playground.hush()

    def action_restart_engine(self) -> None:
        """Start another engine and bring every run back; only where the present one is dead or silent."""
        if self._trouble:
            self.session.engine_went()
            self.playground.note("Restarting the engine …")
            self._begin()

    def crash_message(self) -> str:
        """Say in one sentence which limit it met, or that this is a bug, and where the details are."""
        splash.give_back()  # what is written on its screen would go with it
        log = Log("terminal.log")
        log.write(traceback.format_exc())
        error = sys.exception()
        return (error and over_limit(error)) or f"unroll crashed (a bug). Details: {shown_path(log.path)}"

    async def action_leave(self) -> None:
        """Quit; but ask first what becomes of a training."""

        from unroll.terminal.dialogs import Leave

        def take(choice: str | None) -> None:
            if choice == "detach":
                self.action_detach()
            elif choice == "end":
                self.session.background, self._gives_up = "", True
                self.exit()

        engine = self.session.engine
        if engine is not None and not isinstance(engine, Replay) and self.session.is_worth_keeping_on:
            self.push_screen(Leave(self.session.background), take)
        else:
            await self.action_quit()

    def action_detach(self) -> None:
        """Quit, and let the training go on; how to return is said."""
        if self.session.has_engine():
            if self.session.is_worth_keeping_on:
                self.run_worker(self._leave_engine(), name="detach")
            else:
                self.playground.note(texts.NOTHING_TRAINS)

    async def _leave_engine(self) -> None:
        if detached := await self.session.ask(Detach()):
            self._detached = True
            self.exit(message=f"{self._way_back(detached.name)}\n{detached.sentence}".rstrip())

    async def action_quit(self) -> None:
        """Quit at once; an engine that was in the background stays there, and runs that are not saved are kept."""
        engine = self.session.engine
        kept = None if engine is None or isinstance(engine, Replay) or not self.session.runs.has_unsaved else texts.KEPT
        self.exit(message=self._way_back(self.session.background) if self.session.background else kept)

    def _way_back(self, name: str) -> str:
        return f"It continues in the background. To return: {printable(texts.of_way_back(self._command, name))}"

    async def part_from_engine(self) -> None:
        """Leave it alone if it has been detached, otherwise end it.

        It keeps its runs for the next start unless all are saved or given up.
        """
        if self.engine is not None and (self._detached or self.session.background):
            await self.engine.leave()
            return
        gives_up = not self.return_code and (self._gives_up or not self.session.runs.has_unsaved)
        if gives_up and self.session.engine is not None:
            with suppress(TimeoutError, EngineError):
                await asyncio.wait_for(self.session.engine.ask(End()), END_TIMEOUT_S)
        await self.close_engine()

    async def close_engine(self) -> None:
        """End the engine, and wait until it is gone."""
        if self.engine is not None:
            await self.engine.close()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """No cursor blinks: that would send bytes for as long as a field has the focus."""
        if isinstance(event.widget, Input):
            event.widget.cursor_blink = False

    def pop_screen(self) -> AwaitComplete:
        """Close what is open over the playground; a second click may come when it is closed already."""
        return AwaitComplete() if self.screen is self.playground else super().pop_screen()

    def get_key_display(self, binding: Binding) -> str:
        """A key by the name that it has in every sentence."""
        return super().get_key_display(binding).replace("^", "ctrl+").replace("⏎", "enter")
