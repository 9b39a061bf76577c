"""Pictures of the playground: the real screen and a real engine, driven without a terminal, written as SVG.

A scene is a size and what a person does. Everything waited for is a state of the program, never a time, so that the
same program on the same machine takes the same pictures.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from textual.pilot import Pilot

from unroll.client.client import Engine
from unroll.log import STATE_DIR
from unroll.moment import Sampling
from unroll.protocol.trace import Trace
from unroll.terminal.app import UnrollApp
from unroll.terminal.screen import Playground
from unroll.terminal.widgets.recipe_form import FieldRow, RecipeForm
from unroll.terminal.widgets.state_heatmap import StateHeatmap
from unroll.tour import lesson
from unroll.tour.lesson import Lesson
from unroll_dev.looks import LOOKS, LookingApp

WHOLE, NARROW = (120, 40), (80, 24)
STATE_TIMEOUT_S = 60.0
"""How long to wait for a state of the program."""

Act = Callable[[Pilot[None]], Awaitable[None]]


@dataclass(frozen=True)
class Scene:
    """One picture: its name, the terminal's size in columns and rows, what is done before it is taken, its look; in a
    lesson, or in none."""

    name: str
    size: tuple[int, int]
    act: Act
    look: str = "dark"
    lesson: Lesson | None = None


async def untrained(pilot: Pilot[None]) -> None:
    """What stands on the screen in the first second."""


async def half_trained(pilot: Pilot[None], epochs: int = 6) -> None:
    """Some epochs, one by one."""
    for epoch in range(epochs):
        await pilot.press("e")
        await until(pilot, lambda: trained(pilot) > epoch)  # noqa: B023 - awaited at once


async def trained_to_the_end(pilot: Pilot[None]) -> None:
    """The whole training."""
    epochs = playground(pilot).query_one(RecipeForm).recipe.train.epochs
    await pilot.press("space")
    await until(pilot, lambda: trained(pilot) == epochs)


async def counted_on(pilot: Pilot[None]) -> None:
    """Trained, asked for three more numbers, and gone back to the step after which the first of them came."""
    await trained_to_the_end(pilot)
    await pilot.press("c", "c", "c")
    await until(pilot, lambda: shown_steps(pilot) == 7)
    await pilot.press("home", "right", "right", "right")


async def loss_tab(pilot: Pilot[None]) -> None:
    """Trained, with the loss to the front."""
    await trained_to_the_end(pilot)
    await pilot.press("2")


async def recipe_tab(pilot: Pilot[None]) -> None:
    """The recipe to the front."""
    await pilot.press("4")


async def cut_everywhere(pilot: Pilot[None]) -> None:
    """Trained, and the loop cut before every step."""
    await trained_to_the_end(pilot)
    await pilot.press("X")


async def an_earlier_epoch(pilot: Pilot[None]) -> None:
    """Trained, and gone back to the third epoch on the loss."""
    await trained_to_the_end(pilot)
    await pilot.press("2", "home", "right", "right", "right", "l")


async def learned(pilot: Pilot[None], preset: str) -> None:
    """The network of a preset, trained at full pace, and the focus on its hidden state."""
    screen = playground(pilot)
    screen.query_one("#field-preset", FieldRow).control.value = preset
    screen.query_one("#field-pace", FieldRow).control.value = "full"
    await until(pilot, lambda: screen.session.run is not None and screen.session.run.recipe.task.task != "count")
    await trained_to_the_end(pilot)
    await until(pilot, lambda: not screen.session.is_training)
    await pilot.press("escape")


async def names(pilot: Pilot[None]) -> None:
    """Names learned letter by letter, and one of the network's own."""
    await learned(pilot, "names")
    screen = playground(pilot)
    screen.session.sampling = Sampling(temperature=0.7, seed=4)
    await pilot.press("C")
    await until(pilot, lambda: screen.session.vocabulary.is_over(screen.session.moment.sequence))


async def legal(pilot: Pilot[None]) -> None:
    """A string of the embedded Reber grammar, at a step after which two symbols are right."""
    await learned(pilot, "reber")
    playground(pilot).session.type(tuple("BTSXPVE".index(symbol) for symbol in "BTBTSSXXTVVET"), 6)
    await until(pilot, lambda: shown_steps(pilot) == 13)


async def counter(pilot: Pilot[None]) -> None:
    """The cell state of an LSTM that has read aaaaaaaaaabbbbbbbbbb, and the unit of it that counts."""
    await learned(pilot, "anbn")
    session = playground(pilot).session
    session.type((0,) * 10 + (1,) * 10)
    await pilot.press("v")
    await until(pilot, lambda: session.view == "cell state" and shown_steps(pilot) == 20)
    await until(pilot, lambda: (trace := traced(pilot)) is not None and trace.view == session.view)
    values = session.trace.values if session.trace else []
    rises = [min(top - start, top - end) for start, top, end in zip(*values[::9], strict=False)]  # steps 1, 10, 19
    session.choose_unit(rises.index(max(rises)))


