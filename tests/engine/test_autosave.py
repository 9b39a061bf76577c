"""A session is saved while it lasts: what a mishap costs, what comes back, and what is left behind."""

import errno
import os
import shutil
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import engine_kit
from engine_kit import answers, losses, progress
from unroll.engine import autosave
from unroll.engine.listener import Listener
from unroll.engine.runs import LiveRuns
from unroll.errors import FileError
from unroll.log import Log, host
from unroll.network import checkpoint
from unroll.network.training import Training
from unroll.protocol.replies import Begun, Error, Progress
from unroll.protocol.requests import Advance, Begin, Branch, Create, End, Forget, Heard, Pause, Play, Resume
from unroll.recipe import recipe_of

SMALL = recipe_of({"vocab_size": 16, "length": 3, "hidden_size": 4, "epochs": 10})
EACH = 2
MAKE: Any = Create(recipe=SMALL)
TRAINED = Training(SMALL)
WHOLE = [round(update.loss, 6) for update in TRAINED.updates()]
ACCURACY = TRAINED.accuracy()


def converse(*asked: Any, until: float = 9.0) -> list[Any]:
    """What a server replies that has time to do what it is asked."""
    return engine_kit.converse(*asked, until=until)


def begun(*asked: Any) -> Begun:
    return next(reply for reply in answers(converse(*asked)).values() if isinstance(reply, Begun))


def resumed(*more: Any) -> list[Any]:
    """All that is said when the session cut off last is resumed in another engine."""
    session, *_ = begun(Begin()).cut_off
    return converse(Begin(), Resume(session=session.session), *more)


def test_a_session_that_was_cut_off_is_told_of_and_comes_back_to_the_bit() -> None:
    converse(Begin(), MAKE, Advance(updates=7))
    (session,) = begun(Begin()).cut_off
    assert (session.runs, session.recipe, session.update) == (1, SMALL, 7)
    assert abs(session.when - time.time()) < 600
    replies = resumed((1.0, Play(run=1)))
    (run,) = answers(replies)[2].runs
    assert (run.was, run.state, run.update, [*run.history.losses]) == (1, "paused", 7, WHOLE[:7])
    assert losses(progress(replies)) == WHOLE[7:]


def test_a_session_whose_newest_run_was_at_its_end_says_so() -> None:
    converse(Begin(), MAKE, Advance(updates=7))
    converse(Begin(), MAKE, Play())
    assert [session.finished for session in begun(Begin()).cut_off] == [True, False]


def test_what_has_been_resumed_is_offered_no_more_but_kept_in_the_new_session() -> None:
    converse(Begin(), MAKE, Advance(updates=7))
    resumed()
    (again,) = begun(Begin()).cut_off
    assert (again.runs, again.update) == (1, 7)


def test_a_session_that_ends_in_order_leaves_nothing(state_dir: Path) -> None:
    converse(Begin(), MAKE, Play(), (5.0, End()))
    assert begun(Begin()).cut_off == []
    assert list((state_dir / "sessions").iterdir()) == []


def test_without_begin_nothing_is_written(state_dir: Path) -> None:
    converse(MAKE, Play())
    assert not (state_dir / "sessions").exists()


def test_untrained_and_forgotten_runs_are_not_kept() -> None:
    converse(Begin(), MAKE, MAKE, MAKE, Advance(run=2, updates=2), Advance(run=3, updates=2), (5.0, Forget(run=3)))
    (session,) = begun(Begin()).cut_off
    assert (session.runs, session.update) == (1, 2)


def test_finished_runs_and_branches_come_back_as_what_they_are() -> None:
    converse(Begin(), MAKE, Play(), (3.0, Branch(run=1, epoch=4, recipe=SMALL)))
    whole, branch = answers(resumed())[2].runs
    assert (whole.state, whole.origin, whole.history.accuracy) == ("finished", "recipe", ACCURACY)
    assert (branch.state, branch.origin, branch.update) == ("paused", "branch", 4 * EACH)


def test_the_folder_is_for_its_owners_eyes_alone(state_dir: Path) -> None:
    converse(Begin(), MAKE, Advance(updates=2))
    (folder,) = (state_dir / "sessions").iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_session_whose_engine_lives_is_neither_offered_nor_taken() -> None:
    living = autosave.SessionFolder.make(f"20261124-140212-1.{host()}")
    assert begun(Begin()).cut_off == []
    assert "still runs" in answers(converse(Begin(), Resume(session=living.path.name)))[2].sentence
    living.remove()


@pytest.mark.parametrize("name", [f"20261124-140212-1.{host()}", "nowhere", ".."])
def test_a_session_that_is_not_there_is_refused(name: str) -> None:
    assert isinstance(answers(converse(Begin(), Resume(session=name)))[2], Error)


