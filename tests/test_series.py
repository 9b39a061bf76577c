"""Losses and accuracies in bounded memory: no peak is lost, a mean is what it says, and what is told comes back."""

import tracemalloc

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unroll.protocol.codec import decode_reply, encode
from unroll.protocol.replies import Created, Progress
from unroll.recipe import Recipe, plan
from unroll.series import BUCKETS, History, Series
from unroll.terminal.runs import Run

values = st.lists(st.integers(0, 1000).map(lambda n: n / 1000), max_size=200)
limits = st.integers(1, 20)
epochs = st.integers(1, 9)


def series_of(losses: list[float], epoch: int = 2, limit: int = BUCKETS) -> Series:
    series = Series(epoch, limit)
    for loss in losses:
        series.add(loss, loss / 2)
    return series


@given(values)
def test_while_there_is_room_every_update_is_there(losses: list[float]) -> None:
    history = series_of(losses).history()
    assert (history.updates, history.stride, history.lowest) == (len(losses), 1, ())
    assert [*history.losses] == losses
    assert [*history.accuracies] == pytest.approx([loss / 2 for loss in losses], abs=1e-4)


@given(values, limits, epochs)
def test_a_bucket_has_the_bounds_and_the_mean_of_its_updates(losses: list[float], limit: int, epoch: int) -> None:
    series = series_of(losses, epoch, limit)
    history = series.history()
    assert len(history.losses) <= limit
    for place, mean in enumerate(history.losses):
        inside = losses[place * history.stride : (place + 1) * history.stride]
        assert mean == pytest.approx(sum(inside) / len(inside), abs=1e-6)
        assert (series.losses.low[place], series.losses.high[place]) == (min(inside), max(inside))


@given(values.filter(bool), limits, epochs)
def test_the_newest_update_and_the_mean_of_the_newest_epoch_are_exact(
    losses: list[float], limit: int, epoch: int
) -> None:
    series = series_of(losses, epoch, limit)
    newest = losses[(len(losses) - 1) // epoch * epoch :]
    again = Series.of(series.history(), epoch, limit)
    for one in (series, again):
        means = one.newest_epoch()
        assert means == one.mean((len(losses) - 1) // epoch * epoch, len(losses))
        assert means and means[0] == pytest.approx(sum(newest) / len(newest))
    assert (again.history().newest or (None,))[0] == losses[-1]


@given(values.filter(bool), limits, st.integers(0, 220), st.integers(0, 220))
def test_a_mean_is_exact_over_whole_buckets_and_within_bounds_elsewhere(
    losses: list[float], limit: int, start: int, stop: int
) -> None:
    series = series_of(losses, 1, limit)
    inside = losses[start:stop]
    means = series.mean(start, stop)
    assert (means is None) == (not inside)
    if means is None:
        return
    assert min(losses) - 1e-9 <= means[0] <= max(losses) + 1e-9
    if start % series.stride == 0 and (stop % series.stride == 0 or stop >= len(losses)):
        assert means[0] == pytest.approx(sum(inside) / len(inside))


@given(values, limits, st.integers(0, 200))
def test_the_beginning_of_a_series_is_one(losses: list[float], limit: int, updates: int) -> None:
    updates = min(updates, len(losses))
    series = series_of(losses, 2, limit)
    part = series.until(updates)
    assert part.updates == updates
    whole = updates // series.stride
    assert part.history().losses[:whole] == series.history().losses[:whole]
    part.add(0.5, 0.5)
    assert part.updates == part.history().updates == updates + 1


@given(values, limits, limits)
def test_what_is_told_comes_back_in_as_few_buckets_as_wanted(losses: list[float], limit: int, room: int) -> None:
    series = series_of(losses, 2, limit)
    assert Series.of(series.history(), 2, limit).history() == series.history()
    told = series.history(limit=room)
    assert len(told.losses) <= room
    assert told.updates == len(losses)
    assert max(told.highest or told.losses, default=0) == max(losses, default=0)


OLD = (
    '{"updates":5,"stride":2,"losses":[3.0,2.0,1.0],"accuracies":[0.0,0.5,1.0],"accuracy":1.0,"held_out_accuracy":null}'
)


def test_the_history_of_an_older_file_is_read() -> None:
    series = Series.of(msgspec.json.decode(OLD, type=History), 1)
    assert (series.updates, series.mean(0, 2), series.newest_epoch()) == (5, (3.0, 0.0), (1.0, 1.0))


@pytest.mark.parametrize(
    "changes",
    [{"updates": 4}, {"losses": [3.0]}, {"accuracies": []}, {"lowest": [1.0]}, {"updates": -1}, {"stride": 0},
     {"losses": [3.0, 2.0, -1.0]}, {"accuracies": [0.0, 0.5, 1.5]}, {"losses": [1.0] * 30_000}],
)  # fmt: skip
def test_a_history_that_does_not_fit_itself_is_none(changes: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**msgspec.json.decode(OLD), **changes}, History)


@pytest.mark.parametrize("updates", [10**7, 4 * 10**8])
def test_attaching_to_a_long_training_costs_no_more_than_its_buckets(
    updates: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run of a terminal is made of an engine's answer without a step, or a byte, for each update."""
    recipe = Recipe().replace(epochs=100_000, batch_size=1)
    stride = 2 ** (updates // BUCKETS).bit_length()
    means = tuple([0.5] * -(-updates // stride))
    planned = msgspec.structs.replace(plan(recipe, 122), updates=updates)
    history = History(updates, stride, means, means, means, means, means, means)
    line = encode(Created(id=1, run=1, recipe=recipe, plan=planned, history=history))
    monkeypatch.setattr(Series, "add", None)
    tracemalloc.start()
    run = Run.of(decode_reply(line))
    assert run.curve.last() == run.curve.at(planned.updates // planned.updates_per_epoch) == (0.5, 0.5)
    assert len(run.curve.points("loss", 80, 100_000)[0]) <= 2 * 80 + 2
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert run.curve.updates == updates
    assert peak < 3e6


def test_updates_that_came_with_the_run_are_not_taken_in_again() -> None:
    recipe = Recipe()
    run = Run.of(Created(id=1, run=1, recipe=recipe, plan=plan(recipe, 122)))
    for update, losses in ((2, [5.0, 4.0]), (2, [4.0]), (4, [4.0, 3.0, 2.0])):
        run.advance(Progress(run=1, state="training", update=update, losses=losses, accuracies=[0.5] * len(losses)))
    assert (run.curve.updates, run.curve.points("loss", 80, 25)[1]) == (4, [5.0, 4.0, 3.0, 2.0])
