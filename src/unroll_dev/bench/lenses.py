"""What each lens costs on the screen: its first picture, and a step of the cursor while it is in sight.

Bytes are those of the lens's own pane; times are from the key to the last byte that it brings about. The lens `seeds`
goes on for as long as it trains: what that costs until all are trained is told besides.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle

from unroll.network.lenses import lenses
from unroll_dev.bench.figures import Figure
from unroll_dev.bench.panes import panes_of
from unroll_dev.bench.programs import START_WITHIN, Sent, at_rest, caused, playground
from unroll_dev.bench.pty import Terminal

NEXT_LENS, LEFT, RIGHT = "L", "\x1b[D", "\x1b[C"
TITLE = "3 Lens"
TRAINED = "Solved by"


def figures() -> Iterator[Figure]:
    """Every lens in turn, of the untrained network of the default recipe, the first one last."""
    names = [*lenses()]
    with at_rest(playground(epochs=25)) as terminal:
        for name, key in zip([*names[1:], names[0]], cycle([LEFT, RIGHT]), strict=False):
            before = terminal.received
            yield from _costs(f"lens {name}", caused(terminal, NEXT_LENS, f"{TITLE}: {name}"), terminal)
            if name == "seeds":
                terminal.until_shown(TRAINED, START_WITHIN)
                terminal.quiet()
                yield Figure("lens seeds, until all are trained", "bytes", terminal.received - before)
            yield from _costs(f"a step, lens {name}", caused(terminal, key), terminal)


def _costs(what: str, sent: Sent, terminal: Terminal) -> Iterator[Figure]:
    panes = panes_of(terminal.screen)
    mine = next(name for name in panes if name.startswith(TITLE))
    yield Figure(what, "bytes", sent.by_pane(panes)[mine])
    yield Figure(what, "ms", sent.until_last * 1000)
