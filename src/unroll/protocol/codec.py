"""The messages between terminal and engine, and nothing else: one JSON object a line, told apart by `type`.

The engine speaks first (`hello`). Every request has an id, and exactly one answer carries that id back: the one its
docstring names, or `error`. `progress` comes unasked. A request's `run` of 0 means the newest run, so that a person
can type at an engine by hand:

    {"type": "create", "id": 1}
    {"type": "play", "id": 2}
    {"type": "look", "id": 3, "moment": {"run": 0, "sequence": [7, 8, 9, 10]}}
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

VERSION = 2
MAX_LINE = 16 * 2**20
"""Bytes in a line of the engine's at most; a longer one is refused."""
MAX_REQUEST = 2**20
"""Bytes in a request at most."""


class Message(Struct, frozen=True, tag_field="type", tag=lambda name: name.lower()):
    """Anything that goes over the line."""


encode = msgspec.json.Encoder().encode
