"""Reading ranges of a topic's offsets: only the committed records in them."""

from collections.abc import Iterator, Mapping

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from labkit.errors import NoAnswer
from labkit.kafka import clients
from labkit.kafka.offsets import Offsets
from labkit.waiting import Deadline

BATCH = 10_000
READ_LIMIT = 60.0  # seconds that reading may take
Range = tuple[int, int]  # from the first offset up to, not including, the second


def consumer(topics: Offsets) -> Consumer:
    """Returns a consumer for `read`, which reads one topic at a time."""
    settings = {"isolation.level": "read_committed", "enable.partition.eof": True, "fetch.wait.max.ms": 20}
    return clients.consumer(topics.address, **settings)


def read(consumer: Consumer, topics: Offsets, name: str, ranges: Mapping[int, Range]) -> Iterator[Message]:
    """Yield the committed records in the given range of each partition, in order of arrival.

    Raises NoAnswer if Kafka has ended, or if it takes more than READ_LIMIT seconds.
    """
    left = {partition for partition, (first, end) in ranges.items() if first < end}
    full, deadline = topics.full(name), Deadline(READ_LIMIT)
    consumer.assign([TopicPartition(full, partition, ranges[partition][0]) for partition in left])
    while left:
        topics.check()
        for message in consumer.consume(BATCH, timeout=0.02):
            partition, offset, error = message.partition(), message.offset(), message.error()
            end = ranges[partition][1]
            if error and error.code() == KafkaError._PARTITION_EOF:
                if offset >= end or _is_end(topics, name, partition, offset):
                    left.discard(partition)
            elif not error:
                if offset < end:
                    yield message
                if offset >= end - 1:
                    left.discard(partition)
        if deadline.has_passed():
            raise NoAnswer(
                f"Topic {name} could not be read within {READ_LIMIT:g} s: `print(lab.broker.log())` says more."
            )
    consumer.unassign()


def _is_end(topics: Offsets, name: str, partition: int, offset: int) -> bool:
    """Whether no committed record follows. Check, because a newly elected leader may not know the newest ones yet."""
    return topics.end_offsets(name, committed=True).get(partition, 0) <= offset
