"""What to try next: every hint fits, makes sense where it stands, and goes once it was followed."""

import pytest

from playground_kit import Playing
from unroll.moment import Interventions
from unroll.terminal.hints import ALWAYS, HINTS, MAX_COLUMNS, STARTING, Situation, followed, hint

TRAINED = Situation(updates=50, trained=1, is_right=True)
CUT = Interventions(cut_all=True)


@pytest.mark.parametrize("sentence", [STARTING, ALWAYS, *(one.sentence for one in HINTS)])
def test_a_hint_fits_the_smallest_screen(sentence: str) -> None:
    assert len(sentence) <= MAX_COLUMNS


@pytest.mark.parametrize(
    ("situation", "begins"),
    [
        (None, "The engine is starting"),
        (Situation(), "space trains"),
        (Situation(updates=3, trains=True, seconds_left=59), "space pauses"),
        (Situation(updates=3, trains=True, seconds_left=61), "At this pace"),
        (TRAINED, "X erases"),
        (TRAINED._replace(task="file"), "T, then 1"),
        (TRAINED._replace(task="file", samples=True), "X erases"),
        (TRAINED._replace(done=CUT), "Counting needs only"),
        (TRAINED._replace(done=CUT, keeps_cell=True), "The cell state is still there"),
        (TRAINED._replace(done=CUT, task="recall"), "Nothing of the past"),
        (TRAINED._replace(done=Interventions((2,))), "u restores"),
        (TRAINED._replace(done=Interventions(cut_cell=True)), "k erases"),
        (TRAINED._replace(is_edited=True, form_task="recall"), "The recipe has changed"),
        (TRAINED._replace(epoch=3), "This is the network as it was"),
    ],
)
def test_a_hint_knows_where_a_person_is(situation: Situation | None, begins: str) -> None:
    assert hint(situation).startswith(begins)


def test_every_hint_has_its_turn_as_others_are_followed() -> None:
    places = range(len(HINTS))
    for place, one in enumerate(HINTS):
        others = frozenset(places) - {place}
        situations = (
            Situation(),
            Situation(trains=True),
            Situation(trains=True, seconds_left=900),
            TRAINED._replace(is_right=False, trained=2),
            TRAINED._replace(steps=9),
            TRAINED._replace(task="file"),
            TRAINED._replace(done=CUT, keeps_cell=True),
            TRAINED._replace(done=CUT, task="recall"),
            TRAINED._replace(done=Interventions(cut_cell=True)),
            TRAINED._replace(is_edited=True, epoch=3),
        )
        assert one.sentence in {hint(situation, others) for situation in situations}
    assert hint(TRAINED, frozenset(places)) == ALWAYS


def test_a_hint_is_followed_by_what_it_suggests_and_by_nothing_else() -> None:
    touched = TRAINED._replace(done=CUT)
    erase = next(place for place, one in enumerate(HINTS) if one.sentence.startswith("X "))
    assert erase in followed(TRAINED, touched)
    assert erase not in followed(Situation(), Situation(done=CUT)), "it made no sense yet"
    assert not followed(TRAINED, TRAINED) and not followed(None, TRAINED)


async def test_a_long_training_offers_a_faster_pace(game: Playing) -> None:
    await game.write("epochs", "700")
    await game.press("escape", "space")
    await game.wait(1)
    assert game.hint.startswith("At this pace")
    await game.press("plus")
    assert game.hint.startswith("space pauses")
    await game.press("minus")
    await game.wait(30)
    assert game.hint.startswith("space pauses")


async def test_the_lesson_is_told_by_hints_alone(game: Playing) -> None:
    """Train, erase, recall: each hint is followed to the next, and none comes back."""
    assert game.hint.startswith("space trains")
    await game.train()
    assert game.hint.startswith("X erases")
    await game.press("X")
    assert game.hint.startswith("Counting needs only the last number")
    await game.choose("task", "recall")
    assert game.hint.startswith("The recipe has changed")
    await game.press("space")
    assert game.hint.startswith("Nothing of the past is left")
    await game.press("u")
    assert not game.hint.startswith(("X", "u ", "space"))
    game.app.playground.say("A file is damaged.")
    assert game.notice == "A file is damaged." and game.hint, "each has its own line"
