"""A few curves of letters, for a table's foot: plain text, no colour."""

from __future__ import annotations

from collections.abc import Mapping

WIDTH, HEIGHT = 72, 18


def chart(curves: Mapping[str, Mapping[int, float]], ticks: list[int]) -> str:
    """Curves by the letter that marks their points; values from 0 to 1, drawn where `ticks` are on the x axis."""
    import plotext
    from click import unstyle

    figure = plotext.figure
    plotext.terminal.limit(False, False)
    figure.clear()
    figure.theme("colorless")
    figure.plot_size(WIDTH, HEIGHT)
    for name, low, high, places in (
        ("x", min(ticks) - 1, max(ticks) + 1, ticks),
        ("y", 0, 1.05, [0, 0.25, 0.5, 0.75, 1]),
    ):
        figure.ruler(name).lim(low, high)
        figure.ruler(name).ticks(places, [f"{place:g}" for place in places])
    for points in curves.values():
        if len(points) > 1:
            figure.draw(figure.signal(list(points), list(points.values()), marker="braille").lines(True))
    for letter, points in curves.items():
        figure.draw(figure.signal(list(points), list(points.values()), marker=letter))
    return "\n".join(line.rstrip() for line in unstyle(figure.build().string()).splitlines())
