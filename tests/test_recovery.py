"""Nothing is lost: an engine killed, a terminal killed, a line that drops, a training left alone; and what one sees."""

import asyncio
import os
import re
import signal
from pathlib import Path

import pytest

from background_kit import living_on, nobody_left_behind  # noqa: F401
from pty_kit import UNTRAINED, Session, living, long, wait_for
from unroll.client.client import start_training
from unroll.recipe import recipe_of

pytestmark = pytest.mark.usefixtures("nobody_left_behind")
OFFERED, RESTORED = "r restores it", "Restored"
"""Words of what stands under the prompt when a session that was cut off can come back, and when it has."""


class Trainer(Session):
    """A training of 50,000 epochs, or what comes after one."""

    @property
    def epoch(self) -> int:
        """The epoch that the loss pane shows; -1 where it shows none."""
        shown = re.search(r"(?:epoch|during) +([\d,]+)/50,000", self.text)
        return int(shown[1].replace(",", "")) if shown else -1

    def train(self, seconds: float = 0.0) -> int:
        """Train at full speed for at least this time; the epoch that had been reached before it."""
        self.send(" ++++")
        self.until(lambda: self.epoch > 0)
        reached = self.epoch
        self.pump(seconds)
        return reached

    def until_epoch(self, epoch: int) -> None:
        self.until(lambda: self.epoch >= epoch)


def a_training() -> Trainer:
    return Trainer("play", "unroll:1 epochs=50000 sequence=7,8,9,10 step=4")


def test_a_killed_engine_comes_back_with_one_key_where_it_was_two_seconds_before_and_trains_on() -> None:
    with a_training() as session:
        session.until_ready()
        reached = session.train(seconds=2.0)
        os.kill(session.processes[1], signal.SIGKILL)
        session.until_shown("ctrl+r", "killed by signal 9")
        session.send("\x12")
        session.until_shown(RESTORED, "count rnn")
        assert session.epoch >= reached
        session.send(" ")
        session.until_epoch(session.epoch + 100)


@pytest.mark.parametrize("number", [long(signal.SIGKILL), signal.SIGHUP, long(signal.SIGTERM)])
def test_a_session_that_is_cut_off_is_offered_once_and_comes_back(number: int, state_dir: Path) -> None:
    with a_training() as session:
        session.until_ready()
        reached, processes = session.train(seconds=2.0 * (number == signal.SIGKILL)), session.processes
        session.tell(number)
        assert session.until_ended(*processes) in (-number, 128 + number)
    with Trainer() as session:
        session.until_ready(OFFERED)
        session.send("r")
        session.until_shown(RESTORED)
        session.until_epoch(reached)
        session.send(" ")
        session.until_shown("Pause")
        session.send("qq")
        assert session.until_ended() == 0
    assert list(state_dir.rglob("*.safetensors")) == []


@pytest.mark.long
def test_a_session_behind_a_frozen_line_is_moved_to_the_next_login(state_dir: Path) -> None:
    with a_training() as frozen:
        frozen.until_ready()
        reached = frozen.train(seconds=2.0)
        wait_for(lambda: list(state_dir.rglob("unheard")))
        with Trainer() as session:
            session.until_ready("does not answer", "r moves it here")
            session.send("r")
            session.until_shown(RESTORED)
            session.until_epoch(reached)
            session.send("qq")
        frozen.until_shown("told to end", "ctrl+r")


def test_a_training_that_is_left_goes_on_and_is_found_again_with_its_curve() -> None:
    with a_training() as session:
        session.until_ready()
        reached, engine = session.train(), session.processes[1]
        session.send("d")
        assert session.until_ended() == 0
        assert b"unroll attach count-rnn" in session.sent
        assert living([engine])
    with Trainer("attach") as session:
        session.until_epoch(reached + 1)
        session.until_shown("Pause")
        session.until(lambda: bool(re.search(r"pace +full", session.text)))  # the pace that it had
        session.send("\x03")
        assert session.until_ended() == 0
        assert living([engine]), "what was in the background stays there"
    with Trainer("attach") as session:
        session.until_epoch(reached + 1)
        session.send("q")
        session.until_shown("unroll attach")
        session.send("\x1b")
        session.until_gone("unroll attach")
        session.send("qq")
        assert session.until_ended(engine) == 0


def test_a_training_in_the_background_that_has_finished_is_ended_only_when_that_is_chosen(state_dir: Path) -> None:
    name = asyncio.run(start_training(recipe_of({"epochs": 2}))).name
    (engine,) = living_on(state_dir)
    for keys in ("d", "qd", "\x03"):
        with Session("attach") as session:
            session.until_ready("2/2")
            for key in keys:
                session.send(key)
                if key == "q":
                    session.until_shown(name, "unroll attach")
            assert session.until_ended() == 0
            assert b"unroll attach" in session.sent
        assert living([engine])
    with Session("attach") as session:
        session.until_ready()
        session.send("qq")
        assert session.until_ended(engine) == 0


def test_what_has_not_been_trained_is_not_left_alone_and_nothing_is_restored_from_nowhere() -> None:
    with Session(*UNTRAINED) as session:
        session.until_ready()
        session.send("d")
        session.until_shown("Nothing is training")
        session.send("r")
        session.until_shown("nothing to restore")
        session.send("q")
        assert session.until_ended() == 0
