"""The code of a submitted notebook, as any editor saves it. Everything in it is hostile until it is a string."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

CHECK = re.compile(r"\.check\(\s*[rbuf]?[\"']([A-Za-z0-9_-]{1,80})[\"']")
MOST_CELLS, LONGEST = 2000, 200_000  # characters of one cell


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
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise Unreadable("the file is not JSON, so it is not a notebook") from None
    if not isinstance(found, dict) or not isinstance(found.get("cells"), list):
        raise Unreadable("the file is not a notebook of format 4")
    if (language := _language(found)) != "python":
        raise Unreadable(f"the notebook is in {language[:40]}, not in Python")
    read = [
        Cell(_source(each), each.get("cell_type") == "code") for each in found["cells"][:MOST_CELLS] if _is_cell(each)
    ]
    if not any(each.is_code for each in read):
        raise Unreadable("the notebook has no code")
    return read


def exercises_in(cells: Sequence[Cell]) -> list[str]:
    """Returns the exercises that the code checks, each once, in order."""
    return list(dict.fromkeys(name for each in cells if each.is_code for name in CHECK.findall(each.source)))


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
    text = source[:LONGEST] if isinstance(source, str) else ""
    return text.encode(errors="replace").decode()  # JSON can hold halves of characters
