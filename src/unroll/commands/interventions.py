"""The options that intervene: cut the loop, silence units, clamp them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from unroll.commands.refusals import Misused
from unroll.moment import MAX_CLAMP, Interventions

F = TypeVar("F", bound=Callable[..., Any])


def intervention_options(command: F) -> F:
    """`--cut`, `--cut-cell`, `--silence` and `--clamp`."""
    for option in (
        click.option("--clamp", metavar="UNIT=VALUE", multiple=True, help="Hold a unit at a value at every step."),
        click.option("--silence", metavar="UNITS", default="", help="Hold these units at 0, for example 3,17; from 0."),
        click.option("--cut-cell", is_flag=True, help="Where the loop is cut, cut the LSTM's cell state too."),
        click.option(
            "--cut",
            metavar="all|STEPS",
            default="",
            help="Set the hidden state to 0 before all steps, or before these, for example 2,4; the first is 1.",
        ),
    ):
        command = option(command)
    return command


def interventions_from(
    units: int, steps: int, cut: str, cut_cell: bool, silence: str, clamp: tuple[str, ...]
) -> Interventions:
    """The interventions of the options given, for a network of so many units and a sequence of so many steps."""
    clamps = [(unit, 0.0) for unit in _numbers("--silence", silence, 0, units - 1, "units, with commas between,")]
    return Interventions(
        cut_steps=tuple(step - 1 for step in _numbers("--cut", cut, 1, steps, "steps, with commas between,"))
        if cut != "all"
        else (),
        cut_all=cut == "all",
        cut_cell=cut_cell,
        clamps=(*clamps, *(_clamp(text, units) for text in clamp)),
    )


def _numbers(option: str, text: str, low: int, high: int, noun: str) -> list[int]:
    words = text.replace(",", " ").split()
    for word in words:
        if not (word.isascii() and word.isdigit() and len(word) <= 9 and low <= int(word) <= high):
            more = "all, or " if option == "--cut" else ""
            raise Misused(f"{option} cannot be {word!r:.24}: choose {more}{noun} from {low} to {high}.")
    return [int(word) for word in words]


def _clamp(text: str, units: int) -> tuple[int, float]:
    unit, _, value = text.partition("=")
    try:
        held = float(value)
    except ValueError:
        held = MAX_CLAMP + 1
    if not -MAX_CLAMP <= held <= MAX_CLAMP:
        raise Misused(f"--clamp cannot be {text!r:.24}: choose UNIT=VALUE, a value from -1,000 to 1,000, like 3=0.5.")
    return _numbers("--clamp", unit or "nothing", 0, units - 1, "a unit")[0], held
