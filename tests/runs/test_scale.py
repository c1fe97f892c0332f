"""Processes are added and taken away while a pipeline runs; Kafka shares the partitions anew, and nothing is lost."""

from typing import Any

import pytest

from labkit import Lab, LabError
from labkit.kafka.groups import Groups
from labkit.runs.assignments import Assignments
from labkit.runs.replicas import Replicas
from tests.runs.flow import START, UNREADABLE, flow
from tests.topics import topics_of


def copied(readings: Any) -> Any:
    return readings


def run(lab: Lab, **options: Any) -> Replicas:
    found = lab.run(copied, reads="sensor", writes="out", in_process=True, **options)
    assert isinstance(found, Replicas)
    return found


def owners(lab: Lab, found: Replicas) -> list[int | None]:
    return [each.member for each in Assignments(Groups(topics_of(lab)), found).lanes()]


def test_processes_come_and_go_and_every_record_comes_out(lab: Lab) -> None:
    lab.create_topic("sensor", partitions=3)
    found = run(lab)
    with flow(lab, keys=30) as sent:
        found.wait_until_assigned()
        assert owners(lab, found) == [1, 1, 1]
        found.scale(4)
        found.wait_until_assigned()
        busy = owners(lab, found)
        assert len({*busy}) == 3
        lab.wait_for("out", new=300)
        found.scale(2)
        assert [each.number for each in found.members] == [1, 2]
        found.wait_until_assigned()
        assert {*owners(lab, found)} == {1, 2}
        found.kill(2)
        found.wait_until_assigned()
        assert owners(lab, found) == [1, 1, 1]
        found.start()
        found.wait_until_assigned()
        assert {*owners(lab, found)} == {1, 2}
    found.wait_until_caught_up()
    expected = {each for each in sent if each % UNREADABLE}
    assert {each.value["timestamp"] - START for each in lab.records("out")} == expected
    assert (found.status, found.error) == ("running", None)


def test_those_that_left_are_counted_and_named(lab: Lab) -> None:
    lab.create_topic("sensor", partitions=2)
    found = run(lab, replicas=2)
    found.wait_until_assigned()
    lab.produce(devices=30, records=300, per_second=None).wait(20)
    found.wait_until_caught_up()
    found.scale(1)
    (rows,) = found.tables()
    assert [row[0] for row in rows] == ["process", "1", "scaled down", "together"]
    assert int(rows[1][4]) + int(rows[2][4]) == int(rows[3][4]) == found.records_in == 300


def test_lanes_say_who_has_a_partition_how_fast_and_what_waits(lab: Lab) -> None:
    lab.create_topic("sensor", partitions=2)
    found = run(lab, replicas=2)
    found.wait_until_assigned()
    assignments = Assignments(Groups(topics_of(lab)), found)
    assert {each.member for each in assignments.lanes()} == {1, 2}
    lab.produce(devices=30, records=300, per_second=None).wait(20)
    found.wait_until_caught_up()
    lanes = assignments.lanes()
    assert [(each.topic, each.partition, each.lag) for each in lanes] == [("sensor", 0, 0), ("sensor", 1, 0)]
    assert all(each.per_second > 0 for each in lanes)
    found.stop()
    lab.produce(devices=30, records=60, per_second=None, name="more").wait(20)
    assert sum(each.lag for each in assignments.lanes()) == 60
    assert assignments.members() == [(1, False), (2, False)]


def test_what_cannot_be_scaled_says_so(lab: Lab) -> None:
    lab.create_topic("sensor")
    found = run(lab)
    with pytest.raises(LabError, match="at least one replica"):
        found.scale(0)
    found.stop()
    with pytest.raises(LabError, match="is stopped: start it first"):
        found.scale(2)
    lab.create_topic("wide", partitions=2)
    never = lab.run(copied, reads="wide", writes="out", name="never", in_process=True)
    assert isinstance(never, Replicas)
    never.stop()
    with pytest.raises(LabError, match="not all partitions are assigned"):
        never.wait_until_assigned(timeout=1)
