"""From the start to the frame, to the first frame that is alive, and to the first answer.

The frame is there twice: written at once, before Textual is imported, and then painted by Textual, from when on keys
are answered. The keys in the last line of the screen tell the second from the first.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from statistics import median

from unroll_dev.bench.figures import Figure
from unroll_dev.bench.programs import ANSWERED, SMALLEST, START_WITHIN, Command, playground, started

ROUNDS = 7
MILESTONES = ("Recipe", "q quit", ANSWERED)
"""What is first shown with the frame, with the first frame that is alive, and with the first answer."""


def figures() -> Iterator[Figure]:
    """Medians of starts in turns; the frame beside the smallest program's, the answer beside importing torch."""
    smallest, imports, ours = [], [], []
    for _ in range(ROUNDS):
        smallest += until_shown(SMALLEST, "Ready")
        imports.append(_import_torch())
        ours.append(until_shown(playground(), *MILESTONES))
    frame, alive, answer = (median(times) for times in zip(*ours, strict=True))
    theirs, torch = median(smallest), median(imports)
    yield Figure("first paint", "ms", frame * 1000, 1400 * theirs, theirs * 1000)
    yield Figure("first frame that is alive", "ms", alive * 1000, 1400 * theirs, theirs * 1000)
    yield Figure("first answer", "ms", answer * 1000, 1250 * torch, torch * 1000)


def until_shown(command: Command, *texts: str) -> list[float]:
    """Seconds from a start until each of some texts is shown, in order."""
    with started(command) as terminal:
        return [terminal.until_shown(text, START_WITHIN) - terminal.started for text in texts]


def _import_torch() -> float:
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", "import torch"], check=True)
    return time.monotonic() - began
