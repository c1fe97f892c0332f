"""What the lessons say of the steps that they show is what these show."""

import ast
import linecache
from pathlib import Path
from typing import Any

import nbformat
from quixstreams.dataframe.windows import Count

from labkit import Lab
from labkit.readings import now
from labkit.stepping import Steps
from labkit.stepping.memory import Value, Window
from tests.stepping.records import reading, send

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def stepped(lab: Lab, notebook: str, *parts: str, **names: Any) -> Steps:
    """What the last of some cells shows, each found by a part of its source; they share these names."""
    cells = nbformat.read(NOTEBOOKS / notebook, as_version=4).cells
    sources = [
        next(cell.source for cell in cells if cell.cell_type == "code" and part in cell.source) for part in parts
    ]
    names |= {"lab": lab}
    for source in sources:  # the source of a cell is known, as in a notebook
        linecache.cache[source] = (len(source), None, source.splitlines(keepends=True), source)
    for source in sources[:-1]:
        definitions = [each for each in ast.parse(source).body if isinstance(each, ast.FunctionDef | ast.Assign)]
        exec(compile(ast.Module(definitions, []), source, "exec"), names)
    *before, last = ast.parse(sources[-1]).body
    assert isinstance(last, ast.Expr)
    exec(compile(ast.Module(before, []), notebook, "exec"), names)
    found = eval(compile(ast.Expression(last.value), notebook, "eval"), names)
    assert isinstance(found, Steps)
    return found


def words(steps: Steps, number: int) -> str:
    return "; ".join(word for each in steps[number].outcomes for word in each.words)


def test_the_last_line_of_the_filter_leaves_out_a_reading_that_has_its_kelvin(lab: Lab) -> None:
    steps = stepped(lab, "02_filter.ipynb", "def alert_filter", "lab.step(alert_filter")
    assert words(steps, 0) == "kelvin 294.15; kelvin is 294.15, not > 303: left out here"
    assert [len(each.written) for each in steps] == [0, 1]


def cell(notebook: str, part: str) -> str:
    cells = nbformat.read(NOTEBOOKS / notebook, as_version=4).cells
    return str(next(each.source for each in cells if each.cell_type == "code" and part in each.source))


def test_the_late_reading_and_the_window_that_does_not_close(lab: Lab) -> None:
    start = now() // 60_000 * 60_000 - 60_000
    lab.create_topic("porch")
    names = {"now": now, "Count": Count, "start": start}
    exec(cell("03_windows.ipynb", "def send_walk"), names | {"lab": lab})
    strict = stepped(lab, "03_windows.ipynb", "def without_grace", "lab.step(without_grace", **names)
    assert strict[3].record.timestamp == start + 4000
    assert strict[3].marks == ["comes out", "closes"]
    assert "2 s too late" in words(strict, 5)
    patient = stepped(lab, "03_windows.ipynb", "def without_grace", "lab.step(with_grace", **names)
    first = next(
        identity for identity in patient[5].changes if getattr(patient[5].after[identity], "start", 0) == start
    )
    assert [each[first].holds["n"] for each in (patient[5].before, patient[5].after)] == [3, 4]
    assert {each.closes - start for each in patient[9].after.values() if hasattr(each, "closes")} == {10_000, 14_000}


def test_the_pipeline_fails_at_the_poison_record_and_comes_to_none_behind_it(lab: Lab) -> None:
    humidity = [50, 50, 50, 0, 50, 50, 50]
    send(lab, "sensor", *(reading("oven" if each else "attic", n, 20, each) for n, each in enumerate(humidity)))
    steps = stepped(lab, "06_when_things_break.ipynb", "def dryness", "lab.step(dryness")
    assert [len(each.written) for each in steps] == [1, 1, 0]
    assert steps.failed_at == 2
    assert "it did not come to the 2 records after it" in steps.summary()


JOINS = "08_tables_and_joins.ipynb"


def left_by(lab: Lab, *parts: str) -> dict[str, Any]:
    """The names that cells of lesson 08 leave behind, each found by a part of its source."""
    names: dict[str, Any] = {"lab": lab, "now": now}
    for part in parts:
        exec(cell(JOINS, part), names)
    del names["lab"]
    return names


def test_a_join_takes_the_place_of_then_and_remembers_both(lab: Lab) -> None:
    names = left_by(lab, "def send(", "def move(")
    lab.create_topic("sensor", "places")  # which its run reads
    steps = stepped(lab, JOINS, "def placed", "lab.step(placed", **names)
    assert words(steps, 0) == "kept for the join: of this side nothing comes out"
    gate = {each.record.timestamp - names["start"]: each.number for each in steps if each.record.key == b"gate"}
    assert [words(steps, gate[second]) for second in (6000, 7000)] == ["place north", "place south"]
    remembered = [each for each in steps[gate[9000]].after.values() if isinstance(each, Value) and each.key == "gate"]
    assert [each.value["place"] for each in remembered] == ["north", "south"]


def test_a_motion_closes_a_session_and_opens_another(lab: Lab) -> None:
    names = left_by(lab, "def send(", "def move(", "def at(", "def visits")
    steps = stepped(lab, JOINS, "lab.step(visits", **names)
    assert "closes" in steps[3].marks
    opened = [each for each in steps[3].after.values() if isinstance(each, Window)]
    assert [(each.start - names["start"], each.holds) for each in opened] == [(10_000, {"n": 1})]
    last = [each.closes for each in steps[-1].after.values() if isinstance(each, Window)]
    assert last == [names["start"] + 66_001]
