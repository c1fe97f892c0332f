"""A real Kafka: one of the lab's own from locked jars on a JRE from PyPI, or one that already runs."""

from labkit.broker.broker import Broker, ExternalBroker, OwnBroker, find_or_start

__all__ = ["Broker", "ExternalBroker", "OwnBroker", "find_or_start"]
