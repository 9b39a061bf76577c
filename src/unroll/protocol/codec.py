"""One JSON object a line, told apart by `type`: from a line to a message, or to a sentence on what is wrong with it.

The engine speaks first (`hello`). Every request has an id, and exactly one answer carries that id back: the one its
docstring names, or `error`. `progress` comes by itself. A request's `run` of 0 means the newest run, so that a person
can type at an engine by hand:

    {"type": "create", "id": 1}
    {"type": "play", "id": 2}
    {"type": "look", "id": 3, "moment": {"run": 0, "sequence": [7, 8, 9, 10]}}

Every bound stands in a type and is checked while decoding, at both ends.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from unroll.protocol.replies import AnyReply, Created, CutOff, Error, Id
from unroll.protocol.requests import AnyRequest
from unroll.recipe import FIELDS, field_of

VERSION = 6
MAX_LINE = 16 * 2**20
"""Bytes in a line of the engine's at most; a longer one is refused."""
MAX_REQUEST = 2**20
"""Bytes in a request at most."""
KINDS = {kind.__struct_config__.tag: kind for kind in get_args(AnyRequest)}
EXAMPLE = '{"type": "create", "id": 1}'
NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

encode = msgspec.json.Encoder().encode

LISTED = {"runs": Created, "cut_off": CutOff}
"""What a reply may list of earlier sessions."""


@cache
def _decoder(kind: str) -> msgspec.json.Decoder[Any]:
    """Made for the first message: with the first paint it would cost a thirtieth of that."""
    return msgspec.json.Decoder(AnyRequest if kind == "request" else AnyReply)


def decode_request(line: bytes | msgspec.Raw) -> AnyRequest:
    """The request in a line; raises as `read_reply` does."""
    request: AnyRequest = _decoder("request").decode(line)
    return request


def decode_reply(line: bytes | msgspec.Raw) -> AnyReply:
    """The reply in a line; raises as `read_reply` does."""
    reply: AnyReply = _decoder("reply").decode(line)
    return reply


def read_reply(line: bytes | msgspec.Raw) -> AnyReply:
    """The reply in a line; runs and sessions in it that cannot be, such as one of 1e308 epochs, are only counted.

    Raises:
        msgspec.DecodeError, UnicodeDecodeError, RecursionError: it cannot be read even so.
    """
    try:
        reply = decode_reply(line)
    except msgspec.ValidationError:
        raw = msgspec.json.decode(line)
        lists = {name: raw[name] for name in LISTED if isinstance(raw, dict) and isinstance(raw.get(name), list)}
        kept = {name: [one for one in listed if _can_be(one, LISTED[name])] for name, listed in lists.items()}
        left_out = sum(len(lists[name]) - len(kept[name]) for name in lists)
        if not left_out:
            raise
        reply = msgspec.convert({**raw, **kept, "left_out": left_out}, AnyReply)
    return reply


def _can_be(value: object, kind: type) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def read_request(line: bytes) -> AnyRequest | Error:
    """The request in a line, or the answer to a line that is none: its own id, or 0 without one, and a sentence."""
    if len(line.rstrip(b"\r\n")) > MAX_REQUEST:
        return Error(id=0, sentence=f"The line is too long: a request has at most {MAX_REQUEST:,} bytes.")
    try:
        return decode_request(line)
    except NOT_JSON as error:
        complaint = str(error)
    try:
        raw: object = msgspec.json.decode(line)
    except NOT_JSON as error:
        sentence = f"The line is not JSON ({error!s:.80}): write one message a line, like {EXAMPLE}."
        return Error(id=0, sentence=sentence)
    if not isinstance(raw, dict):
        return Error(id=0, sentence=f"A message is a JSON object, like {EXAMPLE}.")
    number = 0
    with suppress(msgspec.ValidationError):
        number = msgspec.convert(raw.get("id"), Id)
    return Error(id=number, sentence=_sentence(raw, complaint))


def _sentence(raw: dict[str, Any], complaint: str) -> str:
    kind = raw.get("type")
    if not isinstance(kind, str) or kind not in KINDS:
        given = f"{kind!r:.24} is no type of message" if "type" in raw else "The message has no type"
        return f"{given}: choose {', '.join(KINDS)}."
    what, _, place = complaint.partition(" - at ")
    path = place.strip("`$.")
    value, hint = _at(raw, KINDS[kind], path)
    name = path.removeprefix("recipe.task.").removeprefix("recipe.model.").removeprefix("recipe.train.")
    if "of length" in what and isinstance(value, str | list):
        things = f"{len(value):,} {'characters' if isinstance(value, str) else 'entries'}"
        sign, limit = what.split()[-2:]
        most = f"at {'most' if sign == '<=' else 'least'} {int(limit):,}"
        return f"{name} {f'has {things}' if value else 'is empty'}: give {most}."
    field = FIELDS.get(name) or field_of(name, hint)
    if path and not isinstance(value, dict | list) and (field.words or field.help or field.high is not None):
        is_shown = isinstance(value, str | float) and field.kind is not int
        return str(field.refusal(value if is_shown else msgspec.json.encode(value).decode()))
    where = f"{kind}, {path}" if path else kind
    wrong = what[:1].lower() + what[1:200].replace("`", "")
    return f"The message cannot be read ({where}: {wrong}): {kind} takes {', '.join(get_type_hints(KINDS[kind]))}."


def _at(raw: Any, hint: Any, path: str) -> tuple[Any, Any]:
    """The value at a path such as `recipe.model.cell` or `moment.sequence[2]`, and the type hint of it."""
    for name, index in re.findall(r"(\w+)|\[(\d+)\]", path):
        kind = _bare(hint)
        if name and isinstance(raw, dict):
            raw, hint = raw.get(name), get_type_hints(kind, include_extras=True)[name]
        elif index and isinstance(raw, list) and int(index) < len(raw):
            several = [part for part in get_args(kind) if part is not Ellipsis]
            raw, hint = raw[int(index)], several[min(int(index), len(several) - 1)]
        else:  # a name was given twice, and what is wrong is not in the last of them
            return {}, hint
    return raw, hint


def _bare(hint: Any) -> Any:
    """A hint without its limits, and without None beside it."""
    while hasattr(hint, "__metadata__"):
        hint = hint.__origin__
    if get_origin(hint) is UnionType:
        return next((_bare(part) for part in get_args(hint) if part is not type(None)), hint)
    return hint
