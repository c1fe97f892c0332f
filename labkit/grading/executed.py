"""A submitted notebook with the output of its cells when it was graded: as text, so that it is small and safe."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from labkit.grading.escaping import printable
from labkit.grading.notebooks import Cell

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def notebook(cells: Sequence[Cell], outputs: Mapping[int, str]) -> str:
    """Returns the cells as a notebook of format 4.5. `outputs` has the text of the n-th code cell, counted from 0."""
    written = iter([outputs.get(number, "") for number in range(len(cells))])
    made = [
        {"id": f"cell-{n}", "metadata": {}, "source": cell.source} | (_code(next(written)) if cell.is_code else TEXT)
        for n, cell in enumerate(cells)
    ]
    whole = {"cells": made, "metadata": {"kernelspec": KERNEL}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1)


TEXT = {"cell_type": "markdown"}


def _code(text: str) -> dict[str, Any]:
    output = {"output_type": "stream", "name": "stdout", "text": printable(text)}
    return {"cell_type": "code", "execution_count": None, "outputs": [output] if text else []}
