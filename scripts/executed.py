"""Execute the lessons in a folder where they are, for the site: widgets give way to the pictures below them."""

import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nbformat
import papermill

WIDGET = "application/vnd.jupyter.widget-view+json"
OVERWRITTEN = re.compile(r"[^\n]*\r(?!\n)")


def execute(lesson: Path) -> None:
    """Raises what papermill does if a cell fails."""
    settings = {"progress_bar": False, "store_widget_state": False, "kernel_name": "python3"}
    notebook = papermill.execute_notebook(lesson, None, cwd=lesson.parent, **settings)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = as_shown(cell.outputs)
    nbformat.write(notebook, lesson)  # type: ignore[no-untyped-call]


def as_shown(outputs: Iterable[Any]) -> list[Any]:
    """Returns outputs without widgets, and of what was printed what a front end has left: the last of lines that
    overwrite each other, as those of a wait do.
    """
    shown: list[Any] = []
    for each in outputs:
        if each.output_type == "stream" and shown and shown[-1].get("name") == each.name:
            shown[-1].text += each.text
        elif WIDGET not in each.get("data", {}):
            shown.append(each)
    for each in shown:
        if each.output_type == "stream":
            each.text = OVERWRITTEN.sub("", each.text)
    return shown


if __name__ == "__main__":
    for file in sorted(Path(sys.argv[1]).glob("[0-9][0-9]_*.ipynb")):
        if not file.stem.endswith("_exercises"):
            print(file.stem, flush=True)
            execute(file)
