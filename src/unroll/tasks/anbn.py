"""The strings a^n b^n with an end sign, as in Weiss, Goldberg & Yahav 2018, *On the practical computational power of
finite precision RNNs for language recognition*.

    a a a b b b .      after an a, a or b is right; after a b only b, and after as many as there were a, the end
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from random import Random

from unroll.tasks.config import TaskConfig
from unroll.tasks.task import Item, Parts, StringTask, refuse_length

A, B, END = range(3)


class AnBn(StringTask):
    """As many b as there were a."""

    name = "anbn"
    asks = "Say what may come next in a string of some a, as many b, and an end."
    teaches = "An lstm counts: one value of its cell state rises with every a and falls with every b."
    published = (
        "Weiss 2018, trained up to n = 100: an lstm is right up to n = 256, a gru fails from n = 39 "
        "(figures not checked against the paper)"
    )
    symbols = ("a", "b", ".")
    end = "."
    start = {
        "vocab_size": 3, "length": 20, "cell": "lstm", "hidden_size": 16, "batch_size": "full",
        "epochs": 750, "learning_rate": 0.03,
    }  # fmt: skip
    purpose = "Ends a string of a and b where there are as many of both: one unit of the cell state counts."
    fields = ("length",)
    no_held_out = "every string up to that length is trained"

    def check(self, config: TaskConfig) -> None:
        super().check(config)
        if config.length < 2:
            raise refuse_length(config, "at least 2")

    def count(self, config: TaskConfig) -> int:
        return config.length // 2

    def parts(self, config: TaskConfig) -> Parts:
        return Parts([self.item(config, string(n)) for n in range(1, config.length // 2 + 1)], [])

    def examples(self, config: TaskConfig, steps: int, random: Random) -> Iterator[Sequence[int]]:
        most = max(1, steps // 2)
        least = 1 if steps <= config.length else config.length // 2 + 1
        while True:
            yield string(random.randint(min(least, most), most))[:-1]

    def growing(self, most: int) -> Iterator[Item]:
        config = TaskConfig(self.name, len(self.symbols), 2 * most)
        return (self.item(config, string(n)) for n in range(1, most + 1))

    def answers(self, config: TaskConfig, numbers: Iterable[int]) -> Iterator[Collection[int]]:
        many, fewer, is_legal = 0, 0, True
        for number in numbers:
            many, fewer = many + (number == A), fewer + (number == B)
            is_legal = is_legal and fewer <= many and not (number == A and fewer) and number != END
            yield () if not is_legal else (A, B) if not fewer else (B,) if fewer < many else (END,)


def string(n: int) -> list[int]:
    """a^n b^n and the end."""
    return [A] * n + [B] * n + [END]
