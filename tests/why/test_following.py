"""`lab.why(run, offset=17)` follows one record to where it has ended."""

import re

import pytest

from labkit import Lab, LabError
from labkit.why import causes
from tests.stepping.records import START, Raw, reading, send
from tests.why.conftest import Plant
from tests.why.situations import (
    HOT,
    LATE,
    MINUTE,
    above,
    as_it_is,
    as_of,
    failing,
    full_windows,
    of,
    sessions,
    strict,
    tumbling,
)


def one(found) -> causes.Cause:
    assert len(found.causes) == 1, found
    return found.causes[0]


def test_a_record_that_a_line_left_out(shared: Lab, plant: Plant) -> None:
    run, topics = plant({"a": HOT}, above)
    found = shared.why(run, offset=17)
    assert isinstance(one(found), causes.Stopped)
    assert found.sentences[0].endswith('`return readings[readings["kelvin"] > 3030]`: kelvin was 297.15.')
    assert f"{topics['a']}, partition 0, offset 17, porch at 2023-11-14 22:13:37" in str(found)
    assert "kelvin 297.15" in str(found)


def test_a_record_in_a_window_that_has_closed_and_one_in_an_open_one(shared: Lab, plant: Plant) -> None:
    run, _ = plant({"a": MINUTE}, tumbling)
    closed, still_open = shared.why(run, key="porch", time="22:13:21"), shared.why(run, offset=59)
    assert one(closed).closed_by == 6
    assert "offset 6 closed: out came mean 21.5, n 4, start 22:13:20, end 22:13:24." in closed.sentences[0]
    assert one(still_open).closed_by is None
    assert "which is open: it closes when porch sends a record of 22:14:22 or later" in still_open.sentences[0]


def test_a_window_that_a_later_line_left_out(shared: Lab, plant: Plant) -> None:
    run, _ = plant({"a": MINUTE}, full_windows)
    found = shared.why(run, offset=1)
    assert one(found).left_out.text == 'return windows[windows["n"] > 4]'
    assert "the window stopped at line" in found.sentences[0]


def test_a_late_record(shared: Lab, plant: Plant) -> None:
    run, _ = plant({"a": LATE}, strict)
    found = shared.why(run, offset=5)
    assert isinstance(one(found), causes.TooLate)
    assert "7 s too late for the window 22:13:20 – 22:13:24" in found.sentences[0]


def test_a_record_that_came_out_one_that_nobody_can_read_and_one_that_is_not_read_yet(
    shared: Lab, plant: Plant
) -> None:
    run, topics = plant({"a": [Raw(b"porch", b"{broken", START), *HOT]}, as_it_is)
    lost, out = shared.why(run, offset=0), shared.why(run, offset=1)
    assert f"went to {topics['a']}.dead-letter: `not JSON" in lost.sentences[0]
    assert isinstance(one(lost), causes.Lost)
    assert f"It came out, and went to {topics['out']}: porch, device porch, temperature 20" in out.sentences[0]
    run.stop()
    send(shared, topics["a"], HOT[0])
    assert one(shared.why(run, offset=34)) == causes.NotRead(34)


def test_a_record_at_which_it_fails(shared: Lab, plant: Plant) -> None:
    run, _ = plant({"a": HOT}, failing)
    assert one(shared.why(run, offset=5)) == causes.NotRead(0)


def test_a_record_that_a_join_keeps(shared: Lab, plant: Plant) -> None:
    run, topics = plant({"a": of("oven")(5), "b": of("oven")(6)}, as_of)
    with pytest.raises(LabError, match="Several records have the offset 0"):
        shared.why(run, offset=0)
    found = shared.why(run, time="22:13:26")
    assert topics["b"] in str(found)
    assert isinstance(one(found), causes.Kept)


def test_a_record_in_a_session_that_others_have_made_longer(shared: Lab, plant: Plant) -> None:
    run, _ = plant({"a": of("oven")(0, 1, 2, 10, 11)}, sessions)
    closed, still_open = shared.why(run, offset=0), shared.why(run, offset=3)
    assert one(closed).closed_by == 3
    assert "offset 3 closed: out came n 3, start 22:13:20, end 22:13:22.001." in closed.sentences[0]
    assert "22:13:30 – 22:13:31.001, which is open: it closes when oven sends a record of 22:13:35.501" in str(
        still_open
    )


def test_a_record_that_came_before_the_run(shared: Lab, plant: Plant) -> None:
    _, topics = plant({"a": HOT}, as_it_is)
    run = shared.run(as_it_is, reads=topics["a"], writes=topics["out"])
    types = [type(each) for each in shared.why(run, offset=3).causes]
    assert types == [causes.Before, causes.Written]


@pytest.mark.parametrize(
    ("which", "words"),
    [
        ({"offset": 99}, "There is no record with offset 99 in a-"),
        ({"key": "cellar"}, "with the key 'cellar'."),
        ({"key": "porch", "time": "22:20:00"}, "at 22:20:00: the nearest is at 2023-11-14 22:13:52."),
        ({"time": "noon"}, "time is 'noon', which is no time"),
    ],
)
def test_a_record_that_is_not_there(shared: Lab, plant: Plant, which: dict[str, object], words: str) -> None:
    run, _ = plant({"a": HOT}, as_it_is)
    with pytest.raises(LabError, match=re.escape(words)):
        shared.why(run, **which)


def test_times_of_all_kinds_find_a_record(shared: Lab, plant: Plant) -> None:
    run, _ = plant({"a": [*HOT, reading("porch", 40.25)]}, as_it_is)
    for time in ("22:13:23", "2023-11-14T22:13:23", START + 3000):
        assert "offset 3," in shared.why(run, time=time).subject
    assert "offset 33," in shared.why(run, time="22:14:00").subject
    assert "offset 33," in shared.why(run, key="porch").subject
