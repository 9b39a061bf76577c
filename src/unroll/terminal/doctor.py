"""What is wrong with a run, told from its figures by stated tests: one sentence, or none where no test holds.

A finding says the figures it rests on, and a key that looks closer. The tests, in this order:

    diverged      the loss was no number any more
    rising        the newest epoch's loss is half as high again as the lowest's, and at least half of guessing's
    guessing      after all epochs the loss is a tenth over ln V, that of guessing
    ignorant      after all epochs not right more often than one who repeats the number read, or always says the
                  commonest, give or take two standard errors; and the loss at least 0.9 of the best constant chances'
    repeating     the number just read is the right answer in 99 % of the sequences
    by heart      held-out sequences are right a quarter less often than those it trained on
    no longer     nine tenths right at length L, and at 2 L at most six; not tried where L only bounds the length
    looping       of a file, what the network said itself, and would say now, repeats within 4 symbols, three times
                  over; where something else than its memory is changed, that explains more
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log, sqrt
from typing import NamedTuple

from msgspec.structs import replace

from unroll import figures
from unroll.client.diagnosis import EngineError
from unroll.moment import UNTOUCHED, Interventions, Moment
from unroll.picture import Lines
from unroll.protocol.replies import Baselines, State
from unroll.protocol.requests import Lens
from unroll.tasks import TASKS
from unroll.terminal.runs import Run
from unroll.terminal.session import Session
from unroll.terminal.widgets.heatmap_rows import likeliest
from unroll.vocabulary import Vocabulary

MAX_COLUMNS = 76
"""A finding has room where a hint has."""
MAX_EPOCHS_READ = 200
"""Of a longer run so many epochs, evenly spaced, are looked at for the lowest loss."""
ERASED = Interventions(cut_all=True)
MAX_PERIOD, ROUNDS, LEAST_SAID = 4, 3, 8


class Figures(NamedTuple):
    """What is known of a run at rest.

    Attributes:
        losses: By epoch, each with its mean loss; the newest last.
        accuracy, held_out: Over all training sequences and those held out, after training; None where not known.
        word: What one of a sequence is called.
        longer: The part right at L numbers and at 2 L; None where that is not known.
    """

    state: State
    losses: Sequence[tuple[int, float]]
    rate: float
    guessing: float
    baselines: Baselines
    sequences: int
    length: int
    accuracy: float | None = None
    held_out: float | None = None
    longer: tuple[float, float] | None = None
    word: str = "number"


def finding(known: Figures) -> str:
    """The first test that holds, in words; empty where none does."""
    return next((said for test in TESTS if (said := test(known))), "")


def _diverged(known: Figures) -> str:
    if known.state != "diverged":
        return ""
    return f"Diverged: there is no loss any more. Is rate {known.rate:g} too large? 2 shows it."


def _rising(known: Figures) -> str:
    if not known.losses:
        return ""
    (_, newest), (epoch, lowest) = known.losses[-1], min(known.losses, key=lambda one: one[1])
    if newest < 1.5 * lowest or newest < known.guessing / 2:
        return ""
    told = f"Loss {figures.loss(newest)} is up from {figures.loss(lowest)} at epoch {epoch:,}"
    return f"{told}: rate {known.rate:g} too large? See 2."


def _guessing(known: Figures) -> str:
    if known.state != "finished" or not known.losses or known.losses[-1][1] < 1.1 * known.guessing:
        return ""
    told = f"Loss {figures.loss(known.losses[-1][1])} in the end, guessing has {known.guessing:.2f}"
    return f"{told}: rate {known.rate:g} too large? See 2."


def _ignorant(known: Figures) -> str:
    if known.accuracy is None or not known.losses:
        return ""
    repeating, commonest = known.baselines.repeating, known.baselines.commonest
    best = max(repeating, commonest)
    error = sqrt(best * (1 - best) / known.sequences)
    if known.accuracy > best + 2 * error or known.losses[-1][1] < 0.9 * known.baselines.entropy:
        return ""
    who = f"repeating the last {known.word}" if repeating >= commonest else "always saying the same"
    return f"No better than {who}: {figures.share(known.accuracy)} against {figures.share(best)}. See 2."


def _repeating(known: Figures) -> str:
    if known.baselines.repeating < 0.99 or not known.losses:
        return ""
    said = figures.share(known.baselines.repeating, 0)
    return f"To repeat the last {known.word} is right in {said}: targets off by one? C shows it."


def _by_heart(known: Figures) -> str:
    if known.accuracy is None or known.held_out is None or known.accuracy - known.held_out < 0.25:
        return ""
    right, away = figures.share(known.accuracy, 0), figures.share(known.held_out, 0)
    return f"Right in {right} of training, in {away} of held-out sequences: by heart. See 5."


def _no_longer(known: Figures) -> str:
    if known.longer is None or known.longer[0] < 0.9 or known.longer[1] > 0.6:
        return ""
    share, length = figures.share(known.longer[1], 0), known.length
    return f"Right at {length} {known.word}s, {share} at {2 * length}: learned no longer. See 3, lens length."


TESTS: tuple[Callable[[Figures], str], ...] = (
    _diverged,
    _rising,
    _guessing,
    _ignorant,
    _repeating,
    _by_heart,
    _no_longer,
)


def looping(said: Sequence[int], word: str = "symbol", is_erased: bool = False) -> str:
    """Whether the numbers that a network, perhaps without its memory, has said have become a loop; empty where not."""
    why = "memory erased, u restores it" if is_erased else "T, then 1, draws by chance"
    for period in range(1, MAX_PERIOD + 1):
        tail = said[-max(ROUNDS * period, LEAST_SAID) :]
        if len(said) >= LEAST_SAID and all(a == b for a, b in zip(tail, tail[period:], strict=False)):
            return f"It says the same {figures.count(period, word)} again and again{':' if is_erased else '.'} {why}."
    return ""


class Doctor:
    """Looks at the run that is shown while it is at rest, and once at longer sequences when it has finished."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._longer: dict[Run, tuple[float, float] | None] = {}
        self._read: tuple[Run, int] | None = None
        self._losses: list[tuple[int, float]] = []

    def finding(self) -> str:
        """What there is to say of the network on the screen; empty where it trains or is not as it was trained."""
        session, run = self._session, self._session.run
        if run is None or run.state == "training" or run.recipe != session.recipe or not run.curve.updates:
            return ""
        if session.moment.epoch is None and session.moment.interventions == UNTOUCHED:
            self._look(run)
            if said := finding(self._figures(run)):
                return said
        does, trace = session.moment.interventions, session.trace
        if run.recipe.task.task != "file" or session.sampling.temperature or does not in (UNTOUCHED, ERASED):
            return ""
        if trace is None or trace.moment != replace(session.moment, step=trace.moment.step):
            return ""
        steps = len(session.moment.sequence)
        first = next((step for step in reversed(range(steps)) if step not in session.said), -1) + 1
        says = likeliest(trace)
        if any(says[step - 1] != session.moment.sequence[step] for step in range(max(1, first), steps)):
            return ""  # it was another network, or this one with something done to it
        return looping(session.moment.sequence[first:], session.vocabulary.word, does == ERASED)

    def _figures(self, run: Run) -> Figures:
        if self._read != (run, run.curve.updates):
            self._read, self._losses = (run, run.curve.updates), _losses(run)
        recipe, baselines = run.recipe, run.baselines
        return Figures(
            run.state,
            self._losses,
            recipe.train.learning_rate,
            log(recipe.task.vocab_size),
            baselines,
            run.curve.plan.sequences,
            recipe.task.length,
            run.accuracy,
            run.held_out,
            self._longer.get(run),
            Vocabulary.of(recipe.task).word,
        )

    def _look(self, run: Run) -> None:
        """Ask once for how a finished network does on longer sequences, where there are some."""
        task, engine = TASKS[run.recipe.task.task], self._session.engine
        is_right = run.state == "finished" and (run.accuracy or 0) >= 0.9
        if is_right and engine is not None and run not in self._longer and not task.is_bound:
            self._longer[run] = None
            self._session.display.spawn(self._try_longer(run))

    async def _try_longer(self, run: Run) -> None:
        engine, length = self._session.engine, run.recipe.task.length
        if engine is None:
            return
        try:
            found = await engine.ask(Lens(moment=Moment(run.number, (0,)), lens="length"))
        except EngineError:  # it refuses, or is gone: there is nothing to find then
            return
        picture = found.picture
        if isinstance(picture, Lines) and length in picture.xs and 2 * length in picture.xs:
            shares = picture.lines[0].ys
            right, longer = shares[picture.xs.index(length)], shares[picture.xs.index(2 * length)]
            self._longer[run] = None if right is None or longer is None else (right, longer)
            self._session.display.changed()


def _losses(run: Run) -> list[tuple[int, float]]:
    """Epochs and their mean losses, the newest whole one last."""
    last = run.epochs_done
    epochs = [*range(1, last, max(1, last // MAX_EPOCHS_READ)), last] if last else []
    return [(epoch, loss) for epoch in epochs if (loss := run.curve.at(epoch)[0]) is not None]
