"""Figures beside their goals: the table says what falls short and what was left out, and nothing stops the rest."""

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from unroll.client.recording import Recorder
from unroll.protocol.codec import encode
from unroll.protocol.replies import Done, Progress
from unroll_dev.__main__ import main
from unroll_dev.bench import screen
from unroll_dev.bench.figures import Figure, Report, Unmeasured, collect, table
from unroll_dev.bench.soak import Sample, Told, drift, flatness, told
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


# The soak counts: updates that were made, sent and shown, and the slope of memory


def by_name(figures) -> dict[str, Figure]:
    return {figure.name: figure for figure in figures}


def test_the_slope_is_that_of_the_second_half() -> None:
    early = [Sample(at, 2**20 * at, 5 * 2**20, 1000 * at) for at in range(10)]
    late = [Sample(at, 10 * 2**20 + 2**10 * (at - 10), 5 * 2**20, 9000 + 1100 * (at - 9)) for at in range(10, 20)]
    found = {(figure.name, figure.unit): figure for figure in flatness([*early, *late], 1900)}
    assert found["memory of the terminal, slope", "KB a minute"].ours == pytest.approx(60)
    assert found["memory of the terminal, slope", "bytes an update"].ours == pytest.approx(10.24)
    assert found["memory of the engine, slope", "KB a minute"].ours == pytest.approx(0)
    assert found["memory of the engine in the end", "MB"].ours == 5
    traffic = found["traffic, second half beside first", "KB/s"]
    assert (traffic.ours, traffic.beside, traffic.verdict) == (pytest.approx(1.1), pytest.approx(1.0), "")


def test_too_short_a_soak_is_not_measured() -> None:
    with pytest.raises(Unmeasured):
        list(flatness([Sample(0, 1, 1, 0)], 1))


def test_what_was_told_is_read_from_the_talk_and_drift_is_seen(tmp_path: Path) -> None:
    record = Recorder(tmp_path / "talk.jsonl")
    news = [
        Progress(run=1, state="training", update=2, losses=[1.0, 0.9], accuracies=[0.0, 0.0]),
        Progress(run=1, state="finished", update=3, losses=[0.5], accuracies=[1.0]),
        Progress(run=2, state="training", update=9, losses=[1.0], accuracies=[0.0]),
    ]
    record.add("client", b'{"type": "create", "id": 1}')
    for message in (Done(id=1), *news):
        record.add("engine", encode(message))
    record.close()
    runs = told(tmp_path / "talk.jsonl")
    assert runs == {1: Told(3, 3), 2: Told(9, 1)}
    found = by_name(drift(runs, [2], 3))
    assert found["updates made"].ours == 12
    assert found["drift, the engine's updates and losses sent"].ours == 8
    assert found["drift, the engine's updates and points shown"].ours == 1
    assert found["drift, points shown and the recipe's updates"].ours == 1


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_a_short_soak_loses_nothing() -> None:
    done = CliRunner().invoke(main, ["bench", "soak", "--minutes", "0.2"])
    assert done.exit_code == 0
    assert "left out" not in done.stdout
    assert all(not line.endswith(("over", "under")) for line in done.stdout.splitlines() if line.startswith("drift"))
