"""What waits in one partition does not hold up what comes in another."""

import time
from typing import Any

from labkit import Lab
from labkit.kafka import clients
from tests.waiting import eventually

WAITING = 12_000  # records of 100 bytes, which a consumer with the usual settings would all fetch ahead
READ, FEW = 500, 8_000  # of them: before another comes, and meanwhile
PACE = 0.0003  # seconds that a record takes, so that Kafka could send everything long before


def test_a_record_is_read_although_thousands_wait_in_another_partition(shared: Lab) -> None:
    seen: list[bytes] = []

    def read(value: bytes) -> bool:
        seen.append(value)
        time.sleep(PACE)
        return False

    def pipeline(values: Any) -> Any:
        return values.filter(read)

    shared.create_topic("uneven", partitions=2)
    # Kafka hands out a batch as a whole.
    producer, topic = clients.producer(shared.broker.address, **{"batch.num.messages": 100}), shared.full_name("uneven")
    for _ in range(WAITING):
        producer.produce(topic, bytes(100), partition=0)
    assert producer.flush(30) == 0
    shared.run(pipeline, reads="uneven", raw=True)
    eventually(lambda: len(seen) > READ)
    producer.produce(topic, b"other", partition=1)
    begun = len(seen)
    eventually(lambda: b"other" in seen, 60)
    shared.stop()
    assert seen.index(b"other") - begun < FEW
