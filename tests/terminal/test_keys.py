"""The keys: each has one meaning and a sentence, `?` lists them in groups, and the palette finds all of them."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.dom import DOMNode
from textual.widgets import Input, OptionList

from playground_kit import NARROW, Playing, playing
from unroll.terminal.app import UnrollApp
from unroll.terminal.bindings import ACTIONS, GROUPS, OTHER_WORDS
from unroll.terminal.command_palette import Command
from unroll.terminal.widgets.prompt import Numbers
from unroll.terminal.widgets.run_table import RunTable
from unroll.terminal.widgets.sweep_pane import SweepPane

README = Path(__file__).parents[2] / "README.md"
CONTEXTUAL = {
    **dict.fromkeys(
        ["left", "right", "up", "down", "home", "end", "pageup", "pagedown"], "goes about in what it is in"
    ),
    "enter": "confirms",
    "escape": "leaves what it is in",
    "question_mark": "opens help, and closes it",
    "f1": "as ?",
}
"""Keys that mean the like everywhere, and are called after what they do where they are."""
TAKEN_BY_BROWSERS = {"ctrl+t", "ctrl+n", "ctrl+w"}
README_NAMES = {
    "pageup": "pgup",
    "pagedown": "pgdn",
    "question_mark": "?",
    "plus": "+",
    "minus": "-",
    "slash": "/",
    "full_stop": ".",
    "comma": ",",
}
README_NAMES |= {"left": "←", "right": "→", "up": "↑", "down": "↓", "delete": "del", "equals_sign": "=", "colon": ":"}


def kinds(base: type = DOMNode) -> Iterator[type[DOMNode]]:
    """Every class of this program that can have keys."""
    for kind in base.__subclasses__():
        if kind.__module__.startswith("unroll."):
            yield kind
        yield from kinds(kind)


BINDINGS = [
    binding
    for kind in dict.fromkeys(kinds())
    if (bindings := vars(kind).get("BINDINGS", Input.BINDINGS)) is not Input.BINDINGS
    for binding in Binding.make_bindings(bindings)
]


def test_no_key_has_two_meanings() -> None:
    meanings = defaultdict(set)
    for binding in BINDINGS:
        if binding.key not in CONTEXTUAL and binding.description:
            meanings[binding.key].add(binding.description.lower())
    assert {key: words for key, words in meanings.items() if len(words) > 1} == {}
    assert {"N", "U", "t", "delete", "o", "q", "d"} <= meanings.keys(), "panes and dialogs are among them"


def test_no_action_has_only_a_key_that_a_browser_keeps() -> None:
    keys = defaultdict(set)
    for binding in [*BINDINGS, *Binding.make_bindings(Input.BINDINGS)]:
        keys[binding.action].add(binding.key)
    assert keys["delete_left_word"] & TAKEN_BY_BROWSERS, "there are such keys"
    assert [action for action, own in keys.items() if own <= TAKEN_BY_BROWSERS] == []


def test_every_key_has_a_sentence_and_stands_in_the_readme() -> None:
    table = README.read_text().split("## Keys")[1].split("\n## ")[0]
    for binding in Binding.make_bindings([*ACTIONS, *UnrollApp.BINDINGS, *RunTable.BINDINGS, *SweepPane.BINDINGS]):
        assert binding.tooltip.endswith(".") or not binding.description, binding
        if binding.key not in ("backspace", "alt+backspace", *"23456"):
            assert f"`{README_NAMES.get(binding.key, binding.key)}`" in table, binding


def test_other_words_are_those_of_actions_that_there_are() -> None:
    assert OTHER_WORDS.keys() <= {binding.action for binding in BINDINGS}


# Help


async def test_help_lists_the_keys_of_the_focused_pane_first_and_the_others_in_groups() -> None:
    async with playing(size=(120, 150)) as game:
        for key, title, own in (("1", "Hidden state", "←/→ Step back"), ("2", "Loss", "←/→ The network one epoch")):
            await game.press(key, "question_mark")
            said = " ".join(game.text.split())
            places = [said.index(f"│ {word}") for word in (f"{title} │", own, *(f"{name} │" for name in GROUPS))]
            assert places == sorted(places)
            await game.press("question_mark")
        await game.press("4", "question_mark")
        assert "ctrl+c  Quit" in game.text and "enter  Open" in game.text and "^c" not in game.text


async def test_help_fits_a_small_screen_by_scrolling_and_says_so() -> None:
    async with playing(size=NARROW) as game:
        await game.press("question_mark")
        box = game.app.screen.query_one(VerticalScroll)
        assert box.max_scroll_y and "↑/↓ scroll · esc closes" in game.text
        seen = game.text
        for _ in range(box.max_scroll_y):
            await game.press("down")
            seen += game.text
        for binding in Binding.make_bindings(ACTIONS):
            assert binding.tooltip[:40] in seen or binding.key == "escape", "that is not offered in the heatmap"
        await game.press("escape", "i")
        assert "scroll" not in game.text and "esc closes" in game.text


# The palette


async def found(game: Playing, query: str) -> list[str]:
    """The titles of what the palette shows for a query, in order."""
    await game.press("ctrl+p", *query)
    options = [str(option.prompt) for option in game.app.screen.query_one(OptionList).options]
    await game.press("escape")
    return [option.split("\n")[0] for option in options]


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("help", "Explain (?)"),
        ("quit", "Quit (q)"),
        ("exit", "Quit (q)"),
        ("load", "Open (o)"),
        ("open", "Open (o)"),
        ("memory", "Erase (x)"),
        ("own", "Recipe (4)"),
        ("restart", "Restart (ctrl+r)"),
        ("share", "Copy a permalink (y)"),
        ("X", "Erase everywhere (X)"),
        ("rename", "Rename (N)"),
        ("lstm", "Preset: recall, lstm"),
        ("colors", "Theme dark"),
    ],
)
async def test_the_palette_finds_what_a_person_would_call_it_at_once(game: Playing, query: str, title: str) -> None:
    assert title in (await found(game, query))[:3]


async def test_the_palette_says_at_once_that_nothing_is_found(game: Playing) -> None:
    await game.press("ctrl+p", *"zzz")
    await game.pilot.pause(0.1)
    assert "No matches found" in game.text


async def test_every_key_is_in_the_palette_those_of_the_focused_pane_first(game: Playing) -> None:
    await game.press("5")
    titles = await found(game, "")
    assert titles[:3] == ["Run (↑)", "Run (↓)", "Restore (r)"]
    for word in (
        "Rename (N)",
        "Step (←)",
        "Step (→)",
        "First step (home)",
        "History (↑)",
        "Clear (ctrl+u)",
        "Field (↓)",
    ):
        assert word in titles
    shown = {title.rpartition("(")[2].rstrip(")") for title in titles}
    for binding in Binding.make_bindings([*ACTIONS, *UnrollApp.BINDINGS, *RunTable.BINDINGS]):
        assert game.app.get_key_display(binding) in {*shown, "f1", ":", "⌫", "↑/↓"}


async def test_a_key_of_a_pane_that_is_chosen_in_the_palette_goes_there() -> None:
    async with playing(size=NARROW) as game:
        await game.press("ctrl+p", *"rename", "enter", "escape")
        assert isinstance(game.app.focused, RunTable) and game.pane(RunTable).size.area


WORDS = ["forget", "READ", "before", "step", "Eras", "erase", "cut", "loop", "x", "fore"]


async def test_the_prompt_is_gone_to_from_a_field_where_its_key_would_be_typed(game: Playing) -> None:
    game.row("epochs").control.focus()
    await game.press("ctrl+p", *"prompt", "enter")
    assert isinstance(game.app.focused, Numbers)


@given(st.sampled_from(WORDS))
def test_any_word_of_a_sentence_or_a_name_finds_it_and_the_name_counts_more(word: str) -> None:
    command = Command("Erase", "Forget what was read, before this step.", lambda: None, "x", "cut loop")
    assert command.score(word) > 0 == command.score(f"{word} zebra")
    assert command.score("erase") > command.score("cut") > command.score("forget") > command.score("orge")
