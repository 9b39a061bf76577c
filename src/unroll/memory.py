"""How much memory a process takes, and what to say when there is none left."""

from __future__ import annotations

import os
from pathlib import Path

NO_MEMORY = "There is not enough memory for this: choose a smaller batch_size, length, hidden_size or vocab_size."


def resident(process: int | None = None) -> int | None:
    """Bytes that a process, by default this one, has in memory now; None where the system does not tell."""
    try:
        pages = Path(f"/proc/{process or 'self'}/statm").read_text().split()[1]
    except OSError:
        return None
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def is_memory(error: Exception) -> bool:
    """Whether this is how Python or torch says that memory is used up."""
    said = str(error).lower()
    return isinstance(error, MemoryError) or "out of memory" in said or "allocate memory" in said
