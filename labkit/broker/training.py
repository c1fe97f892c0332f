"""Train the ahead-of-time cache that makes the next broker start three times as fast.

The JVM writes the cache when it exits, from what it saw: so a throwaway broker is started, used once, and ended.
Run as a module this does it at low priority, in the background of a first start.
"""

import os
import signal
import sys
from pathlib import Path

from confluent_kafka import TopicPartition

from labkit.broker import broker, cache
from labkit.errors import LabError
from labkit.jvm import training
from labkit.jvm.kept import Kept
from labkit.kafka import clients
from labkit.loopback import HOST, free_ports

EXIT_LIMIT = 120.0  # seconds that the JVM may take to write its cache (about 7 on two free cores)


def train(installation: cache.Installation) -> None:
    """Create the ahead-of-time cache unless it exists or is being created. Takes about 15 seconds."""
    with training.exclusive(installation) as fresh:
        if fresh is None:
            return
        ports = free_ports(2)
        kept = broker.start_kafka(installation, ports, [f"-XX:AOTCacheOutput={fresh}"])
        try:
            if not broker.wait_until_ready(kept, ports[0]):
                raise LabError(f"The broker that trains the cache did not start:\n{kept.log()}")
            _use(f"{HOST}:{ports[0]}")
            _end(kept)
        finally:
            kept.close()


def _use(address: str) -> None:
    """Do what a lab does first, so that the classes for it are in the cache."""
    producer = clients.producer(address)
    producer.produce("training", b"reading", key=b"device")
    producer.flush(10)
    consumer = clients.consumer(address)
    consumer.assign([TopicPartition("training", 0, 0)])
    consumer.poll(10)
    consumer.close()


def _end(kept: Kept) -> None:
    os.kill(int((kept.directory / "pid").read_text()), signal.SIGTERM)
    kept.wait(EXIT_LIMIT)


if __name__ == "__main__":
    os.nice(19)
    train(cache.installation(Path(sys.argv[1])))
