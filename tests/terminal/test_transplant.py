"""A state that is kept and put into another sequence, by hand."""

from playground_kit import NARROW, Playing, playing
from unroll.moment import Patch
from unroll.recipe import PRESETS


def patches(game: Playing) -> tuple[Patch, ...]:
    return game.session.moment.interventions.patches


async def test_a_kept_state_is_put_in_whole_then_its_cell_state_then_a_unit_and_taken_out_again() -> None:
    async with playing(PRESETS["recall, lstm"].replace(vocab_size=16, length=3), size=NARROW) as game:
        await game.press("j")
        assert "h keeps the one at this step" in game.text
        await game.press("h")
        assert "Kept the state after 7 8 9 10." in game.text
        await game.ask("1 2 3")
        await game.press("escape", "j")
        assert patches(game) == (Patch(2, (7, 8, 9, 10)),)
        assert "state put in at step 3" in game.text or "state after" in game.text
        await game.press("j")
        assert patches(game) == (Patch(2, (7, 8, 9, 10), "cell"),)
        assert "c acts from the next step on" in game.banner[1] and "here: c acts one step later" in game.text
        await game.press("down", "j")
        assert patches(game) == (Patch(2, (7, 8, 9, 10), "unit", 1),)
        await game.press("j")
        assert patches(game) == ()
        await game.press("left", "j", "u")
        assert patches(game) == ()


async def test_a_network_without_a_cell_state_skips_it_and_a_shorter_sequence_drops_the_state() -> None:
    async with playing(size=NARROW) as game:
        await game.press("h", "j", "j")
        assert patches(game) == (Patch(3, (7, 8, 9, 10), "unit", 0),)
        await game.ask("1 2")
        assert patches(game) == ()
