"""What goes to the wall, and what is let through: records of a few fields, in which no code of a student fits."""

import ast
import builtins
from pathlib import Path

import orjson
import pytest
from hypothesis import given as generated
from hypothesis import strategies as st

from labkit import lessons
from labkit.exercises import diagnosis
from labkit.wall import course, given, records, slips
from labkit.wall.gate import MOST, SPAN, TELLS, Gate
from labkit.wall.given import TEACHER

COURSE = course.course()
ANNA, BEN, TEACHERS = (given.pseudonym("ab" * 32, name) for name in ("anna", "ben", "class-teacher"))
LABELS = {ANNA: given.label(ANNA), BEN: given.label(BEN), TEACHERS: TEACHER}
VERDICT = {"exercise": "damp-rooms", "passed": False, "holds": "1" * COURSE.exercises["damp-rooms"], "slip": "unit"}
NOW = 1_700_000_000_000


def gate() -> Gate:
    return Gate(COURSE, lambda: LABELS)


def test_every_sentence_of_a_diagnosis_has_a_code() -> None:
    """A sentence that were sent as it is would name fields of a student's own."""
    tree = ast.parse(Path(str(diagnosis.__file__)).read_text())
    yielded = [each.value for each in ast.walk(tree) if isinstance(each, ast.Yield) and each.value]
    sentences = [text for each in yielded for text in filled(each, tree)]
    assert len(sentences) > 20
    assert [each for each in sentences if not slips.code_of(each)] == []
    assert all(slips.words_of(slips.code_of(each)) for each in sentences)


def filled(node: ast.expr, tree: ast.Module) -> list[str]:
    """What a text may say; in its gaps there is a number, as in most, or for a name of a field `'9'`."""
    if isinstance(node, ast.IfExp):
        return [*filled(node.body, tree), *filled(node.orelse, tree)]
    if isinstance(node, ast.Name):
        given = [
            each for each in ast.walk(tree) if isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) == node.id
        ]
        return [text for each in given if isinstance(each.value, ast.JoinedStr) for text in filled(each.value, tree)]
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    text = "".join(str(each.value) if isinstance(each, ast.Constant) else gap(each) for each in parts)
    if text != "'9' is 9":
        return [text]
    return [f"'9' is {meaning}" for _, meaning in (*diagnosis.SECONDS, *diagnosis.SLIPS)]


def gap(node: ast.expr) -> str:
    assert isinstance(node, ast.FormattedValue)
    return "'9'" if node.conversion == ord("r") else "field" if ast.unparse(node.value) == "kind" else "9"


def test_the_labs_own_notebooks_are_known_by_name_and_nobody_elses() -> None:
    own = {each.stem for each in lessons.folder().glob("*.ipynb")}
    assert {course.notebook(f"/home/anna/{name}.ipynb") for name in own} == own
    assert course.notebook("/home/anna/secret.ipynb") == ""


def test_an_exception_is_told_by_its_name_if_that_is_pythons_own() -> None:
    assert slips.code_of("KeyError: 'my secret field'") == "raises KeyError"
    assert slips.words_of("raises KeyError") == "raises KeyError"
    assert slips.code_of("AnnaEkError: no") == slips.words_of("raises AnnaEkError") == ""
    assert {*dir(builtins)} >= {"KeyError"}


@pytest.mark.parametrize(
    "record",
    [
        VERDICT,
        VERDICT | {"holds": "", "slip": "raises KeyError"},
        {"question": "01-keys", "said": "same"},
        {"alive": "01_producer"},
        {"alive": ""},
        {"hand": True, "seat": "B4"},
        {"hand": False, "seat": ""},
        {"round": "01-keys"},
    ],
)
def test_a_record_is_read_as_it_was_written(record: records.Record) -> None:
    assert records.parsed(records.packed(record), COURSE) == record


@pytest.mark.parametrize(
    "record",
    [
        VERDICT | {"exercise": "my-own"},
        VERDICT | {"holds": "11"},
        VERDICT | {"holds": "x" * COURSE.exercises["damp-rooms"]},
        VERDICT | {"slip": "<b>anna is slow</b>"},
        VERDICT | {"slip": "raises exit"},
        VERDICT | {"code": "def damp_rooms(readings): ..."},
        VERDICT | {"passed": 1},
        {"question": "01-keys", "said": "something else"},
        {"question": "01-keys", "said": 3},
        {"question": "nothing", "said": "same"},
        {"alive": "anna's notebook"},
        {"hand": True, "seat": "<script>"},
        {"hand": True, "seat": "B4" * 100},
        {"round": ["01-keys"]},
        {},
        [],
        None,
        17,
        "text",
    ],
)
def test_what_is_not_of_the_course_is_none(record: object) -> None:
    assert records.parsed(orjson.dumps(record), COURSE) is None


@generated(st.binary(max_size=500))
def test_no_bytes_are_an_error(raw: bytes) -> None:
    gate().items(raw, ANNA.encode(), NOW)
    gate().items(raw, raw, NOW)


@generated(st.recursive(st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(), st.lists, max_leaves=5))
def test_no_value_is_an_error(value: object) -> None:
    for name in ("exercise", "question", "alive", "hand", "round"):
        records.parsed(orjson.dumps({name: value, "said": value, "seat": value}), COURSE)


def test_a_label_does_not_tell_the_pseudonym_nor_the_pseudonym_the_login() -> None:
    assert len({given.pseudonym("ab" * 32, f"student{n}") for n in range(1000)}) == 1000
    assert given.pseudonym("ab" * 32, "anna") != given.pseudonym("ac" * 32, "anna")
    assert given.label(ANNA) not in ANNA.upper()
    assert len(given.label(ANNA)) == 4


def test_only_the_class_is_let_through_and_only_the_teacher_begins_a_round() -> None:
    found = gate()
    packed, begin = records.packed(VERDICT), records.packed({"round": "01-keys"})
    assert found.items(packed, ANNA.encode(), NOW) == [
        {"item": "exercise damp-rooms", "who": given.label(ANNA), "time": NOW} | VERDICT
    ]
    assert [each["item"] for each in found.items(begin, TEACHERS.encode(), NOW)] == ["question 01-keys"]
    (refused,) = found.items(packed, b"somebody", NOW)
    assert refused["refused"] == {"unknown": 1}
    assert found.items(packed, None, NOW + 1) == found.items(packed, given.label(ANNA).encode(), NOW + 2) == []
    assert found.items(begin, ANNA.encode(), NOW + 3) == found.items(packed, TEACHERS.encode(), NOW + 4) == []
    assert found.refused == {"unknown": 3, "unreadable": 2}
    _, told = found.items(packed, ANNA.encode(), NOW + TELLS)
    assert told["refused"] == {"unknown": 3, "unreadable": 2}
    assert len(found.items(packed, ANNA.encode(), NOW + 3 * TELLS)) == 1  # nothing new


def test_whoever_floods_is_cut_off_for_a_while_and_nobody_else() -> None:
    found, packed = gate(), records.packed(VERDICT)
    through = [bool(found.items(packed, BEN.encode(), NOW + n)) for n in range(MOST + 100)]
    assert through == [True] * MOST + [True] + [False] * 99  # the first refusal tells of itself
    assert found.floods == {LABELS[BEN]: 100}
    assert found.items(packed, ANNA.encode(), NOW + 200)[0]["who"] == LABELS[ANNA]
    assert found.items(packed, BEN.encode(), NOW + SPAN)[0]["who"] == LABELS[BEN]
