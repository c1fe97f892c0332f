"""The system at a glance, and what a producer's world may be used for."""

from typing import Any

import pytest

from labkit import Lab, LabError
from labkit.kafka import clients
from labkit.pipelines import alert_filter
from labkit.readings import simulate
from labkit.runs.system import System, TopicState, WorkerState
from tests.topics import topics_of
from tests.waiting import eventually


@pytest.fixture
def system(lab: Lab) -> System:
    return System(topics_of(lab), lambda: lab.workers)


def readings(count: int) -> list[dict[str, Any]]:
    return [
        {"device": "sensor-1", "temperature": 35.0, "humidity": 40, "timestamp": 1_700_000_000_000 + each}
        for each in range(count)
    ]


def workers(system: System) -> dict[str, WorkerState]:
    return {each.name: each for each in system.state()[0]}


def topics(system: System) -> dict[str, TopicState]:
    return {each.name: each for each in system.state()[1]}


def test_a_lab_in_which_nothing_runs_is_empty(system: System) -> None:
    assert system.state() == ([], [])


def test_workers_and_topics_come_with_their_numbers(lab: Lab, system: System) -> None:
    assert lab.produce(readings(7), per_second=None).wait(10)
    run = lab.run(alert_filter, reads="sensor", writes="alert")
    run.wait_until_caught_up()
    eventually(lambda: run.seen.lag == 0)
    found, (sensor, alert) = system.state()
    assert [each._replace(per_second=0.0) for each in found] == [
        WorkerState("producer of sensor", "finished", (), "sensor", 0.0, None, ""),
        WorkerState("alert_filter", "running", ("sensor",), "alert", 0.0, 0, ""),
    ]
    assert (sensor.name, sensor.records, sensor.dead_letters) == ("sensor", 7, 0)
    assert (alert.name, alert.records, alert.dead_letters) == ("alert", 7, 0)


def test_a_topics_rate_counts_what_comes_in(lab: Lab, system: System) -> None:
    lab.produce(per_second=100, devices=1)
    eventually(lambda: 50 < topics(system)["sensor"].per_second < 150)


def test_a_topic_that_is_emptied_has_no_negative_rate(lab: Lab, system: System) -> None:
    assert lab.produce(readings(50), per_second=None).wait(10)
    assert topics(system)["sensor"].records == 50
    topics_of(lab).empty("sensor")
    sensor = topics(system)["sensor"]
    assert (sensor.records, sensor.per_second) == (0, 0.0)


def test_lag_is_what_waits_also_for_a_run_that_has_stopped(lab: Lab, system: System) -> None:
    lab.create_topic("sensor")
    run = lab.run(alert_filter, reads="sensor", writes="alert")
    run.stop()
    assert lab.produce(readings(5), per_second=None).wait(10)
    eventually(lambda: run.seen.lag)
    found = workers(system)["alert_filter"]
    assert (found.status, found.lag, found.per_second) == ("stopped", 5, 0.0)


def test_dead_letters_belong_to_the_topic_that_they_came_from(lab: Lab, system: System) -> None:
    lab.create_topic("sensor")
    run = lab.run(alert_filter, reads="sensor", writes="alert")
    spoiler = clients.producer(lab.broker.address)
    spoiler.produce(lab.full_name("sensor"), b"?", None)
    spoiler.flush(10)
    run.wait_until_caught_up()
    found = topics(system)
    assert (found["sensor"].dead_letters, found["alert"].dead_letters) == (1, 0)


def test_a_run_that_failed_says_why(lab: Lab, system: System) -> None:
    lab.create_topic("sensor")
    run = lab.run(lambda stream: stream.apply(lambda each: each["nothing"]), reads="sensor", name="bad")
    assert lab.produce(readings(1), per_second=None).wait(10)
    assert run.wait(10)
    found = workers(system)["bad"]
    assert found.status == "failed"
    assert found.error.startswith("KeyError: 'nothing' is not a field of each, which has device")


def test_one_look_shows_a_topic_that_two_write_and_two_read_once(lab: Lab, system: System) -> None:
    lab.produce(readings(1), name="one")
    lab.produce(readings(1), name="two")
    lab.run(alert_filter, reads="sensor", writes="alert")
    lab.run(lambda stream: stream, reads="sensor", writes="alert", name="copy")
    assert list(workers(system)) == ["one", "two", "alert_filter", "copy"]
    assert list(topics(system)) == ["sensor", "alert"]


def test_a_worker_of_which_there_is_no_sample_does_not_hide_the_others(
    lab: Lab, system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.create_topic("sensor")
    bad = lab.run(alert_filter, reads="sensor", writes="alert")
    monkeypatch.setattr(bad, "lag", lambda: 1 / 0)
    good = lab.run(lambda stream: stream, reads="sensor", writes="copy", name="copy")
    eventually(lambda: good.seen.lag == 0)
    assert [each.lag for each in system.state()[0]] == [None, 0]


# ---------------------------------------------------------------------- worlds


@pytest.mark.parametrize("wrong", [{"factor": 2.0}, {"start": "2013-07-01"}, {"key": "room"}, {"time": None}])
def test_what_is_for_recordings_and_tables_is_refused_where_there_is_none(lab: Lab, wrong: dict[str, Any]) -> None:
    world = lab.produce(per_second=20).world
    for source in (None, world):
        with pytest.raises(
            LabError, match=r"^factor, start, key and time are for recordings and tables: leave them out here\."
        ):
            lab.produce(source, **wrong)
    assert lab.workers[0].alive


def test_a_world_has_one_producer_at_a_time(lab: Lab) -> None:
    first = lab.produce(simulate(), per_second=20)
    with pytest.raises(LabError, match=r"^producer of sensor is still running in this world: stop it, or replace it"):
        lab.produce(first.world, name="second")
    assert (first.alive, lab.workers) == (True, (first,))
    again = lab.produce(first.world)
    assert (first.status, again.world) == ("stopped", first.world)
    again.stop()
    second = lab.produce(first.world, name="second")
    lab.wait_for("sensor", topics_of(lab).count("sensor") + 1)
    assert second.alive
