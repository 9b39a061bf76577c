"""What is refused: errors whose message is one sentence for a person, with the input, the rule and a way out in it.

Caught once at each edge (a command, a request, a field), where the sentence is shown; so is what memory cannot hold.
The subclasses are the few that somebody catches by name.
"""

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


def over_limit(error: BaseException) -> str:
    """Which limit of this account or container has stopped the program, and a way out; empty for another error."""
    said = str(error).lower()
    if isinstance(error, BlockingIOError) or "start new thread" in said:
        return "No more processes or threads may be started here (ulimit -u): end some, or raise the limit."
    if "failed to map segment" in said or (isinstance(error, ImportError | OSError) and "allocate memory" in said):
        return "Less memory may be used here than torch takes (ulimit -v): raise the limit."
    return ""


def is_memory(error: Exception) -> bool:
    """Whether an error of Python or torch means that memory ran out."""
    said = str(error).lower()
    return isinstance(error, MemoryError) or "out of memory" in said or "allocate memory" in said
