"""The class by exercise: who failed which behaviour."""

import re

from labkit.grading import overview
from labkit.grading.results import Result
from labkit.grading.roster import Person
from tests.grading.reports import report

WORTH = {"damp-rooms": 9.0, "dead-letters": 9.0, "which-records": 1.0}


def student(name: str, **points: int) -> Result:
    earned = {each.replace("_", "-"): number for each, number in points.items()}
    return Result(name, Person(name, name.title()), WORTH, reports=[report(earned)] if earned else [])


CLASS = [
    student("anna", damp_rooms=9, dead_letters=3),
    student("ben", damp_rooms=3, dead_letters=3),
    student("<cleo>", damp_rooms=9),
    student("dan"),
]


def test_each_behaviour_has_those_who_failed_it_among_those_who_handed_it_in() -> None:
    assert [(each.exercise, each.failed, each.handed_in) for each in overview.rows(CLASS)] == [
        ("damp-rooms", ("Ben",), 3),
        ("dead-letters", ("Anna", "Ben"), 2),
    ]


def test_the_page_shows_what_fails_most_first_and_escapes_names() -> None:
    page = overview.page([*CLASS, student("<eve>", damp_rooms=1)])
    assert re.findall(r"<text x=.0.*?>(.*?): kept</text>", page) == ["dead-letters", "damp-rooms"]
    assert re.findall(r"<rect .*?width=.([\d.]+)", page) == ["800.0", "400.0"]
    assert "&lt;Eve&gt;" in page
    assert "<eve>" not in page.casefold()
    assert "<td>2 of 4</td><td>&lt;Eve&gt;, Ben</td>" in page
    assert "default-src 'none'" in page


def test_a_class_in_which_all_is_right_has_a_table_and_no_picture() -> None:
    page = overview.page([student("anna", damp_rooms=9)])
    assert "<svg" not in page
    assert "0 of 1" in page
