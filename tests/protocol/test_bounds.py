"""Every message is bounded in its types: an impossible one is refused while it is decoded, at both ends."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect
from msgspec.structs import replace

from engine_kit import answers, converse
from unroll.client.pending import fault
from unroll.moment import Moment
from unroll.protocol.codec import MAX_LINE, decode_reply, encode, read_reply
from unroll.protocol.replies import (
    MAX_NEWS,
    AnyReply,
    Begun,
    Continued,
    Created,
    CutOff,
    Looked,
    Message,
    Progress,
    Resumed,
)
from unroll.protocol.requests import AnyRequest, Continue, Create, Look
from unroll.protocol.trace import Window
from unroll.recipe import Recipe
from unroll.series import History

LOOK = Look(moment=Moment(1, (7, 8, 9)), window=Window(1, 2, 3, 5), top=4, against=Moment(1, (7, 8, 9)))


def parts(kind: inspect.Type, where: str, seen: set[type]) -> Iterator[tuple[str, inspect.Type]]:
    """Every type that a message is made of, and where it stands."""
    match kind:
        case inspect.Metadata():
            yield from parts(kind.type, where, seen)
        case inspect.UnionType():
            for one in kind.types:
                yield from parts(one, where, seen)
        case inspect.StructType() if kind.cls not in seen:
            seen.add(kind.cls)
            for field in kind.fields:
                yield from parts(field.type, f"{kind.cls.__name__}.{field.name}", seen)
        case inspect.ListType() | inspect.VarTupleType():
            yield where, kind
            yield from parts(kind.item_type, f"{where}[]", seen)
        case inspect.DictType():
            yield where, kind
            yield from parts(kind.key_type, f"{where} key", seen)
            yield from parts(kind.value_type, f"{where} value", seen)
        case inspect.TupleType():
            for one in kind.item_types:
                yield from parts(one, where, seen)
        case _:
            yield where, kind


def is_bounded(kind: inspect.Type) -> bool:
    if isinstance(kind, inspect.IntType | inspect.FloatType):
        return (kind.ge, kind.gt) != (None, None) and (kind.le, kind.lt) != (None, None)
    if isinstance(kind, inspect.StructType | inspect.LiteralType | inspect.BoolType | inspect.NoneType):
        return True
    return getattr(kind, "max_length", None) is not None


PARTS = [*parts(inspect.type_info(AnyRequest | AnyReply), "", set())]


def test_every_text_list_and_number_of_every_message_is_bounded() -> None:
    assert {where.partition(".")[0] for where, _ in PARTS} > {"Progress", "Created", "History", "Plan", "Look", "Trace"}
    assert [where for where, kind in PARTS if not is_bounded(kind)] == []


@pytest.fixture(scope="module")
def honest() -> tuple[Created, Looked]:
    """A real engine's answers."""
    created, looked = answers(converse(Create(), LOOK)).values()
    return created, looked


def test_a_real_engines_answers_are_taken(honest: tuple[Created, Looked]) -> None:
    assert [fault(Create(), honest[0]), fault(LOOK, honest[1])] == ["", ""]
    assert fault(Continue(moment=LOOK.moment, count=2), Continued(id=1, numbers=[1, 2])) == ""


def changed(message: Message, path: str, value: Any) -> bytes:
    """A message as it goes over the line, with another value somewhere in it."""
    whole = msgspec.to_builtins(message)
    *names, last = path.split(".")
    place = whole
    for name in names:
        place = place[int(name) if isinstance(place, list | tuple) else name]
    place[int(last) if isinstance(place, list) else last] = value
    return encode(whole)


WINDOW = {"first_step": 1, "steps": 2, "first_unit": 3, "units": 5}
TRACES: list[tuple[str, Any]] = [
    ("values", [[0.0] * 5]),
    ("values", [[0.0] * 5, [0.0]]),
    ("values.0.0", 1e308),
    ("candidates", []),
    ("candidates.0.0.1", 1.01),
    ("candidates.0.0.0", -1),
    ("candidates.0.0.2", 1.01),
    ("arithmetic", [[0.5, 11, 9.5, 12, 4.0]]),
    ("arithmetic.0.0", 1e308),
    ("scale", 0.0),
    ("view", "soul"),
    ("views", ["hidden"] * 10_000),
    ("window", {**WINDOW, "first_step": -1}),
    ("window", {**WINDOW, "first_step": 2}),
    ("units", 4),
    ("epoch", 1e308),
    ("moment.sequence", []),
    ("score", [0.5, 1.5]),
]


