"""The playground at work on a still engine, and what a person sees of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

from textual.events import Key
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Input, Static

from still_engine import StillEngine
from unroll.moment import Moment
from unroll.permalink import Link
from unroll.protocol.trace import Trace
from unroll.recipe import Recipe
from unroll.terminal.app import UnrollApp
from unroll.terminal.session import Session
from unroll.terminal.widgets.next_number import NextNumber
from unroll.terminal.widgets.prompt import Prompt
from unroll.terminal.widgets.recipe_form import FieldRow, RecipeForm
from unroll.terminal.widgets.state_heatmap import StateHeatmap
from unroll.tour.lesson import Lesson
from unroll.tty.textual_patches import compositor_of
from unroll_dev.screenshots import at_rest, traced, until

OPENING = Moment(0, (7, 8, 9, 10), 3)
WHOLE, NARROW = (120, 40), (80, 24)
W = TypeVar("W", bound=Widget)


class Playing:
    """A playground under a person's fingers."""

    def __init__(self, pilot: Pilot[None], engine: StillEngine) -> None:
        self.pilot = pilot
        self.engine = engine

    # What a person does

    async def press(self, *keys: str) -> None:
        """Press keys, and let everything settle after each that needs no more of the engine's time."""
        for key in keys:
            await self.pilot.press(key)
            await self.settle()

    async def burst(self, *keys: str) -> None:
        """Press keys one right after the other, as a driver hands them on, whatever has come of them by then."""
        for key in keys:
            self.app.post_message(Key(key, {"space": " "}.get(key, key if len(key) == 1 else None)))
            focused = self.app.focused or self.app.screen
            for place in (self.app, *focused.ancestors_with_self, self.app):
                passed = asyncio.Event()
                place.call_later(passed.set)
                await passed.wait()

    async def type(self, text: str) -> None:
        """Type a whole new text into the field that has the focus."""
        field = self.pilot.app.focused
        assert isinstance(field, Input)
        field.value = text
        field.cursor_position = len(text)
        await self.settle()

    async def ask(self, text: str) -> None:
        """Write a sequence into the prompt."""
        await self.press("slash")
        await self.type(text)

    async def write(self, field: str, text: str) -> None:
        """Write into a field of the recipe."""
        self.row(field).control.focus()
        await self.pilot.pause()
        await self.type(text)

    async def resize(self, width: int, height: int) -> None:
        """Give the terminal another size."""
        await self.pilot.resize_terminal(width, height)
        await self.settle()

    async def choose(self, field: str, word: str) -> None:
        """Choose a word in a field of the recipe, or the pace."""
        self.row(field).control.value = word
        await self.settle()

    async def train(self) -> None:
        """Train to the end, at once."""
        await self.choose("pace", "full")
        await self.press("space")
        assert self.epoch == self.pane(RecipeForm).recipe.train.epochs

    async def wait(self, seconds: float) -> None:
        """Let the engine have so many seconds, and see what came of them."""
        self.engine.pass_time(seconds)
        await self.settle()

    async def settle(self) -> None:
        """Wait until nothing is under way, twice in a row: an answer may have led to a question."""
        for _ in range(2):
            await self.pilot.pause()
            await until(self.pilot, lambda: self.engine.is_still and at_rest(self.pilot))

    # What stands on the screen

    @property
    def session(self) -> Session:
        return self.app.session

    def pane(self, kind: type[W]) -> W:
        return self.app.playground.query_one(kind)

    @property
    def app(self) -> UnrollApp:
        assert isinstance(self.pilot.app, UnrollApp)
        return self.pilot.app

    @property
    def left(self) -> bool:
        """Whether the program was left."""
        return self.app.return_code is not None

    @property
    def lines(self) -> list[str]:
        """The whole screen, as text."""
        return [strip.text for strip in compositor_of(self.pilot.app.screen).render_strips()]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def trace(self) -> Trace:
        trace = traced(self.pilot)
        assert trace is not None
        return trace

    @property
    def prompt(self) -> str:
        """What stands in the prompt, with one space between."""
        return " ".join(self.pane(Prompt).text.split())

    @property
    def expected(self) -> int:
        """The number whose bar is the longest."""
        return self.pane(NextNumber).candidates[0].number

    @property
    def step(self) -> int:
        """The step that the heatmap's cursor is on, from 1."""
        return self.pane(StateHeatmap).step + 1

    @property
    def epoch(self) -> float:
        """How many epochs the network on the screen has trained."""
        return self.trace.epoch

    @property
    def sentence(self) -> str:
        return str(self.app.playground.query_one("#sentence", Static).content)

    @property
    def notice(self) -> str:
        return str(self.app.playground.query_one("#notice", Static).content)

    @property
    def hint(self) -> str:
        """What to try next, or what there is to say of the chosen unit."""
        return str(self.app.playground.query_one("#hint", Static).content)

    @property
    def banner(self) -> list[str]:
        """What is done to the network and what comes of it, each line in its longest wording."""
        return [wordings[0] for wordings in self.pane(NextNumber).banner]

    @property
    def fault(self) -> bool:
        """Whether the notice is an error."""
        return self.app.playground.fault

    @property
    def state(self) -> str:
        """What the button offers."""
        return self.pane(RecipeForm).train_label

    def row(self, field: str) -> FieldRow:
        return self.pane(RecipeForm).query_one(f"#field-{field}", FieldRow)


@asynccontextmanager
async def playing(
    recipe: Recipe | None = None,
    size: tuple[int, int] = WHOLE,
    moment: Moment = OPENING,
    theme: str | None = None,
    weights: str = "",
    tooltips: bool = False,
    link: Link | None = None,
    lesson: Lesson | None = None,
    seconds: float = 0.0,
) -> AsyncIterator[Playing]:
    """The playground, open and at rest; with a recipe, on its run at the moment; as a permalink has it; in a lesson."""
    engine = StillEngine()

    async def start() -> StillEngine:
        return engine

    wanted = link or (Link(recipe, moment, weights) if recipe else None)
    app = UnrollApp(start, wanted, theme, lesson=lesson, seconds=seconds)
    try:
        async with app.run_test(size=size, tooltips=tooltips) as pilot:
            game = Playing(pilot, engine)
            await until(pilot, lambda: traced(pilot) is not None)
            await game.settle()
            yield game
    finally:
        await engine.close()
