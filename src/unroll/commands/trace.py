"""`unroll trace`: what a saved network does at every step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from unroll import figures, table
from unroll.commands import options
from unroll.commands.common import print_json, refusals
from unroll.moment import Interventions
from unroll.tasks import TASKS, answers
from unroll.tasks.config import TaskConfig
from unroll.text import clipped, printable
from unroll.vocabulary import Vocabulary

if TYPE_CHECKING:
    from unroll.network.inspection import Activations
    from unroll.network.model import SequenceModel

EXAMPLES = """
unroll trace count-rnn 7 8 9 10
unroll trace recall-lstm 7 8 9 10 --cut all --cut-cell
unroll trace recall-lstm 7 8 9 10 --put 2:cell:50,51
unroll trace count-lstm 7 8 9 10 --csv > states.csv
"""
TOP_UNITS = 3
"""Units that the table names at each step."""


@click.command(epilog=options.example(EXAMPLES))
@options.model_arguments
@options.intervention_options
@click.option("--csv", "as_csv", is_flag=True, help="Print every unit's state and gates, one row per step.")
@options.json_option
def trace(model: str, numbers: tuple[str, ...], as_csv: bool, as_json: bool, **does: Any) -> None:
    """Show what MODEL answers after each of NUMBERS, whether that is right, and which units decide it.

    Right is what the task asks: the next number to count, the first to recall, and of a file the next of NUMBERS.
    Erased says which of h and c was set to zero before the step.
    A unit's part is what it adds to the lead of the answer over the runner-up, in logits; the parts of all units and
    of the bias add up to the lead. In --csv and --json, h is the hidden state, c the LSTM's cell state, and the letters
    i f g o (LSTM), r z n (GRU), w v (minGRU) and e v (linear) are the gates.
    """
    with refusals():
        saved, sequence = options.open_model(model, numbers)
        interventions = options.interventions_from(saved.recipe, len(sequence), **does)
    from unroll.network import inspection

    seen = inspection.trace(saved.model, sequence, interventions)
    vocabulary = Vocabulary.of(saved.recipe.task)
    steps = [_step(saved.model, vocabulary, seen, t, number) for t, number in enumerate(sequence)]
    right = right_answers(saved.recipe.task, sequence)
    parts = "h c" if interventions.cut_cell else "h"
    for t, step in enumerate(steps):
        step["right"] = right[t]
        step["erased"] = parts if interventions.cuts(t) else ""
    cell = {} if seen.cell is None else {"c": seen.cell}
    states = {"h": seen.hidden, **cell, **seen.gates}  # of every unit by letter, each (L, D)
    if as_json:
        for t, step in enumerate(steps):
            step |= {letter: [round(x, 6) for x in values[t].tolist()] for letter, values in states.items()}
        print_json({"interventions": interventions, "steps": steps})
    elif as_csv:
        for step in steps:
            step["right"] = "/".join(map(str, step["right"]))
        states_LD = {letter: values.tolist() for letter, values in states.items()}
        states_LD["part"] = [step.pop("unit_parts") for step in steps]
        click.echo(table.as_csv(table.of_steps(steps, states_LD)), nl=False)
    else:
        _print_table(steps, vocabulary, interventions)


def right_answers(task: TaskConfig, sequence: tuple[int, ...]) -> list[list[int]]:
    """What is right after each step: of a file's task, the number that was given next."""
    if "path" in TASKS[task.task].fields:
        return [*([number] for number in sequence[1:]), []]
    return [sorted(right) for right in answers(task, sequence)]


def _step(model: SequenceModel, vocabulary: Vocabulary, seen: Activations, t: int, number: int) -> dict[str, Any]:
    """One step as a row."""
    from unroll.network.inspection import attribution

    parts = attribution(model, seen.hidden[t])
    return {
        "step": t + 1,
        "number": number,
        **vocabulary.named("symbol", number),
        "answer": parts.number,
        **vocabulary.named("answer_symbol", parts.number),
        "probability": round(float(seen.probabilities[t, parts.number]), 6),
        "runner_up": parts.rival,
        "lead": round(parts.lead, 4),
        "bias_part": round(parts.bias, 4),
        "unit_parts": [round(part, 4) for part in parts.units.tolist()],
    }


def _print_table(steps: list[dict[str, Any]], vocabulary: Vocabulary, done: Interventions) -> None:
    for line in options.told(done, vocabulary, erased=False):
        click.echo(line)
    click.echo(
        f"step  {vocabulary.word}  erased  answer  right     chance  runner-up   lead  units with the largest parts"
    )
    for step in steps:
        parts = step["unit_parts"]
        largest = sorted(range(len(parts)), key=lambda d: -abs(parts[d]))[:TOP_UNITS]
        units = "  ".join(f"{d}: {parts[d]:+z.2f}" for d in largest)
        chance = figures.probability(step["probability"], 2)
        right = "yes" if step["answer"] in step["right"] else "/".join(vocabulary.names(step["right"]))
        read, said, next_ = (
            clipped(printable(vocabulary.shown(step[name])), width)
            for name, width in {"number": 6, "answer": 6, "runner_up": 9}.items()
        )
        click.echo(
            f"{step['step']:4}  {read:>6}  {step['erased']:6}  {said:>6}  {printable(right):>5}"
            f"  {chance:>9}  {next_:>9}  {step['lead']:z5.2f}  {units}"
        )
