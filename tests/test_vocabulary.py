"""Symbols as a person writes them, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unroll.errors import UserError
from unroll.moment import MAX_STEPS
from unroll.tasks.config import TaskConfig
from unroll.vocabulary import Vocabulary

NUMBERS = Vocabulary(128)
LETTERS = Vocabulary(5, (".", "a", "e", "m", "v"))
WORDS = Vocabulary(4, ("New York", "be", "or", "to"))


@pytest.mark.parametrize(
    ("vocabulary", "text", "expected"),
    [
        (NUMBERS, "7 8, 9;10", (7, 8, 9, 10)),
        (LETTERS, "emma", (2, 3, 3, 1)),
        (LETTERS, "e m . ava", (2, 3, 0, 1, 4, 1)),
        (WORDS, 'to be "New York"', (3, 1, 0)),
    ],
)
def test_a_line_is_read_by_its_vocabulary(vocabulary: Vocabulary, text: str, expected: tuple[int, ...]) -> None:
    assert vocabulary.parse(text) == expected


symbols = st.lists(st.text(min_size=1, max_size=4).filter(str.strip), min_size=2, max_size=20, unique=True)


@given(symbols.map(tuple), st.data())
def test_what_is_shown_is_read_back(words: tuple[str, ...], data: st.DataObject) -> None:
    vocabulary = Vocabulary(len(words), words)
    sequence = data.draw(st.lists(st.integers(0, len(words) - 1), min_size=1, max_size=30).map(tuple))
    assert vocabulary.parse(vocabulary.line(sequence)) == sequence


@pytest.mark.parametrize(
    ("vocabulary", "text", "fact"),
    [
        (NUMBERS, "7 200", "200 is not in the vocabulary: type whole numbers from 0 to 127."),
        (NUMBERS, "٣", "not in the vocabulary"),
        (NUMBERS, "", "The sequence is empty"),
        (NUMBERS, "1 " * 2000, "has 2,000 numbers: type at most 1,024"),
        (LETTERS, "emx", "x is not in the vocabulary: type symbols of . a e m v."),
        (WORDS, "bee", "did you mean be?"),
        (WORDS, 'to "be', "close it"),
    ],
)
def test_what_is_not_in_it_is_refused_with_the_nearest(vocabulary: Vocabulary, text: str, fact: str) -> None:
    with pytest.raises(UserError) as refusal:
        vocabulary.parse(text)
    assert fact in str(refusal.value)


sequences = st.lists(st.integers(0, 127), min_size=1)
separators = st.sampled_from([" ", ",", ", ", ";", "\n", "\t", " ; "])


@given(sequences, separators)
def test_numbers_may_stand_with_spaces_commas_or_semicolons_between(numbers: list[int], between: str) -> None:
    assert NUMBERS.parse(between.join(map(str, numbers))) == tuple(numbers)


@given(st.text())
def test_whatever_is_typed_is_a_sequence_or_one_sentence(text: str) -> None:
    try:
        assert all(0 <= number < 128 for number in NUMBERS.parse(text))
    except UserError as refusal:
        assert "type" in str(refusal)
        assert str(refusal).endswith(".")


@pytest.mark.parametrize("word", ["128", "-1", "1.5", "seven", "٣", "1_0", "9" * 5000])
def test_what_is_not_in_the_vocabulary_is_refused_by_its_word(word: str) -> None:
    with pytest.raises(UserError, match="is not in the vocabulary: type whole numbers from 0 to 127") as refusal:
        NUMBERS.parse(f"7 {word}")
    assert str(refusal.value).startswith(word[:20])
    assert len(str(refusal.value)) < 120


def test_more_steps_than_can_be_looked_at_are_refused() -> None:
    assert len(NUMBERS.parse("1 " * MAX_STEPS)) == MAX_STEPS
    with pytest.raises(UserError, match="has 1,025 numbers: type at most 1,024"):
        NUMBERS.parse("1 " * (MAX_STEPS + 1))


@pytest.mark.parametrize("symbols", [("a", "a"), ("a", "\x1b[2J"), ("a", "\u202eb")])
def test_symbols_that_cannot_be_shown_or_told_apart_are_refused(symbols: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="symbols"):
        TaskConfig("file", vocab_size=2, symbols=symbols)