async def seen_through(pilot: Pilot[None], lens: str, model: str = "", alone: bool = False) -> None:
    """A trained network, or a saved one, seen through a lens that has seen all; with the screen to itself, if alone."""
    screen = playground(pilot)
    if model:
        await screen.session.open(model)
        screen.session.type((7, 8, 9, 10, 11, 12))
        await until(pilot, lambda: shown_steps(pilot) == 6)
    else:
        await trained_to_the_end(pilot)
    await pilot.press("3")
    await until(pilot, lambda: bool(screen.lens.pictured))
    screen.lens.show(lens)
    await until(pilot, lambda: screen.lens.pictured == lens and not screen.lens.is_unfinished)
    if alone:
        await pilot.press("f")


async def keys(pilot: Pilot[None]) -> None:
    """The list of all keys."""
    await pilot.press("question_mark")


def on_the_tour(place: int) -> Act:
    """A scene of the lesson, from 1."""

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press(*["full_stop"] * (place - 1))
        tour = playground(pilot).tour
        await until(pilot, lambda: not tour.is_under_way and all(one.holds(tour.evidence) for one in expected))

    expected = TOUR.scenes[place - 1].expect
    return act


TOUR = lesson.read(lesson.find("counting"))
SCENES = (
    Scene("start", WHOLE, untrained),
    Scene("training", WHOLE, half_trained),
    Scene("trained", WHOLE, counted_on),
    Scene("cut", WHOLE, cut_everywhere),
    Scene("epoch-3", WHOLE, an_earlier_epoch),
    Scene("room-100x30", (100, 30), counted_on),
    Scene("room-120x39", (120, 39), counted_on, "light"),
    Scene("room-200x60", (200, 60), counted_on),
    Scene("room-300x80", (300, 80), counted_on, "light"),
    Scene("tabs", NARROW, counted_on),
    Scene("tabs-loss", NARROW, loss_tab),
    Scene("tabs-recipe", NARROW, recipe_tab),
    Scene("keys", WHOLE, keys),
    Scene("names", WHOLE, names),
    Scene("reber", WHOLE, legal),
    Scene("counter", WHOLE, counter),
    Scene("lens-seeds", WHOLE, partial(seen_through, lens="seeds", alone=True)),
    Scene("lens-transplant", WHOLE, partial(seen_through, lens="transplant", model="recall-lstm", alone=True)),
    Scene("lens-memory", NARROW, partial(seen_through, lens="memory", model="recall-lstm")),
    *(Scene(f"tour-{place}", NARROW, on_the_tour(place), lesson=TOUR) for place in (1, 4, 6, 8)),
    *(Scene(f"look-{look}", WHOLE, cut_everywhere, look) for look in LOOKS),
)


async def take(folder: Path) -> list[Path]:
    """Take all pictures, one after another; where they are now."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for scene in SCENES:
        path = folder / f"{scene.name}.svg"
        with nobodys_state():
            path.write_text(await picture(scene), encoding="utf-8")
        paths.append(path)
    return paths


@contextmanager
def nobodys_state() -> Iterator[None]:
    """A state folder of a picture's own, so that no session of the user's, or of another picture, is offered in it."""
    before = os.environ.get(STATE_DIR)
    with TemporaryDirectory() as folder:
        os.environ[STATE_DIR] = folder
        try:
            yield
        finally:
            os.environ.pop(STATE_DIR)
            if before is not None:
                os.environ[STATE_DIR] = before


async def picture(scene: Scene) -> str:
    """The scene as SVG."""
    app = LookingApp(Engine.start, scene.look, scene.lesson)
    try:
        async with app.run_test(size=scene.size) as pilot:
            await until(pilot, lambda: traced(pilot) is not None)
            await scene.act(pilot)
            await until(pilot, lambda: at_rest(pilot))
            await pilot.pause()
            return app.export_screenshot(title=f"unroll, {scene.size[0]} by {scene.size[1]}")
    finally:
        await app.part_from_engine()


# What is waited for


async def until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    """Wait until something holds; raises `TimeoutError` when it never does."""
    async with asyncio.timeout(STATE_TIMEOUT_S):
        while not holds():
            await pilot.pause(0.01)


def playground(pilot: Pilot[None]) -> Playground:
    """The main screen, whatever stands before it."""
    assert isinstance(pilot.app, UnrollApp)
    return pilot.app.playground


def traced(pilot: Pilot[None]) -> Trace | None:
    """What the heatmap shows."""
    heatmaps = playground(pilot).query(StateHeatmap).results() if playground(pilot).is_mounted else ()
    return next((heatmap.trace for heatmap in heatmaps), None)


def trained(pilot: Pilot[None]) -> float:
    """How many epochs the network on the screen has trained."""
    trace = traced(pilot)
    return 0.0 if trace is None else trace.epoch


def shown_steps(pilot: Pilot[None]) -> int:
    """How many steps the sequence on the screen has."""
    trace = traced(pilot)
    return 0 if trace is None else len(trace.moment.sequence)


def at_rest(pilot: Pilot[None]) -> bool:
    """Whether nothing is under way but listening to the engine."""
    return all(worker.is_finished or worker.name == "converse" for worker in pilot.app.workers)
