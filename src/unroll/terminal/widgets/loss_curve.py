"""The loss curve over the planned epochs, on axes that stand still while it grows, with the training cursor.

Drawn from `Curve`s off the event loop, so that a key's echo never waits for a picture; says `EpochChosen`.
"""

from dataclasses import dataclass
from math import ceil, floor, log, log10
from typing import ClassVar, NamedTuple

from msgspec.structs import replace
from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.binding import Binding
from textual.color import Color
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from unroll import figures
from unroll.picture import Lines, NamedLine
from unroll.terminal import pictures
from unroll.terminal.bindings import both_ways, offered
from unroll.terminal.plot import Colour, Line, Plot, drawn, rgb
from unroll.terminal.runs import Curve, Metric, NetworkScore, ceiling, reach
from unroll.terminal.sparing import Latest, Pane
from unroll.text import fitting
from unroll.vocabulary import Vocabulary

CURVE, AXES, CURSOR = "loss-curve--curve", "loss-curve--axes", "loss-curve--cursor"
OVERLAID = "#3b8eea", "#009e73", "#c070b0", "#848484", "#c0583c"
"""The colours of other runs, by their numbers: told apart by colour-blind eyes, on dark and on light."""
AXIS = 9
"""Columns and rows that plotext's axes and labels take, at most; a curve is thinned to what is left."""
CORNERS = 4
"""Cells of the pane's width that a border's text cannot use."""
LOWEST, LEAST = 1e-4, 1e-6
"""Where a log axis begins, or for lower values, at the furthest: what is lower still is drawn there."""
MARGIN = 5
"""Columns of the y axes' labels where one plot stands over another."""
MEDIAN = "median"
"""The line among those of several trainings that is drawn."""
TALL = 17
"""Rows in which the accuracy has a plot of its own under the loss."""


class Shown(NamedTuple):
    """A run's curve, with the number and the name that a person knows it by."""

    ordinal: int
    name: str
    curve: Curve


