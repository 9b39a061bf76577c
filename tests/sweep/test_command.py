"""`unroll sweep`: planned, computed once over processes, in parts, and shown."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sweep_kit import Inline, place

from unroll.cli import main
from unroll.sweep import run as runner

GRID = ("--vocab-size", "12", "--cell", "rnn,gru", "--length", "3..4", "--hidden-size", "4", "--epochs", "3")


def sweep(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["sweep", *arguments])


@pytest.fixture
def inline(monkeypatch: pytest.MonkeyPatch) -> Inline:
    """Units are computed in this process."""
    executor = Inline(lambda unit: None)
    monkeypatch.setattr(runner, "here", lambda units: place(executor))
    return executor


def test_a_plan_says_what_is_to_be_done_and_does_nothing(inline: Inline) -> None:
    planned = sweep(*GRID, "--seeds", "20", "--plan")
    assert "recipes   4, each with 20 seeds" in planned.stdout
    assert "units     8 of up to 16 seeds\n" in planned.stdout
    assert "a guess" in planned.stdout
    assert not inline.asked and not Path("sweep.jsonl").exists()


def test_nothing_is_computed_twice_and_a_larger_sweep_takes_over_what_is_there(inline: Inline) -> None:
    assert sweep(*GRID, "--seeds", "2").exit_code == 0
    again = json.loads(sweep(*GRID, "--seeds", "2", "--json").stdout)
    assert (again["computed"], again["done_before"], len(inline.asked)) == (0, 4, 4)
    assert "4 of them done" in sweep(*GRID, "--seeds", "2", "--plan").stdout
    sweep(*GRID, "--seeds", "3")
    assert [unit.seeds for unit in inline.asked[4:]] == [(2,)] * 4


@pytest.mark.usefixtures("inline")
def test_parts_merged_are_the_whole_to_the_bit() -> None:
    sweep(*GRID, "--seeds", "2", "--out", "whole.jsonl")
    for number in "123":
        assert sweep(*GRID, "--seeds", "2", "--out", "parts.jsonl", "--shard", f"{number}/3").exit_code == 0
    assert "4 units of 3 parts" in sweep("--merge", "--out", "parts.jsonl").stdout
    for name in ("whole", "parts"):
        assert sweep("--show", f"{name}.jsonl", "--csv", f"{name}.csv").exit_code == 0
    assert sorted(Path("whole.csv").read_text().splitlines()) == sorted(Path("parts.csv").read_text().splitlines())


@pytest.mark.usefixtures("inline")
def test_what_was_found_is_shown_as_a_table_a_heatmap_json_and_csv() -> None:
    sweep(*GRID, "--seeds", "2")
    shown = sweep("--show", "sweep.jsonl", "--csv", "all.csv")
    assert shown.exit_code == 0
    assert "median accuracy, length across and cell down" in shown.stdout
    assert "█" not in shown.stdout
    assert len(list(csv.DictReader(Path("all.csv").read_text().splitlines()))) == 8
    rows = json.loads(sweep("--show", "sweep.jsonl", "--json", "--figure", "loss").stdout)
    assert [(one["cell"], one["length"], len(one["seeds"])) for one in rows] == [
        (cell, length, 2) for cell in ("gru", "rnn") for length in (3, 4)
    ]
    assert "cell across and length down" in sweep("--show", "sweep.jsonl", "--by", "cell,length").stdout


@pytest.mark.usefixtures("inline")
def test_a_torn_line_is_said_and_computed_again() -> None:
    sweep(*GRID, "--seeds", "2")
    path = Path("sweep.jsonl")
    path.write_bytes(path.read_bytes()[:-20])
    again = sweep(*GRID, "--seeds", "2")
    assert again.exit_code == 0
    assert "torn" in again.stderr
    assert again.stdout.startswith("1 unit computed")


def test_units_that_fail_are_said_once_for_each_reason_and_tried_again(inline: Inline) -> None:
    def meddle(unit: object) -> str:
        raise ValueError("so")

    inline.meddle = meddle
    failed = sweep(*GRID, "--seeds", "2")
    assert failed.exit_code == 1
    assert failed.stderr.count("ValueError: so") == 1
    assert "and 3 units more" in failed.stderr
    inline.meddle = lambda unit: None
    assert sweep(*GRID, "--seeds", "2").stdout.startswith("4 units computed")


@pytest.mark.parametrize(
    ("arguments", "code", "way_out"),
    [
        ("--length 9..4", 2, "4..18:2"),
        ("--seeds none", 2, "8..15"),
        ("--shard 4/3", 2, "like 3/16"),
        ("--shard 3", 2, "like 3/16"),
        ("--path x", 2, "add --task file"),
        ("--batch-size 4000", 2, "choose at most"),
        ("--vocab-size 2..4096 --length 1..100", 2, "choose fewer"),
        ("--show nowhere.jsonl", 1, "name an existing file"),
        ("--merge", 2, "--shard K/N"),
        ("--csv x.csv", 2, "add --show"),
        ("--scheduler elsewhere", 2, "tcp://127.0.0.1:8786|pip install distributed"),
        ("--out /nowhere/x.jsonl", 1, "make it first"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence_with_a_way_out(arguments: str, code: int, way_out: str) -> None:
    refused = sweep(*arguments.split())
    assert refused.exit_code == code, refused.output
    assert "Traceback" not in refused.output
    said = refused.output.replace("\n", " ")
    assert any(word in said for word in way_out.split("|")), said
