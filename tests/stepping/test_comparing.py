"""Two functions side by side: on the same records, step by step, with what differs."""

from pathlib import Path

import pytest
from quixstreams.dataframe.windows import Count

from labkit import Lab, LabError
from labkit.stepping import Comparison
from tests.stepping.records import reading, send

LATE = [reading("porch", second) for second in (0, 1, 4, 5, 2, 9)]


def strict(readings):
    return readings.tumbling_window(4000).agg(n=Count()).final()


def patient(readings):
    return readings.tumbling_window(4000, grace_ms=3000).agg(n=Count()).final()


def failing(readings):
    return readings.apply(lambda each: each["temperature"] / (each["timestamp"] % 5000))


def kelvin(stream):
    stream["kelvin"] = stream["temperature"] + 273.15
    return stream[stream["temperature"] > 1]


def hot(stream):
    stream["kelvin"] = stream["temperature"] + 273.15
    stream = stream[stream["kelvin"] > 1]
    return stream[stream["temperature"] > 1]


@pytest.fixture
def compared(lab: Lab) -> Comparison:
    send(lab, "porch", *LATE)
    return lab.step(strict, patient, reads="porch")


def test_both_get_the_same_records_and_it_says_where_they_differ(compared: Comparison) -> None:
    assert [each.name for each in compared.sides] == ["strict", "patient"]
    assert len(compared) == 6
    assert compared.differs == [2, 5]
    assert compared.came_out(2) == ["porch: n 2, start 22:13:20, end 22:13:24", "nothing"]
    assert compared.came_out(5) == [
        "porch: n 2, start 22:13:24, end 22:13:28",
        "porch: n 3, start 22:13:20, end 22:13:24",
    ]
    assert "strict: 6 records in, 2 out; patient: 6 records in, 1 out; what comes out differs at 2 of 6" in str(
        compared
    )
    assert [*compared.table()["pipeline"]] == ["strict"] * 6 + ["patient"] * 6


def test_it_says_which_lines_did_something_else(compared: Comparison) -> None:
    assert compared.parts == [2, 4, 5]
    assert "; their lines part at 3 of 6 records: 2, 4, 5" in compared.summary()
    first, second = str(compared[4]).split("\n\npatient: record 4 of 0 to 5")
    assert first.startswith("strict: record 4 of 0 to 5")
    assert "\n≠   16  return readings.tumbling_window(4000).agg(n=Count()).final()" in first
    assert "\n≠   20  return readings.tumbling_window(4000, grace_ms=3000)" in second
    assert compared[4].parts == (
        "They part: strict in line 16: 3 s too late for the window 22:13:20 – 22:13:24, which has closed"
        " | patient in line 20: nothing comes out yet: the window is open"
    )
    assert second.endswith(compared[4].parts)
    assert compared[0].parts == ""
    assert "≠" not in str(compared[0])


def test_a_line_that_only_one_has_does_not_set_the_others_apart(lab: Lab) -> None:
    send(lab, "porch", *LATE)
    compared = lab.step(kelvin, hot, reads="porch", name="two")
    for one, two in (each.apart for each in compared):
        assert one == []
        assert [each.line.text for each in two] == ['stream = stream[stream["kelvin"] > 1]']
    assert compared.differs == []
    assert compared[3].parts == "They part: two in line 34: goes on as it is"


def test_one_that_has_failed_leaves_the_other_alone(lab: Lab) -> None:
    send(lab, "porch", *LATE)
    compared = lab.step(lambda stream: stream, failing, reads="porch", name="two")
    assert len(compared) == 6
    assert compared.came_out(5)[1] == "it has failed before"
    assert str(compared[5]).endswith("two: it has failed before")


def test_the_same_function_does_not_differ_from_itself(lab: Lab, tmp_path: Path) -> None:
    send(lab, "porch", *LATE)
    compared = lab.step(strict, strict, reads="porch")
    assert compared.differs == compared.parts == []
    assert compared.summary().endswith("the same comes out")
    with pytest.raises(LabError, match="cannot be written"):
        compared.save(tmp_path / "no" / "both.html")
    with pytest.raises(IndexError):
        compared[6]
    with pytest.raises(LabError, match="Name a pipeline"):
        lab.step(reads="porch")
