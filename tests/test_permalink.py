"""A moment as one line of text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from unroll import permalink
from unroll.errors import UserError
from unroll.moment import ARGMAX, Interventions, Moment, Patch, Sampling
from unroll.recipe import FIELDS, Recipe, recipe_of

LETTERS = st.characters(exclude_categories=["C", "Z"]) | st.sampled_from(" %$\"'`!=/")
NAMES = st.text(LETTERS, min_size=1, max_size=20).map(str.strip).filter(bool)
"""Names of files and columns, among them what a shell would not leave alone."""


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    vocab_size = draw(st.integers(3, 4096))
    recipe = recipe_of(
        {
            "task": draw(st.sampled_from(["count", "recall"])),
            "vocab_size": vocab_size,
            "length": draw(st.integers(1, min(512, vocab_size - 1))),
            "cell": draw(st.sampled_from(FIELDS["cell"].words)),
            "hidden_size": draw(st.integers(1, 1024)),
            "learning_rate": draw(st.floats(1e-6, 100)),
            "batch_size": draw(st.sampled_from(["half", "full", 7])),
            "epochs": draw(st.integers(1, 100_000)),
        }
        | draw(st.just({}) | st.fixed_dictionaries({"task": st.just("file"), "path": NAMES, "column": NAMES}))
    )
    known = draw(st.sampled_from([(), ("a", "b", "c"), ("to", "New York", "%,'"), ("é", '"', ".")]))
    if not known or recipe.task.task != "file":
        return recipe
    return replace(recipe, task=replace(recipe.task, vocab_size=len(known), symbols=known))


@st.composite
def moments(draw: st.DrawFn, recipe: Recipe) -> Moment:
    sequence = tuple(draw(st.lists(st.integers(0, recipe.task.vocab_size - 1), min_size=1, max_size=20)))
    steps = st.integers(0, len(sequence) - 1)
    cut_all = draw(st.booleans())
    units = st.integers(0, recipe.model.hidden_size - 1)
    clamps = draw(st.dictionaries(units, st.sampled_from([0.0, 0.5, -1.0])))
    sources = st.lists(st.integers(0, recipe.task.vocab_size - 1), min_size=1, max_size=5).map(tuple)
    parts = st.sampled_from([("whole", 0), ("cell", 0)]) | st.tuples(st.just("unit"), units)
    put = draw(st.dictionaries(steps, st.tuples(sources, parts), max_size=3))
    return Moment(
        0,
        sequence,
        draw(steps),
        draw(st.integers(0, recipe.train.epochs)),
        Interventions(
            () if cut_all else tuple(sorted(draw(st.sets(steps)))),
            cut_all,
            draw(st.booleans()),
            tuple(clamps.items()),
            tuple(Patch(step, source, *part) for step, (source, part) in put.items()),
        ),
    )


@given(st.data())
def test_a_line_brings_back_the_recipe_and_the_moment_it_was_written_for(data: st.DataObject) -> None:
    recipe = data.draw(recipes())
    moment = data.draw(moments(recipe))
    weights = data.draw(st.sampled_from(["", "09af3c71"]))
    seen = data.draw(
        st.tuples(
            st.integers(0, recipe.model.hidden_size - 1),
            st.sampled_from(["hidden", "cell state", "attribution"]),
            st.booleans(),
            st.sampled_from(["", "memory", "transplant"]),
            st.sampled_from([None, 0.0, 0.01234, 4.852]),
            NAMES | st.just(""),
            st.sampled_from(["", "1a2b3c4d"]),
            st.sampled_from([ARGMAX, Sampling(0.8, 5, 0.9), Sampling(1)]),
        )
    )
    link = permalink.Link(recipe, moment, weights, *seen)
    text = permalink.write(link)
    assert permalink.read(text) == link
    assert not set(text) & set("\n\"'`$\\!"), "a shell would not leave it alone"


def test_a_line_is_one_line_of_words_that_a_shell_leaves_alone() -> None:
    text = permalink.write(
        permalink.Link(
            Recipe(), Moment(0, (7, 8), 1, 3, Interventions((1,), clamps=((2, 0.0),))), view="cell state", lens="map"
        )
    )
    assert text == "unroll:1 epoch=3 sequence=7,8 step=2 cut=2 hold=2:0 unit=0 view=cell-state lens=map"


@given(st.text(max_size=200))
def test_no_text_brings_more_than_a_refusal_in_words(text: str) -> None:
    for words in (text, f"{permalink.START} {text}"):
        try:
            permalink.read(words)
        except UserError as error:
            assert str(error).endswith(".")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("epoch=26", "epoch"),
        ("hidden_size=0", "hidden_size"),
        ("sequence=7,200", "200"),
        ("step=9", "step"),
        ("cut=0", "cut"),
        ("hold=32:0", "hold"),
        ("hold=1:nan", "hold"),
        ("dance=1", "dance"),
        ("weights=09AF3C7", "weights"),
        ("digest=09AF3C7", "digest"),
        ("loss=nan", "loss"),
        ("loss=-1", "loss"),
        ("model=a%1b[2J", "model"),
        ("symbols=a,b", "symbols"),
        ("task=file path=x vocab_size=3 symbols=a,b", "symbols"),
        ("task=file path=x vocab_size=2 symbols=a,a", "symbols"),
        ("sampling=-1", "sampling"),
        ("sampling=1:2:3:4", "sampling"),
        ("dance", "dance"),
        ("vocab_size=5 length=7", "length"),
    ],
)
def test_a_refusal_names_the_word_that_cannot_be(words: str, named: str) -> None:
    with pytest.raises(UserError, match=named):
        permalink.read(f"{permalink.START} {words}")


def test_a_unit_is_held_at_one_value() -> None:
    with pytest.raises(UserError, match="hold names a unit twice"):
        permalink.read("unroll:1 hold=3:0,3:0.5")
    with pytest.raises(ValueError, match="two values"):
        Interventions(clamps=((3, 0.0), (3, 0.5)))


@pytest.mark.parametrize(
    "put", ["9:whole:7", "1:whole:", "1:whole:999", "1:99:7", "1:whole:7/1:cell:8", "whole", "1:whole:7:8:9:x"]
)
def test_a_state_that_cannot_be_put_in_is_refused(put: str) -> None:
    with pytest.raises(UserError):
        permalink.read(f"unroll:1 sequence=7,8 put={put}")
