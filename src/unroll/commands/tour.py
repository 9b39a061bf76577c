"""`unroll tour`: a lesson in the playground, by hand or by itself, and what there is to know of lessons."""

from __future__ import annotations

from pathlib import Path

import click

from unroll.commands.common import Misused, refusals
from unroll.commands.options import example
from unroll.text import printable, shown_path
from unroll.tour import lesson as lessons
from unroll.tour.lesson import FORMAT

EXAMPLES = """
unroll tour
unroll tour gradients
unroll tour --play --seconds 15
unroll tour --check my-lesson.toml
"""
SECONDS = 10.0

FILES = (
    "\n\nA lesson is a file in TOML:\n\n\b\n"
    + FORMAT.replace("\n\n", "\n\n\b\n")
    + "\nA condition is right, wrong, answer 10, epoch 25, accuracy 99 % (or more), accuracy below 5 %, or "
    "lens WORDS: the lens's sentence has these words in it. M in the playground records scenes."
)


@click.command(epilog=example(EXAMPLES) + FILES)
@click.argument("lesson", required=False)
@click.option("--list", "as_list", is_flag=True, help="List the lessons that come with unroll, and exit.")
@click.option("--play", "plays", is_flag=True, help="Play by itself, again and again; any key takes over for a while.")
@click.option("--seconds", type=click.FloatRange(1, 3600), default=SECONDS, help="How long a scene then stands.")
@click.option("--check", is_flag=True, help="Say whether LESSON is a good one, and exit.")
@click.option("--theme", type=click.Choice(["dark", "light", "ansi"]), help="The colours; ansi: those of the terminal.")
@click.option("--engine", metavar="COMMAND", help="A command that connects to an engine, as for unroll play.")
def tour(
    lesson: str | None, as_list: bool, plays: bool, seconds: float, check: bool, theme: str | None, engine: str | None
) -> None:
    """Show a LESSON in the playground: one that comes with unroll, by its name (the first without any), or a file.

    In it, . goes on and , goes back; do what you like meanwhile, g returns to the scene; escape leaves the lesson.
    """
    with refusals():
        if as_list:
            for name, path in lessons.shipped().items():
                one = lessons.read(path)
                click.echo(
                    f"{name:12}{one.title:{lessons.MAX_TITLE + 2}}{len(one.scenes):2} scenes\n{'':12}{one.about}"
                )
            return
        if check and lesson is None:
            raise Misused("Which lesson is to be checked? Name its file: unroll tour --check FILE.")
        known = [*lessons.shipped()]
        path = lessons.find(lesson or known[0])
        if lesson and len(Path(lesson).parts) == 1 and not path.suffix and not path.exists():
            raise Misused(f"There is no lesson {shown_path(lesson)}: name a file, or choose {', '.join(known)}.")
        found = lessons.read(path)
    if check:
        click.echo(printable(f"{shown_path(path)} is a lesson of {len(found.scenes)} scenes: {found.title}."))
        return
    from unroll.commands.play import show_lesson

    show_lesson(found, seconds if plays else 0.0, theme, engine)
