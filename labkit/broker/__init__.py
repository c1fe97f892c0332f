"""A real Kafka: the lab's own, from locked jars on a JRE from PyPI, or one that is already running."""

from labkit.broker.broker import Broker, ExternalBroker, OwnBroker, find_or_start

__all__ = ["Broker", "ExternalBroker", "OwnBroker", "find_or_start"]
