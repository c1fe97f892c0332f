"""Train the ahead-of-time cache that makes the next broker start three times as fast.

The JVM writes the cache on exit, from what it has executed, so this starts a throwaway broker, uses it once, and ends
it. Run as a module, it does so at low priority in the background of the first start.
"""

import os
import signal
import sys
from pathlib import Path

from confluent_kafka import TopicPartition

from labkit.broker.installation import KafkaInstallation, kafka_installation
from labkit.broker.node import Node, wait_until_ready
from labkit.broker.server import Ports
from labkit.errors import LabError
from labkit.jvm import training
from labkit.kafka import clients
from labkit.loopback import free_ports

EXIT_LIMIT = 120.0  # seconds that the JVM may take to write its cache (about 7 on two free cores)


def train(installation: KafkaInstallation) -> None:
    """Create the ahead-of-time cache unless it exists or is being created. Takes about 15 seconds."""
    with training.exclusive(installation) as fresh:
        if fresh is None:
            return
        node = Node(installation, 1, [Ports(*free_ports(2))], [f"-XX:AOTCacheOutput={fresh}"])
        try:
            if not wait_until_ready(node.process, node.address):
                raise LabError(f"The broker that trains the cache did not start:\n{node.process.log()}")
            _use(node.address)
            os.kill(node.pid, signal.SIGTERM)
            node.process.wait(EXIT_LIMIT)
        finally:
            node.process.close()


def _use(address: str) -> None:
    """Do what a lab does first, so that the cache contains the classes for it."""
    producer = clients.producer(address)
    producer.produce("training", b"reading", key=b"device")
    producer.flush(10)
    consumer = clients.consumer(address)
    consumer.assign([TopicPartition("training", 0, 0)])
    consumer.poll(10)
    consumer.close()


if __name__ == "__main__":
    os.nice(19)
    train(kafka_installation(Path(sys.argv[1])))
