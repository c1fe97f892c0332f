"""Raising a hand: by a button in a notebook, or by a call, where the class has a wall."""

from pathlib import Path

import pytest

from labkit import Lab, LabError
from labkit.wall import given, student
from labkit.wall.hand import LOWER, RAISE, Hand

FILE = """\
bootstrap.servers=127.0.0.1:1
lab.namespace=anna-
#lab.wall=Wall.abc.said
#lab.pseudonym=00112233445566778899aabbccddeeff
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "anna.properties"
    found.write_text(FILE)
    return found


def test_the_button_and_the_seat_tell_of_each_change() -> None:
    told: list[tuple[bool, str]] = []
    hand = Hand("ABCD", "There is a wall <here>.", lambda up, seat: told.append((up, seat)))
    assert "&lt;here&gt;" in hand.children[0].value
    hand.seat.value = "B4"
    assert told == []
    hand.button.value = True
    assert (told, hand.button.description) == ([(True, "B4")], LOWER)
    hand.seat.value = "<b>"
    assert told[1:] == [(True, "")]
    assert "A seat is a number" in hand.children[0].value
    hand.button.value = False
    assert (told[2:], hand.button.description) == ([(False, "")], RAISE)


def test_without_a_wall_a_hand_is_an_error_in_one_line(lab: Lab) -> None:
    with pytest.raises(LabError, match="There is no wall here"):
        lab.raise_hand()
    with pytest.raises(LabError, match="There is no wall here"):
        lab.lower_hand()


def test_what_is_no_seat_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_KAFKA_CONFIG", str(file))
    for seat in ("Anna", "B44444", "<b>", "B4\n"):
        with pytest.raises(LabError, match="A seat is a number"):
            student.Wall().hand(True, seat)


def test_the_file_is_that_of_lab_kafka_config_unless_lab_wall_names_one(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_WALL", "")
    assert given.given() is None
    monkeypatch.setenv("LAB_KAFKA_CONFIG", str(file))
    found = given.given()
    assert found == given.Given("Wall.abc.said", "00112233445566778899aabbccddeeff", "127.0.0.1:1", {})
    given.remember()
    monkeypatch.setenv("LAB_KAFKA_CONFIG", "")
    assert given.given() == found
    for off in ("0", "off", str(file.with_name("another"))):
        monkeypatch.setenv("LAB_WALL", off)
        assert given.given() is None
    file.write_text(FILE.replace("#lab.wall", "#"))
    monkeypatch.setenv("LAB_WALL", str(file))
    assert given.given() is None


def test_the_grader_sends_nothing(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_KAFKA_CONFIG", str(file))
    monkeypatch.setenv("LAB_GRADED", "1")
    with pytest.raises(LabError, match="There is no wall here"):
        student.Wall().hand(True)
