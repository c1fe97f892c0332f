"""The code of a submitted notebook, as any editor saves it. Everything in it is hostile until it is a string."""

import json
import re
from typing import Any

CHECK = re.compile(r"\.check\(\s*[rbuf]?[\"']([A-Za-z0-9_-]{1,80})[\"']")
MOST_CELLS, LONGEST = 2000, 200_000  # characters of one cell


class Unreadable(Exception):
    """Why a file is no notebook that can be graded, in words for the gradebook."""


def cells(content: bytes) -> list[str]:
    """The source of each code cell, in order. Outputs, metadata and ids are left behind. Raises Unreadable."""
    if not content.strip():
        raise Unreadable("the file is empty")
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise Unreadable("the file is not JSON, so it is no notebook") from None
    if not isinstance(found, dict) or not isinstance(found.get("cells"), list):
        raise Unreadable("the file is not a notebook of format 4")
    if (language := _language(found)) != "python":
        raise Unreadable(f"the notebook is in {language[:40]}, not in Python")
    sources = [_source(each) for each in found["cells"][:MOST_CELLS] if _is_code(each)]
    if not sources:
        raise Unreadable("the notebook has no code")
    return sources


def exercises_in(sources: list[str]) -> list[str]:
    """The exercises that the code checks, each once, in order."""
    return list(dict.fromkeys(name for source in sources for name in CHECK.findall(source)))


def _language(notebook: dict[str, Any]) -> str:
    metadata = notebook.get("metadata")
    for part, name in (("language_info", "name"), ("kernelspec", "language")):
        said = metadata.get(part) if isinstance(metadata, dict) else None
        if isinstance(said, dict) and isinstance(said.get(name), str):
            return str(said[name]).lower()
    return "python"


def _is_code(cell: Any) -> bool:
    return isinstance(cell, dict) and cell.get("cell_type") == "code"


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(each for each in source if isinstance(each, str))
    return source[:LONGEST] if isinstance(source, str) else ""
