"""Every notebook runs unattended, with other parameters too, and shows nothing that it is not meant to show.

What runs here with its own parameters, or in Chromium, is not run by nbmake as well: see `tests.conftest`.
"""

import copy
import re
import uuid
from pathlib import Path
from typing import Any

import nbformat
import orjson
import papermill
import pytest
from nbformat.v4 import new_code_cell

from labkit.broker import OwnBroker
from labkit.grading import authoring, solved
from labkit.predictions.answer import label
from labkit.predictions.question import questions

EVERY = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
EXERCISES = [path for path in EVERY if path.stem.endswith("_exercises")]
NOTEBOOKS = [path for path in EVERY if path not in EXERCISES]
COLLECTION = authoring.of_the_package()
OTHER = {"seed": 7, "devices": 5, "rate": 4.0, "seconds": 2}
RECORDED = {"source": "nyc-weather"}
AGAIN = NOTEBOOKS[:3]  # their cells are run twice
LIVE = NOTEBOOKS[4]  # runs in Chromium too
LONG = [path for path in NOTEBOOKS[3:] if path != LIVE]  # each takes half a minute or more
LATER = NOTEBOOKS[8:]  # each makes more of what those before have: slow
SAMPLE = [EXERCISES[0], EXERCISES[2]]  # questions and functions, without and with windows: the others are slow
CASES = [pytest.param(path, OTHER, id=f"{path.stem} twice, with other parameters") for path in AGAIN]
CASES += [pytest.param(path, {}, id=path.stem, marks=[pytest.mark.slow] * (path in LATER)) for path in LONG]
CASES += [
    pytest.param(
        *(path, OTHER | RECORDED),
        id=f"{path.stem} on recorded readings, with other parameters",
        marks=[pytest.mark.soak] if path in LONG else [],
    )
    for path in NOTEBOOKS[3:]
]
SAVED = 120_000  # bytes of the outputs of a lesson: pictures and steps, without widgets

# What a lesson's own cells must have brought about, for its text to be true.
SEEN = {"05_flink": r"[1-9]\d* readings were in the backlog.*[1-9]\d* late readings, [1-9]\d* unreadable records"}

NOT_HERE = {"07-two-brokers"}  # on a Kafka that is not the lab's own no broker is killed


@pytest.mark.parametrize(("path", "parameters"), CASES)
def test_it_runs_on_a_shared_broker_and_shows_no_warning_log_line_or_traceback(
    path: Path, parameters: dict[str, Any], tmp_path: Path, broker: OwnBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_BROKER", broker.address)
    monkeypatch.setenv("LAB_NAMESPACE", f"student-{uuid.uuid4().hex[:8]}-")
    monkeypatch.setenv("LAB_PROGRESS", str(tmp_path / "progress.json"))
    done = tmp_path / path.name
    execute(twice(path, tmp_path) if path in AGAIN else path, done, parameters, cwd=path.parent)
    outputs = outputs_of(done)
    assert [each for each in outputs if each.output_type == "error"] == []
    assert [each.text for each in outputs if each.output_type == "stream" and each.name == "stderr"] == []
    text = " ".join(each.text for each in outputs if each.output_type == "stream")
    assert not [word for word in ("WARN", "INFO", "ERROR", "Traceback", "rdkafka") if word in text]
    assert re.search(SEEN.get(path.stem, ""), text, flags=re.DOTALL)
    assert answers_told(outputs) >= answers_known(path) - NOT_HERE
    assert size(outputs) < SAVED * (2 if path in AGAIN else 1)


def twice(path: Path, directory: Path) -> Path:
    """A copy whose cells are run again when all have been run, as by a learner who goes back: a cell that works the
    first time must not hang or fail the second time.
    """
    notebook, again = nbformat.read(path, as_version=4), directory / "twice.ipynb"
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and "Lab()" not in cell.source]
    for cell in code:
        if "parameters" not in cell.metadata.get("tags", []):
            repeated = copy.deepcopy(cell)
            repeated.id = uuid.uuid4().hex[:8]
            notebook.cells.append(repeated)
    nbformat.write(notebook, again)
    return again


@pytest.mark.usefixtures("installation")
@pytest.mark.parametrize(
    "path", [pytest.param(each, id=each.stem, marks=[pytest.mark.slow] * (each not in SAMPLE)) for each in EXERCISES]
)
def test_exercises_say_that_they_are_unanswered_and_pass_with_the_references(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a student who runs each cell as it is, and then answers it."""
    monkeypatch.setenv("LAB_PROGRESS", str(progress := tmp_path / "progress.json"))
    notebook, both, checks = nbformat.read(path, as_version=4), tmp_path / "both.ipynb", []
    for cell in [*notebook.cells]:
        if match := re.search(r'lab\.check\("([a-z-]+)"', cell.source):
            checks.append(match[1])
            notebook.cells.insert(
                notebook.cells.index(cell) + 1,
                new_code_cell(solved.code(COLLECTION.folder.exercise(match[1]), COLLECTION)),
            )
    nbformat.write(notebook, both)
    execute(both, done := tmp_path / path.name, {}, cwd=path.parent)
    outputs = outputs_of(done)
    assert [each for each in outputs if each.output_type == "error" or each.get("name") == "stderr"] == []
    verdicts = [each.data["text/plain"] for each in outputs if "text/html" in each.get("data", {})]
    for said in ("not answered yet", "all checks passed"):
        assert sum(said in each for each in verdicts) == len(checks), verdicts
    assert {*orjson.loads(progress.read_bytes())} == {*checks}
    assert done.stat().st_size < 150_000  # the table of all exercises alone has 30 kB


def execute(path: Path, done: Path, parameters: dict[str, Any], cwd: Path) -> None:
    settings = {"progress_bar": False, "execution_timeout": 180, "store_widget_state": False}
    papermill.execute_notebook(path, done, parameters=parameters, cwd=cwd, **settings)


def answers_told(outputs: list[Any]) -> set[str]:
    """The questions whose answer a lesson has told, and it was what the question says is right."""
    texts = [each.data["text/plain"] for each in outputs if "text/plain" in each.get("data", {})]
    told = {name: f"It is: {label(each, each.right, {})}.\n" for name, each in questions().items() if each.choices}
    return {name for name, words in told.items() if any(words in text for text in texts)}


def answers_known(path: Path) -> set[str]:
    return {name for name, each in questions().items() if each.lesson == path.stem and each.choices}


def size(outputs: list[Any]) -> int:
    """The bytes that outputs take in a notebook. (What papermill notes of each cell is as much again.)"""
    return sum(len(orjson.dumps(each)) for each in outputs)


def outputs_of(done: Path) -> list[Any]:
    cells = nbformat.read(done, as_version=4).cells
    return [output for cell in cells if cell.cell_type == "code" for output in cell.outputs]
