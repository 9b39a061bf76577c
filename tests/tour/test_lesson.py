"""A lesson's file: what it says is read, and what is wrong in it is told with its line."""

from pathlib import Path
from typing import get_args

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from unroll.commands.tour import tour
from unroll.engine.inspect import GATES
from unroll.errors import FileError, UserError
from unroll.network.cells import CELLS
from unroll.network.lenses import lenses
from unroll.permalink import Link
from unroll.recipe import recipe_of
from unroll.terminal import layout, views
from unroll.tour import lesson
from unroll.tour.lesson import Condition, Evidence, Scene
from unroll.tour.recorder import LessonFile, written

README = Path(__file__).parents[2] / "README.md"
GOOD = """\
title = "Short"

[[scene]]
moment = "unroll:1 epoch=25 cut=all"
text = "One. Two."
try = "x"

[[scene]]
moment = "unroll:1 cell=lstm view=cell-state lens=unit"
pane = "lens"
text = '''
One, over
two lines.'''
until = "accuracy 99 %"
expect = ["answer 11", "wrong"]
"""


def test_a_lesson_is_read_as_it_says() -> None:
    read = lesson.parse(GOOD, "mine")
    first, second = read.scenes
    assert (read.name, read.title, read.about) == ("mine", "Short", "")
    assert (first.pane, first.text, first.suggestion, first.until) == ("state", "One. Two.", "x", None)
    assert first.link.moment.epoch == 25 and first.link.moment.interventions.cut_all
    assert (second.link.view, second.link.lens, second.pane) == ("cell state", "unit", "lens")
    assert second.text == "One, over two lines."
    assert second.until == Condition("accuracy 99 %", "accuracy", "99")
    assert [one.what for one in second.expect] == ["answer", "wrong"]


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ('title = "Short"', 'title = "Short', 1, "TOML"),
        ('title = "Short"', f'title = "{"x" * 39}"', 1, "39 characters"),
        ('title = "Short"', "", 1, "title is missing"),
        ('title = "Short"', 'titel = "Short"', 1, "titel has no meaning in a lesson"),
        ('title = "Short"', 'title = "Short"\nby = "me"', 2, "by has no meaning in a lesson"),
        ("epoch=25", "epoch=26", 4, "epoch cannot be 26"),
        ("unroll:1 epoch=25", "unroll:2 epoch=25", 4, "not a permalink"),
        ('"unroll:1 epoch=25 cut=all"', "25", 4, "between quotes"),
        ("One. Two.", "One. Two. Three.", 5, "3 sentences"),
        ("One. Two.", "word " * 40, 5, "3 rows"),
        ("One. Two.", "", 5, "visible"),
        ('text = "One. Two."\n', "", 3, "text is missing"),
        ('try = "x"', f'try = "{"x" * 72}"', 6, "72 characters"),
        ('try = "x"', 'tri = "x"', 6, "tri has no meaning in a scene"),
        ('try = "x"', 'try = "x\\u202e"', 6, "visible"),
        ("cell=lstm view", "view", 9, "A rnn has no view cell state"),
        ("lens=unit", "lens=glass", 9, "no lens glass"),
        ('pane = "lens"', 'pane = "window"', 10, "pane cannot be window"),
        ("accuracy 99 %", "it is good", 14, "no condition"),
        ('["answer 11", "wrong"]', '"answer 11"', 15, "a list"),
        ("answer 11", "answer", 15, "no condition"),
        (GOOD, "", 1, "title is missing"),
        (GOOD[15:], "\n", 0, "1 to 200 scenes"),
        (GOOD[15:], "\nscene = 3", 1, "[[scene]]"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    path = tmp_path / "mine.toml"
    assert old in GOOD
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(FileError) as refused:
        lesson.read(path)
    assert said in str(refused.value)
    assert (f"mine.toml, line {line}:" if line else "mine.toml:") in str(refused.value)


@given(st.text(max_size=60), st.integers(0, len(GOOD)), st.integers(0, 40))
def test_any_other_text_is_a_lesson_or_refused(text: str, at: int, gone: int) -> None:
    try:
        lesson.parse(GOOD[:at] + text + GOOD[at + gone :], "x")
    except lesson.MisplacedError as refused:
        assert 0 <= refused.line <= GOOD.count("\n") + text.count("\n") + len(text.splitlines()) + 2


@given(st.text(max_size=150), st.sampled_from(get_args(lesson.PaneName)))
def test_what_is_recorded_is_read_again(text: str, pane: lesson.PaneName) -> None:
    try:
        told = lesson.told(lesson.line_of({"text": text}, "text", 152))
    except UserError:
        return
    moment = lesson.parse(GOOD, "x").scenes[1].link
    scene = Scene(moment, pane, told)
    assert lesson.parse(f'title = "x"\n{written(scene)}', "x").scenes == (scene,)


@pytest.mark.parametrize(
    ("text", "holds", "fails"),
    [
        ("answer 11", Evidence("11", True, 1, None), Evidence("1", True, 1, None)),
        ("right", Evidence("11", True, 1, None), Evidence("11", False, 1, None)),
        ("wrong", Evidence("11", False, 1, None), Evidence("11", True, 1, None)),
        ("epoch 3", Evidence("", True, 3, None), Evidence("", True, 2.5, None)),
        ("accuracy 99.5 %", Evidence("", True, 0, 0.995), Evidence("", True, 0, 0.99)),
        ("accuracy below 5 %", Evidence("", True, 0, 0.049), Evidence("", True, 0, 0.05)),
        ("accuracy 0 %", Evidence("", True, 0, 0.0), Evidence("", True, 0, None)),
        (
            "lens 100 % after 6",
            Evidence("", True, 0, 0, "Right: 100 % after 6."),
            Evidence("", True, 0, 0, "90 % after 6."),
        ),
    ],
)
def test_a_condition_holds_of_what_is_seen(text: str, holds: Evidence, fails: Evidence) -> None:
    condition = lesson.condition(text)
    assert condition.holds(holds) and not condition.holds(fails)


def test_the_names_are_those_of_the_screen_and_the_network() -> None:
    assert tuple(lenses()) == lesson.LENSES
    assert {pane.capitalize() for pane in get_args(lesson.PaneName)} == {*layout.PANES}
    assert {*lesson.OF_EVERY_CELL}.union(*lesson.VIEWS.values()) == {*views.VIEWS}
    for name, cell in CELLS.items():
        gates = [GATES[letter] for letter in cell.gate_names]
        assert {*lesson.VIEWS[name]} == {*gates, *(["cell state"] if name == "lstm" else [])}


def test_the_format_stands_in_the_readme_and_can_be_read() -> None:
    said = README.read_text().split("## Lessons")[1].split("\n## ")[0]
    assert all(line in said for line in lesson.FORMAT.splitlines() if line.strip())
    plain = "\n".join(line.split("  ")[0] for line in lesson.FORMAT.splitlines())
    (scene,) = lesson.parse(plain, "x").scenes
    assert scene.expect[0].value == "10" and scene.until is not None


def test_the_lessons_that_ship_are_found_by_name_and_lead_on_to_the_next(tmp_path: Path) -> None:
    names = [*lesson.shipped()]
    assert names[0] == "counting" and len(names) == 6
    assert [lesson.read(path).name for path in lesson.shipped().values()] == names
    assert lesson.next_after("counting") == lesson.shipped()[names[1]]
    assert lesson.next_after(names[-1]) is lesson.next_after("mine") is None
    (tmp_path / "counting").write_text(GOOD)
    assert lesson.find("counting") == Path("counting"), "a file of that name wins"


def test_the_command_lists_and_checks_and_a_bad_file_is_a_sentence(tmp_path: Path) -> None:
    def said(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(tour, arguments)
        return done.exit_code, done.output

    code, listed = said("--list")
    names, abouts = ([line.strip() for line in listed.splitlines()[first::2]] for first in (0, 1))
    assert code == 0 and [name.split()[0] for name in names] == [*lesson.shipped()]
    assert abouts == [lesson.read(path).about for path in lesson.shipped().values()]
    (tmp_path / "good.toml").write_text(GOOD)
    (tmp_path / "bad.toml").write_text(GOOD.replace("epoch=25", "epoch=26"))
    assert said("--check", "good.toml") == (0, "good.toml is a lesson of 2 scenes: Short.\n")
    code, refused = said("--check", "bad.toml")
    assert code == 1 and "bad.toml, line 4: epoch cannot be 26" in refused
    assert said("--check")[0] == 2
    assert said("nothing")[0] == 2 and "choose counting" in said("nothing")[1]
    assert said("missing.toml")[0] == 1


# Recording


def test_scenes_are_recorded_one_behind_another_into_a_file_of_their_own(tmp_path: Path) -> None:
    others = tmp_path / "unroll-lesson.toml"
    others.write_text("not a lesson")
    recorder, (one, two) = LessonFile(), lesson.parse(GOOD, "x").scenes
    place = recorder.place(tmp_path)
    assert (place.name, recorder.add(place, one)) == ("unroll-lesson-2.toml", 1)
    assert (recorder.place(tmp_path), recorder.add(place, two)) == (place, 2)
    plain = [scene._replace(suggestion="", until=None, expect=()) for scene in (one, two)]
    assert [scene._replace(suggestion="") for scene in lesson.read(place).scenes] == plain
    assert "unroll tour" in place.read_text().splitlines()[0]
    assert others.read_text() == "not a lesson"
    assert LessonFile().place(tmp_path).name == "unroll-lesson-3.toml", "another session begins another"


def test_a_file_that_is_spoiled_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    recorder, scene = (
        LessonFile(),
        Scene(Link(recipe_of({}), lesson.parse(GOOD, "x").scenes[0].link.moment), "state", "A."),
    )
    place = recorder.place(tmp_path)
    recorder.add(place, scene)
    place.write_text("spoiled")
    with pytest.raises(FileError):
        recorder.add(place, scene)
    assert place.read_text() == "spoiled"
