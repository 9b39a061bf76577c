"""How much memory a process uses, and how running out of it is reported."""

from __future__ import annotations

import os
from pathlib import Path

NO_MEMORY = "There is not enough memory: choose a smaller batch_size, length, hidden_size or vocab_size."


def resident(process: int | None = None) -> int | None:
    """Bytes that a process, by default this one, has in memory; None if the system does not say."""
    try:
        pages = Path(f"/proc/{process or 'self'}/statm").read_text().split()[1]
    except OSError:
        return None
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def is_memory(error: Exception) -> bool:
    """Whether an error of Python or torch means that memory ran out."""
    said = str(error).lower()
    return isinstance(error, MemoryError) or "out of memory" in said or "allocate memory" in said
