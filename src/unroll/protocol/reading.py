"""From a line to a request, or to a sentence that says what is wrong with it and what to write instead."""

from __future__ import annotations

import re
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from unroll.protocol.codec import MAX_REQUEST
from unroll.protocol.requests import AnyRequest, decode_request
from unroll.recipe import FIELDS

KINDS = {kind.__struct_config__.tag: kind for kind in get_args(AnyRequest)}
EXAMPLE = '{"type": "create", "id": 1}'
MAX_ID = 2**53
NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Unreadable(ValueError):  # noqa: N818 - it says what is
    """A line that is no request; the message is a sentence, `id` the line's own, or 0 when it has none."""

    def __init__(self, number: int, sentence: str) -> None:
        super().__init__(sentence)
        self.id = number


def read_request(line: bytes) -> AnyRequest:
    """The request in a line; raises `Unreadable`."""
    if len(line.rstrip(b"\r\n")) > MAX_REQUEST:
        raise Unreadable(0, f"The line is too long: a request has at most {MAX_REQUEST:,} bytes.")
    try:
        request: AnyRequest = decode_request(line)
    except NOT_JSON as error:
        raise _explain(line, str(error)) from None
    if not 0 <= request.id <= MAX_ID:
        raise Unreadable(0, f"id cannot be {request.id!s:.24}: choose a whole number from 0 to {MAX_ID:,}.")
    return request


def _explain(line: bytes, complaint: str) -> Unreadable:
    try:
        raw: object = msgspec.json.decode(line)
    except NOT_JSON as error:
        return Unreadable(0, f"The line is not JSON ({error!s:.80}): write one message a line, like {EXAMPLE}.")
    if not isinstance(raw, dict):
        return Unreadable(0, f"A message is a JSON object, like {EXAMPLE}.")
    return Unreadable(_id_of(raw), _sentence(raw, complaint))


def _id_of(raw: dict[str, Any]) -> int:
    number = raw.get("id")
    return number if type(number) is int and 0 <= number <= MAX_ID else 0


def _sentence(raw: dict[str, Any], complaint: str) -> str:
    kind = raw.get("type")
    if not isinstance(kind, str) or kind not in KINDS:
        given = f"{kind!r:.24} is no type of message" if "type" in raw else "The message has no type"
        return f"{given}: choose {', '.join(KINDS)}."
    what, _, place = complaint.partition(" - at ")
    path = place.strip("`$.")
    name = path.rpartition(".")[2]
    if path.startswith("recipe.") and name in FIELDS:
        return str(FIELDS[name].refusal(_dig(raw, path)))
    where = f"{kind}, {path}" if path else kind
    return f"The message cannot be read ({where}: {_plain(what)}): {_way_out(kind, path)}."


def _dig(raw: Any, path: str) -> object:
    """The value at a path like `recipe.model.cell`."""
    for name in path.split("."):
        raw = raw[name]
    return raw


def _plain(complaint: str) -> str:
    return complaint[:1].lower() + complaint[1:200].replace("`", "")


def _way_out(kind: str, path: str) -> str:
    """What the field takes where that is a choice of words; otherwise which fields there are."""
    hints = get_type_hints(KINDS[kind])
    hint = hints.get(re.split(r"[.\[]", path)[0])
    if get_origin(hint) is Literal:
        return f"choose {', '.join(get_args(hint))}"
    return f"{kind} takes {', '.join(hints)}"
