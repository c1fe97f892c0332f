"""Records as they come: in disorder, twice, and some that nobody can read."""

import random
from typing import Any, NamedTuple

import orjson

from labkit import Lab
from labkit.kafka import clients

START = 1_700_000_000_000
BAD = (b"{broken", b"[]", b'{"device": "a"}', None)


class Raw(NamedTuple):
    key: bytes | None
    value: bytes | None
    timestamp: int
    partition: int = 0


def reading(device: str, second: float, temperature: float = 20.0, humidity: float = 50.0, **more: Any) -> Raw:
    time = START + int(second * 1000)
    value = {"device": device, "temperature": temperature, "humidity": humidity, "timestamp": time, **more}
    return Raw(device.encode(), orjson.dumps(value), time)


def disorder(seed: int, count: int = 60, partitions: int = 1, bad: bool = True) -> list[Raw]:
    """Readings of three devices over about a minute: some late by up to 20 s, some twice, some without a key."""
    luck, found = random.Random(seed), list[Raw]()
    for number in range(count):
        device = luck.choice(("porch", "oven", "café"))
        late = luck.choice((0, 0, 0, 0, luck.uniform(0, 20)))
        found.append(
            reading(device, max(number - late, 0), round(luck.uniform(15, 45), 2), round(luck.uniform(20, 90), 1))
        )
        if luck.random() < 0.1:
            found.append(found[-1])
        if bad and luck.random() < 0.15:
            found.append(Raw(b"porch", luck.choice(BAD), START + number * 1000))
        if bad and luck.random() < 0.05:
            found.append(found[-1]._replace(key=None))
    numbers = {key: n % partitions for n, key in enumerate((b"porch", b"oven", "café".encode(), None))}
    return [each._replace(partition=numbers[each.key]) for each in found]


def send(lab: Lab, topic: str, *records: Raw, partitions: int = 1) -> None:
    lab.create_topic(topic, partitions=partitions)
    producer = clients.producer(lab.broker.address)
    for key, value, timestamp, partition in records:
        producer.produce(lab.full_name(topic), value, key, partition, timestamp=timestamp, headers={"from": "test"})
    assert producer.flush(10) == 0
