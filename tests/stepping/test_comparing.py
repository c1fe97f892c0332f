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
    text = str(compared[4])
    assert "3 s too late for the window" in text.split("\n\nrecord")[0]
    assert text.count("record 4 of 0 to 5") == 2
    assert [*compared.table()["pipeline"]] == ["strict"] * 6 + ["patient"] * 6


def test_one_that_has_failed_leaves_the_other_alone(lab: Lab) -> None:
    send(lab, "porch", *LATE)
    compared = lab.step(lambda stream: stream, failing, reads="porch", name="two")
    assert len(compared) == 6
    assert compared.came_out(5)[1] == "it has failed before"
    assert str(compared[5]).endswith("it has failed before")


def test_the_same_function_does_not_differ_from_itself(lab: Lab, tmp_path: Path) -> None:
    send(lab, "porch", *LATE)
    compared = lab.step(strict, strict, reads="porch")
    assert compared.differs == []
    assert compared.summary().endswith("the same comes out")
    with pytest.raises(LabError, match="cannot be written"):
        compared.save(tmp_path / "no" / "both.html")
    with pytest.raises(IndexError):
        compared[6]
    with pytest.raises(LabError, match="Name a pipeline"):
        lab.step(reads="porch")
