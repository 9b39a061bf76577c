"""What a person may answer to a question."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unroll.errors import UserError
from unroll.moment import Sampling
from unroll.protocol.replies import Models
from unroll.terminal import answers

NOW = Sampling(seed=4)
PARSERS = (answers.stop, lambda text: answers.sampling(text, NOW), answers.run_name)


@pytest.mark.parametrize(
    ("text", "where"), [("", (None, None)), ("12", (12, None)), ("99 %", (None, 0.99)), ("99.5%", (None, 0.995))]
)
def test_training_stops_at_an_epoch_an_accuracy_or_nowhere(text: str, where: tuple[int | None, float | None]) -> None:
    assert answers.stop(text) == where


@pytest.mark.parametrize("text", ["0", "0 %", "101 %", "soon", "1e3", "-1"])
def test_no_other_place_to_stop_is_taken(text: str) -> None:
    with pytest.raises(UserError, match="epoch such as"):
        answers.stop(text)


def test_sampling_takes_up_to_three_numbers_and_gives_them_back() -> None:
    chosen = answers.sampling("0.8, 5 0.9", NOW)
    assert (chosen.temperature, chosen.top_k, chosen.top_p) == (0.8, 5, 0.9)
    assert answers.sampling(answers.of_sampling(chosen), NOW) == chosen
    assert answers.sampling("", chosen).temperature == 0


@given(st.text(max_size=40))
def test_any_answer_is_taken_or_refused_in_a_sentence(text: str) -> None:
    for parse in PARSERS:
        fault = answers.fault_of(parse)(text)
        assert fault == "" or fault.endswith(".")


@given(st.text(max_size=100))
def test_a_model_saved_under_a_runs_name_gets_a_name_that_files_can_bear(name: str) -> None:
    assert answers.new_name(answers.file_name(name), []) == answers.file_name(name)


def test_no_saved_model_is_replaced_unasked() -> None:
    with pytest.raises(UserError, match="already"):
        answers.new_name("mine", ["mine"])


@pytest.mark.parametrize("name", ["a", "7", "count-rnn", "v1.2", "a_b-", "x" * 64])
def test_a_model_may_have_any_name_that_the_rule_allows(name: str) -> None:
    assert answers.new_name(f" {name} ", []) == name


@pytest.mark.parametrize("name", ["", ".hidden", "-rf", "_x", "a/b", "a b", "é", "x" * 65])
def test_another_name_is_refused_with_the_rule_that_it_breaks(name: str) -> None:
    with pytest.raises(UserError, match=r"begins with a letter or a digit, and has only these and \. _ -"):
        answers.new_name(name, [])


def test_the_name_that_is_offered_first_is_free_and_looks_like_no_second_one() -> None:
    shelf = Models(id=1, names=["count-rnn"], folder="/here", folders=[""])
    assert answers.free_name("recall-rnn", shelf) == "recall-rnn"
    assert answers.free_name("count-rnn", shelf) == "my-count-rnn"
    full = Models(id=1, names=["count-rnn", "my-count-rnn", "a"], folder="/here", folders=["", "/here", "/here"])
    assert answers.free_name("count-rnn", full) == "my-count-rnn-2"
    assert answers.free_name("a", full) == "a-2"


def test_each_model_is_told_with_where_it_is_from() -> None:
    folder = "/somewhere" * 9
    shelf = Models(id=1, names=["count-rnn", "a", "b"], folder="/", folders=["", folder, "/here"], others=["b"])
    first, second, third = answers.of_models(shelf)
    assert first == "count-rnn  comes with unroll"
    assert second.startswith("a          …") and folder.endswith(second[12:])
    assert len(second) <= 68
    assert third == "b          no saved network"
