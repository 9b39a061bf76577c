"""What Linux tells of a process and those that it started, in `/proc`: their processor time and their memory."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from unroll import machine
from unroll_dev.bench.figures import Unmeasured


def family(process: int) -> list[int]:
    """A process and all that it started, itself first; only itself where there is no telling."""
    with suppress(OSError):
        threads = Path(f"/proc/{process}/task").glob("*/children")
        children = [int(child) for thread in threads for child in thread.read_text().split()]
        return [process, *(member for child in children for member in family(child))]
    return [process]


def cpu_seconds(process: int) -> float:
    """Processor time that a process and those it started have used so far; raises `Unmeasured`."""
    return sum(map(_cpu_seconds, family(process)))


def resident(process: int) -> int:
    """Bytes of memory that a process has for itself now; raises `Unmeasured`."""
    size = machine.resident(process)
    if size is None:
        raise Unmeasured(f"there is no /proc that tells of process {process}")
    return size


def _cpu_seconds(process: int) -> float:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        raise Unmeasured(f"there is no /proc that tells of process {process}") from None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
