"""What every task is: its words, its bounds, its sequences, and the right answers after every number of any sequence.

A task is one file of this folder with a class of this kind in it, its name in `TaskName`, and its place in `TASKS`.
L is the length of a training sequence, V the size of the vocabulary.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from random import Random
from typing import ClassVar, NamedTuple

from msgspec import Struct

from unroll import figures
from unroll.errors import RecipeError
from unroll.tasks.config import TaskConfig, TaskName

MAX_POSITIONS = 2_000_000
"""Numbers in all sequences of a task together: at most this many."""
TRIES = 50
"""How often a sequence is drawn in vain, for each that is wanted, before there are said to be too few."""


class Item(Struct, frozen=True):
    """One training sequence of L numbers: after `inputs[t]` the loss follows `targets[t]`, or nothing is asked.

    Attributes:
        inputs: The numbers read.
        targets: After each of them the answer that is trained; None where nothing is asked.
        answers: After each of them all right answers; empty where the targets are all there are.
        all_count: Whether a sequence is right only if it is at every step asked, not just at the last of them.
    """

    inputs: Sequence[int]
    targets: Sequence[int | None]
    answers: Sequence[Collection[int]] = ()
    all_count: bool = False


class Parts(NamedTuple):
    """The sequences to train on, at least one, and those held out.

    Attributes:
        short_lines: How many lines of a file are too short for any.
        whence: What of a file is held out, in words.
    """

    train: Sequence[Item]
    held_out: Sequence[Item]
    short_lines: int = 0
    whence: str = ""


class Task(ABC):
    """A task in words and in sequences.

    Attributes:
        name: As a recipe names it.
        asks: What the network is asked, in a sentence.
        teaches: What watching it learn teaches, in a sentence or two.
        published: What others have measured, with the source; empty where nothing is known to be published.
        symbols: What its numbers stand for; empty where they are numbers.
        end: The symbol behind which a sequence is over; empty where there is none.
        fields: The fields of `TaskConfig` that it uses.
        start: A recipe that learns it, as the fields that differ from the default recipe; empty for the default.
        purpose: What that recipe shows.
        is_bound: Whether L bounds the sequences, rather than being the length of each.
        right_where: Which answers must be right for a sequence to be: completes "right ...".
        no_held_out: Why it holds nothing out; empty where it can.
    """

    name: ClassVar[TaskName]
    asks: ClassVar[str]
    teaches: ClassVar[str]
    published: ClassVar[str] = ""
    symbols: ClassVar[tuple[str, ...]] = ()
    end: ClassVar[str] = ""
    fields: ClassVar[tuple[str, ...]] = ("vocab_size", "length")
    start: ClassVar[Mapping[str, int | float | str]] = {}
    purpose: ClassVar[str] = ""
    is_bound: ClassVar[bool] = False
    right_where: ClassVar[str] = "at the last step"
    no_held_out: ClassVar[str] = ""

    @abstractmethod
    def answers(self, config: TaskConfig, numbers: Iterable[int]) -> Iterator[Collection[int]]:
        """After each number of any sequence, all right answers; none where nothing is asked."""

    @abstractmethod
    def parts(self, config: TaskConfig) -> Parts:
        """The sequences, the same for every seed, so that runs of different seeds can be compared.

        Raises:
            RecipeError: there are none, or `held_out` leaves nothing to train on or nothing to score.
        """

    @abstractmethod
    def count(self, config: TaskConfig) -> int | None:
        """How many sequences are trained on; None where that takes reading a file."""

    def away(self, config: TaskConfig) -> int:
        """How many sequences are held out; 0 where that takes reading a file."""
        return 0

    @abstractmethod
    def examples(self, config: TaskConfig, steps: int, random: Random) -> Iterator[Sequence[int]]:
        """Fresh sequences of the task, of `steps` numbers or as near as they come, without end; none of a file."""

    def rows(self, config: TaskConfig, steps: int) -> Sequence[Sequence[int]]:
        """All sequences of up to `steps` numbers that are no beginning of others; none where they are drawn."""
        return ()

    def growing(self, most: int) -> Iterator[Item]:
        """One sequence of every size from 1 to `most`, all equally long; none of a task where size says nothing."""
        return iter(())

    def length_of(self, config: TaskConfig) -> str:
        """How long its sequences are, in words."""
        length = figures.count(config.length, noun(config.symbols or self.symbols))
        return f"up to {length}" if self.is_bound else length

    def never(self, config: TaskConfig) -> str:
        """What never comes in training, to stand after "In training,"; empty where that is not known."""
        return ""

    def check(self, config: TaskConfig) -> None:
        """Raises `RecipeError` where fields do not go together."""
        v = len(self.symbols)
        if v and config.vocab_size != v:
            raise RecipeError(
                "vocab_size",
                f"vocab_size cannot be {config.vocab_size} with task {self.name}: choose {v}, "
                f"for its symbols are {' '.join(self.symbols)}.",
            )
        if config.held_out and self.no_held_out:
            raise RecipeError(
                "held_out",
                f"held_out cannot be {config.held_out:g} with task {self.name}, as {self.no_held_out}: choose 0.",
            )


def noun(symbols: Sequence[str]) -> str:
    """What one of a sequence is called."""
    return "symbol" if symbols else "number"


def refuse_length(config: TaskConfig, choose: str) -> RecipeError:
    """The refusal of a length; `choose` says what to choose instead."""
    return RecipeError("length", f"length cannot be {config.length} with task {config.task}: choose {choose}.")


class DrawnTask(Task):
    """A task whose sequences are drawn at random, a number at a time."""

    fields: ClassVar[tuple[str, ...]] = ("vocab_size", "length", "sequences", "held_out")

    def count(self, config: TaskConfig) -> int:
        return config.sequences - self.away(config)

    def away(self, config: TaskConfig) -> int:
        return max(1, round(config.sequences * config.held_out)) if config.held_out else 0

    def check(self, config: TaskConfig) -> None:
        super().check(config)
        if config.sequences * config.length > MAX_POSITIONS:
            raise RecipeError(
                "sequences",
                f"sequences cannot be {config.sequences:,} with length {config.length}: "
                f"choose at most {MAX_POSITIONS // config.length:,}.",
            )

    def parts(self, config: TaskConfig) -> Parts:
        """What is held out is never trained on; within the training sequences some may be equal."""
        drawn = self.drawn(config, Random(0))
        train = [tuple(inputs) for inputs in islice(drawn, self.count(config))]
        known, away, wanted = set(train), dict[tuple[int, ...], None](), self.away(config)
        for inputs in islice(drawn, TRIES * wanted):
            if (one := tuple(inputs)) not in known:
                away[one] = None
            if len(away) == wanted:
                break
        if len(away) < wanted:
            raise RecipeError(
                "held_out",
                f"held_out cannot be {config.held_out:g} with length {config.length}, as there are hardly more "
                f"different sequences than the {figures.count(len(known), 'one')} to train on: choose a greater "
                "length, fewer sequences, or 0.",
            )
        return Parts([self.item(config, one) for one in train], [self.item(config, one) for one in away])

    def drawn(self, config: TaskConfig, random: Random) -> Iterator[Sequence[int]]:
        """Sequences to train on, without end, each as `item` takes it."""
        return self.examples(config, config.length, random)

    def item(self, config: TaskConfig, inputs: Sequence[int]) -> Item:
        """A sequence with its targets: the one right answer at each step asked."""
        return Item(inputs, [next(iter(right), None) for right in self.answers(config, inputs)])


class NumbersTask(DrawnTask):
    """One whose sequences are any numbers, each as likely as the others."""

    def examples(self, config: TaskConfig, steps: int, random: Random) -> Iterator[Sequence[int]]:
        while True:
            yield random.choices(range(config.vocab_size), k=steps)


def only_last(config: TaskConfig, answers: Iterable[Collection[int]]) -> Iterator[Collection[int]]:
    """Answers from step L on: what came before is not asked."""
    for step, right in enumerate(answers, 1):
        yield right if step >= config.length else ()


def as_asked(config: TaskConfig, answers: Iterable[Collection[int]]) -> Iterator[Collection[int]]:
    """Answers where `asked` says."""
    return only_last(config, answers) if config.asked == "last" else iter(answers)


class StringTask(Task):
    """A task of strings with an end: the next symbol is asked, and several may be right. L bounds the strings.

    A string of at most L + 1 symbols is read up to the last but one; behind it stand further end symbols, where nothing
    is asked.
    """

    is_bound = True
    right_where = "at every step"

    def item(self, config: TaskConfig, string: Sequence[int]) -> Item:
        """A string with its next symbols as targets, and the right answers beside them."""
        rest = config.length - len(string) + 1
        answers = [*self.answers(config, string[:-1]), *[()] * rest]
        inputs, targets = [*string[:-1], *[string[-1]] * rest], [*string[1:], *[None] * rest]
        return Item(inputs, targets, answers, all_count=True)
