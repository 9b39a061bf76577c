"""Echo: after every number, the one read k steps before it; nothing is asked while there is none."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator

from unroll.tasks.config import TaskConfig
from unroll.tasks.task import NumbersTask, refuse_length


class Echo(NumbersTask):
    """What was read k steps ago."""

    name = "echo"
    asks = "Say the number that was read steps_back steps ago."
    teaches = "A state that moves every number on by a place a step does it: an rnn finds that sooner than gates do."
    fields = (*NumbersTask.fields, "steps_back")
    start = {
        "vocab_size": 8, "length": 16, "sequences": 1280, "held_out": 0.2, "steps_back": 5, "cell": "rnn",
        "batch_size": 64, "epochs": 40, "learning_rate": 0.01,
    }  # fmt: skip
    purpose = "Says the number read five steps ago: here the plain rnn wins."

    def check(self, config: TaskConfig) -> None:
        super().check(config)
        if config.length <= config.steps_back:
            raise refuse_length(config, f"more than steps_back, which is {config.steps_back}")

    def answers(self, config: TaskConfig, numbers: Iterable[int]) -> Iterator[Collection[int]]:
        newest = deque[int](maxlen=config.steps_back + 1)
        for number in numbers:
            newest.append(number)
            yield (newest[0],) if len(newest) > config.steps_back else ()
