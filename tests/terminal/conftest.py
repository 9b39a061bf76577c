"""The playground that most tests of the terminal begin with."""

from collections.abc import AsyncIterator

import pytest

from playground_kit import Playing, playing


@pytest.fixture
async def game() -> AsyncIterator[Playing]:
    """The playground on its default recipe, untrained, open and at rest."""
    async with playing() as game:
        yield game
