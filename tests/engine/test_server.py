"""The server: what it does about requests, and what it tells."""

import threading
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

from engine_kit import answers, converse, losses, progress, serve
from unroll.engine import handlers
from unroll.engine.connection import Event
from unroll.engine.inspect import Inspector
from unroll.engine.runs import LiveRun, StopAt
from unroll.moment import Interventions, Moment
from unroll.network import inspection
from unroll.network.training import Training
from unroll.preview import Preview, preview
from unroll.protocol.codec import VERSION, decode_reply
from unroll.protocol.replies import Created, Done, Error, Hello, Looked, Progress
from unroll.protocol.requests import Advance, Create, Look, Measure, Pause, Play, ReadFile
from unroll.protocol.trace import Window
from unroll.recipe import Recipe, recipe_of
from unroll.tasks import datafile
from unroll.tasks.config import TaskConfig
from unroll.tasks.datafile import understand

SMALL = recipe_of({"vocab_size": 16, "length": 3, "hidden_size": 4, "epochs": 10})
LONG = SMALL.replace(epochs=1000)
PROMPT = Moment(0, (7, 8, 9, 10))


def expected_losses(recipe: Recipe) -> list[float]:
    return [round(update.loss, 6) for update in Training(recipe).updates()]


def test_a_large_file_is_read_beside_what_else_is_asked_and_then_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "large").write_text("1 2 3\n" * 30_000)
    (tmp_path / "small").write_text("1 2 3\n")
    large, small = (ReadFile(task=TaskConfig("file", path=str(tmp_path / name))) for name in ("large", "small"))
    go = threading.Event()

    def slow(path: str, *given: Any) -> Preview:
        assert path == small.task.path or go.wait(10)
        return preview(path, *given)

    monkeypatch.setattr(handlers, "preview", slow)
    connection = serve(Measure(), large, large, small, Measure(), (0.0, Event.END))
    go.set()
    for thread in threading.enumerate():
        if thread.name == "file":
            thread.join()
    replies = answers([decode_reply(line) for line in connection.heard])
    assert [*replies] == [1, 3, 4, 5, 2]
    assert replies[3].sentence == handlers.BUSY
    assert "30,000 sequences of 3 numbers, 90,000 in all; a vocabulary of 4." in replies[2].sentences
    monkeypatch.setattr(datafile, "read_lines", None)
    assert len(understand(large.task.path).sequences) == 30_000


def test_it_speaks_first() -> None:
    [hello] = converse()
    assert hello == Hello(protocol=VERSION)


def test_a_new_run_is_ready_and_says_what_it_implies() -> None:
    _, created, ready = converse(Create(recipe=SMALL))
    assert isinstance(created, Created)
    assert (created.id, created.run, created.recipe, created.plan.updates) == (1, 1, SMALL, 20)
    assert ready == Progress(run=1, state="ready", update=0, losses=[], accuracies=[])


def test_full_speed_tells_every_loss_once_and_at_last_the_accuracy() -> None:
    replies = converse(Create(recipe=SMALL), Play(), until=1)
    told = progress(replies)
    assert losses(replies) == expected_losses(SMALL)
    assert [news.state for news in told][:2] == ["ready", "training"]
    assert told[-1].state == "finished"
    assert told[-1].accuracy is not None
    for before, news in pairwise(told):
        assert news.update == before.update + len(news.losses)
        assert len(news.losses) == len(news.accuracies)


def test_progress_comes_ten_to_twenty_times_a_second() -> None:
    replies = converse(Create(recipe=LONG), Play(), (2.0, Pause()), until=3)
    told = [news for news in progress(replies) if news.state == "training"]
    assert 20 <= len(told) <= 41


@pytest.mark.parametrize(("pace", "updates"), [("0.5/s", 2), ("2/s", 8), ("8/s", 32), ("30/s", 120)])
def test_a_pace_is_epochs_a_second(pace: Any, updates: int) -> None:
    replies = converse(Create(recipe=LONG), Play(pace=pace), (2.0, Pause()), until=3, tick=1e-6)
    assert progress(replies)[-1].state == "paused"
    assert abs(progress(replies)[-1].update - updates) <= 1


def test_a_loss_is_told_soon_also_at_a_slow_pace() -> None:
    told = progress(converse(Create(recipe=LONG), Play(pace="2/s"), until=2))
    assert max(len(news.losses) for news in told) == 1


def test_the_pace_changes_live() -> None:
    replies = converse(
        Create(recipe=LONG), Play(pace="2/s"), (1.0, Play(pace="30/s")), (2.0, Pause()), until=3, tick=1e-6
    )
    assert abs(progress(replies)[-1].update - 64) <= 2


def test_by_hand_only_advance_makes_updates() -> None:
    replies = converse(Create(recipe=LONG), Play(pace="by hand"), (1.0, Advance(updates=3)), until=2)
    assert [(news.state, news.update) for news in progress(replies)] == [
        ("ready", 0),
        ("paused", 0),
        ("training", 0),
        ("paused", 3),
    ]


def test_pause_stops_and_play_goes_on() -> None:
    replies = converse(Create(recipe=SMALL), Play(pace="8/s"), (0.5, Pause()), (5.0, Play()), until=6)
    states = [news.state for news in progress(replies)]
    assert [state for state, before in zip(states, [None, *states], strict=False) if state != before] == [
        "ready",
        "training",
        "paused",
        "training",
        "finished",
    ]
    assert losses(replies) == expected_losses(SMALL)


