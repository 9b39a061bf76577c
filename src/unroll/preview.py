"""How a file of sequences is understood, in sentences: what `unroll data` prints and the recipe's form shows."""

from __future__ import annotations

from msgspec import Struct

from unroll import figures
from unroll.tasks.datafile import Understood, understand
from unroll.tasks.decoding import SHIPPED, located
from unroll.text import clipped, printable, shown_path
from unroll.vocabulary import Vocabulary

SHOWN, WIDTH, SHOWN_SYMBOLS, SHOWN_EDGES = 5, 72, 60, 15


class Preview(Struct, frozen=True):
    """Sentences on a file, and its first sequences as they would be trained on, each a line."""

    sentences: list[str]
    first: list[str]


def preview(path: str, column: str = "", levels: int = 0) -> Preview:
    """How a file is understood; raises `RecipeError` as `understand` does."""
    found = understand(path, column, levels)
    vocabulary = Vocabulary(found.vocab_size, found.symbols)
    lines = [vocabulary.line(sequence[: WIDTH + 1]) for sequence in found.sequences[:SHOWN]]
    sentences = [f"{_called(path)} is understood as {found.says}.", _sizes(found, vocabulary.word), *_more(found)]
    return Preview([printable(one) for one in sentences], [clipped(printable(line), WIDTH) for line in lines])


def _called(path: str) -> str:
    """A path, and where its file is when it is not one's own."""
    file, shown = located(path), shown_path(path)
    return f"{shown}, which comes with unroll ({shown_path(file)})," if SHIPPED in file.parents else shown


def _sizes(found: Understood, word: str) -> str:
    """How many sequences there are, and how long."""
    lengths = sorted(len(sequence) for sequence in found.sequences)
    low, middle, high = lengths[0], lengths[len(lengths) // 2], lengths[-1]
    several = f"{low:,} to {high:,} {word}s (half have {middle:,} or more)"
    each = figures.count(low, word) if low == high else several
    total = f", {sum(lengths):,} in all" if len(lengths) > 1 else ""
    return f"{figures.count(len(lengths), 'sequence')} of {each}{total}; a vocabulary of {found.vocab_size:,}."


def _more(found: Understood) -> list[str]:
    """Its symbols and levels, what is left out, and what to do where something else is meant."""
    said = []
    if found.symbols:
        names = Vocabulary(found.vocab_size, found.symbols).quoted
        said.append(f"Symbols: {clipped(' '.join(names), SHOWN_SYMBOLS)}")
    if found.edges:
        edges = [f"{edge:.4g}" for edge in found.edges[:SHOWN_EDGES]]
        shown = ", ".join(edges + ["…"] * (len(found.edges) > SHOWN_EDGES))
        said.append(f"Levels 0 to {len(found.edges)}, divided at {shown}; levels chooses how many.")
    short = sum(len(sequence) < 2 for sequence in found.sequences)
    left_out = {**found.left_out, **({"of one only, as nothing comes next": short} if short else {})}
    said += [f"Left out: {figures.count(count, 'line')} {why}." for why, count in left_out.items()]
    return [*said, found.otherwise] if found.otherwise else said
