"""The faults that scripts/faults.py plants fit the code as it is."""

import pytest

from scripts import faults


@pytest.mark.parametrize("fault", faults.FAULTS, ids=lambda each: each.name)
def test_it_can_be_planted_and_its_tests_are_there(fault: faults.Fault) -> None:
    assert fault.misfit() == ""


def test_the_table_has_them_all() -> None:
    _, found = faults.table()
    assert [*found] == [each.name for each in faults.FAULTS]
