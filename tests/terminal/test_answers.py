"""What a person may answer to a question."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unroll.engine.requests import Continue
from unroll.moment import Moment
from unroll.terminal import answers

NOW = Continue(moment=Moment(0, (1,)))
PARSERS = (answers.stop, lambda text: answers.sampling(text, NOW), answers.run_name)


@pytest.mark.parametrize(
    ("text", "where"), [("", (None, None)), ("12", (12, None)), ("99 %", (None, 0.99)), ("99.5%", (None, 0.995))]
)
def test_training_stops_at_an_epoch_an_accuracy_or_nowhere(text: str, where: tuple[int | None, float | None]) -> None:
    assert answers.stop(text) == where


@pytest.mark.parametrize("text", ["0", "0 %", "101 %", "soon", "1e3", "-1"])
def test_no_other_place_to_stop_is_taken(text: str) -> None:
    with pytest.raises(answers.AnswerError, match="epoch such as"):
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
    with pytest.raises(answers.AnswerError, match="already"):
        answers.new_name("mine", ["mine"])
