"""What is refused: errors whose message is one sentence for a person, with the input, the rule and a way out in it.

Caught once at each edge (a command, a request, a field), where the sentence is shown. The subclasses are the few that
somebody catches by name.
"""

from __future__ import annotations


class UserError(Exception):
    """Something was asked that cannot be."""


class RecipeError(UserError):
    """A recipe that cannot be; `field` is the field at fault."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class FileError(UserError):
    """A file that cannot be read or written."""


class CheckpointError(FileError):
    """A file that is no saved network, or one that cannot be used."""