UNREADABLE: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda data: data[:-9],
    "empty": lambda data: b"",
    "newer format": lambda data: data.replace(b'"format":"unroll 1"', b'"format":"unroll 9"'),
    "another field": lambda data: data.replace(b"hidden_size", b"hidden_sort"),
    "an impossible value": lambda data: data.replace(b'accuracy\\":null', b'accuracy\\":1e99'),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_cannot_be_read_is_left_alone_and_said_and_the_rest_comes_back(state_dir: Path, kind: str) -> None:
    converse(Begin(), MAKE, MAKE, Advance(run=1, updates=3), Advance(run=2, updates=5))
    damaged = next((state_dir / "sessions").glob("*/2-*"))
    damaged.write_bytes(UNREADABLE[kind](damaged.read_bytes()))
    kept = damaged.read_bytes()
    restored = answers(resumed())[2]
    assert [(run.was, run.update) for run in restored.runs] == [(1, 3)] and restored.left_out == 1
    for _ in range(2):
        assert "cannot be read" in begun(Begin()).sentence
    assert damaged.read_bytes() == kept
    assert len(begun(Begin()).cut_off) == 1, "that of the engine that resumed the rest"


@pytest.mark.parametrize("name", ["1-recipe.v2", "sub/1-recipe.safetensors", "notes"])
def test_a_session_of_another_kind_is_left_alone(state_dir: Path, name: str) -> None:
    file = state_dir / "sessions" / f"20991124-140212-1.{host()}" / name
    file.parent.mkdir(parents=True)
    file.write_text("of a newer version")
    assert "cannot be read" in begun(Begin()).sentence
    assert file.exists()


def test_a_session_of_another_machine_or_an_older_version_is_neither_offered_nor_touched(state_dir: Path) -> None:
    converse(Begin(), MAKE, Advance(updates=3))
    (folder,) = (state_dir / "sessions").iterdir()
    elsewhere = folder.rename(folder.with_suffix(".elsewhere"))
    old = elsewhere / "1-recipe.safetensors"
    (state_dir / "sittings").mkdir()
    (state_dir / "sittings" / "old").hardlink_to(old)
    assert (begun(Begin()).cut_off, begun(Begin()).sentence) == ([], "")
    assert isinstance(answers(converse(Begin(), Resume(session=elsewhere.name)))[2], Error)
    assert old.exists() and (state_dir / "sittings" / "old").exists()


@pytest.mark.parametrize(("days", "is_locked", "stays"), [(27, False, True), (29, False, False), (29, True, True)])
def test_a_session_of_another_machine_is_removed_once_nothing_has_changed_in_it_for_long(
    state_dir: Path, days: int, is_locked: bool, stays: bool
) -> None:
    converse(Begin(), MAKE, Advance(updates=3))
    (folder,) = (state_dir / "sessions").iterdir()
    elsewhere = folder.rename(folder.with_suffix(".elsewhere"))
    holder = autosave.SessionFolder(elsewhere) if is_locked else None
    for path in (*elsewhere.iterdir(), elsewhere):
        os.utime(path, (time.time() - days * 86400,) * 2)
    assert begun(Begin()).cut_off == []
    assert elsewhere.exists() == stays
    if holder:
        holder.release()


def test_where_nothing_can_be_locked_it_is_said_what_does_not_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*given: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refused)
    told = progress(converse(Begin(), MAKE, Play(pace="2/s"), until=20.0))
    assert ["no file locks" in news.sentence for news in told if "Autosave failed" in news.sentence] == [True]
    with pytest.raises(FileError, match=r"in the background.* no file locks.*UNROLL_STATE_DIR"):
        Listener("count-rnn")


def test_a_folder_that_is_deleted_meanwhile_is_made_again_with_all_runs(state_dir: Path) -> None:
    runs = LiveRuns()
    saving = autosave.Autosave(runs, Log("t.log"))
    first, second = (runs.add(Training(SMALL)) for _ in range(2))
    saving.begin()
    for run in (first, second):
        run.advance(1, 0.0)
        run.make_update(0.0)
        saving.touch(run)
    assert saving.save_now() == ""
    shutil.rmtree(state_dir)
    saving.touch(first)
    assert saving.save_now() == ""
    saving.close(keep=True)
    ((session,), _) = autosave.cut_off_sessions()
    assert session.runs == 2


def test_a_state_folder_that_others_write_to_is_not_used_and_that_is_said(state_dir: Path) -> None:
    converse(Begin(), MAKE, Advance(updates=3))
    state_dir.chmod(0o777)
    said = begun(Begin())
    assert (said.cut_off, str(state_dir) in said.sentence) == ([], True)


def test_sessions_nobody_will_come_back_for_are_removed(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    converse(Begin(), MAKE, Advance(updates=2))
    monkeypatch.setattr(autosave, "MAX_SESSION_AGE_S", -1.0)
    assert begun(Begin()).cut_off == []
    assert list((state_dir / "sessions").iterdir()) == []


def test_only_the_newest_sessions_are_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autosave, "MAX_CUT_OFF_SESSIONS", 2)
    for updates in (2, 3, 4):
        converse(Begin(), MAKE, Advance(updates=updates))
    assert [session.update for session in begun(Begin()).cut_off] == [4, 3]
    assert [session.update for session in begun(Begin()).cut_off] == [4, 3]


