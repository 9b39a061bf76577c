"""Where saved networks are: those that come with the program, and the user's own folder."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from unroll.errors import FileError
from unroll.files import at_home
from unroll.text import shown_path

SUFFIX = ".safetensors"
DATA_DIR = "UNROLL_DATA_DIR"
"""The environment variable that names another data folder."""


def own_models() -> Path:
    """The folder of the user's saved networks, in the platform's data folder or in what `UNROLL_DATA_DIR` names."""
    return Path(os.environ.get(DATA_DIR) or platformdirs.user_data_dir("unroll", appauthor=False)) / "models"


def shipped_models() -> Path:
    """The folder of the networks that come with the program: in the package, or beside `src` in a checkout."""
    package = Path(__file__).parent
    packed = package / "saved_models"
    return packed if packed.is_dir() else package.parents[1] / "saved_models"


def saving_folder() -> Path:
    """Where the playground saves: `saved_models` in the working directory when it is there, else the user's folder."""
    here = Path("saved_models").absolute()
    return here if os.path.isdir(here) else own_models()  # noqa: PTH112 - false where `here` may not be read


def models_by_name() -> dict[str, Path]:
    """The networks that the playground can open, by name; the saving folder's win over others of the same name."""
    return {file.stem: file for file in [*model_files(), *sorted(saving_folder().glob(f"*{SUFFIX}"))]}


def model_files() -> list[Path]:
    """All saved networks in both folders, those that come with the program first, by name."""
    return [file for folder in (shipped_models(), own_models()) for file in sorted(folder.glob(f"*{SUFFIX}"))]


def find_model(name: str) -> Path:
    """The file of a path or of a saved network's name; an existing file of exactly that name wins.

    Raises:
        FileError: it is a name without a folder, and no saved network has it.
    """
    path = at_home(name)
    if path.is_file() or path.name != name or path.suffix == SUFFIX:
        return path
    known = model_files()
    for file in known:
        if file.stem == name:
            return file
    names = ", ".join(dict.fromkeys(file.stem for file in known)) or "none yet"
    raise FileError(f"There is no saved network {shown_path(name)}: name a file, or choose one of these ({names}).")


def place_to_save(name: str) -> Path:
    """Where to save under a path, or under a bare name, which goes to the user's folder; makes that folder if needed.

    Raises:
        FileError: the user's folder cannot be made.
    """
    if not is_bare(name):
        return at_home(name)
    try:
        own_models().mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"{shown_path(own_models())} cannot be made ({error.strerror}): save to a path.") from None
    return own_models() / f"{name}{SUFFIX}"


def is_bare(name: str) -> bool:
    """Whether it is a name without a folder and without a suffix."""
    return Path(name).name == name and "." not in name and not name.startswith("~")
