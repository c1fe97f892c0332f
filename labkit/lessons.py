"""The notebooks: where they are in an installation, and copies of them for a student."""

import os
import shutil
from pathlib import Path

from labkit.errors import LabError

PACKAGED = Path(__file__).with_name("notebooks")  # in an installed wheel
CLONED = Path(__file__).parents[1] / "notebooks"
COPIES = Path("labkit-notebooks")
FIRST = "00_start_here.ipynb"
DASHBOARD = "04_live_charts.ipynb"


def are_packaged() -> bool:
    """Whether they belong to an installed package, where nobody should edit them; otherwise they are in a clone."""
    return PACKAGED.is_dir()


def folder() -> Path:
    """Where the notebooks are, as they were installed."""
    return PACKAGED if are_packaged() else CLONED


def copy_missing(into: Path) -> list[str]:
    """Copy the notebooks that a folder lacks, and leave those that it has. Returns the names of the copied ones.

    Raises LabError if the folder cannot be written to.
    """
    try:
        into.mkdir(parents=True, exist_ok=True)
        return [each.name for each in sorted(folder().glob("*.ipynb")) if _copy(each, into / each.name)]
    except OSError as error:
        raise LabError(f"The notebooks cannot be copied to {into}: {error.strerror}.") from None


def _copy(notebook: Path, copy: Path) -> bool:
    """Returns whether there was no such file yet."""
    if os.path.lexists(copy):
        return False
    begun = copy.with_name(f".{copy.name}.{os.getpid()}")  # half a copy would never be replaced by a whole one
    try:
        shutil.copyfile(notebook, begun)
        begun.replace(copy)
    finally:
        begun.unlink(missing_ok=True)
    return True
