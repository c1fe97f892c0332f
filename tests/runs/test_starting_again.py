"""What was stopped starts again by its own method, where it stopped."""

import contextlib
import threading

import pytest

from labkit import Lab, LabError
from labkit.pipelines import alert_filter, average_temperature
from labkit.runs import worker
from labkit.runs.call import Call
from tests.waiting import eventually

NOW = 1_700_000_000_000


def test_a_stopped_producer_goes_on_in_its_world(lab: Lab) -> None:
    sensors = lab.produce(devices=1, per_second=None, records=5)
    assert sensors.wait(10)
    sensors.start()
    assert sensors.wait(10)
    assert (sensors.status, sensors.delivered) == ("finished", 10)

    ticking = lab.produce(devices=1, per_second=100, writes="other", name="ticking")
    lab.wait_for("other", records=3)
    ticking.stop()
    before = ticking.delivered
    assert (ticking.status, ticking.alive) == ("stopped", False)
    ticking.start()
    lab.wait_for("other", new=3)
    assert ticking.status == "running"
    ticking.stop()
    times = [each.value["timestamp"] for each in lab.records("other")]
    assert times == sorted(times)  # two may have the same millisecond, after the machine has been busy elsewhere
    assert len(times) == ticking.delivered > before


def test_starting_what_runs_changes_nothing(lab: Lab) -> None:
    before = {*threading.enumerate()}  # threads may be left of a Kafka that another test killed
    sensors = lab.produce()
    sensors.start()
    names = [each.name for each in {*threading.enumerate()} - before]
    assert names.count("lab-producer of sensor") == 1


def test_a_stopped_run_reads_on_where_it_stopped_with_the_state_that_it_had(lab: Lab) -> None:
    send(lab, range(30))
    run = lab.run(average_temperature, reads="sensor", writes="avg-temp")
    run.wait_until_caught_up()
    run.stop()
    windows = len(lab.records("avg-temp"))
    send(lab, range(30, 60))
    run.start()
    run.wait_until_caught_up()
    assert (run.status, run.records_in) == ("running", 60)
    found = [each.value["start"] for each in lab.records("avg-temp")]
    assert found == list(range(found[0], found[-1] + 1, 1000))  # none twice, and none left out
    assert len(found) == windows + 30 > 40
    assert run.group == "average_temperature.sensor.avg-temp-1"


def send(lab: Lab, seconds: range) -> None:
    readings = [
        {"device": "a", "temperature": 20.0, "humidity": 50.0, "timestamp": NOW + second * 1000} for second in seconds
    ]
    assert lab.produce(readings, per_second=None).wait(10)


def test_a_failed_run_may_be_started_again(lab: Lab) -> None:
    broken = [True]

    def fragile(readings):
        return readings.apply(lambda reading: 1 / 0 if broken[0] else reading)

    lab.produce(devices=1, per_second=None, records=3).wait(10)
    run = lab.run(fragile, reads="sensor", writes="out")
    eventually(lambda: run.status == "failed")
    broken[0] = False
    run.start()
    run.wait_until_caught_up()
    assert (run.status, run.error, len(lab.records("out"))) == ("running", None, 3)


def test_what_was_replaced_or_stopped_with_the_lab_says_why_it_cannot_start_again(lab: Lab) -> None:
    lab.create_topic("sensor")
    old = lab.run(alert_filter, reads="sensor", writes="alert")
    new = lab.run(alert_filter, reads="sensor", writes="alert")
    with pytest.raises(LabError, match="alert_filter cannot start again: a newer one has taken its place"):
        old.start()
    lab.stop()
    with pytest.raises(LabError, match=r"lab\.stop\(\) stopped it; run its cell again"):
        new.start()


def test_two_producers_in_one_world_are_refused_in_whatever_order_they_start(lab: Lab) -> None:
    first = lab.produce()
    first.stop()
    lab.produce(first.world, name="second", writes="other")
    with pytest.raises(LabError, match="second is running in this world: stop it first"):
        first.start()


def test_two_starts_at_once_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    both = threading.Barrier(2)

    def meet(_: Call) -> None:
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(1)

    monkeypatch.setattr(Call, "_renew", meet)
    call, over = Call("call", lambda: over.wait(20)), threading.Event()
    over.set()
    call.start()
    assert call.wait(10)
    over.clear()
    threads = [threading.Thread(target=call.start) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    over.set()
    assert call.wait(10)
    assert call.starts == 2


def test_what_cannot_be_stopped_ends_with_the_program_or_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a client that waits in C code for a Kafka that is away; in a terminal there is no kernel."""
    monkeypatch.setattr(worker, "INTERRUPT_LIMIT", 0.1)
    monkeypatch.setattr(Call, "STOP_LIMIT", 0.1)
    over = threading.Event()
    call = Call("call", lambda: over.wait())
    call.start()
    call.stop()
    assert call.note.startswith("it is stuck in C code at ")
    assert call.note.endswith(", and ends with the program, or when you restart the kernel")
    over.set()
    eventually(lambda: not call.alive)


def test_what_has_failed_starts_again_only_after_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    over = [threading.Event(), threading.Event()]
    call = Call("call", lambda: over[call.starts > 1].wait(20))
    call.start()
    call.fail(LabError("Kafka has ended"))
    monkeypatch.setattr(worker, "INTERRUPT_LIMIT", 0.1)
    with pytest.raises(LabError, match="call cannot start again yet: its last work is still ending"):
        call.start()
    assert (call.status, call.starts) == ("failed", 1)
    monkeypatch.undo()
    over[0].set()
    call.start()
    eventually(lambda: call.status == "running")
    assert call.alive
    over[1].set()
    assert call.wait(10)
    assert (call.status, call.error) == ("finished", None)
