"""Records into topics: all of them, or an error."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from confluent_kafka import KafkaError, Message

from labkit.errors import NoAnswer
from labkit.kafka import clients

# An idempotent producer takes 0.5 s to get its id from the broker. Without it, what is sent again could come after what
# was sent later: so there is only one request at a time,
IN_ORDER = {"enable.idempotence": False, "max.in.flight.requests.per.connection": 1}
# ... or come twice: so nothing is sent again.
ONCE = IN_ORDER | {"message.send.max.retries": 0}


class Outgoing(NamedTuple):
    """A record to be written. The topic has its full name."""

    topic: str
    value: bytes
    key: str | None
    timestamp: int


def deliver(address: str, records: Iterable[Outgoing], limit: float, **settings: Any) -> None:
    """Writes records, and waits until Kafka has acknowledged them, for at most `limit` seconds.

    Raises NoAnswer unless it has acknowledged them all: records that are missing would make a right answer wrong.
    """
    failed: list[KafkaError] = []

    def note(error: KafkaError | None, _: Message) -> None:
        if error:
            failed.append(error)

    producer = clients.producer(address, **ONCE, **settings)
    for each in records:
        producer.produce(each.topic, each.value, each.key, timestamp=each.timestamp, on_delivery=note)
    left = producer.flush(limit)
    if left or failed:
        reason = failed[0].str() if failed else f"no answer within {limit:g} s"
        raise NoAnswer(f"Kafka has not taken {left + len(failed)} of the records ({reason}): try again.")
