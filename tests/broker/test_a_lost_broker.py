"""The lab's own Kafka killed: everything says so within seconds, and what to do."""

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from labkit import Lab, LabError
from labkit.broker import OwnBroker
from labkit.broker.broker import CLOSED
from labkit.broker.installation import KafkaInstallation
from labkit.errors import NoAnswer
from labkit.kafka.requests import within
from labkit.kafka.topics import Topics
from labkit.live import panel
from labkit.runs.worker import Worker
from tests.broker.lives import jvm
from tests.waiting import eventually

LIMIT = 6.0  # seconds: it takes less than one on a free machine, and 15 where a client waits for an answer
AT_ONCE = 2.0  # seconds
FLINK = 420.0  # seconds; on a free machine it takes five, and beside four Kafkas and two busy loops over 180
AWAY = r"Kafka has been away since \d\d:\d\d:\d\d UTC: `lab\.broker\.start\(\)` starts it again with its data"


def copy(readings: Any) -> Any:
    return readings


@pytest.fixture
def lab(installation: KafkaInstallation) -> Iterator[Lab]:  # noqa: ARG001
    """A lab with a Kafka of its own, and everything at work on it."""
    with Lab() as lab:
        lab.produce(per_second=100)
        lab.run(copy, reads="sensor", writes="copied")
        lab.wait_for("copied", 100)
        yield lab


def kill_kafka(lab: Lab) -> None:
    """Kill it from outside, as a machine without memory would."""
    lab.broker.nodes[0].process.kill()
    eventually(lambda: not lab.broker.alive)


KILLS: dict[str, Callable[[Lab], None]] = {"on purpose": lambda lab: lab.broker.kill(), "from outside": kill_kafka}
by_any_kill = pytest.mark.parametrize(
    "kill",
    [pytest.param(each, id=name, marks=[pytest.mark.slow] * (name == "on purpose")) for name, each in KILLS.items()],
)
ASKED: dict[str, Callable[[Lab], object]] = {
    "peek": lambda lab: lab.peek("copied"),
    "records": lambda lab: lab.records("copied"),
    "groups": lambda lab: lab.groups(),
    "wait_for": lambda lab: lab.wait_for("copied", 10**9),
    "wait_until_caught_up": lambda lab: lab.workers[1].wait_until_caught_up(),
    "produce": lambda lab: lab.produce(name="another"),
    "run": lambda lab: lab.run(copy, reads="copied", writes="copied-again", name="another"),
    "flink": lambda lab: lab.flink(reads="copied"),
    "chart": lambda lab: lab.chart("sensor"),
    "tiles": lambda lab: lab.tiles("sensor"),
    "windows": lambda lab: lab.windows("sensor", "copied", device="sensor-1"),
    "reset": lambda lab: lab.reset(),
}


@by_any_kill
def test_whatever_is_asked_of_a_killed_kafka_says_at_once_what_brings_it_back(
    lab: Lab, kill: Callable[[Lab], None]
) -> None:
    run = lab.workers[1]
    kill(lab)
    for name, ask in ASKED.items():
        begun = time.monotonic()
        with pytest.raises(LabError, match=AWAY + r".*`print\(lab\.broker\.log\(\)\)`"):
            ask(lab)
        assert time.monotonic() - begun < AT_ONCE, name
    assert run.lag() is None


@pytest.mark.slow
@by_any_kill
def test_whatever_is_at_work_on_a_killed_kafka_says_since_when_it_waits_and_goes_on(
    lab: Lab, kill: Callable[[Lab], None]
) -> None:
    two = lab.run(copy, reads="sensor", writes="copied-by-two", name="two", replicas=2)
    two.wait_until_caught_up()
    chart, tiles, topology = lab.chart("sensor"), lab.tiles("sensor"), lab.topology()

    def shown(worker: Worker) -> str:
        return panel.render(panel.collect(worker))

    kill(lab)
    for each in lab.workers:
        eventually(lambda worker=each: re.search(f"<b>{AWAY}</b>", shown(worker)), AT_ONCE)
    for view in (chart, tiles):
        eventually(lambda view=view: re.match(AWAY, view.summary()), AT_ONCE)
        eventually(lambda view=view: re.search(AWAY, view.static_html()), AT_ONCE)
    eventually(lambda: re.search(AWAY, topology.summary()), LIMIT)
    eventually(lambda: ", lag unknown" in shown(lab.workers[1]), AT_ONCE)
    eventually(lambda: not re.search(r"<td[^>]*>\d+</td></tr>", shown(two)), LIMIT)  # the last column is the lag
    lab.broker.start()
    for each in lab.workers:
        eventually(lambda worker=each: "away" not in shown(worker), AT_ONCE)
        before = each.total()
        eventually(lambda worker=each, before=before: worker.total() > before + 100, 90)  # its session may have expired
    assert {each.status for each in lab.workers} == {"running"}
    drawn = chart.state.until
    for view in (chart, tiles, topology):
        eventually(lambda view=view: "away" not in view.summary())
    eventually(lambda: chart.state.until > drawn)
    eventually(lambda: tiles.state.tiles[0].age < 5, 90)  # all that waited for Kafka comes first
    assert (chart.finished, tiles.finished) == (False, False)


