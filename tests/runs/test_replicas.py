"""Pipelines in processes of their own, which are killed while records flow."""

import contextlib
import ctypes
import os
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from labkit import Lab, LabError
from labkit.kafka import clients
from labkit.pipelines import alert_filter
from labkit.runs.process import AGAIN
from labkit.runs.replicas import Replicas
from tests.runs.flow import START, UNREADABLE, flow
from tests.topics import topics_of
from tests.waiting import eventually


def numbered(readings: Any) -> Any:
    """Each reading with its number among those of its device."""

    def number(reading: Any, state: Any) -> Any:
        state.set("n", state.get("n", default=0) + 1)
        return {**reading, "n": state.get("n")}

    return readings.apply(number, stateful=True)


def run(lab: Lab, pipeline: Any, **options: Any) -> Replicas:
    found = lab.run(pipeline, reads="sensor", writes="out", **{"in_process": True} | options)
    assert isinstance(found, Replicas)
    return found


def kill(found: Replicas, member: int = 1) -> None:
    process = psutil.Process(eventually(lambda: found.members[member - 1].pid))
    found.kill(member)
    assert not process.is_running()


def numbers(lab: Lab, topic: str) -> Counter[int]:
    return Counter(each.timestamp - START for each in lab.records(topic))


def test_a_pipeline_in_a_process_of_its_own_does_what_it_does_in_a_thread(lab: Lab) -> None:
    threshold = 30.0  # goes with the function

    def hot(readings: Any) -> Any:
        readings = readings[readings["temperature"] > threshold]
        return readings.update(lambda each: print(f"{each['device']} is hot"))

    lab.produce(records=300, per_second=None).wait(10)
    found = run(lab, hot)
    found.wait_until_caught_up()
    wanted = [each.value for each in lab.records("sensor") if each.value["temperature"] > threshold]
    assert [each.value for each in lab.records("out")] == wanted
    assert (found.status, found.records_in, found.records_out) == ("running", 300, len(wanted))
    eventually(lambda: list(found.prints) == [f"{each['device']} is hot" for each in wanted])
    assert found.lag() == 0
    process = psutil.Process(found.members[0].pid)
    found.stop()
    assert (found.status, found.alive, found.error, process.is_running()) == ("stopped", False, None, False)
    lab.produce(records=3, per_second=None, name="more").wait(10)
    found.start()
    found.wait_until_caught_up()
    assert found.records_in == 303


@pytest.mark.slow
@pytest.mark.parametrize("exactly_once", [False, True], ids=["at least once", "exactly once"])
def test_what_a_killed_process_leaves_is_completed_by_the_next(lab: Lab, exactly_once: bool) -> None:
    lab.create_topic("sensor", "out")
    downstream = lab.run(lambda stream: stream, reads="out", writes="downstream", name="downstream")
    found = run(lab, numbered, exactly_once=exactly_once)
    with flow(lab) as sent:
        for _ in range(2):
            lab.wait_for("out", new=100)
            kill(found)
            assert found.wait(5)
            assert found.status == "failed"
            assert "SIGKILL" in str(found.error)
            found.start()
            lab.wait_for("downstream", new=100)  # before the 60 s after which Kafka ends what it left open
    found.wait_until_caught_up()
    downstream.wait_until_caught_up()
    assert (found.lag(), downstream.lag()) == (0, 0)  # markers of transactions do not count

    readable = Counter(each for each in sent if each % UNREADABLE)
    written, letters = numbers(lab, "out"), numbers(lab, "sensor.dead-letter")
    assert written.keys() == readable.keys()
    assert letters.keys() == {*sent} - readable.keys()
    assert numbers(lab, "downstream") == written
    if exactly_once:
        assert written == readable
        assert set(letters.values()) == {1}
        for device in range(3):
            counts = [each.value["n"] for each in lab.records("out") if each.key == f"sensor-{device}"]
            assert counts == list(range(1, len(counts) + 1))


@pytest.mark.slow
def test_a_successor_completes_the_transaction_of_a_killed_process(lab: Lab) -> None:
    lab.create_topic("sensor", "out")
    downstream = lab.run(lambda stream: stream, reads="out", writes="downstream", name="downstream")
    with flow(lab) as sent:
        first = run(lab, numbered, exactly_once=True)
        lab.wait_for("downstream", new=100)
        kill(first)
        second = lab.run(numbered, reads="sensor", writes="out", exactly_once=True)  # in a thread
        lab.wait_for("downstream", new=100)
    second.wait_until_caught_up()
    downstream.wait_until_caught_up()
    assert numbers(lab, "downstream") == Counter(each for each in sent if each % UNREADABLE)


@pytest.mark.slow
def test_three_processes_share_the_partitions_a_fourth_is_idle_and_a_killed_ones_are_taken_over(lab: Lab) -> None:
    lab.create_topic("sensor", partitions=3)
    found = run(lab, numbered, replicas=4)

    def partitions() -> list[list[int]]:
        return [[p for name, p, _ in each.report.positions if name == "sensor"] for each in found.members if each.alive]

    with flow(lab, keys=30) as sent:
        eventually(lambda: sorted(partitions()) == [[], [0], [1], [2]], 30)
        lab.wait_for("out", new=100)
        # While partitions are dealt out anew, as they may be on a busy machine at any time, nobody has any.
        busy = eventually(lambda: next((each for each in found.members if each.report.positions), None), 30)
        kill(found, busy.number)
        assert (busy.status, found.status) == ("killed", "running")
        eventually(lambda: sorted(partitions()) == [[0], [1], [2]], 30)
        found.start()
        eventually(lambda: len(partitions()) == 4 and busy.status == "running", 30)
    found.wait_until_caught_up()
    assert numbers(lab, "out").keys() == {each for each in sent if each % UNREADABLE}
    assert {each.key for each in lab.records("out")} == {f"sensor-{n}" for n in range(30)}


