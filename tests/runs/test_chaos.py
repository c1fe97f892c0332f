"""Pipelines and Kafka itself are killed at random moments: what is promised under each guarantee holds."""

import itertools
import random
import time
from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks import report
from labkit import Lab
from labkit.broker import OwnBroker
from labkit.pipelines import average_temperature
from labkit.readings import Reading, now
from labkit.runs.replicas import Replicas
from tests.pipelines import oracle
from tests.waiting import eventually

pytestmark = pytest.mark.slow

TITLE = """Windows after a hundred kills at moments of chance.

`uv run pytest -m soak`: the average temperature under both guarantees, of 20 devices with 40 readings a second each,
while Kafka and the processes of the pipelines are killed (SIGKILL) and started again at moments of chance. Compared
with an oracle in plain Python; each repeat is a kill.
"""
MANY = 100
DEVICES = 20
RATE = 40.0  # readings per second of each device


def readings(count: int, dice: random.Random) -> Iterator[Reading]:
    """Readings of all devices in turn, one a second by their timestamps, in order.

    They are of today: a producer whose records have timestamps that are a day old or older is forgotten when Kafka
    starts again (`producer.id.expiration.ms` goes by them), and what it then sends once more is written once more.
    """
    begin = now() // 1000 - count // DEVICES
    for number in range(count):
        second, device = divmod(number, DEVICES)
        temperature = round(dice.uniform(15, 35), 2)
        time = 1000 * (begin + second)
        yield Reading(device=f"sensor-{device}", temperature=temperature, humidity=50.0, timestamp=time)


def kill_at_random_moments(lab: Lab, runs: list[Replicas], count: int, kills: int, dice: random.Random) -> None:
    """Kill Kafka, or the process of a pipeline, each time the producer has come to one of as many numbers."""
    assert isinstance(lab.broker, OwnBroker)
    (producer,) = [each for each in lab.workers if not each.reads]
    victims = {"Kafka": lab.broker} | {each.name: each for each in runs}
    moments = sorted(dice.sample(range(count // 20, count * 19 // 20), kills))
    order = [name for _, name in zip(range(kills), itertools.cycle(victims), strict=False)]
    dice.shuffle(order)
    for moment, name in zip(moments, order, strict=True):
        eventually(lambda moment=moment: producer.total() >= moment or producer.error, 120)
        victims[name].kill()
        victims[name].start()
        assert [each.error for each in runs] == [None] * len(runs)
    assert producer.wait(120)
    assert producer.error is None


def windows(lab: Lab, run: Replicas) -> list[Any]:
    return [each.value for each in lab.records(run.name)]


def key(window: Any) -> tuple[str, int]:
    return window["device"], window["start"]


@pytest.mark.usefixtures("installation")
@pytest.mark.parametrize(
    ("count", "kills"), [(12_000, 6), pytest.param(200_000, MANY, marks=pytest.mark.soak)], ids=["short", "long"]
)
def test_every_window_is_there_whatever_is_killed(own: Lab, count: int, kills: int) -> None:
    dice = random.Random(count)
    sent = list(readings(count, dice))
    own.produce(sent, per_second=RATE * DEVICES)
    least, exact = (
        own.run(average_temperature, reads="sensor", writes=name, name=name, in_process=True, exactly_once=exactly_once)
        for name, exactly_once in (("at-least-once", False), ("exactly-once", True))
    )
    assert isinstance(least, Replicas)
    assert isinstance(exact, Replicas)
    begun = time.monotonic()
    kill_at_random_moments(own, [least, exact], count, kills, dice)
    for run in (least, exact):
        run.wait_until_caught_up(120)
    seconds = time.monotonic() - begun

    assert [each.value for each in own.records("sensor")] == sent
    seen = [oracle.Reading(each["device"], each["timestamp"], each["temperature"]) for each in sent]
    expected = oracle.average_temperature(seen)
    assert len(expected) > 0.9 * count
    assert sorted(windows(own, exact), key=key) == sorted(expected, key=key)
    assert {key(each) for each in windows(own, least)} == {key(each) for each in expected}
    if kills == MANY:
        rows = [(run.name, len(found := windows(own, run)), len(found) - len(expected), 0) for run in (least, exact)]
        table = report.table(["", "windows", "repeated", "missing or wrong"], rows)
        report.write("chaos.py", TITLE, kills, table, f"{count:,} readings in {seconds:.0f} s.")
