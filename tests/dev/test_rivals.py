"""What training is timed against does the same work: it learns, and by the same gradient."""

import os
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from torch.testing import assert_close

from unroll.network.bptt import backpropagate
from unroll.network.model import SequenceModel
from unroll.recipe import Recipe
from unroll_dev.bench import train
from unroll_dev.bench.figures import Unmeasured
from unroll_dev.bench.floor import Floor, floor
from unroll_dev.bench.growth import Row
from unroll_dev.bench.headless import training_beside, training_seconds
from unroll_dev.bench.processes import cpu_seconds, family, resident
from unroll_dev.bench.rivals import blog, torch_nn
from unroll_dev.bench.train import Ratio, Report, in_turns, text


@pytest.mark.parametrize("rival", [blog, floor, torch_nn])
def test_a_rival_makes_every_update_and_learns_to_count(rival):
    losses = list(rival(Recipe()))
    assert len(losses) == 50
    assert losses[0] > 4
    assert losses[-1] < 0.25


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_torch_nns_other_cells_learn_too(cell):
    assert list(torch_nn(Recipe().replace(cell=cell)))[-1] < 0.01


def test_the_numpy_floor_has_our_loss_and_our_gradient():
    model, bare = SequenceModel.of(Recipe()), Floor(128, 32, np.random.default_rng(0))
    ours = [model.rnn.weight_ih_l0.mT, model.rnn.weight_hh_l0, None, model.head.weight, model.head.bias]
    for its, parameter in zip((bare.w_ih, bare.w_hh, bare.b_h, bare.w, bare.b), ours, strict=True):
        its[:] = (model.rnn.bias_ih_l0 + model.rnn.bias_hh_l0 if parameter is None else parameter).detach().numpy()
    x, y = torch.randint(0, 128, (2, 6, 20), generator=torch.Generator().manual_seed(0))
    loss = bare.backpropagate(x.numpy(), y.numpy())
    assert loss == pytest.approx(backpropagate(model, x, y).loss.item(), abs=1e-5)
    assert_close(torch.tensor(bare.dw_ih), model.rnn.weight_ih_l0.grad.mT, atol=1e-6, rtol=0)
    assert_close(torch.tensor(bare.dw_hh), model.rnn.weight_hh_l0.grad, atol=1e-6, rtol=0)
    assert_close(torch.tensor(bare.db_h), model.rnn.bias_hh_l0.grad, atol=1e-6, rtol=0)
    assert_close(torch.tensor(bare.dw), model.head.weight.grad, atol=1e-6, rtol=0)
    assert_close(torch.tensor(bare.db), model.head.bias.grad, atol=1e-6, rtol=0)


def test_contestants_take_turns_and_a_first_round_does_not_count(monkeypatch):
    ran, clock = [], iter([0, 9, 9, 10, 10, 12, 12, 13, 13, 17, 17, 18])
    monkeypatch.setattr("unroll_dev.bench.train.time.process_time", lambda: next(clock))
    assert in_turns({"a": lambda: ran.append("a"), "b": lambda: ran.append("b")}, 2) == {"a": 3000, "b": 1000}
    assert ran == list("ababab")


def test_the_report_says_every_figure():
    ratios = [Ratio("RNN", "torch.nn.RNN", 30.5, 43.75, 0.6971, 0.75)]
    report = Report("2.13", ratios, 0.125, [Row(1024, 6, 128, 112.456, 48.25)])
    lines = text(report).splitlines()
    assert ["RNN", "30.5", "torch.nn.RNN", "43.8", "0.70", "0.75"] in [line.split() for line in lines]
    assert ["1024", "6", "128", "112.46", "48.2"] in [line.split() for line in lines]
    assert "a look at 6 steps: 0.12 ms (goal 1)" in lines


# An engine without a screen trains to the end, or as long as it is wanted


on_linux = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="there is no /proc")


@pytest.mark.usefixtures("warm_engines")
def test_a_whole_training_is_timed() -> None:
    assert training_seconds(Recipe()) > 0


@pytest.mark.usefixtures("warm_engines")
def test_a_recipe_that_the_engine_refuses_is_no_measurement() -> None:
    with pytest.raises(Unmeasured, match="batch_size"):
        training_seconds(Recipe().replace(batch_size=4096))
    with pytest.raises(Unmeasured, match="batch_size"), training_beside(Recipe().replace(batch_size=4096)):
        pass


@on_linux
@pytest.mark.usefixtures("warm_engines")
def test_an_engine_trains_beside_and_is_gone_afterwards() -> None:
    with training_beside(Recipe().replace(epochs=100_000)):
        engines = set(family(os.getpid())) - {os.getpid()}
        assert engines
        before, end = sum(map(cpu_seconds, engines)), time.monotonic() + 30
        while sum(map(cpu_seconds, engines)) < before + 0.1:
            assert time.monotonic() < end
            time.sleep(0.01)
    assert not engines & set(family(os.getpid()))


@on_linux
def test_a_family_is_a_process_and_all_that_it_started() -> None:
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(1, flush=True); input()'])"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        parent.stdout.readline()
        members = family(parent.pid)
        assert (members[0], len(members)) == (parent.pid, 2)
        assert resident(members[1]) > 2**20
        parent.communicate(b"\n")
    with pytest.raises(Unmeasured):
        resident(members[1])


def test_what_was_measured_can_be_written_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_training", "_seeds", "growth"):
        monkeypatch.setattr(train, name, list)
    monkeypatch.setattr(train, "_look", lambda: 0.1)
    assert msgspec.json.decode(msgspec.json.encode(train.measure()))["torch"] == torch.__version__
