"""A test of the engine that hangs ends its worker, with every thread's traceback, instead of the whole suite."""

from __future__ import annotations

import faulthandler
import sys
from collections.abc import Iterator

import pytest

LIMIT = 60
"""Seconds; the slowest test takes a few."""


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    """No test goes on for ever."""
    faulthandler.dump_traceback_later(LIMIT, exit=True, file=sys.__stderr__)
    yield
    faulthandler.cancel_dump_traceback_later()
