"""What is refused: errors whose message is one sentence for a person, with the input, the rule and a way out in it.

Caught once at each edge (a command, a request, a field), where the sentence is shown; so is what memory cannot hold.
The subclasses are the few that somebody catches by name.
"""

from __future__ import annotations

NO_MEMORY = "There is not enough memory: choose a smaller batch_size, length, hidden_size or vocab_size."


class UserError(Exception):
    """Something was asked that is not possible."""


class RecipeError(UserError):
    """A recipe that is refused; `field` is the field at fault."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class FileError(UserError):
    """A file that cannot be read or written."""


class CheckpointError(FileError):
    """A file that is no saved network, or one that cannot be used."""


def is_memory(error: Exception) -> bool:
    """Whether an error of Python or torch means that memory ran out."""
    said = str(error).lower()
    return isinstance(error, MemoryError) or "out of memory" in said or "allocate memory" in said
