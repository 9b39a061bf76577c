"""A training that goes on alone: really left, really found again, and by its owner alone."""

import asyncio
import os
import shutil
import signal
import socket
import stat
import subprocess
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from background_kit import living_on, nobody_left_behind  # noqa: F401
from pty_kit import UNROLL, Session, long, wait_for
from test_full_disk import in_a_small_file
from unroll import files, log
from unroll.cli import main
from unroll.client.client import Engine, start_training
from unroll.client.diagnosis import EngineDied, EngineError
from unroll.client.transport import PYTHON
from unroll.engine.autosave import Autosave, cut_off_sessions
from unroll.engine.listener import Listener, enter, hosts, names
from unroll.engine.runs import LiveRuns
from unroll.errors import FileError
from unroll.log import Log, host
from unroll.network.training import Training
from unroll.protocol.requests import Begin, Create, Detach, End, Play
from unroll.recipe import recipe_of

LONG = recipe_of({"vocab_size": 16, "length": 3, "hidden_size": 4, "epochs": 100_000})
SHORT = LONG.replace(epochs=400)


def relay(name: str) -> list[str]:
    return [*UNROLL, "engine", "--attach", name]


async def attached(name: str) -> Engine:
    engine = await Engine.start(relay(name))
    await engine.hello
    return engine


async def end(engine: Engine) -> None:
    """End an engine in the background, and wait until it is gone."""
    await engine.ask(End())
    await engine.close()
    await asyncio.to_thread(wait_for, lambda: not names(), names)


pytestmark = pytest.mark.usefixtures("nobody_left_behind")


@pytest.mark.usefixtures("warm_engines")
async def test_a_run_is_left_and_found_again_with_its_curve_complete() -> None:
    engine = await Engine.start()
    await engine.ask(Begin())
    await engine.ask(Create(recipe=SHORT))
    await engine.ask(Play(run=1, pace="8/s"))
    name = (await engine.ask(Detach())).name
    await engine.leave()
    assert names() == [name] == ["count-rnn"]

    again = await attached(name)
    (run,) = (await again.ask(Begin())).runs
    assert 0 < run.update < 800
    await again.ask(Play(run=1))
    losses = list(run.history.losses)
    async for news in again.events():
        losses += news.losses[max(0, len(losses) - news.update + len(news.losses)) :]  # some may have come with the run
        if news.state == "finished":
            break
    assert losses == [round(update.loss, 6) for update in Training(SHORT).updates()]
    await end(again)


async def test_train_in_the_background_says_how_to_come_back(state_dir: Path) -> None:
    line = [*UNROLL, "train", "--background", "--epochs", "20000"]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=True)
    assert "unroll attach count-rnn" in done.stdout
    listed = subprocess.run([*UNROLL, "attach", "--list"], capture_output=True, text=True, timeout=60, check=True)
    assert listed.stdout == "count-rnn\n"
    engine = await attached("count-rnn")
    first = (await engine.ask(Begin())).runs[0].update
    async for news in engine.events():
        if news.update > first:
            break
    await end(engine)
    assert living_on(state_dir) == []


@pytest.mark.usefixtures("warm_engines")
async def test_it_survives_killed_lines_and_a_later_terminal_takes_it_over(state_dir: Path) -> None:
    (state_dir / "engines").mkdir(mode=0o777)
    name = (await start_training(LONG)).name
    folder = state_dir / "engines"
    rights = [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / f"{name}.{host()}.sock")]
    assert rights == [0o700, 0o600], "only its owner can reach it"
    for _ in range(2):
        engine = await attached(name)
        seen = (await engine.ask(Begin())).runs[0].update
        os.kill(engine.pid, signal.SIGKILL)
        await until_dead(engine)
    first, second = await attached(name), await attached(name)
    assert "Another terminal has taken this engine over." in await until_dead(first)
    (run,) = (await second.ask(Begin())).runs
    assert run.recipe == LONG and run.update > seen
    await end(second)


async def until_dead(engine: Engine) -> tuple[str, ...]:
    """The last lines that came of it."""
    with pytest.raises(EngineDied) as died:
        async for _news in engine.events():
            pass
    await engine.close()
    return died.value.last_lines


@pytest.mark.long
async def test_two_of_a_kind_have_names_of_their_own() -> None:
    first = (await start_training(LONG)).name
    second = (await start_training(LONG)).name
    assert [first, second] == names() == ["count-rnn", "count-rnn-2"]
    for name in (first, second):
        engine = await attached(name)
        await engine.ask(End())
        await engine.close()


async def test_a_killed_one_is_listed_no_more_and_its_runs_can_be_resumed(state_dir: Path) -> None:
    name = (await start_training(LONG)).name
    await asyncio.to_thread(wait_for, lambda: list(state_dir.rglob("*.safetensors")))
    for pid in living_on(state_dir):
        os.kill(pid, signal.SIGKILL)
    with pytest.raises(EngineDied) as died:
        await attached(name)
    assert f"There is no engine {name} in the background: there are none." in died.value.last_lines
    assert names() == []
    told = subprocess.run([*UNROLL, "attach"], check=False, capture_output=True, text=True, timeout=60).stderr
    assert "r restores" in told, "it is lost to attach, but not to a new session"
    assert [session.recipe for session in cut_off_sessions()[0]] == [LONG]


@pytest.mark.long
@pytest.mark.parametrize(("sessions", "words"), [(1, "an earlier session ended"), (2, "2 earlier sessions ended")])
def test_where_none_runs_the_sessions_that_were_cut_off_are_counted(sessions: int, words: str) -> None:
    for _ in range(sessions):
        saving = Autosave(runs := LiveRuns(), Log("t.log"))
        runs.add(Training(SHORT)).make_update(0.0)
        saving.begin()
        saving.close(keep=True)
    done = subprocess.run([*UNROLL, "attach"], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, words in done.stderr) == (1, True)