def test_pausing_what_does_not_train_is_no_news() -> None:
    replies = converse(Create(recipe=SMALL), Pause())
    assert answers(replies)[2] == Done(id=2)
    assert [news.state for news in progress(replies)] == ["ready"]


def test_two_runs_train_side_by_side() -> None:
    replies = converse(Create(recipe=SMALL), Create(recipe=SMALL), Play(run=1), Play(run=2), until=1)
    for number in (1, 2):
        assert losses([news for news in progress(replies) if news.run == number]) == expected_losses(SMALL)


def test_zero_means_the_newest_run() -> None:
    replies = converse(Create(recipe=SMALL), Create(recipe=SMALL), Advance(updates=2), Look(moment=PROMPT), until=1)
    assert {news.run for news in progress(replies) if news.update} == {2}
    assert answers(replies)[4].trace.moment.run == 2


def test_a_look_shows_what_inspection_sees() -> None:
    does = Interventions(cut_steps=(2,), clamps=((1, 0.5),))
    moment = Moment(1, (7, 8, 9, 10), 3, None, does)
    trace = answers(converse(Create(recipe=SMALL), Look(moment=moment, top=2)))[2].trace
    seen = inspection.trace(Training(SMALL).model, moment.sequence, does)
    assert (trace.moment, trace.epoch, trace.units) == (moment, 0.0, 4)
    assert torch.tensor(trace.values) == pytest.approx(seen.hidden, abs=5.1e-4)
    assert [[one.number for one in row] for row in trace.candidates] == seen.probabilities.topk(2).indices.tolist()
    assert all(len(str(abs(value))) <= 5 for row in trace.values for value in row)


def test_a_look_carries_the_window_and_no_more() -> None:
    look = Look(moment=PROMPT, window=Window(first_step=2, steps=9, first_unit=1, units=2), top=99)
    trace = answers(converse(Create(recipe=SMALL), look))[2].trace
    assert trace.window == Window(first_step=2, steps=2, first_unit=1, units=2)
    assert [len(row) for row in trace.values] == [2, 2]
    assert [len(row) for row in trace.candidates] == [16, 16]


def test_a_window_beyond_everything_is_empty() -> None:
    look = Look(moment=PROMPT, window=Window(first_step=99, steps=5, first_unit=3, units=2**16), top=0)
    trace = answers(converse(Create(recipe=SMALL), look))[2].trace
    assert (trace.window, trace.values, trace.candidates) == (Window(4, 0, 3, 1), [], [])


def test_an_earlier_epoch_is_seen_as_it_was() -> None:
    then = Look(moment=PROMPT)
    replies = answers(
        converse(
            Create(recipe=SMALL),
            Advance(updates=4),
            (1.0, then),
            Play(),
            (2.0, Look(moment=Moment(0, PROMPT.sequence, epoch=2))),
            until=3,
        )
    )
    assert replies[3].trace.epoch == replies[5].trace.epoch == 2.0
    assert replies[3].trace.values == replies[5].trace.values


def test_a_look_is_answered_within_an_update_and_a_flood_does_not_stop_training() -> None:
    replies = converse(Create(recipe=LONG), Play(), *[Look(moment=PROMPT)] * 200, until=0.5)
    epochs = [reply.trace.epoch for reply in replies if isinstance(reply, Looked)]
    assert len(epochs) == 200
    assert 0 < epochs[-1] <= 100


def test_what_cannot_go_on_says_so() -> None:
    replies = answers(converse(Create(recipe=SMALL), Play(), (1.0, Play()), (1.0, Advance()), until=2))
    for number in (3, 4):
        assert replies[number] == Error(
            id=number, sentence="This run has finished and trains no further: branch off it, or create another run."
        )


def test_divergence_is_told_and_keeps_the_last_good_network() -> None:
    run = LiveRun(1, Training(SMALL))
    run.play("full", StopAt(), 0.0)
    run.make_update(0.0)
    run.training.model.head.weight.data.fill_(float("nan"))
    run.make_update(0.0)
    news = run.progress(0.0)
    assert (news.state, news.update, len(news.losses)) == ("diverged", 1, 1)
    assert "update 2" in news.sentence
    assert run.training.model.head.weight.isfinite().all()
    assert run.due == float("inf")


def test_a_failure_inside_is_answered_and_logged(monkeypatch: pytest.MonkeyPatch, state_dir: Path) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no memory left")

    monkeypatch.setattr(Inspector, "look", fail)
    replies = answers(converse(Create(recipe=SMALL), Look(moment=PROMPT), Pause()))
    assert "no memory left" in replies[2].sentence
    assert replies[3] == Done(id=3)
    assert "RuntimeError" in (state_dir / "t.log").read_text()


def test_a_failing_update_pauses_the_run_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no memory left")

    monkeypatch.setattr(Training, "_make_update", fail)
    replies = converse(Create(recipe=SMALL), Play(), (1.0, Pause()), until=2)
    assert [news.state for news in progress(replies)] == ["ready", "training", "paused"]
    assert "no memory left" in progress(replies)[-1].sentence
