"""Which device a network computes on."""

from __future__ import annotations

from typing import Literal, get_args

import torch

from unroll.errors import UserError

DeviceName = Literal["cpu", "cuda", "mps", "auto"]


def device_for(name: DeviceName) -> str:
    """The device of that name; `auto` takes an accelerator if there is one.

    Raises:
        UserError: torch finds no such device here.
    """
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return next(word for word in ("cuda", "mps", "cpu") if there[word])
    if not there[name]:
        choices = " or ".join(word for word in get_args(DeviceName) if there.get(word, True))
        raise UserError(f"device cannot be {name}, for torch {torch.__version__} finds none here: choose {choices}.")
    return name
