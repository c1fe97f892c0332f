"""The questions of the lessons: each is asked before it is answered, and complete."""

import ast
import itertools
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from labkit import LabError
from labkit.predictions import question as module
from labkit.predictions.question import find, questions

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
LESSONS = [path for path in sorted(NOTEBOOKS.glob("*.ipynb")) if not path.stem.endswith("_exercises")]
WARM_UPS_FROM = "02"

every_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)


def calls(path: Path, method: str) -> Iterator[tuple[int, str, list[ast.expr]]]:
    """The number of the cell, the first argument and the values of `found` of each call of a method of `lab`."""
    for number, cell in enumerate(nbformat.read(path, as_version=4).cells):
        tree = ast.parse(cell.source) if cell.cell_type == "code" else ast.Module([], [])
        for each in ast.walk(tree):
            if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr == method:
                assert isinstance(each.args[0], ast.Constant)
                yield number, str(each.args[0].value), [item.value for item in each.keywords if item.arg == "found"]


@every_lesson
def test_each_question_of_a_lesson_is_asked_once_and_answered_in_a_later_cell(path: Path) -> None:
    found = [*calls(path, "predict")]
    asked = {name: cell for cell, name, answers in found if not answers}
    told = {name: cell for cell, name, answers in found if answers}
    assert len(found) == 2 * len(asked)
    assert [*asked] == [name for name, each in questions().items() if each.lesson == path.stem]
    assert all(told[name] > cell for name, cell in asked.items())
    order = [cell for name in asked for cell in (asked[name], told[name])]
    assert order == sorted(order), "the answer to one question stands above the next one"


@every_lesson
def test_whatever_a_lesson_may_find_is_among_the_choices(path: Path) -> None:
    for _, name, answers in calls(path, "predict"):
        values = {each.value for each in find(name).choices}
        outcomes = [
            part for answer in answers if isinstance(answer, ast.IfExp) for part in (answer.body, answer.orelse)
        ]
        constants = {each.value for each in outcomes if isinstance(each, ast.Constant)}
        assert constants <= values


@every_lesson
def test_a_warm_up_comes_early_from_the_third_lesson_on(path: Path) -> None:
    found = [(cell, lesson) for cell, lesson, _ in calls(path, "warm_up")]
    assert [lesson for _, lesson in found] == [path.stem[:2]] * (path.stem >= WARM_UPS_FROM)
    predictions = [each for each, *_ in calls(path, "predict")]
    assert all(cell < each for cell, _ in found for each in predictions)


def test_no_two_questions_and_no_question_and_its_repetition_are_the_same() -> None:
    texts = [form.text for each in questions().values() for form in (each, *each.again)]
    assert not [pair for pair in itertools.combinations(texts, 2) if pair[0] == pair[1]]


@pytest.mark.parametrize("name", questions())
def test_the_right_choice_is_not_told_by_lacking_a_reason(name: str) -> None:
    for form in (find(name), *find(name).again):
        right = [each.says for each in form.choices if each.value == form.right]
        wrong = [each.says for each in form.choices if each.value != form.right]
        assert not any(": " in each for each in wrong) or all(": " in each for each in right)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[keys]\ntitle = "x"', "again"),
        ('[keys]\ntitle = "x"\ntext = "x"\nbecause = "x"\nright = "a"\nhint = "x"', "hint"),
        ('[keys]\nright = "c"\n[[keys.choices]]\nvalue = "a"\nsays = "A"', "must be the value of one of the choices"),
        (
            '[keys]\nright = "a"\n[[keys.choices]]\nvalue = "a"\nsays = "A"\n[[keys.choices]]\nvalue = "b"\nsays = "B"',
            "'B'",
        ),
        ("[keys", "is no file of questions"),
    ],
)
def test_a_file_of_questions_that_is_damaged_or_lacks_something_is_said(
    content: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = '\ntitle = "x"\ntext = "x"\nbecause = "x"\nagain = [{text = "y", because = "y", right = 1}]\n'
    content = content.replace("[keys]\nright", f"[keys]{whole}right")
    (tmp_path / "01_producer.toml").write_text(content)
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    with pytest.raises(LabError, match=message):
        questions.__wrapped__()
