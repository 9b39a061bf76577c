"""What a sweep has found, as a table, as CSV and as a heatmap."""

import click
from sweep_kit import SMALL, row

from unroll.sweep.summary import heatmap, of_seeds, remarks, seeds_of, spreads, table, varying

ROWS = [
    row(SMALL.replace(cell=cell, length=length), (0, 1), (length / 10, None if cell == "gru" else 1.0))
    for cell in ("rnn", "gru")
    for length in (3, 4, 10)
]


def test_figures_are_grouped_by_what_varies_numbers_in_order() -> None:
    seeds = seeds_of(ROWS)
    assert varying(seeds) == ["cell", "length"]
    found = spreads(seeds, ["cell", "length"], "accuracy")
    assert list(found) == [("gru", 3), ("gru", 4), ("gru", 10), ("rnn", 3), ("rnn", 4), ("rnn", 10)]
    assert found["rnn", 3].values == (0.3, 1.0)
    assert list(table(["cell", "length"], found, "accuracy"))[4] == [
        "rnn",
        "3",
        "2",
        "1",
        "65.0 %",
        "30.0 %",
        "100.0 %",
    ]
    assert list(remarks(seeds, "accuracy")) == ["3 seeds without accuracy: training diverged."]


def test_a_seed_counts_once_as_it_was_written_last() -> None:
    seeds = seeds_of([row(accuracy=(0.0, 0.0)), row(seeds=(1, 2), accuracy=(0.25, 0.75))])
    assert [(seed.seed, seed.accuracy) for seed in seeds] == [(0, 0.0), (1, 0.25), (2, 0.75)]


def test_the_csv_has_the_whole_recipe_the_versions_and_the_digest_of_every_seed() -> None:
    heading, first, *_ = of_seeds(seeds_of(ROWS))
    said = dict(zip(heading, first, strict=True))
    assert (said["cell"], said["length"], said["seed"], said["accuracy"]) == ("rnn", 3, 0, 0.3)
    assert {"torch", "cpu", "digest", "weights", "unroll"} <= said.keys()


def test_the_heatmap_has_the_median_of_every_cell_and_says_where_there_is_none() -> None:
    found = spreads(seeds_of(ROWS), ["length", "cell"], "accuracy")
    del found[3, "gru"]
    lines = click.unstyle(heatmap(found, "length", "cell", "accuracy")).replace("█", " ").splitlines()
    assert lines[0] == "median accuracy, length across and cell down"
    assert [line.split()[:7] for line in lines if "%" in line] == [
        ["gru┤", "none", "40.0", "%", "100.0", "%", "│"],
        ["rnn┤", "65.0", "%", "70.0", "%", "100.0", "%"],
    ]
    assert lines[-1].split() == ["3", "4", "10"]
