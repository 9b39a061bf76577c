"""The command palette: every key, preset and theme, found by any word of its name, of its sentence, or others."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from textual.binding import Binding
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.dom import DOMNode
from textual.widget import Widget

from unroll.recipe import PRESETS, PURPOSES
from unroll.terminal.bindings import ARROWS, OTHER_WORDS
from unroll.terminal.palette import THEMES
from unroll.terminal.screen import Playground
from unroll.terminal.widgets.panes import Panes

IN_NAME, IN_OTHER_WORDS, IN_SENTENCE, INSIDE = 1.0, 0.8, 0.6, 0.3
"""How well a word of a query fits where it is a word of these, or stands inside one."""
BEGINS = 0.9
"""How much of that is left where a word only begins with it, or a key has another case."""
THEME_WORDS = "colors appearance dark light mode"


@dataclass(frozen=True)
class Command:
    """What can be chosen: its name with its key, a sentence, other words that it is found by, and what it does."""

    name: str
    sentence: str
    run: Callable[[], object]
    key: str = ""
    other_words: str = ""

    @property
    def title(self) -> str:
        return f"{self.name} ({self.key})" if self.key else self.name

    def score(self, query: str) -> float:
        """How well a query fits, 0 to 1; 0 where a word of it is found nowhere."""
        return min(map(self._score_of, query.split()), default=0.0)

    def _score_of(self, word: str) -> float:
        if word.lower() == self.key.lower():
            return IN_NAME if word == self.key else BEGINS * IN_NAME
        word, texts = word.lower(), [text.lower() for text in (self.name, self.other_words, self.sentence)]
        for score, text in zip((IN_NAME, IN_OTHER_WORDS, IN_SENTENCE), texts, strict=True):
            words = re.findall(r"[\w-]+", text)
            if any(one.startswith(word) for one in words):
                return score if word in words else BEGINS * score
        return INSIDE if any(word in text for text in texts) else 0.0

    def shown(self, query: str = "") -> Content:
        """Two lines: the title, and the sentence; what a query finds in them is underlined."""
        lines = Content.assemble((self.title, "bold"), "\n", self.sentence)
        words = "|".join(map(re.escape, query.split()))
        return lines.highlight_regex(re.compile(words, re.IGNORECASE), style="underline") if words else lines


class Commands(Provider):
    """All that the playground can do, as the palette asks for it."""

    async def discover(self) -> Hits:
        for command in self._commands():
            yield DiscoveryHit(command.shown(), command.run, command.title)

    async def search(self, query: str) -> Hits:
        for command in self._commands():
            if score := command.score(query):
                yield Hit(score, command.shown(query), command.run, command.title)

    def _commands(self) -> Iterator[Command]:
        """The keys of the focused pane first."""
        if isinstance(self.screen, Playground):
            focused = [] if self.focused is None else [self.focused, *self.focused.ancestors]
            nodes = [node for node in focused if isinstance(node, Widget) and node is not self.screen]
            yield from self._keys([*nodes, self.screen, self.app, *self.screen.query("*")])
            for name, recipe in PRESETS.items():
                yield Command(f"Preset: {name}", PURPOSES[name], partial(self.screen.session.edit, recipe))
        for name in (theme.name for theme in THEMES):
            choose = partial(setattr, self.app, "theme", name)
            yield Command(f"Theme {name.removeprefix('unroll-')}", "Change the colours.", choose, "", THEME_WORDS)

    def _keys(self, nodes: Iterable[DOMNode]) -> Iterator[Command]:
        """Every action once that a node has a key and a sentence for."""
        kinds, actions = set(), set()
        for node in nodes:
            bindings = [] if type(node) in kinds else [*Binding.make_bindings(vars(type(node)).get("BINDINGS", ()))]
            kinds.add(type(node))
            for binding in bindings:
                action = binding.action.removeprefix("screen."), binding.tooltip
                if binding.tooltip and action not in actions:
                    actions.add(action)
                    yield self._command(node, binding)

    def _command(self, node: DOMNode, binding: Binding) -> Command:
        one = replace(binding, key_display=None) if binding.key in ARROWS else binding
        return Command(
            binding.description.capitalize(),
            binding.tooltip,
            partial(self._run, node, binding.action),
            self.app.get_key_display(one),
            OTHER_WORDS.get(binding.action.removeprefix("screen."), ""),
        )

    async def _run(self, node: DOMNode, action: str) -> None:
        """Go to the pane whose key it is, and do it."""
        if isinstance(self.screen, Playground) and isinstance(node, Widget) and node is not self.screen:
            self.screen.query_one(Panes).keep_in_sight(node)
        if not await self.app.run_action(action, node):  # one that is not offered in a field, which would take its key
            self.screen.set_focus(None)
            await self.app.run_action(action, node)
