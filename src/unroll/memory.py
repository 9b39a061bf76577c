"""How much memory a process takes."""

from __future__ import annotations

import os
from pathlib import Path


def resident(process: int | None = None) -> int | None:
    """Bytes that a process, by default this one, has in memory now; None where the system does not tell."""
    try:
        pages = Path(f"/proc/{process or 'self'}/statm").read_text().split()[1]
    except OSError:
        return None
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
