"""Writing in transactions."""

from confluent_kafka import Producer

from labkit import Lab
from labkit.kafka import clients


def transactional_producer(lab: Lab) -> Producer:
    """A producer that is ready to begin a transaction."""
    producer = clients.producer(lab.broker.address, **{"transactional.id": lab.full_name("writer")})
    producer.init_transactions(10)
    return producer
