"""Names as teachers have them become logins, and nobody's namespace is another's."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit import LabError
from labkit.classroom import students


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("anna\nben,a-secret\n", {"anna": None, "ben": "a-secret"}),
        ("name,password\nanna,\n\nben, a secret \n", {"anna": None, "ben": "a secret"}),
        (
            "\ufeffLogin;Kennwort\r\nBjørn Müller;ganz-geheim\r\nJosé Łuk;\r\n",
            {"bjorn.muller": "ganz-geheim", "jose.luk": None},
        ),
        ('"Ek, Anna"\nGroß Ida\n', {"ek.anna": None, "gross.ida": None}),
        ("anna@example.org\n", {"anna.example.org": None}),
    ],
)
def test_students_are_read_as_they_come(text: str, found: dict[str, str | None], tmp_path: Path) -> None:
    (tmp_path / "students.csv").write_text(text)
    assert students.read(tmp_path / "students.csv") == found


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Anna Ek\nanna  ek\n", "Line 2 of .*there is a login anna.ek already"),
        ("anna\n李\n", "Line 2 of .*'李' has no letter or digit"),
        ("name\n\n", "There is no student in"),
        ("Ek, Anna\n", "Line 1 of .*'Anna' is too short for a password: .* in quotes"),
        ("anna\n,a-password\n", "Line 2 of .*'' has no letter or digit"),
    ],
)
def test_what_cannot_be_a_login_is_said_with_its_line(text: str, line: str, tmp_path: Path) -> None:
    (tmp_path / "students.csv").write_text(text)
    with pytest.raises(LabError, match=line):
        students.read(tmp_path / "students.csv")


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"Cannot read .*: No such file"):
        students.read(tmp_path / "none.csv")
    (tmp_path / "excel.xlsx").write_bytes(b"PK\x03\x04\xff")
    with pytest.raises(LabError, match="it is not UTF-8 text"):
        students.read(tmp_path / "excel.xlsx")


def test_a_password_is_kept_unless_another_is_given_and_none_is_alike() -> None:
    found = students.with_passwords({"anna": None, "ben": "new", "carla": None}, {"anna": "old", "ben": "old"})
    assert (found["anna"], found["ben"]) == ("old", "new")
    assert len(found["carla"]) >= 16
    assert found["carla"] != students.with_passwords({"carla": None}, {})["carla"]


@given(st.sets(st.text(), min_size=2))
def test_no_namespace_is_the_beginning_of_another(names: set[str]) -> None:
    spaces = {students.namespace(login) for each in names if (login := students.login_of(each))}
    assert not [(a, b) for a in spaces for b in spaces if a != b and b.startswith(a)]
