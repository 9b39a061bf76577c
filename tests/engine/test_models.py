"""Models are saved with their history, opened as finished runs, and listed by name."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from engine_kit import answers, converse, progress
from unroll.moment import Moment
from unroll.network import checkpoint
from unroll.network.training import Training
from unroll.paths import own_models, shipped_models
from unroll.protocol.replies import Created, Done, Error, Saved
from unroll.protocol.requests import Advance, Branch, Create, Delete, ListModels, Look, Open, Play, Save
from unroll.recipe import recipe_of
from unroll.series import History

SMALL = recipe_of({"vocab_size": 16, "length": 3, "hidden_size": 4, "epochs": 10})
EACH = 2
TRAINED = Create(recipe=SMALL), Advance(updates=13)
SHIPPED = [file.stem for file in sorted(shipped_models().glob("*.safetensors"))]


def shelved(*said: Any) -> dict[int, Any]:
    """The answers, the first two of which train a network."""
    return answers(converse(*TRAINED, *((5.0, one) for one in said), until=30.0))


def test_what_is_saved_is_opened_as_it_stood_history_and_all(state_dir: Path) -> None:
    replies = shelved(Save(name="mine"), Open(name="mine"), *(Look(moment=Moment(run, (7, 8, 9))) for run in (1, 2)))
    assert replies[3] == Saved(id=3, path=str(state_dir / "data" / "models" / "mine.safetensors"))
    opened = replies[4]
    assert isinstance(opened, Created)
    whole = Training(SMALL)
    losses = [round(update.loss, 6) for update, _ in zip(whole.updates(), range(13), strict=False)]
    assert (opened.run, opened.recipe, opened.state, [*opened.history.losses]) == (2, SMALL, "paused", losses)
    assert len(opened.history.accuracies) == 13
    assert replies[5].trace.values == replies[6].trace.values
    assert replies[5].trace.epoch == replies[6].trace.epoch == 6.5


def test_an_opened_run_that_had_finished_is_told_of_so_with_its_accuracy_and_trains_no_further() -> None:
    replies = converse(
        Create(recipe=SMALL), Play(), (5.0, Save(name="mine")), Open(name="mine"), Play(run=2), until=9.0
    )
    told = [news for news in progress(replies) if news.run == 2]
    assert [(news.state, news.update) for news in told] == [("finished", 10 * EACH)]
    assert told[0].accuracy is not None
    assert "branch off it" in answers(replies)[5].sentence


@pytest.mark.parametrize("how", [Play(run=2), Branch(run=2, epoch=6, recipe=SMALL)])
def test_a_model_saved_in_the_middle_of_an_epoch_goes_on_as_the_run_would_have(how: Any) -> None:
    more = [Play(run=3)] if isinstance(how, Branch) else []
    replies = converse(*TRAINED, (5.0, Save(name="half")), Open(name="half"), how, *more, until=30.0)
    told = [loss for news in progress(replies) if news.run == 2 + len(more) for loss in news.losses]
    assert told == [round(update.loss, 6) for update in Training(SMALL).updates()][13:]


def test_a_data_file_that_changed_since_is_said(tmp_path: Path) -> None:
    (numbers := tmp_path / "numbers.txt").write_text("1 2 3 4 5 6 7 8\n" * 4)
    recipe = SMALL.replace(task="file", path=str(numbers))
    made = converse(Create(recipe=recipe), Play(), (5.0, Save(name="mine")), (6.0, Open(name="mine")), until=9.0)
    assert not any("changed" in news.sentence for news in progress(made))
    numbers.write_text("1 2 3 4 5 6 7 9\n" * 4)
    assert any("numbers.txt has changed" in news.sentence for news in progress(converse(Open(name="mine"), until=9.0)))


def test_an_earlier_epoch_is_saved_as_it_was() -> None:
    looks = Look(moment=Moment(1, (7, 8), epoch=2)), Look(moment=Moment(2, (7, 8)))
    replies = shelved(Save(epoch=2, name="early"), Open(name="early"), *looks)
    assert len(replies[4].history.losses) == 2 * EACH
    assert replies[5].trace.values == replies[6].trace.values


def test_a_branch_off_an_opened_model_goes_on_as_the_run_would_have() -> None:
    early = Save(epoch=2, name="early"), Open(name="early")
    replies = converse(
        *TRAINED, *((5.0, one) for one in early), Branch(run=2, epoch=2, recipe=SMALL), Play(run=3), until=30.0
    )
    branch = answers(replies)[5]
    told = [loss for news in progress(replies) if news.run == 3 for loss in news.losses]
    assert [*branch.history.losses, *told] == [round(update.loss, 6) for update in Training(SMALL).updates()]


def test_without_room_for_the_optimizer_the_network_is_saved_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "MAX_BYTES", 2**20 + 2000)
    replies = shelved(Save(name="mine"), Open(name="mine"))
    assert replies[4].state == "finished"  # without an optimizer it would go on otherwise
    assert checkpoint.load(replies[3].path).optimizer is None


def test_models_go_to_saved_models_in_the_working_directory_when_it_is_there(tmp_path: Path) -> None:
    (tmp_path / "saved_models").mkdir()
    replies = shelved(Save(name="mine"), ListModels())
    assert replies[3].path == str(tmp_path / "saved_models" / "mine.safetensors")
    here = str(tmp_path / "saved_models")
    assert replies[4].folder == here
    assert [(model.name, model.folder) for model in replies[4].models] == [
        *((name, "") for name in SHIPPED),
        ("mine", here),
    ]
    assert (replies[4].models[-1].task, replies[4].models[-1].cell) == ("count", "rnn")


def test_else_to_the_users_own_folder(state_dir: Path) -> None:
    listed = shelved(ListModels())[3]
    assert listed.folder == str(state_dir / "data" / "models")
    assert [(model.name, model.folder) for model in listed.models] == [(name, "") for name in SHIPPED]
    assert all(model.task == model.name.split("-")[0] and model.accuracy for model in listed.models)


def test_a_model_is_replaced_by_one_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "saved_models").mkdir()
    replies = shelved(Save(name="mine"), Save(epoch=1, name="mine"), Open(name="mine"), ListModels())
    assert len(replies[5].history.losses) == EACH
    assert [model.name for model in replies[6].models].count("mine") == 1
    assert [file.name for file in (tmp_path / "saved_models").iterdir()] == ["mine.safetensors"]


def test_the_working_directorys_model_comes_before_a_shipped_one_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "saved_models").mkdir()
    assert shelved(Save(name=SHIPPED[0]), Open(name=SHIPPED[0]))[4].recipe == SMALL


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_model_is_opened_and_answers(name: str) -> None:
    opened = shelved(Open(name=name))[3]
    assert (opened.state, opened.update) == ("finished", opened.plan.updates)


@pytest.mark.parametrize("name", ["../mine", "/tmp/mine", "", ".hidden", "a/b", "x" * 65, "mine\n", "~", "ä"])
@pytest.mark.parametrize("kind", ["save", "open"])
def test_a_name_has_no_folder_in_it(tmp_path: Path, name: str, kind: str) -> None:
    (tmp_path / "saved_models").mkdir()
    refused = shelved(json.dumps({"type": kind, "id": 3, "name": name}).encode())[3]
    assert isinstance(refused, Error)
    assert "name" in refused.sentence
    assert list(tmp_path.rglob("*.safetensors")) == []


def test_a_bad_file_gives_the_loaders_sentence(tmp_path: Path) -> None:
    (tmp_path / "saved_models").mkdir()
    (tmp_path / "saved_models" / "bad.safetensors").write_bytes(b"no network at all")
    (tmp_path / "saved_models" / "folder.safetensors").mkdir()
    replies = shelved(Open(name="bad"), Open(name="folder"), Open(name="absent"))
    assert "bad.safetensors is not a saved network" in replies[3].sentence
    assert "not a regular file" in replies[4].sentence
    assert "no saved network absent" in replies[5].sentence


def test_what_is_no_network_is_told_apart_from_those_that_are(tmp_path: Path) -> None:
    here = tmp_path / "saved_models"
    here.mkdir()
    (here / "text.safetensors").write_text("no network at all, but long enough to be one")
    (here / "empty.safetensors").touch()
    (here / "folder.safetensors").mkdir()
    os.mkfifo(here / "pipe.safetensors")
    good = (shipped_models() / f"{SHIPPED[0]}.safetensors").read_bytes()
    (here / "whole.safetensors").write_bytes(good)
    (here / "cut.safetensors").write_bytes(good[:200])
    (here / "elsewhere.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")
    listed = shelved(Save(name="mine"), ListModels())[4]
    assert {"whole", "mine"} <= {model.name for model in listed.models if model.task}
    others = ["cut", "elsewhere", "empty", "folder", "pipe", "text"]
    assert sorted(model.name for model in listed.models if model.task is None) == others


def test_a_folder_that_cannot_be_made_is_a_sentence() -> None:
    own_models().parent.parent.mkdir(exist_ok=True)
    own_models().parent.write_text("in the way")
    assert "cannot be made" in shelved(Save(name="mine"))[3].sentence


def test_an_epoch_that_is_not_there_is_not_saved() -> None:
    assert "Epoch 9 cannot be seen" in shelved(Save(name="mine", epoch=9))[3].sentence


def test_a_history_that_lies_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "saved_models").mkdir()
    lie = History(updates=10**12, stride=10**12, losses=(1.0,), accuracies=(1.0,))
    checkpoint.save("saved_models/lie.safetensors", checkpoint.Checkpoint(Training(SMALL).model, SMALL, lie))
    opened = shelved(Open(name="lie"))[3]
    assert (opened.state, [*opened.history.losses]) == ("finished", [])


def test_a_model_of_ones_own_is_deleted_and_no_other(state_dir: Path) -> None:
    deleted = Delete(name="mine"), Delete(name="mine"), Delete(name=SHIPPED[0]), Open(name="mine")
    replies = shelved(Save(name="mine"), *deleted)
    assert replies[4] == Done(id=4)
    assert [type(replies[number]) for number in (5, 6, 7)] == [Error] * 3
    assert "comes with unroll" in replies[6].sentence
    assert all(file.exists() for file in shipped_models().glob("*"))


def test_a_file_anywhere_is_opened_by_its_path(tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "here.safetensors", checkpoint.Checkpoint(Training(SMALL).model, SMALL, History()))
    opened, none = (answers(converse(Open(path=path), until=9.0))[1] for path in ("here.safetensors", "nowhere"))
    assert opened.recipe == SMALL
    assert "nowhere" in none.sentence
