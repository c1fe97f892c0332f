"""Processes are added and taken away while a pipeline runs; Kafka shares the partitions anew, and nothing is lost."""

import threading
from typing import Any

import pytest

from labkit import Lab, LabError
from labkit.kafka.groups import Groups
from labkit.runs.assignments import Assignments
from labkit.runs.replicas import Replicas
from tests.kafka.transactions import transactional_producer
from tests.runs.flow import START, UNREADABLE, flow
from tests.topics import topics_of
from tests.waiting import eventually


def copied(readings: Any) -> Any:
    return readings


def run(lab: Lab, **options: Any) -> Replicas:
    found = lab.run(copied, reads="sensor", writes="out", in_process=True, **options)
    assert isinstance(found, Replicas)
    return found


def owners(lab: Lab, found: Replicas) -> list[int | None]:
    return [each.member for each in Assignments(Groups(topics_of(lab)), found).lanes()]


@pytest.mark.slow
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


@pytest.mark.slow
def test_those_that_have_ended_leave_first_and_come_back_before_others(lab: Lab) -> None:
    lab.create_topic("sensor", partitions=3)
    found = run(lab, replicas=3)
    found.wait_until_assigned()
    third = found.members[2].pid
    found.kill(1)
    found.kill(2)
    found.scale(1)
    assert [(each.number, each.pid) for each in found.members] == [(3, third)]
    found.wait_until_assigned()
    assert owners(lab, found) == [3, 3, 3]
    found.scale(2)
    found.wait_until_assigned()
    assert {*owners(lab, found)} == {1, 3}
    with pytest.raises(LabError, match="has no member 2: its members are 1 and 3"):
        found.kill(2)
    found.kill()
    found.scale(2)
    assert [(each.number, each.alive) for each in found.members] == [(1, True), (3, True)]


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


@pytest.mark.slow
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


@pytest.mark.slow
def test_the_groups_of_processes_are_deleted_when_kafka_has_noticed_their_end(lab: Lab) -> None:
    lab.create_topic("sensor", partitions=2)
    lab.produce(devices=30, records=300, per_second=None).wait(20)
    run(lab, replicas=2).wait_until_caught_up()
    again = run(lab)
    again.wait_until_caught_up()
    assert (again.records_in, {*lab.groups()["group"]}) == (0, {again.group})
    lab.reset()
    assert lab.groups().empty
    lab.create_topic("sensor")
    lab.produce(devices=30, records=300, per_second=None).wait(20)
    anew = run(lab)
    anew.wait_until_caught_up()
    assert (anew.records_in, anew.origin()) == (300, "")

    def known() -> set[str]:
        lab.groups()
        return {*Groups(topics_of(lab))._names()}

    eventually(lambda: known() == {anew.group})


def blocks(readings: Any) -> Any:
    """Writes one record of each device, and then keeps its transaction open."""

    def second_waits(_: Any, state: Any) -> bool:
        if state.get("seen"):
            threading.Event().wait()
        state.set("seen", True)
        return True

    return readings.filter(second_waits, stateful=True)


@pytest.fixture
def open_transactions(lab: Lab) -> Replicas:
    """A run of two processes, each with a partition in which it has written in a transaction that is open."""
    lab.create_topic("sensor", "out", partitions=2)
    found = lab.run(blocks, reads="sensor", writes="out", name="run", replicas=2, exactly_once=True)
    assert isinstance(found, Replicas)
    found.wait_until_assigned()
    lab.produce(devices=30, records=60, per_second=None).wait(20)
    eventually(lambda: held_back(lab) == [0, 1])
    return found


def held_back(lab: Lab) -> list[int]:
    """The partitions of `out` whose newest records nobody sees yet."""
    seen = topics_of(lab).end_offsets("out", committed=True)
    return [partition for partition, end in topics_of(lab).end_offsets("out").items() if seen[partition] < end]


@pytest.mark.slow
def test_the_transaction_of_a_killed_process_that_is_scaled_away_is_ended(
    lab: Lab, open_transactions: Replicas
) -> None:
    open_transactions.kill(2)
    open_transactions.scale(1)
    eventually(lambda: len(held_back(lab)) == 1, 20)  # Kafka itself would end it after a minute
    open_transactions.kill(1)


@pytest.mark.slow
def test_the_transactions_of_killed_processes_end_with_their_run(lab: Lab, open_transactions: Replicas) -> None:
    open_transactions.kill(1)
    open_transactions.kill(2)
    new = lab.run(copied, reads="sensor", writes="out", name="run", exactly_once=True)
    new.wait_until_caught_up(20)
    assert len(lab.records("out")) == new.records_in == 60


def test_a_run_has_not_caught_up_while_its_results_are_held_back(lab: Lab) -> None:
    lab.create_topic("out")
    producer = transactional_producer(lab)
    producer.begin_transaction()
    producer.produce(lab.full_name("out"), b"{}")
    assert producer.flush(10) == 0
    lab.produce(records=3, per_second=None).wait(20)
    found = lab.run(copied, reads="sensor", writes="out", exactly_once=True)
    with pytest.raises(LabError, match="of out: a transaction is still open"):
        found.wait_until_caught_up(5)
    producer.abort_transaction(10)
    found.wait_until_caught_up()
