"""Every notebook has the form that students, graders and screen readers rely on."""

import itertools
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from labkit.exercises import catalogue

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
EXERCISES = [path for path in NOTEBOOKS if path.stem.endswith("_exercises")]
LAST = max(path.stem for path in NOTEBOOKS if path not in EXERCISES)


def each(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", paths, ids=lambda path: path.stem)


every_notebook = each(NOTEBOOKS)
every_lesson = each([path for path in NOTEBOOKS if path not in EXERCISES])
every_notebook_of_exercises = each(EXERCISES)


def cells(path: Path, kind: str) -> list[Any]:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == kind]


@every_notebook
def test_it_is_committed_without_outputs(path: Path) -> None:
    for cell in cells(path, "code"):
        assert (cell.outputs, cell.execution_count) == ([], None)
    assert "widgets" not in nbformat.read(path, as_version=4).metadata


@every_notebook
def test_it_has_one_title_and_skips_no_heading_level(path: Path) -> None:
    text = "\n".join(re.sub(r"```.*?```", "", cell.source, flags=re.DOTALL) for cell in cells(path, "markdown"))
    levels = [len(marks) for marks in re.findall(r"^(#+) ", text, flags=re.MULTILINE)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


@every_notebook
def test_every_column_of_a_table_has_a_head(path: Path) -> None:
    heads = re.findall(
        r"^\|(.+)\|\n\|[-:| ]+\|$", "\n".join(c.source for c in cells(path, "markdown")), flags=re.MULTILINE
    )
    assert all(name.strip() for head in heads for name in head.split("|"))


@every_notebook
def test_it_opens_with_what_you_can_do_after_it_how_long_it_takes_and_its_contents(path: Path) -> None:
    opening = cells(path, "markdown")[0].source
    assert "**After this notebook you can**" in opening
    assert re.search(r"\*\*Time:\*\* about \d+ minutes", opening)
    contents = re.findall(r"^\d\. (.+)$", opening, flags=re.MULTILINE)
    everything = "\n".join(cell.source for cell in cells(path, "markdown"))
    headings = re.findall(r"^## \d\. (.+)$", everything, flags=re.MULTILINE)
    assert contents == headings


@every_lesson
def test_it_shows_where_we_are_and_ends_with_a_summary_and_a_try_this(path: Path) -> None:
    everything = "\n".join(cell.source for cell in cells(path, "markdown"))
    assert "you are here" in everything
    last = cells(path, "markdown")[-1].source
    assert "Summary" in last
    assert "**Try this.**" in last


@every_lesson
def test_it_has_one_parameters_cell_with_seed_devices_rate_and_seconds(path: Path) -> None:
    (parameters,) = [cell for cell in cells(path, "code") if "parameters" in cell.metadata.get("tags", [])]
    common, rest = ["seed", "devices", "rate", "seconds"], ["source"] if path.stem >= "03" else []
    assert re.findall(r"^(\w+) = ", parameters.source, flags=re.MULTILINE) == common + rest


@every_notebook
def test_code_is_explained_before_it_appears_and_lines_fit_the_page(path: Path) -> None:
    drawings = [block for cell in cells(path, "markdown") for block in re.findall(r"```.*?```", cell.source, re.DOTALL)]
    assert all(len(line) <= 90 for drawing in drawings for line in drawing.splitlines())
    kinds = [cell.cell_type for cell in nbformat.read(path, as_version=4).cells]
    assert kinds[0] == "markdown"
    for cell in cells(path, "code"):
        assert max(map(len, cell.source.splitlines())) <= 104
        assert len(cell.source.splitlines()) <= 20


@every_notebook_of_exercises
def test_it_asks_for_every_exercise_of_its_lesson_in_order_and_answers_none(path: Path) -> None:
    lesson = path.stem.removesuffix("_exercises")
    found = [each for each in catalogue.Folder(catalogue.COLLECTION).exercises() if each.lesson == lesson]
    code = [cell.source for cell in cells(path, "code")]
    asked = [name for source in code for name in re.findall(r'lab\.check\("([a-z-]+)"', source)]
    assert asked == [each.name for each in found]
    stubs = [each for each in code if "lab.check(" in each]  # the template of a project has other cells, too
    assert len(stubs) == len(found)
    assert all("\n    ...\n" in each or "SELECT ...\n" in each or " = None  # " in each for each in stubs)
    assert re.search(r"## \d\. How far you are", cells(path, "markdown")[-2].source)


@every_lesson
def test_it_leads_to_its_exercises_and_to_the_next_lesson(path: Path) -> None:
    last = cells(path, "markdown")[-1].source
    if path.stem != "00_start_here":
        assert f"]({path.stem}_exercises.ipynb)" in last
    assert "Next: [" in last or path.stem == LAST


@every_notebook
def test_it_ends_by_telling_how_to_shut_it_down(path: Path) -> None:
    end = nbformat.read(path, as_version=4).cells[-1].source.split("\n\n")
    following = end.pop() if end[-1].startswith("Next: [") else ""
    assert end[-1].startswith("**Shut down this notebook** when you are done: *File → Close and Shut Down Notebook*.")
    assert bool(following) == (path not in EXERCISES and path.stem != LAST)
