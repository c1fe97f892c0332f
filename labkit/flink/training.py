"""Train the ahead-of-time cache that halves a Flink job's start-up time: run a small job on a broker of its own.

Run as a module, this does so at low priority in the background of the first job.
"""

import os
import sys
from pathlib import Path

import orjson

from labkit.broker import OwnBroker
from labkit.errors import LabError
from labkit.flink.installation import FlinkInstallation, flink_installation
from labkit.flink.run import FlinkJob
from labkit.flink.runner import Local
from labkit.flink.spec import JobSpec
from labkit.jvm import training
from labkit.kafka import clients
from labkit.kafka.groups import Groups
from labkit.kafka.topics import Topics
from labkit.readings import named_for, simulate

LIMIT = 300.0  # seconds; it takes some 30 on two free cores
TOPIC = "sensor-data"


def train(installation: FlinkInstallation) -> None:
    """Create the ahead-of-time cache unless it exists or is being created. Takes about 30 seconds."""
    with training.exclusive(installation) as fresh:
        if fresh is None:
            return
        broker = OwnBroker()
        try:
            topics = Topics(broker.address)
            _fill(topics)
            spec = JobSpec("training", TOPIC, broker.directory / "flink", bounded=True)
            job = FlinkJob(Groups(topics), spec, Local())
            job.submit(installation, [f"-XX:AOTCacheOutput={fresh}"])
            if not job.wait(LIMIT):
                job.stop()
            if job.error:
                raise LabError(f"The job that trains the ahead-of-time cache failed: {job.error}")
        finally:
            broker.close()


def _fill(topics: Topics) -> None:
    topics.create(TOPIC)
    producer = clients.producer(topics.address)
    for reading, _ in zip(simulate(devices=3, per_second=None), range(1000), strict=False):
        producer.produce(topics.full(TOPIC), orjson.dumps(named_for(TOPIC, reading)))
    producer.produce(topics.full(TOPIC), b"no reading")
    producer.flush(10)


if __name__ == "__main__":
    os.nice(19)
    train(flink_installation(Path(sys.argv[1])))