@pytest.mark.parametrize(("path", "value"), TRACES)
def test_a_trace_that_cannot_be_is_refused(honest: tuple[Created, Looked], path: str, value: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        decode_reply(changed(honest[1], f"trace.{path}", value))


RUNS: list[tuple[str, Any]] = [
    *((f"plan.{name}", value) for name in ("updates_per_epoch", "updates", "batch_size") for value in (0, -1, 1e18)),
    ("history", msgspec.to_builtins(History(60, 60, (1.0,), (1.0,)))),
    ("history.stride", 0),
    ("history.updates", 3),
    ("history.accuracy", 1e308),
    ("recipe.model.hidden_size", 10**9),
]


@pytest.mark.parametrize(("path", "value"), RUNS)
def test_a_run_that_cannot_be_is_refused_alone_and_among_others(
    honest: tuple[Created, Looked], path: str, value: Any
) -> None:
    created = honest[0]
    several = Begun(id=1, session="x", runs=[created]), Resumed(id=1, runs=[created, created])
    for message, place in ((created, path), *((one, f"runs.{len(one.runs) - 1}.{path}") for one in several)):
        assert decode_reply(encode(message)) == message
        with pytest.raises(msgspec.ValidationError):
            decode_reply(changed(message, place, value))


NEWS = Progress(run=1, state="training", update=2, losses=[1.0, 0.5], accuracies=[0.5, 1.0])
CUT_OFF = CutOff(session="x", when=1.8e9, runs=1, recipe=Recipe(), update=1)


@pytest.mark.parametrize(
    ("message", "path", "value"),
    [
        (NEWS, "accuracy", 1e308),
        (NEWS, "accuracies.0", -0.1),
        (NEWS, "accuracies", [1.0]),
        (NEWS, "losses.0", -1.0),
        (NEWS, "losses.0", None),
        (NEWS, "sentence", "x" * 15_000_000),
        (NEWS, "state", "asleep"),
        (Begun(id=1, session="x", cut_off=[CUT_OFF]), "cut_off.0.when", 1e300),
        (Begun(id=1, session="x"), "session", "x" * 1000),
    ],
)
def test_news_that_cannot_be_is_refused(message: Message, path: str, value: Any) -> None:
    assert decode_reply(encode(message)) == message
    with pytest.raises(msgspec.ValidationError):
        decode_reply(changed(message, path, value))


def test_the_most_that_one_progress_tells_fits_into_a_line() -> None:
    assert len(encode(replace(NEWS, losses=[0.123456] * MAX_NEWS, accuracies=[0.1234] * MAX_NEWS))) < MAX_LINE


@given(st.integers(1, 5), st.integers(0, 9))
def test_more_numbers_than_were_asked_for_are_refused(count: int, given_: int) -> None:
    asked = Continue(moment=LOOK.moment, count=count)
    assert bool(fault(asked, Continued(id=1, numbers=[1] * given_))) == (given_ > count)


def test_a_step_without_candidates_is_refused_where_some_were_asked_for(honest: tuple[Created, Looked]) -> None:
    bare = Looked(id=1, trace=replace(honest[1].trace, candidates=[[], []]))
    assert fault(LOOK, bare)
    assert not fault(replace(LOOK, top=0), bare)


@pytest.mark.parametrize("kind", [Begun, Resumed])
def test_a_run_that_cannot_be_is_left_out_and_the_others_come(kind: Any, honest: tuple[Created, Looked]) -> None:
    runs = [replace(honest[0], run=number) for number in (1, 2, 3)]
    named = {} if kind is Resumed else {"session": "x"}
    raw = msgspec.json.decode(encode(kind(id=7, runs=runs, **named)))
    raw["runs"][1]["history"]["accuracy"] = 1e308
    assert read_reply(encode(raw)) == kind(id=7, runs=[runs[0], runs[2]], left_out=1, **named)
    with pytest.raises(msgspec.ValidationError):
        read_reply(encode({**raw, "id": -1}))


def test_an_earlier_session_that_cannot_be_is_left_out_and_the_others_come() -> None:
    cut_off = [CutOff(session=name, when=0.0, runs=1, recipe=Recipe(), update=0) for name in ("a", "b")]
    raw = msgspec.json.decode(encode(Begun(id=1, session="x", cut_off=cut_off)))
    raw["cut_off"][0]["when"] = 1e300
    assert read_reply(encode(raw)) == Begun(id=1, session="x", cut_off=cut_off[1:], left_out=1)