@pytest.mark.slow
def test_a_killed_kafka_that_comes_back_has_lost_nothing(lab: Lab) -> None:
    producer, run = lab.workers
    kill_kafka(lab)
    lab.broker.start()
    producer.stop()
    run.wait_until_caught_up()
    sent, written = ({(each.key, each.timestamp) for each in lab.records(topic)} for topic in ("sensor", "copied"))
    assert sent == written  # a busy Kafka may have forgotten the run, which then writes some again


@pytest.mark.slow
def test_a_lab_whose_kafka_was_killed_closes_at_once(lab: Lab) -> None:
    kill_kafka(lab)
    begun = time.monotonic()
    lab.close()
    assert time.monotonic() - begun < LIMIT


@pytest.mark.slow
def test_whatever_is_at_work_fails_once_kafka_has_been_closed(lab: Lab) -> None:
    lab.broker.close()
    eventually(lambda: {each.status for each in lab.workers} == {"failed"}, LIMIT)
    assert {str(each.error) for each in lab.workers} == {CLOSED}


@pytest.mark.slow
def test_a_flink_job_of_a_killed_kafka_goes_on_when_it_is_back(lab: Lab, flink: object) -> None:  # noqa: ARG001
    lab.produce(writes="sensor-data", name="for flink", per_second=100)
    job = lab.flink()
    eventually(lambda: job.total() > 0, FLINK)
    kill_kafka(lab)
    eventually(lambda: re.search(AWAY, job.notice), AT_ONCE)
    lab.broker.start()
    before = job.total()
    eventually(lambda: job.total() > before + 200, FLINK)
    assert job.status == "running"


@pytest.fixture
def elsewhere(installation: KafkaInstallation, monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnBroker]:
    """Somebody else's Kafka, which LAB_BROKER names."""
    with contextlib.closing(OwnBroker(installation)) as broker:
        monkeypatch.setenv("LAB_BROKER", broker.address)
        yield broker


@pytest.mark.slow
def test_somebody_elses_kafka_is_missed_within_seconds_and_all_goes_on_when_it_is_back(elsewhere: OwnBroker) -> None:
    with Lab() as lab:
        lab.produce(per_second=100)
        run = lab.run(copy, reads="sensor", writes="copied")
        lab.wait_for("copied", 100)
        chart, tiles = lab.chart("sensor"), lab.tiles("sensor")
        elsewhere.kill()
        missed = rf"Kafka at {elsewhere.address} has been away since \d\d:\d\d:\d\d UTC, for nothing listens there"
        begun = time.monotonic()
        for each in lab.workers:
            eventually(lambda worker=each: re.match(missed, worker.notice), LIMIT)
        for view in (chart, tiles):
            eventually(lambda view=view: re.match(missed, view.summary()), LIMIT)
        for ask in (lambda: lab.peek("copied"), lab.groups, run.wait_until_caught_up):
            with pytest.raises(LabError, match=missed):
                ask()
        assert time.monotonic() - begun < LIMIT
        elsewhere.start()
        before = run.total()
        eventually(lambda: run.total() > before + 100)
        for view in (chart, tiles):
            eventually(lambda view=view: "away" not in view.summary())
        assert not any(each.notice for each in lab.workers)


@pytest.mark.slow
def test_waiting_on_somebody_elses_silent_kafka_takes_no_longer_than_asked(elsewhere: OwnBroker) -> None:
    with Lab() as lab:
        lab.produce(records=1).wait(10)
        run = lab.run(copy, reads="sensor", writes="copied")
        kafka = jvm(elsewhere)
        kafka.suspend()
        try:
            for wait in (partial(lab.wait_for, "sensor", 10), run.wait_until_caught_up):
                begun = time.monotonic()
                with pytest.raises(LabError, match="no longer answers"):
                    wait(timeout=3)
                assert time.monotonic() - begun < 8
        finally:
            kafka.resume()


@pytest.mark.slow
@pytest.mark.usefixtures("installation")
def test_a_request_that_was_given_up_does_not_go_on_calling_a_kafka_that_is_away() -> None:
    broker = OwnBroker()
    try:
        topics = Topics(broker.address)
        topics.create("one")  # its client knows the controller now
        broker.kill()
        with pytest.raises(NoAnswer), within(1):
            topics.create("two")
        begun = time.process_time()
        with pytest.raises(NoAnswer), within(1):
            topics.create("three")
        assert time.process_time() - begun < 0.5  # of a second, all of which the first client would take
    finally:
        broker.close()
