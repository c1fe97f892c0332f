"""When a run commits: here one that is behind has ten minutes to do so."""

import time

import orjson
import pytest
from quixstreams.dataframe import StreamingDataFrame

from labkit import Lab
from labkit.kafka import clients
from labkit.kafka.groups import Groups
from labkit.runs import commits
from labkit.runs.application import LabApplication
from labkit.runs.pipeline import LOST
from tests.kafka.transactions import transactional_producer
from tests.topics import topics_of
from tests.waiting import eventually

RECORDS = 500


@pytest.fixture(autouse=True)
def _seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commits, "SELDOM", 600.0)


def write(lab: Lab, *numbers: int) -> None:
    lab.create_topic("numbers")
    producer = clients.producer(lab.broker.address)
    for number in numbers:
        producer.produce(lab.full_name("numbers"), orjson.dumps({"number": number}))
    assert producer.flush(30) == 0


def slowly(numbers: StreamingDataFrame) -> StreamingDataFrame:
    return numbers.update(lambda _: time.sleep(0.002))


def test_a_run_that_is_behind_commits_when_it_has_caught_up(lab: Lab) -> None:
    write(lab, *range(RECORDS))
    run = lab.run(slowly, reads="numbers")
    groups = Groups(topics_of(lab))
    seen = []
    last = RECORDS - 100  # the rest takes less than a tenth of a second, for which it does not wait
    while run.alive and run.records_in < last:
        committed = groups.committed(run.group, ["numbers"])
        if run.records_in < last:  # the answer may have taken as long as the rest
            seen.append(committed)
    assert seen
    assert all(each == {"numbers": {0: 0}} for each in seen)
    run.wait_until_caught_up()
    assert groups.committed(run.group, ["numbers"]) == {"numbers": {0: RECORDS}}


def test_a_run_that_keeps_up_with_a_fast_stream_commits_though_records_are_always_waiting(lab: Lab) -> None:
    lab.produce(per_second=500)
    run = lab.run(lambda readings: readings, reads="sensor", writes="copies", name="copy", exactly_once=True)
    for _ in range(5):
        run.wait_until_caught_up()


@pytest.mark.parametrize("exactly_once", [False, True])
def test_a_run_that_has_caught_up_commits_each_record(lab: Lab, exactly_once: bool) -> None:
    lab.create_topic("numbers")
    run = lab.run(lambda numbers: numbers, reads="numbers", writes="copies", name="copy", exactly_once=exactly_once)
    for number in range(3):
        write(lab, number)
        run.wait_until_caught_up()


def test_a_run_has_caught_up_before_what_no_pipeline_gets_to_see(lab: Lab) -> None:
    """The markers of transactions, and the records of one that was aborted."""
    lab.create_topic("numbers")
    producer = transactional_producer(lab)
    for end in (producer.commit_transaction, producer.abort_transaction):
        producer.begin_transaction()
        producer.produce(lab.full_name("numbers"), b'{"number": 1}', b"key")
        producer.flush(10)
        end(10)
    run = lab.run(lambda numbers: numbers, reads="numbers", name="copy")
    eventually(lambda: run.records_in == 1)
    run.wait_until_caught_up()


def test_a_run_that_is_stopped_while_it_is_behind_commits_what_it_has_read(lab: Lab) -> None:
    write(lab, *range(RECORDS))
    run = lab.run(slowly, reads="numbers")
    eventually(lambda: run.records_in > 10)
    run.stop()
    assert run.records_in < RECORDS
    assert Groups(topics_of(lab)).committed(run.group, ["numbers"]) == {"numbers": {0: run.records_in}}


def test_a_commit_that_never_ends_is_reported_as_a_stall(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real cause, a broker that dies with a transaction, is in tests/broker/test_cluster.py."""
    lab.create_topic("numbers")
    run = lab.run(lambda numbers: numbers, reads="numbers", writes="copies", name="copy", exactly_once=True)
    eventually(lambda: run.status == "running")
    assert run.stuck() == ""
    monkeypatch.setattr(LabApplication, "committing", lambda _: 2 * LOST)
    assert "restart kernel or program; in_process=True" in eventually(run.stuck)