async def test_what_is_refused_says_why() -> None:
    with pytest.raises(EngineError, match="batch_size"):
        await start_training(LONG.replace(batch_size=4000))


@pytest.mark.parametrize("is_full", [False, True])
async def test_what_cannot_be_saved_as_it_goes_is_said_at_once_and_to_all_who_come(
    is_full: bool, state_dir: Path
) -> None:
    if not is_full:
        (state_dir / "sessions").write_text("in the way")
    line = [*UNROLL, "train", "--background", "--epochs", "20000"]
    full = in_a_small_file(2000) if is_full else None
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=True, preexec_fn=full)
    assert "cannot be saved" in done.stderr and f"{state_dir.name}/sessions" in done.stderr
    assert ("File too large" in done.stderr) == is_full
    engine = await attached("count-rnn")
    assert "a crash would lose this session" in (await engine.ask(Begin())).sentence
    await end(engine)


@pytest.fixture
def far_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder whose sockets have paths of more than 108 characters, and that a link leads to."""
    folder = tmp_path / ("long" * 20) / ("longer" * 10)
    folder.mkdir(parents=True, mode=0o700)
    (tmp_path / "short").symlink_to(folder)
    monkeypatch.setenv("UNROLL_STATE_DIR", str(tmp_path / "short"))
    return folder


def said(line: socket.socket) -> bytes:
    """What an engine that is entered has to say."""
    with line:
        return line.recv(1)


def served(listener: Listener) -> None:
    """Send one letter to all who come."""

    def serve() -> None:
        for visitor in listener.visitors():
            visitor.sendall(b"!")
            visitor.close()

    threading.Thread(target=serve, daemon=True).start()


def test_a_path_too_long_for_a_socket_is_no_hindrance_whichever_way_it_is_reached(
    far_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = Listener("a")
    served(listener)
    monkeypatch.setenv("UNROLL_STATE_DIR", str(far_folder))
    assert (names(), said(enter("a"))) == (["a"], b"!")
    listener.close()
    assert list((far_folder / "engines").iterdir()) == []


def test_only_a_lock_that_nobody_holds_makes_an_engine_dead(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listener = Listener("a")
    served(listener)
    dead = state_dir / "engines" / f"b.{host()}.lock"
    for file in (dead, dead.with_suffix(".sock"), dead.with_name("c.elsewhere.sock")):
        file.touch()
    with monkeypatch.context() as failing:
        failing.setattr(socket.socket, "connect", lambda *given: (_ for _ in ()).throw(OSError(12, "No memory")))
        assert names() == ["a"]
        with pytest.raises(FileError, match="cannot be reached"):
            enter("a")
    assert (said(enter("a")), hosts()) == (b"!", ["elsewhere"])
    listener.close()
    assert [file.name for file in (state_dir / "engines").iterdir()] == ["c.elsewhere.sock"]


@pytest.mark.parametrize("deleted", ["engines", f"engines/a.{host()}.sock", f"engines/a.{host()}.lock"])
def test_an_engine_whose_socket_is_deleted_makes_it_again(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, deleted: str
) -> None:
    monkeypatch.setattr("unroll.engine.listener.PRESENCE_CHECK_S", 0.02)
    listener = Listener("a")
    served(listener)
    gone = state_dir / deleted
    for _ in range(2):
        shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
        wait_for(lambda: gone.exists() and names())
        assert said(enter("a")) == b"!"
    listener.close()
    assert names() == []


def test_who_looks_for_engines_never_takes_a_lock_that_is_being_made_for_a_dead_engines(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (log.private_folder("engines") / f"a.{host()}.sock").touch()
    lock = files.lock

    def looked_for_meanwhile(descriptor: int) -> None:
        monkeypatch.setattr(files, "lock", lock)
        names()
        lock(descriptor)

    monkeypatch.setattr(files, "lock", looked_for_meanwhile)
    listener = Listener("a")
    assert (listener.name, names()) == ("a", ["a"])
    listener.close()
    assert not [*(state_dir / "engines").iterdir()]


SHADOWS = ("random", "queue", "socket", "asyncio", "torch", "numpy", "msgspec", "click", "textual", "unroll")


@pytest.mark.parametrize("is_deleted", [False, long(True)])
def test_nothing_in_the_current_folder_matters_not_even_that_it_is_gone(tmp_path: Path, is_deleted: bool) -> None:
    for name in SHADOWS:
        (tmp_path / f"{name}.py").write_text("raise SystemExit('a file of the current folder')")
    if is_deleted:
        shutil.rmtree(tmp_path)
    assert asyncio.run(start_training(LONG)).name == "count-rnn"
    program = (*PYTHON, "-m", "unroll")  # as the script that is installed
    with Session("attach", command=program) as session:
        session.until_ready("Pause")
    if not is_deleted:  # an engine of its own is started as that in the background is
        with Session(command=program) as session:
            session.until_ready()
    (tmp_path / "unroll.py").unlink(missing_ok=True)
    assert subprocess.run([*UNROLL, "predict", "count-rnn", "7", "8"], check=False, timeout=60).returncode == 0


@pytest.mark.parametrize(
    ("options", "way_out"),
    [
        (["attach"], "unroll train --background"),
        (["attach", "nowhere"], "unroll train --background"),
        (["train", "--background", "--save", "mine"], "unroll attach"),
    ],
)
def test_commands_that_cannot_be_followed_say_what_can(options: list[str], way_out: str) -> None:
    done = CliRunner().invoke(main, options)
    assert done.exit_code in (1, 2)
    assert way_out in done.output
