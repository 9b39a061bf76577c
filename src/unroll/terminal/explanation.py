"""What `?` opens: the focused pane or field in words, with the numbers of the network that is shown, and its keys."""

from collections.abc import Callable, Sequence
from typing import Any

from textual.screen import Screen

from unroll.terminal import help_texts
from unroll.terminal.bindings import GROUPS
from unroll.terminal.dialogs import Help
from unroll.terminal.session import Session
from unroll.terminal.widgets.recipe_form import FieldRow


def explanation(screen: Screen[Any], session: Session, of_lens: Callable[[], Sequence[str]]) -> Help:
    """Of where the focus is; `of_lens` says what the lens there shows."""
    nodes = [] if screen.focused is None else [screen.focused, *screen.focused.ancestors]
    field = next((node.field_name for node in nodes if isinstance(node, FieldRow)), "")
    pane = next((name for node in nodes if (name := type(node).__name__) in help_texts.PANES), "StateHeatmap")
    if field:
        sentences: Sequence[str] = help_texts.of_field(field, session.recipe)
    elif pane == "LensPane":
        sentences = of_lens()
    else:
        sentences = help_texts.of_pane(pane, session.recipe_shown, session.run, session.view, session.own)
    title = field or help_texts.PANES[pane].replace("number", session.vocabulary.word)
    return Help(title, sentences, _keys(screen, title))


def _keys(screen: Screen[Any], own: str) -> dict[str, dict[str, str]]:
    """What every key does where the focus is, by group: those of the pane, which is called `own`, come first."""
    groups: dict[str, dict[str, str]] = {name: {} for name in (own, *GROUPS)}
    seen = set()
    for active in screen.active_bindings.values():
        binding = active.binding
        if binding.tooltip and binding.tooltip not in seen:
            seen.add(binding.tooltip)
            name = binding.group.description if binding.group else own
            groups[name][binding.tooltip] = screen.app.get_key_display(binding)
    return groups