def test_an_error_in_a_process_shows_the_line_of_the_student(lab: Lab) -> None:
    def halves(readings: Any) -> Any:
        return readings.apply(lambda each: 1 / (each["temperature"] - each["temperature"]))

    lab.produce(records=1)
    found = run(lab, halves)
    assert found.wait(20)
    assert (found.status, found.error.reason) == ("failed", "ZeroDivisionError: float division by zero")
    assert "1 / (each" in found.error.line.text


def test_what_cannot_leave_the_notebook_is_told_at_once_and_nothing_remains(lab: Lab) -> None:
    lock = threading.Lock()

    def locked(readings: Any) -> Any:
        with lock:
            return readings

    lab.create_topic("sensor")
    with pytest.raises(LabError, match="locked uses something that cannot be sent to another process"):
        run(lab, locked)
    assert list(lab.topics()["topic"]) == ["sensor"]
    with pytest.raises(LabError, match="There is no topic"):
        lab.run(alert_filter, reads="nothing", in_process=True)
    with pytest.raises(LabError, match="at least one replica"):
        run(lab, alert_filter, replicas=0)
    with pytest.raises(LabError, match="has no member 2: its members are 1"):
        run(lab, alert_filter).kill(2)


@pytest.mark.slow
def test_the_classes_of_kafkas_client_are_the_same_in_the_other_process(lab: Lab) -> None:
    def refused(_: object) -> str:
        try:
            raise KafkaException(KafkaError(KafkaError._FAIL))
        except KafkaException:
            return TopicPartition("sensor", 1).topic

    lab.produce(records=1)
    run(lab, lambda readings: readings.apply(refused).apply(lambda topic: {"topic": topic})).wait_until_caught_up()
    assert [each.value for each in lab.records("out")] == [{"topic": "sensor"}]


def test_a_process_that_ends_by_itself_says_how(lab: Lab) -> None:
    def crashes(readings: Any) -> Any:
        return readings.update(lambda _: ctypes.string_at(0))

    lab.produce(records=1)
    found = run(lab, crashes)
    assert found.wait(20)
    assert found.error.reason.startswith("its process ended by itself (exit code -11)")


@pytest.mark.slow
def test_a_process_whose_commit_never_ends_is_replaced(lab: Lab, tmp_path: Path) -> None:
    """The real cause, a broker that has died, is in tests/broker/test_cluster.py; here the process ends as then."""
    mark, code = tmp_path / "ended once", AGAIN

    def ends_once(readings: Any) -> Any:
        def end(_: object) -> None:
            if not mark.exists():
                mark.touch()
                os._exit(code)

        return readings.update(end)

    lab.produce(records=30, per_second=None).wait(20)
    found = run(lab, ends_once)
    found.wait_until_caught_up()
    assert (found.status, found.error, mark.exists()) == ("running", None, True)
    assert "a commit of process 1 never ended, starting another" in lab.broker.log(100)


def test_a_process_that_is_stuck_in_c_code_can_be_stopped(lab: Lab) -> None:
    def sleeps(readings: Any) -> Any:
        return readings.update(lambda _: os.read(os.pipe()[0], 1))

    lab.produce(records=1)
    found = run(lab, sleeps)
    eventually(lambda: found.records_in == 1, 20)
    found.stop()
    assert (found.status, found.alive, found.note) == (
        "stopped",
        False,
        "it was stuck in C code, and its process was ended",
    )


def test_whoever_fails_to_show_what_a_process_prints_does_not_lose_the_process(lab: Lab) -> None:
    def loud(readings: Any) -> Any:
        return readings.update(lambda _: print("here"))

    def refuse(_: str) -> None:
        raise RuntimeError("no place for it")

    lab.create_topic("sensor")
    found = run(lab, loud)
    found.on_print = refuse
    lab.produce(records=30, per_second=None).wait(10)
    found.wait_until_caught_up()
    eventually(lambda: found.records_in == 30)
    kill(found)
    assert found.wait(10)
    assert found.status == "failed"


@pytest.mark.slow
def test_a_rival_that_really_has_the_number_of_a_member_is_told_from_a_mistake(lab: Lab) -> None:
    """As two programs that were given the same namespace: each fences the other off, and neither goes on for ever."""
    lab.create_topic("sensor")
    found = run(lab, alert_filter)
    found.wait_until_assigned()
    address, group = topics_of(lab).address, lab.full_name(found.group)
    (member,) = found.members
    static = {"group.id": group, "group.instance.id": f"{group}-{member.number}"}
    rivals = 0
    while found.alive:
        rivals += 1
        meet(found, clients.consumer(address, **static), lab.full_name("sensor"))
    assert found.status == "failed"
    assert rivals >= 3
    assert "Static consumer fenced by other consumer" in str(found.error)


def meet(found: Replicas, rival: Consumer, topic: str) -> None:
    """Return when the rival has been fenced off in its turn, or the run is over."""
    rival.subscribe([topic])
    with contextlib.suppress(KafkaException):
        eventually(lambda: rival.consume(1, 0.1) or not found.alive, 30)
    rival.close()
