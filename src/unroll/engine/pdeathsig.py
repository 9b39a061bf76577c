"""An engine ends with the process that started it, unless told not to; even if that is killed and its input stays open.

Linux only (`prctl(PR_SET_PDEATHSIG)`); elsewhere the end of standard input has to do.
"""

from __future__ import annotations

import ctypes
import signal
import sys
from contextlib import suppress

PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Have the system end this process when its parent dies."""
    _at_parents_death(signal.SIGTERM)


def outlive_parent() -> None:
    """Take that back."""
    _at_parents_death(0)


def _at_parents_death(number: int) -> None:
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
