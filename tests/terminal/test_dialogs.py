"""Questions over the playground: what stands behind them, what they offer, and what may be answered."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground_kit import playing
from unroll.errors import UserError
from unroll.moment import Sampling
from unroll.protocol.replies import Models, SavedModel
from unroll.terminal import dialogs, questions

NOW = Sampling(seed=4)


@pytest.mark.parametrize("theme", ["dark", "ansi"])
async def test_the_panes_stay_in_sight_behind_a_dialog(theme: str) -> None:
    async with playing(theme=theme) as game:
        before = game.lines
        for key in ("question_mark", "E"):
            await game.press(key)
            assert game.lines != before
            assert [line[:10] for line in game.lines[:30]] == [line[:10] for line in before[:30]]
            await game.press("escape")


@pytest.mark.parametrize(
    ("text", "where"), [("", (None, None)), ("12", (12, None)), ("99 %", (None, 0.99)), ("99.5%", (None, 0.995))]
)
def test_training_stops_at_an_epoch_an_accuracy_or_nowhere(text: str, where: Any) -> None:
    assert questions.stop(text) == where


@pytest.mark.parametrize("text", ["0", "0 %", "101 %", "soon", "1e3", "-1"])
def test_no_other_place_to_stop_is_taken(text: str) -> None:
    with pytest.raises(UserError, match="epoch"):
        questions.stop(text)


def test_sampling_takes_up_to_three_numbers_and_keeps_the_seed() -> None:
    assert questions.sampling("0.8, 5 0.9", NOW) == Sampling(temperature=0.8, top_k=5, top_p=0.9, seed=4)
    assert questions.sampling("", NOW) == NOW


@given(st.text(max_size=40))
def test_any_answer_is_taken_or_refused_in_a_sentence(text: str) -> None:
    for parse in (questions.stop, lambda text: questions.sampling(text, NOW), questions.run_name):
        fault = dialogs.fault_of(parse, text)
        assert fault == "" or fault.endswith(".")


@given(st.text(max_size=100))
def test_a_model_saved_under_a_runs_name_gets_a_name_that_files_can_bear(run: str) -> None:
    name = questions.free_name(run, Models(id=1, models=[], folder="/"))
    assert questions.model_name(name, []) == name


@pytest.mark.parametrize("name", ["a", "7", "count-rnn", "v1.2", "a_b-", "x" * 64])
def test_a_model_may_have_any_name_that_the_rule_allows(name: str) -> None:
    assert questions.model_name(f" {name} ", []) == name


@pytest.mark.parametrize("name", ["", ".hidden", "-rf", "_x", "a/b", "a b", "é", "x" * 65, "taken"])
def test_no_model_is_replaced_and_no_other_name_taken(name: str) -> None:
    with pytest.raises(UserError, match="already a model" if name == "taken" else "64"):
        questions.model_name(name, ["taken"])


@pytest.mark.parametrize(
    ("run", "taken", "free"),
    [
        ("recall-rnn", {"count-rnn": ""}, "recall-rnn"),
        ("count-rnn", {"count-rnn": ""}, "my-count-rnn"),
        ("count-rnn", {"count-rnn": "", "my-count-rnn": "/here"}, "my-count-rnn-2"),
        ("a", {"a": "/here"}, "a-2"),
    ],
)
def test_the_name_that_is_offered_first_is_free_and_looks_like_no_second_one(
    run: str, taken: dict[str, str], free: str
) -> None:
    models = [SavedModel(name=name, folder=folder) for name, folder in taken.items()]
    assert questions.free_name(run, Models(id=1, models=models, folder="/here")) == free


def test_each_model_is_told_with_what_it_is_and_where_it_is_from() -> None:
    folder = "/somewhere" * 9
    first, second, third = questions.rows_of(
        [
            SavedModel(name="count-rnn", task="count", cell="rnn", accuracy=1.0),
            SavedModel(name="a", task="recall", cell="lstm", folder=folder),
            SavedModel(name="b", folder="/here"),
        ]
    )
    assert first == "count-rnn  count   rnn     100 %  comes with unroll"
    assert second.startswith("a          recall  lstm           …") and folder.endswith(second.split("…")[1])
    assert third == "b          not a saved network  /here"
    assert len(second) == questions.MAX_ROW
