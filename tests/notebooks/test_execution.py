"""Every notebook runs unattended with other parameters too, and says nothing that it does not mean to say."""

from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
OTHER = {"seed": 7, "devices": 5, "rate": 4.0, "seconds": 2}
RECORDED = {"source": "nyc-weather"}
# From 03 on with both at once: pytest --nbmake has run them on simulated sensors, and each takes most of a minute.
CASES = [pytest.param(path, OTHER, id=path.stem) for path in NOTEBOOKS[:3]]
CASES += [pytest.param(path, OTHER | RECORDED, id=f"{path.stem} on recorded readings") for path in NOTEBOOKS[3:]]


@pytest.mark.usefixtures("installation")
@pytest.mark.parametrize(("path", "parameters"), CASES)
def test_it_runs_with_other_parameters_and_shows_no_warning_log_line_or_traceback(
    path: Path, parameters: dict[str, Any], tmp_path: Path
) -> None:
    done = tmp_path / path.name
    settings = {"progress_bar": False, "execution_timeout": 60, "store_widget_state": False}
    papermill.execute_notebook(path, done, parameters=parameters, cwd=path.parent, **settings)
    notebook = nbformat.read(done, as_version=4)
    outputs: list[Any] = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert [each for each in outputs if each.output_type == "error"] == []
    assert [each.text for each in outputs if each.output_type == "stream" and each.name == "stderr"] == []
    text = " ".join(each.text for each in outputs if each.output_type == "stream")
    assert not [word for word in ("WARN", "INFO", "ERROR", "Traceback", "rdkafka") if word in text]
    assert done.stat().st_size < 100_000
