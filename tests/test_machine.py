"""The processors that may be used, and work spread over them."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from unroll import machine


@pytest.mark.parametrize(
    ("own", "files", "quotas"),
    [
        ("0::/", {"cpu.max": "150000 100000"}, [1.5]),
        ("0::/a/b", {"a/cpu.max": "200000 100000", "a/b/cpu.max": "max 100000"}, [2.0]),
        ("4:cpu,cpuacct:/a\n3:memory:/m", {"cpu,cpuacct/a/cpu.cfs_quota_us": "50000", "m/cpu.max": "1 1"}, [0.5]),
        ("4:cpu:/a", {"cpu/a/cpu.cfs_quota_us": "-1"}, []),
        ("0::/elsewhere", {}, []),
    ],
)
def test_a_quota_of_a_cgroup_or_of_one_above_it_counts(
    tmp_path: Path, own: str, files: dict[str, str], quotas: list[float]
) -> None:
    (tmp_path / "own").write_text(own)
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
        if name.endswith("quota_us"):
            (tmp_path / name).with_name("cpu.cfs_period_us").write_text("100000")
    assert list(machine._quotas(tmp_path, tmp_path / "own")) == quotas


@pytest.mark.parametrize(
    ("cores", "wanted", "threads"), [(64, "", 4), (4, "", 2), (1, "", 1), (8, "3", 3), (2, "64", 2), (8, "all", 4)]
)
def test_torch_gets_half_of_the_cores_or_what_omp_num_threads_says(
    monkeypatch: pytest.MonkeyPatch, cores: int, wanted: str, threads: int
) -> None:
    monkeypatch.setattr(machine, "cores", lambda: cores)
    monkeypatch.setenv("OMP_NUM_THREADS", wanted)
    assert machine.torch_threads() == threads


@pytest.fixture
def one_core() -> Iterator[None]:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, [min(before)])
    yield
    os.sched_setaffinity(0, before)


def test_a_process_held_to_one_core_counts_one(one_core: None) -> None:
    assert machine.cores() == 1


def test_work_is_done_in_other_processes_and_each_task_has_its_result() -> None:
    found = dict(machine.spread(process_and_square, range(4)))
    assert {place: square for place, (_, square) in found.items()} == {0: 0, 1: 1, 2: 4, 3: 9}
    assert os.getpid() not in {process for process, _ in found.values()}
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def process_and_square(number: int) -> tuple[int, int]:
    return os.getpid(), number**2
