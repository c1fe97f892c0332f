"""A tap in memory does what a tap on Kafka does: the same assertions hold of both."""

from typing import Any

import orjson
import pytest

from labkit import Lab
from labkit.kafka import clients
from labkit.kafka.tap import BATCH, Record, Tap
from tests.live.memory import NOW, Memory, MemoryTap, reading
from tests.topics import topics_of
from tests.waiting import eventually


class InKafka:
    """Topics on the real broker, with the methods of Memory."""

    def __init__(self, lab: Lab) -> None:
        self._lab, self._producer = lab, clients.producer(lab.broker.address)

    def send(self, topic: str, *values: Any, key: str | None = "sensor-1", timestamp: int = NOW) -> None:
        for value in values:
            fields = value if isinstance(value, dict) else {}
            raw = value if isinstance(value, bytes) else orjson.dumps(value)
            place = {"timestamp": fields.get("timestamp", timestamp), "key": key and fields.get("device", key)}
            self._producer.produce(self._lab.full_name(topic), raw, **place)
        assert self._producer.flush(10) == 0

    def empty(self, topic: str) -> None:
        topics_of(self._lab).empty(topic)

    def tap(self, *names: str, newest: int = BATCH) -> Tap:
        self._lab.create_topic(*names)
        return Tap(topics_of(self._lab), names, newest)


@pytest.fixture(params=[InKafka, Memory], ids=["kafka", "memory"])
def topics(request: pytest.FixtureRequest) -> InKafka | Memory:
    return Memory() if request.param is Memory else InKafka(request.getfixturevalue("lab"))


def read(tap: Tap | MemoryTap, count: int) -> list[Record]:
    records: list[Record] = []
    eventually(lambda: records.extend(tap.read(0.1)) or len(records) >= count)
    return records


def test_taps_agree(topics: InKafka | Memory) -> None:
    first = topics.tap("sensor", "alert")
    topics.send("sensor", reading(0), reading(1, device="sensor-2"), b"\x00", b"null", key=None)
    assert first.names == ("sensor", "alert")
    assert [each[:6] for each in read(first, 4)] == [
        ("sensor", 0, 0, NOW, None, reading(0)),
        ("sensor", 0, 1, NOW + 1000, None, reading(1, device="sensor-2")),
        ("sensor", 0, 2, NOW, None, b"\x00"),
        ("sensor", 0, 3, NOW, None, None),
    ]
    topics.send("alert", reading(2), [1])
    assert [(each.topic, each.offset, each.key) for each in read(first, 2)] == [
        ("alert", 0, "sensor-1"),
        ("alert", 1, "sensor-1"),
    ]
    assert (first.read(0), first.skipped, first.emptied(), first.away) == ([], 0, [], "")

    late = topics.tap("sensor", newest=3)
    assert [each.offset for each in read(late, 3)] == [1, 2, 3]
    assert late.skipped == 1
    topics.send("sensor", *map(reading, range(20)))
    overrun = read(late, 3)
    while overrun[-1].offset < 23:
        overrun += read(late, 1)
    assert [each.offset for each in overrun[-3:]] == [21, 22, 23]
    assert len(overrun) + late.skipped == 1 + 20

    topics.empty("sensor")
    assert eventually(late.emptied) == eventually(first.emptied) == ["sensor"]
    assert (late.emptied(), first.emptied()) == ([], [])
    topics.send("sensor", reading(30))
    assert [each.offset for each in read(late, 1)] == [24]
    assert [each.offset for each in read(first, 1)] == [24]

    for tap in (first, late):
        tap.close()
        with pytest.raises(RuntimeError, match="closed"):
            tap.read(timeout=0)
