"""The sentences under the prompt, in the words of this network and its numbers."""

from __future__ import annotations

from unroll.engine.trace import Trace
from unroll.recipe import TaskConfig
from unroll.tasks import answer
from unroll.terminal.widgets.next_number import percent


def of_step(trace: Trace, step: int, task: TaskConfig) -> str:
    """What the network expects after a step, and whether that is right; empty when the trace does not hold the step."""
    row = step - trace.window.first_step
    if not 0 <= row < len(trace.candidates):
        return ""
    sequence, first = trace.moment.sequence, trace.candidates[row][0]
    right = answer(task, sequence, step)
    said = f"step {step + 1}/{len(sequence)}: after {sequence[step]} it expects {first.number}, "
    return said + percent(first.probability) + _verdict(first.number, right, task)


def _verdict(said: int, right: int | None, task: TaskConfig) -> str:
    if right is None:
        return ""
    if said == right:
        return "  ✓"
    return f"  ✗ {'counting' if task.task == 'count' else 'recalling'} says {right}"
