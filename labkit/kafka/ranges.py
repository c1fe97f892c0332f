"""Reading ranges of a topic's offsets: only the committed records in them."""

from collections.abc import Iterator, Mapping
from typing import Any

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from labkit.errors import NoAnswer
from labkit.kafka import clients
from labkit.kafka.offsets import Offsets
from labkit.kafka.requests import limit
from labkit.waiting import Deadline

BATCH = 10_000
READ_LIMIT = 60.0  # seconds that reading may take, unless the caller sets another limit
FEW = {"queued.min.messages": 1, "fetch.message.max.bytes": 100_000}  # settings to fetch hardly more than is read
QUIET = 1.0  # seconds without a record after which it checks whether the topic is still there
Range = tuple[int, int]  # from the first offset up to, not including, the second


def consumer(topics: Offsets, **settings: Any) -> Consumer:
    """Returns a consumer for `read`, which reads one topic at a time."""
    own = {
        "isolation.level": "read_committed",
        "enable.partition.eof": True,
        "fetch.wait.max.ms": 20,
        "auto.offset.reset": "earliest",  # if the first record of a range is deleted meanwhile
    }
    return clients.consumer(topics.address, **own, **settings)


def read(consumer: Consumer, topics: Offsets, name: str, ranges: Mapping[int, Range]) -> Iterator[Message]:
    """Yield the committed records in the given range of each partition, in order of arrival; none of a partition that
    is deleted meanwhile.

    Raises NoAnswer if Kafka has ended, or if it takes longer than the caller or READ_LIMIT allows.
    """
    left = {partition for partition, (first, end) in ranges.items() if first < end}
    consumer.assign([TopicPartition(topics.full(name), partition, ranges[partition][0]) for partition in left])
    try:
        for message in _arriving(consumer, topics, name, left):
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
    finally:  # else it would go on fetching
        consumer.unassign()


def _arriving(consumer: Consumer, topics: Offsets, name: str, left: set[int]) -> Iterator[Message]:
    """Yield what arrives until no partition is left to be read."""
    seconds = limit(READ_LIMIT)
    deadline, quiet = Deadline(seconds), Deadline(QUIET)
    while left:
        topics.check()
        if messages := consumer.consume(BATCH, timeout=0.02):
            quiet = Deadline(QUIET)
        yield from messages
        if deadline.has_passed():
            raise NoAnswer(
                f"Topic {name} could not be read within {seconds:.3g} s: `print(lab.broker.log())` says more."
            )
        if quiet.has_passed():  # the consumer itself tells of a deleted topic only after half a minute
            left.intersection_update(topics.partitions(name))
            quiet = Deadline(QUIET)


def _is_end(topics: Offsets, name: str, partition: int, offset: int) -> bool:
    """Whether no committed record follows. Check, because a newly elected leader may not know the newest ones yet."""
    return topics.end_offsets(name, committed=True).get(partition, 0) <= offset
