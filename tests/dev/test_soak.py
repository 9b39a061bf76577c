"""The soak counts: updates that were made, sent and shown, and the slope of memory."""

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from unroll.client.recording import Recorder
from unroll.protocol.codec import encode
from unroll.protocol.replies import Done, Progress
from unroll_dev.__main__ import main
from unroll_dev.bench.figures import Figure, Unmeasured
from unroll_dev.bench.soak import Sample, Told, drift, flatness, told


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