class LossCurve(Pane, can_focus=True):
    """One run's curve over those of others, each in its colour.

    Attributes:
        run: The one that is shown; `updates` is how many points its curve has, for it grows in place.
        several: The losses of several trainings by its recipe, by update, with a band; None where there are none.
        own: How the network at the cursor does, where that is known; else its epoch's means are told.
    """

    @dataclass
    class EpochChosen(Message):
        """An epoch of the training was chosen; None follows the newest."""

        epoch: int | None

    COMPONENT_CLASSES = {CURVE, AXES, CURSOR}
    DEFAULT_CSS = """
    LossCurve {
        & .loss-curve--curve { color: $accent; }
        & .loss-curve--axes { color: $text-muted; }
        & .loss-curve--cursor { color: $foreground; }
    }
    """
    BINDINGS: ClassVar = [
        *both_ways("left right", "move", "epoch", "The network one epoch earlier or later; past the last, the newest."),
        *offered("branch", "log", "metric"),
        Binding("pageup", "page(-1)", "Page back", show=False, tooltip="A tenth of the epochs back."),
        Binding("pagedown", "page(1)", "Page forward", show=False, tooltip="A tenth of the epochs forward."),
        Binding("home", "choose(0)", "First epoch", show=False, tooltip="The untrained network."),
        Binding("end", "newest", "Newest", show=False, tooltip="Follow the newest epoch."),
    ]

    run: reactive[Shown | None] = reactive(None, repaint=False)
    updates: reactive[int] = reactive(0, repaint=False)
    others: reactive[tuple[Shown, ...]] = reactive((), repaint=False)
    epoch: reactive[int | None] = reactive(None, repaint=False)
    shown: reactive[float | None] = reactive(None, repaint=False)
    several: reactive[Lines | None] = reactive(None, repaint=False)
    own: reactive[NetworkScore | None] = reactive(None, repaint=False)
    metric: reactive[Metric] = reactive("loss", repaint=False)
    log_scale: reactive[bool] = reactive(False, repaint=False)

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Text] = []
        self._drawing = Latest(self.run_worker, self._draw)

    def on_mount(self) -> None:
        for attribute in ("run", "updates", "others", "epoch", "shown", "several", "own", "metric", "log_scale"):
            self.watch(self, attribute, self.on_resize)

    def on_resize(self) -> None:
        """Draw again, once for everything that came in during the last drawing."""
        self._describe()
        if self.size.area and self.curve is not None:
            self._drawing.ask()

    # Drawing

    async def _draw(self) -> None:
        if self.curve is not None and self.size.area:  # it may have lost its room since it was asked for
            before, self._rows = self._rows, [row for plot in self._plots(self.curve) for row in await drawn(plot)]
            self.refresh_changed(before, self._rows)

    def _plots(self, curve: Curve) -> list[Plot]:
        """What is drawn, from top to bottom."""
        height = self.size.height
        if self.metric != "loss" or height < TALL:
            return [self._plot(curve, self.metric, height)]
        lower = height * 2 // 5
        return [self._plot(curve, "loss", height - lower, MARGIN), self._plot(curve, "accuracy", lower, MARGIN)]

    def _plot(self, curve: Curve, metric: Metric, height: int, margin: int = 0) -> Plot:
        is_log, end, columns = self.log_scale and metric == "loss", self._end, self.size.width - AXIS
        lowest = LEAST if is_log else 0.0
        shown = [(other.curve, Color.parse(_overlaid(other)).rgb) for other in self.others]
        shown += [(curve, self._colour(CURVE))]
        lines = [Line(*one.points(metric, columns, end, lowest), colour) for one, colour in shown]
        behind = self._behind(curve, is_log) if metric == "loss" else None
        lines = lines if behind is None else [_median(behind, self._colour(AXES)), *lines]
        values = [y for line in lines for y in line.ys]
        start = min(LOWEST, 10.0 ** floor(log10(min(values, default=LOWEST)))) if is_log else 0.0
        numbers = curve.recipe.task.vocab_size
        y_end = 1.0 if metric == "accuracy" else ceiling(max([curve.top(metric), *values]))
        across = end / (2 * self.size.width)
        shaded = [pictures.shade(behind, across, height, (start, y_end), self._colour(AXES))] if behind else []
        chance = log(numbers), f"chance: ln {numbers} = {log(numbers):.2f}"
        return Plot(
            width=self.size.width,
            height=height,
            x_end=end,
            y_start=start,
            is_log=is_log,
            y_end=y_end,
            axis_colour=self._colour(AXES),
            lines=[*shaded, *lines],
            percent=metric == "accuracy",
            cursor=self.epoch,
            cursor_colour=self._colour(CURSOR),
            margin=margin,
            level=chance if metric == "loss" else None,
        )

    def _behind(self, curve: Curve, is_log: bool) -> Lines | None:
        """The several trainings by epoch, as far as the axis goes."""
        if self.several is None:
            return None
        each = curve.plan.updates_per_epoch
        xs = [x / each for x in self.several.xs if x <= self._end * each]
        lines = [NamedLine(line.name, line.ys[: len(xs)]) for line in self.several.lines]
        return replace(self.several, xs=xs, lines=lines, log=is_log)

    @property
    def curve(self) -> Curve | None:
        """That of the run that is shown."""
        return self.run.curve if self.run else None

    @property
    def _end(self) -> int:
        """The last epoch of the axis: it follows the run that is shown, in large steps."""
        return reach(self.curve.epoch, self.curve.recipe.train.epochs) if self.curve else 1

    def _colour(self, component: str) -> Colour:
        return rgb(self.get_component_rich_style(component))

    def render_line(self, y: int) -> Strip:
        if y >= len(self._rows):
            return Strip.blank(self.size.width, self.rich_style)
        strip = Strip(list(self._rows[y].render(self.app.console)))
        return strip.apply_style(self.rich_style).adjust_cell_length(self.size.width, self.rich_style)

    def _describe(self) -> None:
        """The metric and whose curves are drawn; and what there is to say of the epoch at the cursor."""
        self.entitle(self._title(), self._readout(self.curve) if self.curve else "")

    def _title(self) -> Content:
        """The metric, and where there are several curves, their runs in their colours: names, or numbers alone."""
        metric = self.metric.capitalize() + (" (log)" if self.log_scale and self.metric == "loss" else "")
        title = Content(f"2 {metric}")
        if self.run is not None and self.others:
            title = self._with_runs(title, self.run)
        behind = self._named_behind(title.cell_length)
        return Content.assemble(title, (behind, "$text-muted")) if behind else title

    def _with_runs(self, title: Content, run: Shown) -> Content:
        runs = run, *self.others
        named = [f"  {one.ordinal} {one.name}" for one in runs]
        if len(title) + sum(map(cell_len, named)) > self.size.width - CORNERS:
            named = [f"  {one.ordinal}" for one in runs]
        return Content.assemble(title, *zip(named, ["bold $accent", *map(_overlaid, self.others)], strict=True))

    def _named_behind(self, taken: int) -> str:
        """What stands behind the curve, in the room that is left in the title."""
        if self.several is None or self.metric != "loss":
            return ""
        seeds = figures.count(len(self.several.ranked), "seed")
        wordings = f"  ━ median ░ {pictures.band_name(self.several)} of {seeds}", f"  ░ {seeds}", ""
        return fitting(wordings, self.size.width - CORNERS - taken)

    def _readout(self, curve: Curve) -> str:
        """The network's own figures at an epoch, or the means of the updates during it, and their learning rate."""
        total, at = f"{curve.recipe.train.epochs:,}", ceil(curve.epoch if self.epoch is None else self.epoch)
        epoch, during = f"epoch {at:>{len(total)},}/{total}", curve.last()
        if self.epoch is not None:
            shown = self.epoch if self.shown is None else self.shown
            epoch = epoch if shown == self.epoch else f"epoch {at:,}→{shown:,.0f}/{total}"
            during = curve.at(ceil(shown))
        loss, accuracy = self.own[:2] if self.own else during
        parts = [f"{'at' if self.own else 'in'} {epoch}" if loss is not None else epoch]
        parts += [] if loss is None else [f"loss {figures.loss(loss)}"]
        parts += [] if accuracy is None else [f"{figures.share(accuracy, 0):>5} right"]
        rate = f" · lr {figures.loss(curve.recipe.train.rate(max(0, at - 1)))}"
        said, spared = " · ".join(parts), [" right", "epoch ", "loss ", rate]
        vocabulary = Vocabulary.of(curve.recipe.task)
        if vocabulary.symbols and self.own:
            perplexity = f" · perplexity {figures.perplexity(self.own.loss):>4}"
            sequences = f", {figures.share(self.own.right, 0):>5} of sequences"
            each = f" · {figures.share(self.own.steps_right, 0):>5} of {vocabulary.word}s"
            said = f"{' · '.join(parts[:2])}{perplexity}{each}{sequences} right"
            spared = [rate, sequences, " right", perplexity, "epoch ", "loss "]
        said += rate
        for word in spared:  # in turn, until the border has room
            if len(said) > self.size.width - CORNERS:
                said = said.replace(word, "")
        return said

    # What a person does

    def action_move(self, by: int) -> None:
        newest = ceil(self.curve.epoch) if self.curve else 0
        self.action_choose((newest if self.epoch is None else self.epoch) + by)

    def action_page(self, by: int) -> None:
        self.action_move(by * max(1, self.curve.recipe.train.epochs // 10 if self.curve else 1))

    def action_newest(self) -> None:
        self.post_message(self.EpochChosen(None))

    def action_choose(self, epoch: int) -> None:
        """Move at once, so that keys in quick succession add up, and say so."""
        newest = int(self.curve.epoch) if self.curve else 0
        self.epoch = max(0, epoch) if epoch <= newest else None
        self.post_message(self.EpochChosen(self.epoch))

    def on_click(self, event: events.Click) -> None:
        content = event.get_content_offset(self)
        if content is None:
            return
        axis = next((row.plain for row in self._rows[max(0, content.y) :] if "└" in row.plain), "")
        if not axis:
            return
        start = axis.index("└") + 1
        share = (content.x - start) / max(1, len(axis.rstrip()) - 1 - start)
        self.action_choose(round(max(0.0, min(1.0, share)) * self._end))


def _median(several: Lines, colour: Colour) -> Line:
    ys = next(line.ys for line in several.lines if line.name == MEDIAN)
    points = [(x, y) for x, y in zip(several.xs, ys, strict=True) if y is not None]
    return Line([x for x, _ in points], [y for _, y in points], colour)


def _overlaid(run: Shown) -> str:
    """The colour of a run that is not shown, which stays with it."""
    return OVERLAID[(run.ordinal - 1) % len(OVERLAID)]
