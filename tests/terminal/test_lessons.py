"""Every lesson that ships, played on a real engine: what it says of each network must be so."""

from playground_kit import Playing, playing
from unroll.tour import lesson


async def test_what_the_lessons_say_is_so() -> None:
    """In one playground, as they share networks."""
    first, *others = map(lesson.read, lesson.shipped().values())
    async with playing(lesson=first) as game:
        await _go_through(game, first)
        for one in others:
            await game.press("full_stop")
            await _go_through(game, one)


async def _go_through(game: Playing, one: lesson.Lesson) -> None:
    assert sum(bool(scene.expect) for scene in one.scenes) == len(one.scenes)
    for place, scene in enumerate(one.scenes):
        tour = game.app.playground.tour
        assert (tour.lesson, tour.place, tour.card().is_away) == (one, place, False)  # type: ignore[union-attr]
        failed = [condition.text for condition in scene.expect if not condition.holds(tour.evidence)]
        assert failed == [], (scene.text, tour.evidence)
        if scene is not one.scenes[-1]:
            await game.press("full_stop")
