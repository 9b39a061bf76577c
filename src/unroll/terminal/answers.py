"""What a person may answer to a question of the playground, and what is wrong with an answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import get_args

import msgspec

from unroll.errors import UserError
from unroll.moment import MAX_TEMPERATURE, MAX_TOP_K, Sampling
from unroll.protocol.replies import Models
from unroll.protocol.requests import ModelName

MAX_NAME = 64
MAX_ROW = 66
"""Characters of a row in a dialog."""
is_name = re.compile(get_args(ModelName)[1].pattern).fullmatch
"""Whether a saved model can have that name."""


def fault_of(parse: Callable[[str], object]) -> Callable[[str], str]:
    """What is wrong with an answer, as a sentence; empty when `parse` takes it."""

    def fault(text: str) -> str:
        try:
            parse(text)
        except UserError as error:
            return str(error)
        return ""

    return fault


def stop(text: str) -> tuple[int | None, float | None]:
    """An epoch or an accuracy at which training stops: `12`, `99 %`, or nothing."""
    text = text.strip()
    if not text:
        return None, None
    if match := re.fullmatch(r"(\d{1,3}(?:\.\d{1,6})?) ?%", text):
        share = float(match[1]) / 100
        if 0 < share <= 1:
            return None, share
    elif re.fullmatch(r"\d{1,6}", text) and int(text):
        return int(text), None
    raise UserError(f"{text:.20} is no place to stop: give an epoch such as 12, an accuracy such as 99 %.")


def of_stop(epoch: int | None, accuracy: float | None) -> str:
    """The answer that would say what stands."""
    return f"{epoch}" if epoch is not None else f"{accuracy * 100:g} %" if accuracy is not None else ""


def sampling(text: str, now: Sampling) -> Sampling:
    """Temperature, top-k and top-p, as many as are given."""
    words = text.replace(",", " ").split()
    try:
        kinds = zip(("temperature", "top_k", "top_p"), (float, int, float), words, strict=False)
        given = {name: kind(word) for name, kind, word in kinds}
    except ValueError:
        raise UserError(f"{text:.20} is not three numbers: give temperature, top-k and top-p.") from None
    try:
        if len(words) <= 3:
            return msgspec.convert({**given, "seed": now.seed}, Sampling)
    except msgspec.ValidationError:
        pass
    raise UserError(
        f"Give a temperature from 0 to {MAX_TEMPERATURE:g}, a top-k from 0 to {MAX_TOP_K:,} "
        "and a top-p above 0 and up to 1."
    )


def of_sampling(now: Sampling) -> str:
    """The answer that would say what stands."""
    return f"{now.temperature:g} {now.top_k} {now.top_p:g}"


def run_name(text: str) -> str:
    """A name in the table of runs."""
    if not text.strip() or len(text) > MAX_NAME or not text.isprintable():
        raise UserError(f"A run's name has 1 to {MAX_NAME} characters that can be seen: choose another.")
    return text.strip()


def file_name(name: str) -> str:
    """A model's name made of a run's: what files cannot bear becomes `-`."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:MAX_NAME] or "model"


def free_name(name: str, models: Models) -> str:
    """The name, with `my-` where it is that of a model that comes with unroll, with a number where that is taken."""
    taken = models.names
    if (name, "") in zip(taken, models.folders, strict=False):
        name = f"my-{name}"
    names = [name, *(f"{name[: MAX_NAME - 5]}-{number}" for number in range(2, len(taken) + 3))]
    return next(free for free in names if free not in taken)


def new_name(text: str, taken: Sequence[str]) -> str:
    """A name for a saved model that replaces none."""
    text = text.strip()
    if not is_name(text):
        raise UserError(
            f"A model's name begins with a letter or a digit, and has only these and . _ - in it, at most {MAX_NAME}."
        )
    if text in taken:
        raise UserError(f"There is a model {text} already: choose another name.")
    return text


def of_models(models: Models) -> list[str]:
    """Each model's name, and where it is from."""
    wide = max(map(len, models.names), default=0)
    room = MAX_ROW - wide
    rows = []
    for name, folder in zip_longest(models.names, models.folders, fillvalue=""):
        whence = "no saved network" if name in models.others else folder or "comes with unroll"
        rows.append(f"{name:{wide}}  {whence if len(whence) <= room else '…' + whence[1 - room :]}")
    return rows
