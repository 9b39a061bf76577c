"""Where saved networks are: those that come with the program, and the user's own folder."""

import os
from contextlib import suppress
from pathlib import Path

import platformdirs

from unroll.errors import FileError
from unroll.files import at_home, folder_of, reason
from unroll.text import shown_path

SUFFIX = ".safetensors"
DATA_DIR = "UNROLL_DATA_DIR"
"""The environment variable that names another data folder."""


def own_models() -> Path:
    """The folder of the user's saved networks, in the platform's data folder or in what `UNROLL_DATA_DIR` names;
    raises `FileError` without a home folder."""
    return folder_of(DATA_DIR, lambda: platformdirs.user_data_dir("unroll", appauthor=False)) / "models"


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
    files = model_files()
    with suppress(FileError):
        files += sorted(saving_folder().glob(f"*{SUFFIX}"))
    return {file.stem: file for file in files}


def model_files() -> list[Path]:
    """All saved networks in both folders, those that come with the program first, by name."""
    folders = [shipped_models()]
    with suppress(FileError):
        folders.append(own_models())
    return [file for folder in folders for file in sorted(folder.glob(f"*{SUFFIX}"))]


def find_model(name: str) -> Path:
    """The file of a path or of a saved network's name; an existing file of exactly that name wins.

    Raises `FileError` for a name without a folder that no saved network has.
    """
    path = at_home(name)
    if path.is_file() or path.name != name or path.suffix == SUFFIX:
        return path
    known = {file.stem: file for file in reversed(model_files())}
    if name in known:
        return known[name]
    names = ", ".join(reversed(known)) or "none yet"
    raise FileError(f"There is no saved network {shown_path(name)}: name a file, or choose one of these ({names}).")


def place_to_save(name: str) -> Path:
    """Where to save under a path, or under a bare name, which goes to the user's folder; makes that folder if needed.

    A name, dots or not, has no folder and does not end as a model's file. Raises `FileError` if the user's folder
    cannot be made, or a link has that name in it.
    """
    if Path(name).name != name or name.startswith(("~", ".")) or name.endswith(SUFFIX):
        return at_home(name)
    folder = own_models()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"{shown_path(folder)} cannot be made ({error.strerror}): save to a path.") from None
    path = folder / f"{name}{SUFFIX}"
    check_no_link(path)
    return path


def check_no_link(path: Path) -> None:
    """Raises `FileError` for a link in a folder of models: a name must not overwrite a file elsewhere."""
    if path.is_symlink():
        raise FileError(f"{shown_path(path)} is a link to another file: choose another name, or save to a path.")


def delete_model(name: str) -> Path:
    """Delete a saved network of the user's own; gives where it was.

    Raises `FileError` where there is none of that name, it comes with the program, or it cannot be deleted.
    """
    files = models_by_name()
    shipped = shipped_models()
    if name in files and files[name].parent == shipped:
        raise FileError(f"{shown_path(name)} comes with unroll: only networks of your own can be deleted.")
    if name not in files:
        known = ", ".join(one for one, file in files.items() if file.parent != shipped) or "none yet"
        raise FileError(f"There is no saved network {shown_path(name)}: choose one of your own ({known}).")
    try:
        files[name].unlink()
    except OSError as error:
        raise FileError(f"{shown_path(files[name])} cannot be deleted ({reason(error)}).") from None
    return files[name]
