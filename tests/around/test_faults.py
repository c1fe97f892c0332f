"""The faults that scripts/faults.py plants fit the code as it is."""

import ast

import pytest

from scripts import faults


@pytest.mark.parametrize("fault", faults.FAULTS, ids=lambda each: each.name)
def test_it_can_be_planted_and_its_tests_are_there(fault: faults.Fault) -> None:
    assert fault.misfit() == ""


def test_the_table_has_them_all_and_none_is_found_by_slow_tests_only() -> None:
    _, found = faults.table()
    assert [*found] == [each.name for each in faults.FAULTS]
    assert not [*filter(is_slow, found.values())]


def is_slow(test: str) -> bool:
    file, _, name = test.partition("[")[0].partition("::")
    body = ast.parse((faults.ROOT / file).read_text()).body
    functions = [each for each in body if isinstance(each, ast.FunctionDef) and each.name == name]
    marks = [mark for each in functions for mark in each.decorator_list]
    marks += [each for each in body if isinstance(each, ast.Assign) and "pytestmark" in ast.unparse(each)]
    return any("mark.slow" in ast.unparse(each) for each in marks)
