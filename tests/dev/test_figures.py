"""Figures beside their goals: the table says what falls short and what was left out, and nothing stops the rest."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from unroll_dev.__main__ import main
from unroll_dev.bench import screen
from unroll_dev.bench.figures import Figure, Report, Unmeasured, collect, table
from unroll_dev.commands import GROUPS


def bench(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["bench", *arguments])


@pytest.mark.parametrize(
    ("figure", "verdict"),
    [
        (Figure("idle", "bytes", 0, 0), ""),
        (Figure("a step", "bytes", 1600, 1500), "over"),
        (Figure("training", "updates/s", 899, 900, 1000, least=True), "under"),
        (Figure("training", "updates/s", 901, 900, 1000, least=True), ""),
        (Figure("memory", "MB", 327), ""),
    ],
)
def test_a_goal_is_the_most_or_the_least_or_none(figure: Figure, verdict: str) -> None:
    assert figure.verdict == verdict
    assert table(Report([figure])).splitlines()[1].endswith(verdict)


def test_the_table_has_every_figure_in_its_columns() -> None:
    lines = table(Report([Figure("training", "KB/s", 1234.56, 0.9, 8, least=True)], ["stall: no epoch"])).splitlines()
    assert lines[1].split() == ["training,", "KB/s", "1,235", "8", "≥", "0.9"]
    assert lines[2] == "left out: stall: no epoch"


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (Unmeasured("there is no /proc"), "there is no /proc"),
        (
            TimeoutError("the program has ended; it shows:\nmuch\nno torch  \n\n"),
            "the program has ended; it shows: no torch",
        ),
    ],
)
def test_what_cannot_be_measured_is_left_out_with_a_reason(
    reason: Exception, said: str, capsys: pytest.CaptureFixture
) -> None:
    def broken():
        yield Figure("first", "ms", 1)
        raise reason

    report = collect([("starts", broken()), ("rest", iter([Figure("second", "ms", 2)]))])
    assert [figure.name for figure in report.figures] == ["first", "second"]
    assert report.left_out == [f"starts, from there on: {said}"]
    assert [line.split(",")[0] for line in capsys.readouterr().err.splitlines()] == ["first", "second"]


def test_the_command_knows_every_group() -> None:
    assert tuple(screen.GROUPS) == GROUPS


def test_one_group_can_be_measured_printed_as_json_and_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figure = {"name": "a step", "unit": "bytes", "ours": 717.0, "goal": 1500.0, "beside": None, "least": False}
    monkeypatch.setattr(screen, "GROUPS", {"rest": lambda: iter([Figure("a step", "bytes", 717.0, 1500.0)])})
    shown = bench("screen", "--only", "rest", "--json", "--write", str(tmp_path / "screen.json"))
    assert shown.exit_code == 0
    assert json.loads(shown.stdout) == {"figures": [figure], "left_out": []}
    assert json.loads((tmp_path / "screen.json").read_text()) == json.loads(shown.stdout)


@pytest.mark.parametrize("command", ["screen", "soak", "train"])
def test_where_a_report_cannot_be_put_it_says_so_before_measuring(command: str, tmp_path: Path) -> None:
    refused = bench(command, "--write", str(tmp_path / "missing" / "report.json"))
    assert refused.exit_code == 1
    assert "There is no folder" in refused.stderr
