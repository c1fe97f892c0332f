"""A submitted notebook with the output of its cells when it was graded: as text, so that it is small and safe."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from labkit.grading.notebooks import Cell
from labkit.grading.texts import printable

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def notebook(cells: Sequence[Cell], outputs: Mapping[int, str]) -> str:
    """The cells as a notebook of format 4.5. `outputs` has the text of the n-th code cell, counted from 0."""
    texts = iter([outputs.get(number, "") for number in range(len(cells))])
    made = [
        {"id": f"cell-{place}", "metadata": {}, "source": cell.source} | (_code(next(texts)) if cell.is_code else TEXT)
        for place, cell in enumerate(cells)
    ]
    whole = {"cells": made, "metadata": {"kernelspec": KERNEL}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1)


TEXT = {"cell_type": "markdown"}


def _code(text: str) -> dict[str, Any]:
    written = {"output_type": "stream", "name": "stdout", "text": printable(text)}
    return {"cell_type": "code", "execution_count": None, "outputs": [written] if text else []}
