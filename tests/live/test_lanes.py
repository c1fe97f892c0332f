"""What lanes draw: who has which partition, since when, and in words."""

import xml.etree.ElementTree as ET
from types import SimpleNamespace

import pytest

from labkit import Lab, LabError
from labkit.live.lanes import NOTHING, Lanes
from labkit.live.lanes_svg import Assignment, draw, words
from labkit.live.pacing import Pacer
from labkit.runs.assignments import Assignments, Lane
from tests.waiting import eventually

NAMES = {"svg": "http://www.w3.org/2000/svg"}


def lanes(*members: int | None) -> list[Lane]:
    return [Lane("sensor", number, member, 10.0, 3) for number, member in enumerate(members)]


def bars(drawing: str) -> list[tuple[float, float, str]]:
    """Left edge, width and colour of each stretch."""
    found = ET.fromstring(drawing).findall("svg:rect[@stroke]", NAMES)
    return [(float(each.get("x")), float(each.get("width")), each.get("fill")) for each in found]


def test_a_partition_that_moves_is_drawn_in_the_colours_of_its_owners_with_the_gap_between() -> None:
    seen = [
        Assignment(0.0, lanes(1)),
        Assignment(20.0, lanes(None)),
        Assignment(25.0, lanes(2)),
        Assignment(60.0, lanes(2)),
    ]
    first, second = bars(draw(seen, [(1, True), (2, True)]))
    assert first[2] != second[2]
    pixels_a_second = first[1] / 20
    assert second[1] == pytest.approx(35 * pixels_a_second, abs=0.2)
    assert second[0] - (first[0] + first[1]) == pytest.approx(5 * pixels_a_second, abs=0.2)


def test_lanes_in_words_name_owner_rate_lag_the_idle_and_the_ended() -> None:
    said = words(lanes(1, None), [(1, True), (2, True), (3, True), (4, False)]).splitlines()
    assert said == [
        "sensor partition 0: process 1, 10.0 records/s, lag 3",
        "sensor partition 1: nobody, 10.0 records/s, lag 3",
        "processes 2, 3: no partition",
        "process 4: ended",
    ]


def test_a_lane_has_a_gap_while_its_owner_has_ended_and_kafka_has_not_noticed() -> None:
    ended = [Lane("sensor", 0, 1, 0.0, 3, alive=False)]
    seen = [Assignment(0.0, lanes(1)), Assignment(20.0, ended), Assignment(26.0, lanes(2)), Assignment(60.0, lanes(2))]
    (first, width, _), (second, _, _) = bars(draw(seen, [(1, False), (2, True)]))
    assert second - (first + width) == pytest.approx(6 * width / 20, abs=0.2)
    said = words(ended, [(1, False), (2, True)]).splitlines()
    assert said == [
        "sensor partition 0: process 1, which has ended, 0.0 records/s, lag 3",
        "process 2: no partition",
        "process 1: ended",
    ]


def test_a_name_cannot_break_the_drawing() -> None:
    drawn = draw([Assignment(0.0, [Lane("<b>&'", 0, 1, 0.0, 0)])], [(1, True)])
    assert "<b>" in "".join(ET.fromstring(drawn).itertext())


class StubAssignments(Assignments):
    """Assignments that the test sets."""

    def __init__(self) -> None:
        self.run = SimpleNamespace(retired=False)
        self.error: LabError | None = None

    def lanes(self) -> list[Lane]:
        if self.error:
            raise self.error
        return lanes(1, None)

    def members(self) -> list[tuple[int, bool]]:
        return [(1, True)]


@pytest.fixture
def assignments() -> StubAssignments:
    return StubAssignments()


@pytest.fixture
def shown(assignments: StubAssignments, pacer: Pacer) -> Lanes:
    """Lanes that the test updates."""
    return Lanes(assignments, pacer)


def refresh(shown: Lanes) -> str:
    """Updates lanes, and returns what they show."""
    shown.update()
    shown.paint()
    drawn: str = shown.children[0].value
    return drawn


def test_lanes_say_when_kafka_has_gone_and_go_on_when_it_is_back(assignments: StubAssignments, shown: Lanes) -> None:
    assert shown.children[0].value == shown.static_html() == shown.summary() == NOTHING
    assert "process 1" in refresh(shown)
    assignments.error = LabError("Kafka at <nowhere> does not answer.")
    assert refresh(shown) == shown.static_html() == "Kafka at &lt;nowhere&gt; does not answer."
    assert shown.summary() == "Kafka at <nowhere> does not answer."
    assignments.error = None
    assert len(bars(refresh(shown))) == 1  # what came before is still there
    assert shown.static_html().startswith("<img alt='sensor partition 0: process 1")


def test_lanes_end_once_their_run_can_never_start_again(assignments: StubAssignments, shown: Lanes) -> None:
    assert shown.update() is not None
    assignments.run.retired = True
    assert shown.update() is None
    assert shown.finished
    assert shown.children[0].value.endswith("<p>These lanes have ended.</p>")


def test_they_follow_a_run_and_end_with_it(lab: Lab) -> None:
    lab.create_topic("sensor", partitions=2)
    run = lab.run(lambda readings: readings, reads="sensor", name="copy")
    shown = lab.lanes(run)
    eventually(lambda: "sensor partition 1: process 1" in shown.summary(), 10)
    eventually(lambda: "process 1" in shown.children[0].value, 10)
    lab.produce(records=30, per_second=None, devices=10).wait(10)
    run.stop()
    eventually(lambda: "nobody" in shown.summary() and "process 1: ended" in shown.summary(), 10)
    run.retire("the test is over")
    eventually(lambda: shown.finished, 10)
    assert "These lanes have ended" in shown.children[0].value
