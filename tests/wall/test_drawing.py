"""What the wall shows of counts, as numbers and as a page."""

from typing import Any

from labkit.wall import course, drawing
from labkit.wall.drawing import State
from labkit.wall.tally import HELPED, PRESENT, Table

NOW = 1_700_000_000_000
HOSTILE = "<img src=x onerror=alert(1)>"


def alive(who: str, notebook: str = "01_producer", time: int = NOW) -> dict[str, Any]:
    return {"item": f"alive {who}", "alive": notebook, "time": time}


def hand(who: str, up: bool, seat: str = "", time: int = NOW) -> dict[str, Any]:
    return {"item": f"hand {who}", "hand": up, "seat": seat, "time": time}


def table(*items: dict[str, Any]) -> Table:
    found = Table(course.exercises(), course.asked())
    for each in items:
        found.take(each)
    return found


TRIED = {
    "item": "exercise damp-rooms",
    "time": NOW,
    "tried": 25,
    "passed": 12,
    "fails": [[1, 7], [0, 3]],
    "slips": [["unit", 5], ["nothing", 1]],
}
ASKED = {"item": "question 01-keys", "time": NOW, "rounds": [[["spread", 18], ["same", 9]], [["same", 20]]]}


def test_an_empty_wall_says_what_it_waits_for() -> None:
    state = State(table().tally(NOW))
    assert state.is_empty
    assert "Nobody has said anything yet" in drawing.there(state.tally)
    assert "None has been tried yet" in drawing.exercises(state.tally)
    assert "Nothing has been predicted yet" in drawing.question(state.shown)
    assert drawing.words(state) == "0 students here now, 0 hands up"


def test_who_has_given_no_sign_of_life_for_a_minute_is_not_there() -> None:
    found = table(alive("AAAA"), alive("BBBB", "02_filter"), alive("CCCC", "", NOW - PRESENT))
    assert found.tally(NOW).there == (("01_producer", 1), ("02_filter", 1))
    found.take(alive("AAAA", "02_filter", NOW + 1))
    assert found.tally(NOW + 1).there == (("02_filter", 2),)
    assert found.tally(NOW + 1 + PRESENT).students == 0


def test_a_hand_stays_up_in_the_order_of_raising_until_it_is_lowered_or_the_notebook_long_closed() -> None:
    found = table(hand("AAAA", True, "B4", NOW), hand("BBBB", True, time=NOW + 1), hand("AAAA", True, "B5", NOW + 2))
    assert found.tally(NOW + 3).hands == (("B5", NOW), ("BBBB", NOW + 1))
    found.take(hand("AAAA", False, time=NOW + 4))
    found.take(alive("BBBB", time=NOW + 5))
    assert found.tally(NOW + 4 + HELPED).hands == (("BBBB", NOW + 1),)
    assert found.tally(NOW + 5 + HELPED).hands == ()


def test_the_page_and_its_table_have_the_same_numbers() -> None:
    tally = table(TRIED, ASKED, alive("AAAA"), hand("AAAA", True)).tally(NOW)
    first, second = course.exercises()["damp-rooms"].behaviours[:2]
    page, numbers = drawing.exercises(tally), drawing.table(tally)
    for each in ("12 of 25 passed", f"7: {second}", f"3: {first}", "5: another unit or sign"):
        assert each in page
    for each in ("<td>25</td>", "<td>12</td>", f"7: {second}; 3: {first}", "5: another unit or sign"):
        assert each in numbers
    bars = drawing.question(State(tally).shown)
    for each in ("All in the same partition", "<b>20</b>", "<b>18</b>", "1st round 27, 2nd round 20"):
        assert each in bars
    assert "<td>01-keys</td><td>All in the same partition, since the key decides</td><td>9</td><td>20</td>" in numbers
    assert "AAAA" in drawing.hands(State(tally, time=NOW // 1000))


def test_the_newest_question_is_shown_unless_one_is_chosen() -> None:
    later = ASKED | {"item": "question 01-groups", "time": NOW + 1, "rounds": [[]]}
    tally = table(ASKED, later).tally(NOW + 2)
    assert getattr(State(tally).shown, "name", "") == "01-groups"
    assert getattr(State(tally, "01-keys").shown, "name", "") == "01-keys"


def test_whatever_comes_is_text() -> None:
    """Nothing of this gets through the gate; it would do no harm."""
    found = table(
        alive(HOSTILE, HOSTILE), hand(HOSTILE, True), {"item": "refused", "refused": {}, "floods": {HOSTILE: 3}}
    )
    state = State(found.tally(NOW), away=HOSTILE)
    for each in (drawing.head(state), drawing.there(state.tally), drawing.hands(state), drawing.table(state.tally)):
        assert "<img" not in each


def test_of_many_the_first_screen_shows_some_and_the_table_all() -> None:
    names = [*course.exercises()]
    many = [TRIED | {"item": f"exercise {name}", "time": NOW + n, "fails": []} for n, name in enumerate(names)]
    tally = table(*many, *(hand(f"A{n:03}", True) for n in range(50))).tally(NOW)
    assert drawing.exercises(tally).count("12 of 25 passed") == drawing.EXERCISES
    assert drawing.table(tally).count("<td>25</td>") == len(names)
    assert f"and {50 - drawing.HANDS} more" in drawing.hands(State(tally))
