"""The code of a submitted notebook, as any editor saves it. Everything in it is hostile until it is a string."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from labkit.grading import calls

MOST_VALUES = 2_000_000  # of the JSON: each takes up to a hundred bytes of memory, and no more than three of the file
MOST_CELLS = 2000
LONGEST_TEXT = 500_000  # characters
LONGEST = 200_000  # characters of all code: twice as much `1+1+…` keeps the kernel busy for ten seconds


class Unreadable(Exception):
    """A file is not a notebook that can be graded; the message says why, for the gradebook."""


@dataclass(frozen=True)
class Cell:
    """A cell of a submission, without its outputs, metadata and id."""

    source: str
    is_code: bool = True


def cells(content: bytes) -> list[Cell]:
    """Returns the cells, in order. Raises Unreadable."""
    if not content.strip():
        raise Unreadable("the file is empty")
    if sum(map(content.count, b",[{")) > MOST_VALUES:
        raise Unreadable("the file has too many values: hand it in without outputs")
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise Unreadable("the file is not JSON, so it is not a notebook") from None
    if not isinstance(found, dict) or not isinstance(found.get("cells"), list):
        raise Unreadable("the file is not a notebook of format 4")
    if (language := _language(found)) != "python":
        raise Unreadable(f"the notebook is in {language[:40]}, not in Python")
    if len(found["cells"]) > MOST_CELLS:
        raise Unreadable(f"the notebook has more than {MOST_CELLS} cells")
    return _limited([Cell(_source(each), each.get("cell_type") == "code") for each in found["cells"] if _is_cell(each)])


def exercises_in(cells: Sequence[Cell]) -> list[str]:
    """Returns the exercises that the code checks, each once, in order."""
    return calls.exercises_in([each.source for each in cells if each.is_code])


def _limited(cells: Sequence[Cell]) -> list[Cell]:
    """Returns the cells, without text that is too long. Raises Unreadable if there is no code, or too much."""
    if not any(each.is_code for each in cells):
        raise Unreadable("the notebook has no code")
    if sum(len(each.source) for each in cells if each.is_code) > LONGEST:
        raise Unreadable(f"the notebook has more than {LONGEST:,} characters of code")
    left, found = LONGEST_TEXT, []
    for each in cells:
        found.append(each if each.is_code else Cell(each.source[:left], is_code=False))
        left -= 0 if each.is_code else len(found[-1].source)
    return found


def _language(notebook: dict[str, Any]) -> str:
    metadata = notebook.get("metadata")
    for part, name in (("language_info", "name"), ("kernelspec", "language")):
        said = metadata.get(part) if isinstance(metadata, dict) else None
        if isinstance(said, dict) and isinstance(said.get(name), str):
            return str(said[name]).lower()
    return "python"


def _is_cell(cell: Any) -> bool:
    return isinstance(cell, dict) and cell.get("cell_type") in ("code", "markdown")


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(each for each in source if isinstance(each, str))
    text = source if isinstance(source, str) else ""
    return text.encode(errors="replace").decode()  # JSON can hold halves of characters
