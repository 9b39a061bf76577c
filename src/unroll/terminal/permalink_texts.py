"""What is said of a permalink: what it needs elsewhere, and why its network is not there or has come out otherwise."""

from unroll.permalink import Link
from unroll.terminal.runs import Run
from unroll.text import shown_path

TITLE = "A line that restores all that is seen"
COPIED = "It is copied, if the terminal allows that."
BY_TRAINING = "The weights come back by training again"
OTHER_NETWORK = "not to the bit the network of the permalink, as on another kind of processor or with another torch"


def of_copied(link: Link, mark: Run | None) -> str:
    """What a permalink needs elsewhere, and what of the screen is not in it."""
    needs = ""
    if link.model:
        needs = f"The weights come from {shown_path(link.model)}, which must be there."
    elif link.digest:
        needs = f"{BY_TRAINING} on {shown_path(link.recipe.task.path)}, which must be there."
    return f"{COPIED} " + (needs or f"{BY_TRAINING}.") + (" The marked run is not in it." if mark else "")


def of_other_network(theirs: float | None, ours: float | None) -> str:
    """By how much a permalink's network has come out otherwise here."""
    if theirs is None or ours is None:
        return f"This is {OTHER_NETWORK}: it may answer otherwise."
    if f"{theirs:.4g}" == f"{ours:.4g}":
        return f"This is {OTHER_NETWORK}; its loss is the same to four digits, {ours:.4g}."
    return f"This is {OTHER_NETWORK}: trained here, its loss is {ours:.4g} in place of {theirs:.4g}."


def of_missing(link: Link, refusal: str) -> str:
    """Why a permalink's network is not shown, by the engine's refusal, and what can be done."""
    if link.model:
        return f"The network of the permalink is not here. {refusal} Below is its recipe, untrained."
    if link.recipe.task.path:
        return f"The permalink's data are not here. {refusal} Start unroll where they are, or choose them in path."
    return refusal


def of_other_file(link: Link, digest: str) -> str:
    """That a file is not the permalink's, and what is shown in its place."""
    name = shown_path(link.model or link.recipe.task.path)
    differs = f"{name} is not the file of the permalink (digest {digest} in place of {link.digest})"
    if link.model:
        return f"{differs}: o opens it all the same. What is shown is the permalink's recipe, untrained."
    return f"{differs}, so nothing is trained: space trains on what is in it here."
