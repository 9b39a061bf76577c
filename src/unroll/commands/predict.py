"""`unroll predict`: ask a saved network what comes next."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from unroll import figures
from unroll.commands.common import Misused, print_json, refusals
from unroll.commands.options import example, json_option, model_arguments, open_model
from unroll.moment import ARGMAX, MAX_SEED, MAX_TEMPERATURE, MAX_TOP_K, Sampling
from unroll.text import printable
from unroll.vocabulary import Vocabulary

if TYPE_CHECKING:
    from unroll.network.model import SequenceModel

EXAMPLES = """
unroll predict count-rnn 7 8 9 10
unroll predict count-lstm 7 8 9 10 --continue 20
seq 7 10 | unroll predict count-rnn --continue 5 --temperature 1.5 --top-p 0.9 --seed 3
"""


@click.command(epilog=example(EXAMPLES))
@model_arguments
@click.option("--top", type=click.IntRange(1), help="How many of the likeliest to show.  [default: 5]")
@click.option(
    "--continue", "count", type=click.IntRange(1, 100_000), help="Continue by this many answers, feeding each back."
)
@click.option(
    "--temperature",
    type=click.FloatRange(0, MAX_TEMPERATURE),
    help="Below 1: bolder. Above 1: more even. 0: always the likeliest.",
)
@click.option("--top-k", type=click.IntRange(1, MAX_TOP_K), help="Draw from the k likeliest answers only.")
@click.option(
    "--top-p",
    type=click.FloatRange(0, 1, min_open=True),
    help="Draw from the smallest set of likeliest answers whose probabilities add up to this.",
)
@click.option("--seed", type=click.IntRange(0, MAX_SEED), help="Fixes the draw.  [default: 0]")
@json_option
def predict(
    model: str, numbers: tuple[str, ...], top: int | None, count: int | None, as_json: bool, **how: Any
) -> None:
    """Ask MODEL what comes after NUMBERS.

    MODEL is a file or the name of a saved network (see: unroll models). Without NUMBERS, or with a lone -, they are
    read from standard input. Prints the likeliest next numbers and their probabilities; with --continue, the likeliest
    number at every step, or one drawn at random if --temperature, --top-k or --top-p is given, up to an end symbol.
    """
    with refusals():
        saved, sequence = open_model(model, numbers)
    vocabulary = Vocabulary.of(saved.recipe.task)
    given = {name: value for name, value in how.items() if value is not None}
    sampling = Sampling(**{"temperature": 1.0, **given}) if given.keys() - {"seed"} else None
    if top is not None and count is not None:
        raise Misused("--top does nothing with --continue: leave one out.")
    if how["seed"] is not None and not (sampling and count):
        raise Misused("--seed does nothing where nothing is drawn: add --continue and --temperature, or leave it out.")
    if count is None:
        _print_next(saved.model, vocabulary, sequence, sampling, top or 5, as_json)
        return
    from unroll.network.sampling import generate

    said = vocabulary.until_end(islice(generate(saved.model, sequence, sampling or ARGMAX), count))
    if as_json:
        continued = list(said)
        shown = {"symbols": vocabulary.names(sequence), "continued_symbols": vocabulary.names(continued)}
        print_json({"sequence": sequence, "continued": continued, **(shown if vocabulary.symbols else {})})
        return
    for place, number in enumerate(said):
        click.echo(printable(f"{vocabulary.gap if place else ''}{vocabulary.line([number])}"), nl=False)
    click.echo()


def _print_next(
    model: SequenceModel,
    vocabulary: Vocabulary,
    sequence: tuple[int, ...],
    sampling: Sampling | None,
    top: int,
    as_json: bool,
) -> None:
    from unroll.network.inspection import trace
    from unroll.network.sampling import distribution

    logits_V = trace(model, sequence).logits[-1]
    chances, found = distribution(logits_V, sampling or Sampling(temperature=1.0)).sort(descending=True, stable=True)
    pairs = list(zip(found[:top].tolist(), chances[:top].tolist(), strict=True))
    if as_json:
        symbols = {"symbols": vocabulary.names(sequence)} if vocabulary.symbols else {}
        nexts = [{"number": n, **vocabulary.named("symbol", n), "probability": p} for n, p in pairs]
        print_json({"sequence": sequence, **symbols, "next": nexts})
        return
    width = max(4, *(len(vocabulary.shown(number)) for number, _ in pairs))
    shown = figures.share if sampling else figures.probability
    for number, chance in pairs:
        click.echo(printable(f"{vocabulary.shown(number):>{width}}  {shown(chance, 2):>9}"))
