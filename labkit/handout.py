"""What students get of a clone: the notebooks and the lab, but nothing that holds a solution or computes one."""

import ast
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from labkit.errors import LabError

CLONE = Path(__file__).parents[1]
NOTEBOOKS = "[0-9][0-9]_*.ipynb"
AS_THEY_ARE = ("LICENSE", "NOTICE", "environment.yml", "requirements.txt")
LEFT_OUT = shutil.ignore_patterns("grading", "__pycache__", ".*")  # of the package
TABLE = re.compile(r"\[+(project|build-system|tool\.(hatch|uv))[].]")  # of pyproject.toml, that the lab needs
GRADING = re.compile(r"^grading = \[.*?^\]\n", re.MULTILINE | re.DOTALL)
FOR_OTHERS = re.compile(r"<!-- not handed out -->\n.*?<!-- handed out -->\n\n?", re.DOTALL)  # parts of a page
PAGE = re.compile(r"\]\((docs/\w+\.md)\)")
IMAGE = re.compile(r"!\[[^]]*\]\(([^)]+)\)")


def make(folder: Path) -> int:
    """Make the folder that students get. Returns the number of notebooks.

    Raises LabError if there is such a folder already, outside a clone, or if a notebook of the clone has an answer.
    """
    if not (CLONE / "pyproject.toml").is_file():
        raise LabError("Only a clone of the lab can be handed out.")
    if os.path.lexists(folder):
        raise LabError(f"{folder} is there already: give the name of a new folder.")
    notebooks = {each.name: _unanswered(each) for each in sorted((CLONE / "notebooks").glob(NOTEBOOKS))}
    begun = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        _fill(begun, notebooks)
        begun.replace(folder)
    except OSError as error:
        raise LabError(f"{folder} cannot be written: {error.strerror or error}.") from None
    finally:
        shutil.rmtree(begun, ignore_errors=True)
    return len(notebooks)


def _fill(folder: Path, notebooks: dict[str, Any]) -> None:
    shutil.copytree(CLONE / "labkit", folder / "labkit", ignore=LEFT_OUT)
    for name in AS_THEY_ARE:
        shutil.copyfile(CLONE / name, folder / name)
    (folder / "pyproject.toml").write_text(_project((CLONE / "pyproject.toml").read_text()))
    for name in ["README.md", *PAGE.findall(_for_students("README.md"))]:
        _copy_page(name, folder)
    (folder / "notebooks").mkdir()
    for name, notebook in notebooks.items():
        text = json.dumps(notebook, indent=1, ensure_ascii=False)
        (folder / "notebooks" / name).write_text(f"{text}\n")


def _copy_page(name: str, folder: Path) -> None:
    """Copy a page with the images that it shows."""
    text, there = _for_students(name), folder / name
    there.parent.mkdir(exist_ok=True)
    there.write_text(text)
    for image in IMAGE.findall(text):
        (there.parent / image).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(CLONE / Path(name).parent / image, there.parent / image)


def _for_students(page: str) -> str:
    return FOR_OTHERS.sub("", (CLONE / page).read_text())


def _project(text: str) -> str:
    """Returns pyproject.toml without what is for developers and instructors."""
    tables = re.split(r"^(?=\[)", text, flags=re.MULTILINE)
    return GRADING.sub("", "".join(each for each in tables if TABLE.match(each)))


def _unanswered(file: Path) -> dict[str, Any]:
    """Returns a notebook without outputs. Raises LabError if it cannot be read, or has an answer to an exercise."""
    try:
        notebook: dict[str, Any] = json.loads(file.read_text())
        codes = [each for each in notebook["cells"] if each["cell_type"] == "code"]
        answered = [name for each in codes for name in _answered("".join(each["source"]))]
    except (ValueError, KeyError, TypeError, SyntaxError) as error:
        raise LabError(f"notebooks/{file.name} cannot be read: {type(error).__name__}: {error}.") from None
    if answered:
        raise LabError(
            f"notebooks/{file.name} has an answer to {answered[0]}, which students would get: take it out first."
        )
    for each in codes:
        each.update(execution_count=None, outputs=[])
    return notebook


def _answered(source: str) -> Iterator[str]:
    """Yields the exercises that a cell checks with anything but a gap: `...`, None, or a text with `...`."""
    if ".check(" not in source:
        return
    tree = ast.parse(source)
    gaps, names = Counter(name for each in tree.body for name in _gaps(each)), Counter(_names(tree))
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "check":
            exercise, *answers = [*call.args, *(each.value for each in call.keywords)]
            if not all(isinstance(each, ast.Name) and 0 < names[each.id] == gaps[each.id] for each in answers):
                yield ast.unparse(exercise)


def _gaps(statement: ast.stmt) -> Iterator[str]:
    """Yields the name that a statement gives to a gap."""
    match statement:
        case ast.FunctionDef(name=name, body=[ast.Expr(value=ast.Constant(value=value))]) if value is ...:
            yield name
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=value)):
            if value is None or "..." in str(value):
                yield name


def _names(tree: ast.Module) -> Iterator[str]:
    """Yields each name as often as the cell defines it."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.Name(id=name, ctx=ast.Store()):
                yield name
