"""What is shown, written to files: under names that are not taken, by the paths that are said."""

import csv
import os
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from textual.widgets import OptionList, Static

from playground_kit import Playing, playing
from unroll import table
from unroll.cli import main
from unroll.network import inspection
from unroll.network.training import Training
from unroll.recipe import Recipe, recipe_of
from unroll.series import Series
from unroll.terminal import export, texts
from unroll.terminal.dialogs import Pick

LSTM = recipe_of({"cell": "lstm", "vocab_size": 16, "length": 3, "hidden_size": 4, "epochs": 4})


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def exported(game: Playing, row: int) -> Path:
    """What a row of the dialog leads to: the file that is said, which is the one that was offered."""
    await game.press("S")
    dialog = game.app.screen
    assert isinstance(dialog, Pick)
    offered = str(dialog.query_one(OptionList).get_option_at_index(row).prompt).split()[-1]
    folder = str(dialog.query_one("#hint", Static).content).removeprefix("Into ")
    await game.press(*["down"] * row, "enter")
    path = Path(game.notice.removeprefix("Exported to ").removesuffix("."))
    assert path == Path(folder) / offered
    return path


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(path.read_text())))


async def test_the_screen_is_a_picture_without_the_dialog_and_replaces_none(game: Playing, here: Path) -> None:
    first, second = [await exported(game, 0) for _ in range(2)]
    assert (first.name, second.name) == ("unroll-count-rnn.svg", "unroll-count-rnn-2.svg")
    text = "".join(ElementTree.fromstring(first.read_text()).itertext()).replace("\xa0", " ")
    assert "Next number" in text and "Into" not in text


async def test_a_trace_has_what_the_network_does_at_every_step_in_the_columns_of_the_command() -> None:
    async with playing(LSTM) as game:
        await game.press("e", "X")
        rows = rows_of(await exported(game, 1))
        training = Training(LSTM)
        for _ in zip(range(training.plan.updates_per_epoch), training.updates(), strict=False):
            pass
        does = game.session.moment.interventions
    seen = inspection.trace(training.model, (7, 8, 9, 10), does)
    assert [row["erased"] for row in rows] == ["h"] * 4
    assert [row["right"] for row in rows] == ["8", "9", "10", "11"]
    tables = {"h": seen.hidden, "c": seen.cell, **seen.gates, "part": inspection.shares(training.model, seen)}
    for letter, values in tables.items():
        assert values is not None
        for row, expected in zip(rows, values.tolist(), strict=True):
            assert [float(row[f"{letter}{unit}"]) for unit in range(4)] == pytest.approx(expected, abs=6e-4)
    command = CliRunner().invoke(main, ["trace", "recall-lstm", "1", "2", "--csv"], catch_exceptions=False).output
    names = {name.rstrip("0123456789") for name in rows[0]}
    assert names <= {name.rstrip("0123456789") for name in command.splitlines()[0].split(",")}


async def test_a_long_trace_comes_in_parts(game: Playing, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = (await exported(game, 1)).read_text()
    monkeypatch.setattr(export, "VALUES_AT_ONCE", 32)
    assert (await exported(game, 1)).read_text() == whole


async def test_a_trace_of_a_network_that_trains_on_is_refused_with_the_way_out(game: Playing, here: Path) -> None:
    await game.choose("pace", "2/s")
    await game.press("space", "S", "down", "enter")
    assert game.notice == texts.TRAINS_ON and game.fault
    assert not list(here.iterdir())


async def test_a_curve_has_every_update_with_its_learning_rate(game: Playing) -> None:
    await game.train()
    rows = rows_of(await exported(game, 2))
    losses = [update.loss for update in Training(Recipe()).updates()]
    assert [float(row["loss"]) for row in rows] == pytest.approx(losses, abs=1e-5)
    assert [row["epoch"] for row in rows[:3]] == ["0.5", "1.0", "1.5"]
    assert [row["learning_rate"] for row in rows[:3]] == ["0.1", "0.1", "0.096"]


def test_a_long_curve_tells_how_many_updates_a_row_is_of() -> None:
    series = Series(1, limit=4)
    for number in range(7):
        series.add(number, 0.5)
    head, *rows = table.of_history(series.history(), 1, Recipe().train)
    shown = [dict(zip(head, row, strict=True)) for row in rows]
    assert [(row["update"], row["updates"], row["loss"]) for row in shown] == [
        (2, 2, 0.5),
        (4, 2, 2.5),
        (6, 2, 4.5),
        (7, 1, 6.0),
    ]
    assert [(row["lowest_loss"], row["highest_loss"]) for row in shown][:2] == [(0.0, 1.0), (2.0, 3.0)]


async def test_a_folder_that_cannot_be_written_gives_way_to_the_users_own(
    game: Playing, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = here / "data"
    monkeypatch.setenv("UNROLL_DATA_DIR", str(own))
    monkeypatch.setattr(os, "access", lambda *given: False)
    assert (await exported(game, 2)).parent == own / "exports"
    own.chmod(0o500)
    monkeypatch.setattr(export, "own_models", lambda: Path("/proc/none/models"))
    await game.press("S")
    assert game.fault and "Start unroll in a folder that can be written" in game.notice


async def test_a_file_that_came_meanwhile_is_kept(game: Playing, here: Path) -> None:
    await game.press("S")
    (here / "unroll-count-rnn.svg").write_text("mine")
    await game.press("enter")
    assert game.fault and "is there already" in game.notice
    assert (here / "unroll-count-rnn.svg").read_text() == "mine"