def test_the_oldest_runs_give_way_when_all_are_too_much(monkeypatch: pytest.MonkeyPatch, state_dir: Path) -> None:
    converse(Begin(), MAKE, Advance(updates=2))
    size = next((state_dir / "sessions").glob("*/1-*")).stat().st_size
    monkeypatch.setattr(autosave, "MAX_SESSION_BYTES", int(2.5 * size))
    converse(Begin(), MAKE, MAKE, MAKE, *[(float(run), Advance(run=run, updates=2)) for run in (1, 2, 3)])
    assert [run.was for run in answers(resumed())[2].runs] == [2, 3]


def test_a_network_too_large_to_be_kept_is_told_of_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "MAX_BYTES", 2**20)
    replies = converse(Begin(), MAKE, Advance(updates=2), (9.0, Advance(updates=1)), until=20.0)
    assert ["too large" in news.sentence for news in progress(replies) if news.sentence] == [True]


def test_where_nothing_can_be_kept_it_is_said_once_and_training_goes_on(state_dir: Path) -> None:
    (state_dir / "sessions").write_text("in the way")
    replies = converse(Begin(), MAKE, Play(pace="2/s"), until=20.0)
    told = progress(replies)
    assert losses(told) == WHOLE
    assert len([news for news in told if "Autosave failed" in news.sentence]) == 1


def test_what_cannot_be_kept_anew_is_not_taken_from_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    converse(Begin(), MAKE, Advance(updates=7))
    with monkeypatch.context() as full:
        full.setattr(autosave.SessionFolder, "make", lambda name: (_ for _ in ()).throw(OSError(28, "No space left")))
        assert [run.update for run in answers(resumed())[2].runs] == [7]
    assert [session.update for session in begun(Begin()).cut_off] == [7]


def test_the_newest_run_is_forgotten_by_its_other_name_too() -> None:
    converse(Begin(), MAKE, MAKE, Advance(run=1, updates=2), (1.0, Advance(run=2, updates=3)), (5.0, Forget(run=0)))
    (session,) = begun(Begin()).cut_off
    assert (session.runs, session.update) == (1, 2)


def test_begin_tells_what_is_there_already_and_says_it_only_once() -> None:
    replies = converse(MAKE, Advance(updates=7), (5.0, Begin()), (6.0, Advance(updates=2)))
    (run,) = next(reply for reply in replies if isinstance(reply, Begun)).runs
    assert [*run.history.losses] == WHOLE[:7]
    after = replies[replies.index(next(reply for reply in replies if isinstance(reply, Begun))) :]
    assert losses(progress(after)) == WHOLE[7:9]


@pytest.mark.parametrize(
    ("asked", "pace", "stop"),
    [
        (Play(pace="2/s", stop_epoch=9_000), "2/s", (9_000, None)),
        (Play(stop_accuracy=1.0), "full", (None, 1.0)),
        (Play(pace="8/s"), "8/s", (None, None)),
        (Play(stop_epoch=1), None, (None, None)),
        (Pause(), None, (8_000, 1.0)),
    ],
)
def test_begin_tells_the_pace_of_what_trains_and_where_it_stops(asked: Any, pace: str | None, stop: Any) -> None:
    long = Create(recipe=SMALL.replace(epochs=10_000, learning_rate=1e-6))
    begins = Play(pace="8/s", stop_epoch=8_000, stop_accuracy=1.0)
    replies = converse(long, begins, asked, (0.5, Begin()), until=0.6)
    (run,) = next(reply for reply in replies if isinstance(reply, Begun)).runs
    assert (run.pace, run.stop) == (pace, stop)


# News to those who acknowledge it


def test_whoever_acknowledges_has_one_progress_under_way_at_most() -> None:
    replies = converse(MAKE, Heard(), Play(pace="8/s"), (2.0, Heard()), until=2.0)
    news = [place for place, reply in enumerate(replies) if isinstance(reply, Progress)]
    assert len(news) == 3  # that it is there; that it trains; and, when that was heard, all that happened meanwhile
    assert losses([replies[place] for place in news]) == WHOLE


def test_others_are_told_all_the_time() -> None:
    assert len(progress(converse(MAKE, Play(pace="8/s"), until=2.0))) > 5


def test_what_could_not_be_saved_is_still_said_while_it_is_tried_again(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (state_dir / "sessions").write_text("in the way")
    saving = autosave.Autosave(runs := LiveRuns(), Log("t.log"))
    runs.add(Training(SMALL)).make_update(0.0)
    saving.begin()
    saving.save_now()
    is_trying, goes_on = threading.Event(), threading.Event()

    def slow(name: str) -> Any:
        is_trying.set()
        raise OSError(errno.ENOSPC if goes_on.wait(9) else errno.EIO, "slow")

    monkeypatch.setattr(autosave.SessionFolder, "make", slow)
    trying = threading.Thread(target=saving.save_now)
    trying.start()
    assert is_trying.wait(9) and "a crash would lose this session" in saving.complaint
    goes_on.set()
    trying.join()
    saving.close(keep=False)
