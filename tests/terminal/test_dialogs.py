"""Questions over the playground: what stands behind them, and what they offer."""

from __future__ import annotations

import pytest

from playground_kit import playing


@pytest.mark.parametrize("theme", ["dark", "ansi"])
@pytest.mark.parametrize("key", ["question_mark", "E"])
async def test_the_panes_stay_in_sight_behind_a_dialog(theme: str, key: str) -> None:
    async with playing(theme=theme) as game:
        before = game.lines
        await game.press(key)
        assert game.lines != before
        assert [line[:10] for line in game.lines[:30]] == [line[:10] for line in before[:30]]


async def test_a_key_has_the_name_in_the_help_that_sentences_call_it_by() -> None:
    async with playing() as game:
        await game.press("3", "question_mark")
        assert "ctrl+c  Quit" in game.text
        assert "enter  Open the list" in game.text
        assert "^c" not in game.text
