"""Execute the lessons in a folder where they are, for the site: widgets give way to the pictures below them."""

import sys
from pathlib import Path

import nbformat
import papermill

WIDGET = "application/vnd.jupyter.widget-view+json"


def execute(lesson: Path) -> None:
    """Raises what papermill does if a cell fails."""
    notebook = papermill.execute_notebook(
        lesson,
        None,
        cwd=lesson.parent,
        kernel_name="python3",
        progress_bar=False,
        store_widget_state=False,
        coalesce_streams=True,  # or each step of a wait is a line of its own
    )
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [each for each in cell.outputs if WIDGET not in each.get("data", {})]
    nbformat.write(notebook, lesson)  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    for file in sorted(Path(sys.argv[1]).glob("[0-9][0-9]_*.ipynb")):
        if not file.stem.endswith("_exercises"):
            print(file.stem, flush=True)
            execute(file)
